"""A copy of one kind of directory object that is never older than the last answer of the store.

Each write takes the next number of its kind (`put`); a reader asks for what changed after the number it knows
(`changed`). So a process reads a whole account once, and afterwards only what was touched, but always the present
state.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from hub.engine.connection import Store
from hub.engine.rows import text

T = TypeVar("T")


class Replica(Generic[T]):
    """The objects of one hash, by id. `decode` reads a document."""

    def __init__(self, store: Store, name: str, decode: Callable[[bytes], T]) -> None:
        self._store = store
        self._names = [name, f"{name}:changes"]
        self._decode = decode
        self._number = 0
        self._objects: dict[str, T] = {}

    def snapshot(self) -> dict[str, T]:
        """Return all objects as of the last refresh."""
        return dict(self._objects)

    async def refresh(self) -> set[str]:
        """Take in what changed; return the ids concerned."""
        changed: set[str] = set()
        more: Any = True
        while more:
            asked = self._number
            newest, flat, anew, more = await self._store.call("changed", self._names, asked)
            if self._number != asked:  # another reader was quicker, but may have asked earlier: ask again from there
                more = True
                continue
            if anew:
                changed |= self._objects.keys()
                self._objects.clear()
            self._number = int(newest)
            changed |= {self._apply(text(id), document) for id, document in zip(flat[::2], flat[1::2], strict=True)}
        return changed

    def _apply(self, id: str, document: Any) -> str:
        if document:
            self._objects[id] = self._decode(document)
        else:
            self._objects.pop(id, None)
        return id

    def get(self, id: str) -> T | None:
        """Find an object as of the last refresh."""
        return self._objects.get(id)
