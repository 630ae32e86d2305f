"""Many deadlines, one timer: what is due is found by the tenth of a second it falls into."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

TICK_SECONDS = 0.1


class Wheel(Generic[T]):
    """Items by deadline, in seconds of one clock. Adding is constant work; an item is given out once."""

    __slots__ = ("_buckets", "_turned_to")

    def __init__(self, now: float) -> None:
        self._buckets: dict[int, list[T]] = {}
        self._turned_to = int(now / TICK_SECONDS)

    def __repr__(self) -> str:
        return f"<Wheel with {sum(map(len, self._buckets.values()))} deadlines>"

    def add(self, item: T, due: float) -> None:
        """Put an item down for a deadline; one that is past is due at the next turn."""
        self._buckets.setdefault(max(int(due / TICK_SECONDS), self._turned_to), []).append(item)

    def turn(self, now: float) -> list[T]:
        """Give out what is due, up to a tick late and never early."""
        reached = int(now / TICK_SECONDS)
        due = [item for tick in range(self._turned_to, reached) for item in self._buckets.pop(tick, ())]
        self._turned_to = reached
        return due
