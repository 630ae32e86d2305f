"""Large audiences and large recalls, page by page. Any worker may take up what another left."""

import asyncio
import contextlib

import structlog

from hub.engine.broadcasts import Broadcasts
from hub.engine.connection import Unavailable
from hub.engine.plans import Plans
from hub.engine.queue import Work
from hub.metrics import NOTIFICATIONS

IDLE_SECONDS = 0.2
DOWN_SECONDS = 1.0

journal = structlog.get_logger(__name__)


class UnknownWork(Exception):
    """A newer hub queued this: its lease runs out, and a hub that knows it takes it up."""


class Router:
    """Takes work that is due off the queue and does it."""

    def __init__(self, plans: Plans, broadcasts: Broadcasts) -> None:
        self._plans = plans
        self._broadcasts = broadcasts
        self._queue = plans.queue
        self._task: asyncio.Task[None] | None = None
        self._busy = 0

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop between two pieces of work; what is left is taken up elsewhere."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def settle(self) -> None:
        """Return when nothing is left in the queue."""
        while self._busy or await self._queue.left():
            if not await self._work():
                await asyncio.sleep(IDLE_SECONDS / 10)

    async def _run(self) -> None:
        while True:
            try:
                idle = not await self._work()
            except Unavailable as error:
                journal.warning("the store is away", reason=str(error))
                await asyncio.sleep(DOWN_SECONDS)
                continue
            except Exception:
                journal.exception("work failed")
                await asyncio.sleep(DOWN_SECONDS)
                continue
            if idle:
                with contextlib.suppress(TimeoutError):  # before Python 3.12, wait_for may swallow that it is to stop
                    async with asyncio.timeout(IDLE_SECONDS):
                        await self._queue.waiting.wait()
                self._queue.waiting.clear()

    async def _work(self) -> int:
        claimed = await self._queue.claim()
        self._busy += len(claimed)
        try:
            outcomes = await asyncio.gather(*map(self._do, claimed), return_exceptions=True)
        finally:
            self._busy -= len(claimed)
        for work, outcome in zip(claimed, outcomes, strict=True):
            if isinstance(outcome, BaseException):  # its lease runs out, and it is tried again, by a newer hub perhaps
                journal.error("work failed", work=work.kind, account=work.account, id=work.id, exc_info=outcome)
            else:
                journal.info("work done", work=work.kind, account=work.account, id=work.id, users=outcome)
        return len(claimed)

    async def _do(self, work: Work) -> int:
        match work.kind:
            case "append":
                count = await self._plans.resume(work.account, work.id)
                NOTIFICATIONS.inc(count)
                return count
            case "recall":
                return await self._broadcasts.resume(work.account, work.id)
            case _:
                raise UnknownWork(work.kind)
