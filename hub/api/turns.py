"""Does the core's long work turn by turn, so that one large audience holds up nobody else's tabs."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from hub.core.turns import TURN, Turns

T = TypeVar("T")


async def in_turns(work: Turns[T]) -> T:
    """Do the work to its end; whatever else is ready in this process goes on after each turn."""
    done = 0
    while True:
        try:
            done += next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        if done >= TURN:
            done = 0
            await asyncio.sleep(0)
