"""Summaries: what was too much for a day, as one letter the next morning (E-21).

There is one a day for each type. Where a late one went out that day already, the next waits for another morning. If a
single e-mail is left of it, that goes as the letter it would have been.
"""

from math import ceil

import orjson
import structlog

from hub.core.audience import Member
from hub.core.catalogue import Catalogue
from hub.core.daily import day_of, next_morning
from hub.core.jobs import Later
from hub.core.mail import DIGEST_ROWS, Letter, Text
from hub.core.personal import unwanted
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.deliveries import Job
from hub.engine.directory import Directory
from hub.engine.lanes import Lane, Outcome
from hub.engine.summaries import CHANNEL, Batch, Summaries, Summary
from hub.metrics import DEAD_LETTERS, DELIVERIES
from hub.workers.post import Post
from hub.workers.reader import Reader, read_reader
from hub.workers.writer import Writer

MOST_ATTEMPTS = 20  # that were begun: more means that this very summary ends the courier that tries it

journal = structlog.get_logger(__name__)


class Summing:
    """Keeps to the daily cap, and sends what is beyond it."""

    def __init__(
        self, summaries: Summaries, catalogue: Catalogue, directory: Directory, writer: Writer, clock: Clock, post: Post
    ) -> None:
        self._summaries = summaries
        self._catalogue = catalogue
        self._directory = directory
        self._writer = writer
        self._clock = clock
        self._post = post

    def __repr__(self) -> str:
        return f"<Summing by {self._post!r}>"

    async def allows(self, job: Job, reader: Reader) -> bool:
        """Count an e-mail that is about to go; False when it waits for the summary instead, or the lane is lost."""
        cap = reader.preferences.cap
        if cap is None or job.urgent or job.lane.channel != CHANNEL:
            return True
        type, (day, morning_ms) = orjson.loads(job.record.body)["type"], self._days(reader)
        return await self._summaries.count(job, type, cap, day, morning_ms, self._now_ms())

    async def attempt(self, lane: Lane, type: str) -> None:
        """Make one attempt at the summary of a type, or end one that was left with its verdict."""
        summary = await self._summaries.begin(lane, type, self._now_ms())
        if summary is None:
            return
        reader = await read_reader(self._directory, lane.account, summary.person, summary.chosen)
        if summary.is_ended:
            await self._summaries.finish(summary, self._days(reader)[1], self._now_ms())
            return
        outcome = self._wait(summary, reader) or await self._outcome(summary, reader)
        if outcome is not None:
            await self._conclude(summary, reader, outcome)

    async def _conclude(self, summary: Summary, reader: Reader, outcome: Outcome) -> None:
        day, morning_ms = self._days(reader)
        state = await self._summaries.conclude(summary, outcome, day, self._now_ms())
        if state is None or state == "queued":
            return
        count = await self._summaries.finish(summary, morning_ms, self._now_ms())
        DELIVERIES.labels(CHANNEL, state).inc(count)
        if state == "failed":
            DEAD_LETTERS.inc(count)
            journal.warning("a summary was given up", type=summary.type, reason=outcome.why, letters=count)

    def _wait(self, summary: Summary, reader: Reader) -> Outcome | None:
        """Say until when it waits, if it does: it is night, or there was one today."""
        day, morning_ms = self._days(reader)
        if summary.last_day == day:
            return Outcome("queued", due_ms=morning_ms, tried=False)
        until = reader.quiet_until(self._clock.now())
        return Outcome("queued", due_ms=ceil(until * 1000), tried=False) if until else None

    async def _outcome(self, summary: Summary, reader: Reader) -> Outcome | None:
        """Take what waits, and send it; None when the lane is lost."""
        batch = await self._summaries.take(summary, DIGEST_ROWS, self._now_ms())
        if batch is None:
            return None
        DELIVERIES.labels(CHANNEL, "skipped").inc(len(batch.skipped))
        if not batch.taken:
            return Outcome("skipped", tried=False)
        if summary.attempt > MOST_ATTEMPTS:
            return Outcome("failed", "gave_up", tried=False)
        try:
            return self._objection(summary, reader) or await self._send(summary, reader, batch)
        except Unavailable:
            raise
        except Exception:
            journal.exception("a summary could not be tried", type=summary.type, account=summary.lane.account)
            return self._post.judge(summary.attempt, summary.since, Later("internal_error"))

    def _objection(self, summary: Summary, reader: Reader) -> Outcome | None:
        """Say why the user gets it no more: they are not active, or have turned this e-mail off since."""
        if not reader.user.active:
            return Outcome("skipped", "inactive", tried=False)
        why = unwanted(self._catalogue[summary.type], Member(reader.user, reader.preferences))
        return Outcome("skipped", why, tried=False) if why else None

    async def _send(self, summary: Summary, reader: Reader, batch: Batch) -> Outcome:
        verdict = await self._post.send(self._written(summary, reader, batch))
        return self._post.judge(summary.attempt, summary.since, verdict)

    def _written(self, summary: Summary, reader: Reader, batch: Batch) -> Letter | Text:
        named = [(one.id, one.record) for one in batch.taken if one.record]
        if len(batch.taken) > 1:
            to, at = batch.taken[-1].to, summary.since / 1000
            return self._writer.summary(summary.type, named, len(batch.taken), to, summary.name, at, reader)
        ((id, record),) = named
        return self._writer.write(id, record, CHANNEL, batch.taken[0].to, reader)

    def _days(self, reader: Reader) -> tuple[str, int]:
        """Name today, and the next morning in ms, where the user is."""
        now, zone = self._clock.now(), reader.zone
        return day_of(zone, now), ceil(next_morning(zone, now) * 1000)

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)
