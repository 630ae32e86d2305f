"""A copy of one kind of directory object that is never older than the last answer of the store.

Each write takes the next number of its kind (`put`); a reader asks for what changed after the number it knows
(`changed`). So a process reads a whole account once, and afterwards only what was touched, but always the present
state. A Collection knows besides which users an object concerns.

Several may read at once, each taking in some of the pages, and whoever gets the last one goes on first. So what is
derived from the objects follows each page in the very step that takes it in (`on_change`), not when a reader is done.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from hub.engine.connection import Store
from hub.engine.rows import text

T = TypeVar("T")


class Replica(Generic[T]):
    """The objects of one hash, by id. `decode` reads a document; `on_change` is given the ids of every page of changes
    in the step that takes it in."""

    def __init__(
        self,
        store: Store,
        name: str,
        decode: Callable[[bytes], T],
        on_change: Callable[[Iterable[str]], None] | None = None,
    ) -> None:
        self._store = store
        self._names = [name, f"{name}:changes"]
        self._decode = decode
        self._on_change = on_change
        self._objects: dict[str, T] = {}
        self._first = asyncio.Lock()
        self._is_read = False
        self._unseen: set[str] = set()  # what was there before all is read anew, less what is there still
        self._floor = 0  # up to which removals were forgotten when this was last asked
        self.number = 0  # of the last change that was taken in

    def __repr__(self) -> str:
        return f"<Replica of {len(self._objects)} at {self.number}>"

    @property
    def objects(self) -> Mapping[str, T]:
        """Show all objects as of the last refresh."""
        return self._objects

    def snapshot(self) -> dict[str, T]:
        """Copy all objects as of the last refresh."""
        return dict(self._objects)

    async def refresh(self) -> None:
        """Take in what changed."""
        if self._is_read:
            await self._ask()
            return
        async with self._first:  # a crowd that comes at once reads the whole once
            await self._ask()
            self._is_read = True

    async def _ask(self) -> None:
        more: Any = True
        while more:
            asked = self.number
            newest, flat, anew, more, floor = await self._store.call("changed", self._names, asked, self._floor)
            if self.number != asked:  # another reader was quicker, but may have asked earlier: ask again from there
                more = True
                continue
            if anew:
                self._unseen = set(self._objects)
            self.number, self._floor = int(newest), int(floor)
            self._take_in({text(id): document for id, document in zip(flat[::2], flat[1::2], strict=True)}, bool(more))

    def _take_in(self, page: dict[str, Any], is_more: bool) -> None:
        """Apply a page. What is gone since all is read anew goes with the last one: nobody meets a half-empty copy."""
        self._unseen -= page.keys()
        if not is_more:
            page |= dict.fromkeys(self._unseen)
            self._unseen = set()
        for id, document in page.items():
            if document:
                self._objects[id] = self._decode(document)
            else:
                self._objects.pop(id, None)
        if self._on_change:
            self._on_change(page)

    def get(self, id: str) -> T | None:
        """Find an object as of the last refresh."""
        return self._objects.get(id)


class Collection(Generic[T]):
    """The objects of one hash and, for every user, which of them concern that user. `users` lists an object's."""

    def __init__(
        self, store: Store, name: str, decode: Callable[[bytes], T], users: Callable[[T], Iterable[str]]
    ) -> None:
        self._replica = Replica(store, name, decode, self._link)
        self._users = users
        self._objects: dict[str, T] = {}
        self._of: dict[str, set[str]] = defaultdict(set)

    def __repr__(self) -> str:
        return f"<Collection of {len(self._objects)} for {len(self._of)} users>"

    async def current(self) -> Mapping[str, T]:
        """Return all objects as they are now."""
        await self._replica.refresh()
        return self._objects

    async def of(self, *users: str) -> list[tuple[str, ...]]:
        """Name the objects that concern each user, in order."""
        await self.current()
        return [tuple(sorted(self._of.get(user, ()))) for user in users]

    def _link(self, changed: Iterable[str]) -> None:
        for id in changed:
            if (before := self._objects.pop(id, None)) is not None:
                for user in self._users(before):
                    self._unlink(user, id)
            if (value := self._replica.get(id)) is not None:
                self._objects[id] = value
                for user in self._users(value):
                    self._of[user].add(id)

    def _unlink(self, user: str, id: str) -> None:
        of_user = self._of.get(user)
        if of_user is not None:
            of_user.discard(id)
            if not of_user:
                del self._of[user]
