"""The queue of durable work, with leases: whoever dies with a piece of it lets its lease run out, and another goes on.

A member is ``kind/account/id``. Work is put here before what it is about is written, and taken out when nothing is
left of it; so each kind is safe to repeat, and to find already done.
"""

import asyncio
import time
from typing import NamedTuple

from hub.engine.connection import Store
from hub.engine.rows import text

LEASE_MS = 15_000
RENEW_SECONDS = LEASE_MS / 3000


class Work(NamedTuple):
    """One piece: its kind (`append`, `recall`), the account in whose slot it is described, and its id there."""

    kind: str
    account: str
    id: str

    def __str__(self) -> str:
        return "/".join(self)


class Queue:
    """The unfinished work of all processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._name = store.keys.work("queue")
        self.waiting = asyncio.Event()  # set when this process queued work, so that its workers need not look for it

    async def lease(self, work: Work) -> None:
        """Queue work that this process is about to do, or keep it from others for longer: 15 s from now."""
        await self._due(work, LEASE_MS)

    async def release(self, work: Work) -> None:
        """Let any process take the work up now."""
        await self._due(work, 0)
        self.waiting.set()

    async def done(self, work: Work) -> None:
        """Take finished work out."""
        await self._store.command("ZREM", self._name, str(work))

    async def claim(self, most: int = 4) -> list[Work]:
        """Take work that is due, for 15 s."""
        members = await self._store.call("claim_work", [self._name], most, LEASE_MS)
        return [read_work(text(member)) for member in members]

    async def left(self) -> int:
        """Count what is not finished."""
        return int(await self._store.command("ZCARD", self._name))

    async def _due(self, work: Work, delay_ms: int) -> None:
        seconds, microseconds = await self._store.command("TIME")
        due = int(seconds) * 1000 + int(microseconds) // 1000 + delay_ms
        await self._store.command("ZADD", self._name, due, str(work))


def read_work(member: str) -> Work:
    """Read a member of the queue; what a newer hub wrote may have fewer words, and is of no kind known here."""
    kind, _, place = member.partition("/")
    account, _, id = place.partition("/")
    return Work(kind, account, id)


class Lease:
    """Keeps work from others while this process is at it."""

    def __init__(self, queue: Queue, work: Work) -> None:
        self._queue = queue
        self._work = work
        self._renewed = time.monotonic()

    async def keep(self) -> None:
        """Renew it when a third of it is gone; to be called between two steps."""
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            await self._queue.lease(self._work)
            self._renewed = time.monotonic()
