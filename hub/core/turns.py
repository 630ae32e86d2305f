"""Long work in short turns: the core says where it may be interrupted, the shell lets others in there.

To decide about 100,000 people takes a second, in which no tab would hear anything. So what goes through people one by
one is a generator: it yields after each piece for how many people that was, and its last word is the result.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
Turns = Generator[int, None, T]

TURN = 1_000  # people: some milliseconds


def pieces(people: Iterable[T]) -> Iterator[list[T]]:
    """Cut people, or what is known of them, into lists of one turn each."""
    rest = iter(people)
    while piece := list(islice(rest, TURN)):
        yield piece


def at_once(work: Turns[T]) -> T:
    """Do the work to its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
