"""Work that is looked for every so often, round after round, whatever goes wrong in one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from hub.engine.connection import Unavailable

LOOK_SECONDS = 1.0
REMIND_SECONDS = 60.0
SWEEP_SECONDS = 3600.0

Do = Callable[[], Awaitable[None]]

journal = structlog.get_logger(__name__)


class Rounds:
    """Does each thing at once, and then again so many seconds after it was done."""

    def __init__(self, *rounds: tuple[float, Do]) -> None:
        self._rounds = rounds
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._every(seconds, do)) for seconds, do in self._rounds]

    async def stop(self) -> None:
        """Stop; what was cut off is done again by the next."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _every(self, seconds: float, do: Do) -> None:
        while True:
            try:
                await do()
            except Unavailable as error:
                journal.warning("the store is away", reason=str(error))
            except Exception:
                journal.exception("due work failed")
            await asyncio.sleep(seconds)
