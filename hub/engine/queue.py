"""The queue of durable work, with leases: whoever dies with a piece of it lets its lease run out, and another goes on.

A member is ``kind/account/id``. Work is put here before what it is about is written, and taken out when nothing is
left of it; so each kind is safe to repeat, and to find already done. Who finds nothing may have looked too early: the
writer was slow, its lease ran out, and it goes on. So nothing found takes out only what nobody queued anew since.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

from hub.engine.connection import Store, Unavailable
from hub.engine.rows import text

LEASE_MS = 15_000
RENEW_SECONDS = LEASE_MS / 3000


@dataclass(frozen=True, slots=True)
class Work:
    """One piece: its kind (`append`, `recall`), the account in whose slot it is described, and its id there.

    `claim` is what it was claimed under, and no part of what it is.
    """

    kind: str
    account: str
    id: str
    claim: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind}/{self.account}/{self.id}"


class Queue:
    """The unfinished work of all processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._name = store.keys.work("queue")
        self.waiting = asyncio.Event()  # set when this process queued work, so that its workers need not look for it

    async def lease(self, work: Work) -> None:
        """Queue work that this process is about to do, or keep it from others for longer: 15 s from now."""
        await self._store.command("ZADD", self._name, await self._now() + LEASE_MS, str(work))

    async def release(self, work: Work) -> None:
        """Let any process take the work up now."""
        await self._store.command("ZADD", self._name, await self._now(), str(work))
        self.waiting.set()

    async def give_back(self, work: Work) -> None:
        """Let another process go on at once with claimed work, if any is left; when the store is away, its lease runs
        out.
        """
        with contextlib.suppress(Unavailable):
            await self._store.command("ZADD", self._name, "XX", await self._now(), str(work))

    async def done(self, work: Work) -> None:
        """Take finished work out."""
        await self._store.command("ZREM", self._name, str(work))

    async def forget(self, work: Work) -> None:
        """Take out claimed work of which nothing was found, unless somebody queued it anew since it was claimed."""
        if work.claim:
            await self._store.call("forget_work", [self._name], str(work), work.claim)

    async def claim(self, most: int = 4) -> list[Work]:
        """Take work that is due, for 15 s."""
        words = [text(word) for word in await self._store.call("claim_work", [self._name], most, LEASE_MS)]
        return [read_work(member, ends) for member, ends in zip(words[::2], words[1::2], strict=True)]

    async def left(self) -> int:
        """Count what is not finished."""
        return int(await self._store.command("ZCARD", self._name))

    async def _now(self) -> int:
        seconds, microseconds = await self._store.command("TIME")
        return int(seconds) * 1000 + int(microseconds) // 1000


def read_work(member: str, claim: str = "") -> Work:
    """Read a member of the queue; what a newer hub wrote may have fewer words, and is of no kind known here."""
    kind, _, place = member.partition("/")
    account, _, id = place.partition("/")
    return Work(kind, account, id, claim)


class Lease:
    """Keeps work from others while this process is at it; `begun` is when it was queued or claimed, by this process's
    monotonic clock: before it was asked for, since the store may have answered late.
    """

    def __init__(self, queue: Queue, work: Work, begun: float | None = None) -> None:
        self._queue = queue
        self._work = work
        self._renewed = time.monotonic() if begun is None else begun

    @classmethod
    async def take(cls, queue: Queue, work: Work) -> "Lease":
        """Queue work and keep it."""
        begun = time.monotonic()
        await queue.lease(work)
        return cls(queue, work, begun)

    async def keep(self) -> None:
        """Renew it when a third of it is gone; to be called between two steps."""
        now = time.monotonic()
        if now - self._renewed > RENEW_SECONDS:
            await self._queue.lease(self._work)
            self._renewed = now
