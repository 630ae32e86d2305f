"""What is due: broadcasts that expire by business time, and what was cut off half way, every second; retention, account
by account, every hour.

On that way the couriers are reminded of every account that has something to send, in case they lost sight of it.
"""

from collections.abc import Awaitable, Callable

import structlog

from hub.core.broadcasts import NOTICES
from hub.core.directory import Account
from hub.engine.audit import Audit
from hub.engine.broadcasts import Broadcasts
from hub.engine.clock import Clock
from hub.engine.deliveries import Deliveries
from hub.engine.directory import Directory
from hub.engine.erasure import Erasure
from hub.engine.log import Log, cutoff
from hub.workers.rounds import LOOK_SECONDS, SWEEP_SECONDS, Rounds

journal = structlog.get_logger(__name__)


class Scheduler:
    """Looks for due things."""

    def __init__(
        self,
        directory: Directory,
        log: Log,
        broadcasts: Broadcasts,
        deliveries: Deliveries,
        audit: Audit,
        clock: Clock,
        finish: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take the parts of the hub that it works on; `finish` does what follows from changes that were cut off."""
        self._directory = directory
        self._log = log
        self._erasure = Erasure(log.store)
        self._broadcasts = broadcasts
        self._deliveries = deliveries
        self._audit = audit
        self._clock = clock
        self._finish_more = finish
        self._rounds = Rounds(
            (LOOK_SECONDS, self._expire), (LOOK_SECONDS, self._finish), (SWEEP_SECONDS, self._sweep_all)
        )

    def start(self) -> None:
        """Begin to work."""
        self._rounds.start()

    async def stop(self) -> None:
        """Stop; what was cut off is done again by the next."""
        await self._rounds.stop()

    async def settle(self) -> None:
        """Do all that is due by now; a large recall may be left to the router."""
        await self._finish()
        await self._expire()
        await self._sweep_all()

    async def _finish(self) -> None:
        await self._directory.finish_all()
        if self._finish_more:
            await self._finish_more()

    async def _expire(self) -> None:
        while count := await self._broadcasts.expire_due(self._clock.now()):
            journal.info("broadcasts expired", count=count)

    async def _sweep_all(self) -> None:
        tree = await self._directory.tree()
        kept = [Account(NOTICES).retention_days]
        for account in tree:
            kept.append(account.retention_days)
            users = sorted(await self._directory.members(account.id))
            await self._sweep(account.id, users, account.retention_days)
            now_ms = int(self._clock.now() * 1000)
            await self._deliveries.raise_again(account.id, now_ms)
            await self._deliveries.index.fill(account.id, now_ms)
        await self._sweep(NOTICES, [], max(kept))  # as long as anybody may have one

    async def _sweep(self, account: str, users: list[str], days: int) -> None:
        now = self._clock.now()
        gone = await self._log.sweep(account, users, cutoff(now, days))
        gone += await self._audit.sweep(account, now) + await self._erasure.numbers(account)
        if gone:
            journal.info("retention", account=account, forgotten=gone)
