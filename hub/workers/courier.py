"""Texts and e-mails: lane by lane to the other side, again and again until it takes them, or refuses for good.

Each channel has a desk of its own with so many lanes at once, so that a provider that hangs holds up neither the other
channel nor anything in the app. What is due follows business time, leases follow the store's clock.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Protocol

import orjson
import structlog

from hub.core.directory import Account, User
from hub.core.jobs import Backoff, Later, Refused, Sent, Verdict
from hub.core.preferences import Preferences
from hub.core.quiet import quiet_until, zone_of
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.couriers import CHANNELS
from hub.engine.deliveries import Deliveries, Job, Lane, Outcome
from hub.engine.directory import Directory
from hub.metrics import DEAD_LETTERS, DELIVERIES, DELIVERY_SECONDS
from hub.workers.waiting import IDLE_SECONDS, keep_taking
from hub.workers.writer import Writer

SLOTS: Mapping[str, int] = {"text": 20, "email": 8}  # lanes at once
STOP_SECONDS = 5.0  # in which what is being said to a provider may be ended

BACKOFF = Backoff()
# Full jitter may draw five short pauses; whoever was away for an hour, or four, shall still get everything.
PATIENCE_MS = int(sum(BACKOFF.pauses) * 1000 / 2)
MOST_ATTEMPTS = 20  # that were begun: more means that this very delivery ends the courier that tries it

journal = structlog.get_logger(__name__)


class End(Protocol):
    """What takes the messages of a channel: a Mailer, a Texter or an Outbox."""

    async def send(self, message: Any, /) -> Verdict:
        """Hand one message over."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Desk:
    """Works the lanes of one channel."""

    def __init__(
        self,
        channel: str,
        end: End,
        slots: int,
        deliveries: Deliveries,
        directory: Directory,
        writer: Writer,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self._channel = channel
        self._end = end
        self._slots = slots
        self._deliveries = deliveries
        self._directory = directory
        self._writer = writer
        self._clock = clock
        self._chance = chance
        self._waiting = deliveries.couriers.waiting[channel]
        self._stopping = False
        self.working: dict[asyncio.Task[None], Lane] = {}

    def __repr__(self) -> str:
        return f"<Desk {self._channel} {len(self.working)}/{self._slots} lanes>"

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_taking(self.take_up, self._waiting)

    async def take_up(self) -> int:
        """Begin to work as many lanes as there are slots free for; return how many."""
        free = self._slots - len(self.working)
        if free <= 0 or self._stopping:
            return 0
        lanes = await self._deliveries.claim(self._channel, self._now_ms(), free)
        for lane in lanes:
            task = asyncio.create_task(self._work(lane))
            self.working[task] = lane
            task.add_done_callback(self._leave)
        return len(lanes)

    async def stop(self) -> None:
        """Let what is under way be ended, for a while; a lane that is cut off is taken up when its lease runs out."""
        self._stopping = True
        if self.working:
            _, late = await asyncio.wait(self.working, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _leave(self, task: asyncio.Task[None]) -> None:
        self.working.pop(task, None)
        self._waiting.set()

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)

    async def _work(self, lane: Lane) -> None:
        """Send what is due in a lane, one after the other, until it is given back or lost."""
        try:
            while id := await self._deliveries.next(lane, -1 if self._stopping else self._now_ms()):
                await self._try(lane, id)
        except Unavailable as error:
            journal.warning("a lane is left until its lease ends", channel=lane.channel, reason=str(error))
        except Exception:
            journal.exception("a lane is left until its lease ends", channel=lane.channel, account=lane.account)

    async def _try(self, lane: Lane, id: str) -> None:
        """Make one attempt, unless it is not to be made any more."""
        job = await self._deliveries.take(lane, id, self._now_ms())
        if not isinstance(job, Job):
            if job == "skipped":
                DELIVERIES.labels(self._channel, job).inc()
            return
        outcome = await self._outcome(job)
        state = await self._deliveries.settle(job, outcome, self._now_ms())
        if state == outcome.state:
            self._count(job, outcome)

    async def _outcome(self, job: Job) -> Outcome:
        """Send, and judge what came of it; what goes wrong on this side is tried again too, and given up in the end."""
        if job.attempt > MOST_ATTEMPTS:
            return Outcome("failed", "gave_up", tried=False)
        try:
            user = User.from_document(orjson.loads(job.person))
            account = await self._directory.account(job.lane.account)
            return self._objection(job, user, account) or self._judge(job, await self._send(job, user, account))
        except Unavailable:
            raise
        except Exception:
            journal.exception("a delivery could not be tried", channel=self._channel, delivery=job.delivery)
            return self._judge(job, Later("internal_error"))

    def _objection(self, job: Job, user: User, account: Account | None) -> Outcome | None:
        """Say why nothing goes out now: the user was deactivated since, or it is their night and this is a retry."""
        if not user.active:
            return Outcome("skipped", "inactive", tried=False)
        quiet = Preferences.from_document(orjson.loads(job.chosen)).quiet_hours if job.chosen else None
        if quiet is None or job.urgent:
            return None
        zone = zone_of(quiet.time_zone, user.time_zone, account.time_zone if account else None)
        until = quiet_until(quiet, zone, self._clock.now())
        return Outcome("queued", "quiet_hours", due_ms=ceil(until * 1000), tried=False) if until else None

    async def _send(self, job: Job, user: User, account: Account | None) -> Verdict:
        message, begun = self._writer.write(job, user, account), time.perf_counter()
        verdict = await self._end.send(message)
        DELIVERY_SECONDS.labels(self._channel).observe(time.perf_counter() - begun)
        return verdict

    def _judge(self, job: Job, verdict: Verdict) -> Outcome:
        match verdict:
            case Sent(reference):
                return Outcome("sent", reference=reference)
            case Refused(reason):
                return Outcome("failed", reason)
            case Later(reason, after):
                now_ms = self._now_ms()
                pause = pause_after(job, now_ms, self._chance(), after)
                return Outcome("failed", reason) if pause is None else Outcome("queued", reason, hold_ms=now_ms + pause)

    def _count(self, job: Job, outcome: Outcome) -> None:
        if outcome.state == "queued":
            return
        DELIVERIES.labels(self._channel, outcome.state).inc()
        if outcome.state == "failed":
            DEAD_LETTERS.inc()
            journal.warning("a delivery was given up", delivery=job.delivery, reason=outcome.why, attempts=job.attempt)


class Courier:
    """Works the lanes of all channels. `ends` are the other sides by channel, `chance` draws the jitter."""

    def __init__(
        self,
        deliveries: Deliveries,
        directory: Directory,
        writer: Writer,
        clock: Clock,
        ends: Mapping[str, End],
        *,
        slots: Mapping[str, int] = SLOTS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._desks = [
            Desk(channel, ends[channel], slots[channel], deliveries, directory, writer, clock, chance)
            for channel in CHANNELS
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._keeping: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Courier {self._desks}>"

    def start(self) -> None:
        """Begin to work."""
        self._keep_leases()
        self._tasks = [asyncio.create_task(desk.run()) for desk in self._desks]

    async def stop(self) -> None:
        """Claim nothing more, and give what is under way a moment to end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(desk.stop() for desk in self._desks))
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def settle(self) -> None:
        """Try all that is due by now; return when every attempt has its verdict. Retries for later do not count."""
        until_ms = int(self._clock.now() * 1000)
        self._keep_leases()
        while True:
            for desk in self._desks:
                await desk.take_up()
            if not any(desk.working for desk in self._desks) and not await self._deliveries.left(until_ms):
                return
            await asyncio.sleep(IDLE_SECONDS / 10)

    def _keep_leases(self) -> None:
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """Keep the lanes that are worked from others."""
        while True:
            await asyncio.sleep(self._deliveries.lease_ms / 3000)
            try:
                await self._deliveries.renew([lane for desk in self._desks for lane in desk.working.values()])
            except Exception as error:
                journal.warning("leases were not renewed", reason=str(error))


def pause_after(job: Job, now_ms: int, jitter: float, at_least: float | None) -> int | None:
    """Say how many ms to wait after a failed attempt; None = give up."""
    pause = BACKOFF.pause(job.attempt, jitter, at_least)
    if pause is None and now_ms - job.since < PATIENCE_MS:
        pause = BACKOFF.pause(len(BACKOFF.pauses), jitter, at_least)
    return None if pause is None else max(1, ceil(pause * 1000))
