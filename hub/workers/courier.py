"""Texts and e-mails: lane by lane to the other side, again and again until it takes them, or refuses for good.

Each channel has a desk of its own with so many lanes at once, so that a provider that hangs holds up neither the other
channel nor anything in the app.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil

import orjson
import structlog

from hub.core.inbox import split_id
from hub.core.jobs import Later
from hub.core.personal import CHANNELS, Channel
from hub.core.reasons import Reason
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.deliveries import Deliveries, Job
from hub.engine.directory import Directory
from hub.engine.lanes import Lane, Outcome
from hub.engine.summaries import Summaries, type_of
from hub.metrics import DEAD_LETTERS, DELIVERIES
from hub.workers.desk import MOST_ATTEMPTS, Desk, Desks
from hub.workers.post import End, Post
from hub.workers.reader import Reader, read_reader
from hub.workers.summing import Summing
from hub.workers.writer import Writer

__all__ = ["SLOTS", "Courier", "End", "LetterDesk"]

SLOTS: Mapping[str, int] = {"text": 20, "email": 8}  # lanes at once
ASIDE_MS = 300_000  # in which what only a newer hub knows waits to be looked at again

journal = structlog.get_logger(__name__)


class LetterDesk(Desk):
    """Works the lanes of texts, or of e-mails."""

    def __init__(
        self,
        channel: Channel,
        end: End,
        slots: int,
        deliveries: Deliveries,
        directory: Directory,
        writer: Writer,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        super().__init__(channel, slots, deliveries, clock)
        self._personal = channel
        self._deliveries = deliveries
        self._directory = directory
        self._writer = writer
        self._post = Post(channel, end, clock, chance)
        summaries = Summaries(directory.store, deliveries.couriers)
        self._summing = Summing(summaries, writer.catalogue, directory, writer, clock, self._post)

    async def attempt(self, lane: Lane, id: str) -> None:
        """Make one attempt, unless it is not to be made any more."""
        if type := type_of(id):
            await self._summing.attempt(lane, type)
            return
        if split_id(id) is None:
            await self._deliveries.put_aside(lane, id, self.now_ms() + ASIDE_MS)
            return
        job = await self._deliveries.take(lane, id, self.now_ms())
        if not isinstance(job, Job):
            if job == "skipped":
                DELIVERIES.labels(self._channel, job).inc()
            return
        outcome = await self._outcome(job)
        if outcome is None:
            return
        state = await self._deliveries.settle(job, outcome, self.now_ms())
        if state == outcome.state:
            self._count(job, outcome)

    async def _outcome(self, job: Job) -> Outcome | None:
        """Send, and judge what came of it; what goes wrong on this side is tried again too, and given up in the end.
        None when it goes with a summary instead."""
        if job.attempt > MOST_ATTEMPTS:
            return Outcome("failed", "gave_up", tried=False)
        try:
            reader = await read_reader(self._directory, job)
            to = self._destination(job, reader)
            if isinstance(to, Reason):
                return Outcome("skipped", to, tried=False)
            return self._wait(job, reader) or await self._send(job, reader, to)
        except Unavailable:
            raise
        except Exception:
            journal.exception("a delivery could not be tried", channel=self._channel, delivery=job.delivery)
            return self._post.judge(job.attempt, job.since, Later("internal_error"))

    def _destination(self, job: Job, reader: Reader) -> str | Reason:
        """Say where it goes now, or why it does not any more: the user is not active, or has turned it off since."""
        if not reader.user.active:
            return Reason.INACTIVE
        kind = self._writer.catalogue.get(orjson.loads(job.record.body)["type"])
        return reader.address(kind, self._personal, urgent=job.urgent) if kind else job.to

    def _wait(self, job: Job, reader: Reader) -> Outcome | None:
        """Say until when it waits, if it does: it is their night, and this was put off."""
        until = None if job.urgent else reader.quiet_until(self._clock.now())
        return Outcome("queued", "quiet_hours", due_ms=ceil(until * 1000), tried=False) if until else None

    async def _send(self, job: Job, reader: Reader, to: str) -> Outcome | None:
        message = self._writer.write(job.id, job.record, self._channel, to, reader)
        if not await self._summing.allows(job, reader):
            return None
        return replace(self._post.judge(job.attempt, job.since, await self._post.send(message)), to=to)

    def _count(self, job: Job, outcome: Outcome) -> None:
        if outcome.state == "queued":
            return
        DELIVERIES.labels(self._channel, outcome.state).inc()
        if outcome.state == "failed":
            DEAD_LETTERS.inc()
            journal.warning("a delivery was given up", delivery=job.delivery, reason=outcome.why, attempts=job.attempt)


class Courier(Desks):
    """Works the lanes of texts and e-mails, and those of the desks `beside` them. `ends` are the other sides by
    channel, `chance` draws the jitter."""

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
        beside: Sequence[Desk] = (),
    ) -> None:
        letters = (
            LetterDesk(channel, ends[channel], slots[channel], deliveries, directory, writer, clock, chance)
            for channel in CHANNELS
        )
        super().__init__([*letters, *beside], clock)
