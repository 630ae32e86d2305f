"""What is due by business time. So far: retention, account by account."""

import asyncio
import contextlib

import structlog

from hub.core.directory import Account
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.directory import Directory
from hub.engine.log import Log, cutoff

SWEEP_SECONDS = 3600.0

journal = structlog.get_logger(__name__)


class Scheduler:
    """Sweeps every hour."""

    def __init__(self, directory: Directory, log: Log, clock: Clock) -> None:
        self._directory = directory
        self._log = log
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; a sweep that was cut off is done again by the next."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def settle(self) -> None:
        """Do all that is due by now."""
        tree = await self._directory.tree()
        for account in tree:
            await self._sweep(account)

    async def _run(self) -> None:
        while True:
            try:
                await self.settle()
            except Unavailable as error:
                journal.warning("the store is away", reason=str(error))
            except Exception:
                journal.exception("a sweep failed")
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep(self, account: Account) -> None:
        users = sorted(await self._directory.members(account.id))
        gone = await self._log.sweep(account.id, users, cutoff(self._clock.now(), account.retention_days))
        if gone:
            journal.info("retention", account=account.id, forgotten=gone)
