"""Summaries: what was too much for a day, as one letter the next morning (E-21).

There is one a day for each type. Where a late one went out that day already, the next waits for another morning; for
who changes zone, a day is over once a later one began. If a single e-mail is left of it, that goes as the letter it
would have been.
"""

from dataclasses import replace
from math import ceil

import orjson
import structlog

from hub.core.catalogue import Catalogue
from hub.core.daily import day_of, is_over, latest_day, next_morning
from hub.core.jobs import Later
from hub.core.mail import DIGEST_ROWS, Letter, Text
from hub.core.reasons import Reason
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.deliveries import Job
from hub.engine.directory import Directory
from hub.engine.lanes import Lane, Outcome
from hub.engine.summaries import CHANNEL, Batch, Days, Summaries, Summary
from hub.metrics import DEAD_LETTERS, DELIVERIES
from hub.workers.desk import MOST_ATTEMPTS
from hub.workers.post import Post
from hub.workers.reader import Reader, read_reader
from hub.workers.writer import Writer

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
        type = orjson.loads(job.record.body)["type"]
        return await self._summaries.count(job, type, cap, self._days(reader), self._now_ms())

    async def attempt(self, lane: Lane, type: str) -> None:
        """Make one attempt at the summary of a type, or end one that was left with its verdict."""
        summary = await self._summaries.begin(lane, type, self._now_ms())
        if summary is None:
            return
        reader = await read_reader(self._directory, summary)
        if summary.is_ended:
            await self._summaries.finish(summary, self._days(reader).morning_ms, self._now_ms())
            return
        outcome = self._wait(summary, reader) or await self._outcome(summary, reader)
        if outcome is not None:
            await self._conclude(summary, reader, outcome)

    async def _conclude(self, summary: Summary, reader: Reader, outcome: Outcome) -> None:
        days = self._days(reader)
        state = await self._summaries.conclude(summary, outcome, days.today, self._now_ms())
        if state is None or state == "queued":
            return
        count = await self._summaries.finish(summary, days.morning_ms, self._now_ms())
        DELIVERIES.labels(CHANNEL, state).inc(count)
        if state == "failed":
            DEAD_LETTERS.inc(count)
            journal.warning("a summary was given up", type=summary.type, reason=outcome.why, letters=count)

    def _wait(self, summary: Summary, reader: Reader) -> Outcome | None:
        """Say until when it waits, if it does: it is night, or there was one today."""
        days, now = self._days(reader), self._clock.now()
        if not is_over(summary.last_day, days.today, now):
            return Outcome("queued", due_ms=days.morning_ms, tried=False)
        until = reader.quiet_until(now)
        return Outcome("queued", due_ms=ceil(until * 1000), tried=False) if until else None

    async def _outcome(self, summary: Summary, reader: Reader) -> Outcome | None:
        """Take what waits, and send it; None when the lane is lost, or another attempt was sent."""
        batch = await self._summaries.take(summary, DIGEST_ROWS, self._now_ms())
        if batch is None:
            return None
        DELIVERIES.labels(CHANNEL, "skipped").inc(len(batch.skipped))
        if not batch.taken:
            return Outcome("skipped", tried=False)
        if summary.attempt > MOST_ATTEMPTS:
            return Outcome("failed", "gave_up", tried=False)
        try:
            to = self._destination(summary, reader)
            if isinstance(to, Reason):
                return Outcome("skipped", to, tried=False)
            return await self._send(summary, reader, batch, to)
        except Unavailable:
            raise
        except Exception:
            journal.exception("a summary could not be tried", type=summary.type, account=summary.lane.account)
            return self._post.judge(summary.attempt, summary.since, Later("internal_error"))

    def _destination(self, summary: Summary, reader: Reader) -> str | Reason:
        """Say where it goes now, or why it does not any more: the user is not active, or has turned it off since."""
        return reader.address(self._catalogue[summary.type], CHANNEL) if reader.user.active else Reason.INACTIVE

    async def _send(self, summary: Summary, reader: Reader, batch: Batch, to: str) -> Outcome | None:
        letter = self._written(summary, reader, batch, to)
        if not await self._summaries.stands(summary):
            return None
        verdict = await self._post.send(letter)
        return replace(self._post.judge(summary.attempt, summary.since, verdict), to=to)

    def _written(self, summary: Summary, reader: Reader, batch: Batch, to: str) -> Letter | Text:
        named = [(one.id, one.record) for one in batch.taken if one.record]
        if len(batch.taken) > 1:
            at = summary.since / 1000
            return self._writer.summary(summary.type, named, len(batch.taken), to, summary.name, at, reader)
        ((id, record),) = named
        return self._writer.write(id, record, CHANNEL, to, reader)

    def _days(self, reader: Reader) -> Days:
        now, zone = self._clock.now(), reader.zone
        return Days(day_of(zone, now), latest_day(now), ceil(next_morning(zone, now) * 1000))

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)
