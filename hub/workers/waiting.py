"""How a worker waits for work: it looks again when told so or after a while, and survives what goes wrong."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from hub.engine.connection import Unavailable

IDLE_SECONDS = 0.2
DOWN_SECONDS = 1.0

journal = structlog.get_logger(__name__)


async def keep_taking(take_up: Callable[[], Awaitable[int]], waiting: asyncio.Event) -> None:
    """Take up work until cancelled; `take_up` says how much it began, `waiting` is set when this process made some."""
    while True:
        try:
            taken = await take_up()
        except Unavailable as error:
            journal.warning("the store is away", reason=str(error))
            await asyncio.sleep(DOWN_SECONDS)
            continue
        except Exception:
            journal.exception("work failed")
            await asyncio.sleep(DOWN_SECONDS)
            continue
        if not taken:
            with contextlib.suppress(TimeoutError):  # before Python 3.12, wait_for may swallow that it is to stop
                async with asyncio.timeout(IDLE_SECONDS):
                    await waiting.wait()
            waiting.clear()
