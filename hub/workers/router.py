"""Large audiences, page by page. Any worker may take up what another left."""

import asyncio
import contextlib

import structlog

from hub.engine.connection import Unavailable
from hub.engine.plans import Plans

IDLE_SECONDS = 0.2
DOWN_SECONDS = 1.0

journal = structlog.get_logger(__name__)


class Router:
    """Takes plans that are due and works them off."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
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
        """Return when no plan is left."""
        while self._busy or await self._plans.left():
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
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._plans.waiting.wait(), IDLE_SECONDS)
                self._plans.waiting.clear()

    async def _work(self) -> int:
        claimed = await self._plans.claim()
        self._busy += len(claimed)
        try:
            resuming = (self._plans.resume(account, base) for account, base in claimed)
            outcomes = await asyncio.gather(*resuming, return_exceptions=True)
        finally:
            self._busy -= len(claimed)
        for (account, base), outcome in zip(claimed, outcomes, strict=True):
            if isinstance(outcome, BaseException):  # its lease runs out, and it is tried again, by a newer hub perhaps
                journal.error("a plan failed", account=account, happening=base, exc_info=outcome)
            else:
                journal.info("audience told", account=account, happening=base, users=outcome)
        return len(claimed)
