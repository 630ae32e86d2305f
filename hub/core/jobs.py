"""Jobs towards the outside: what one attempt came to, and when the next is due.

A provider that refuses, limits or does not answer is an expected end of an attempt, so it is a value here and no
exception. What comes of a verdict: `Sent` ends the job, `Refused` ends it for good, `Later` asks `Backoff`.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import ceil

PAUSES = (60.0, 300.0, 1_800.0, 7_200.0, 21_600.0)  # seconds: about 1, 5, 30 min, 2 and 6 h (protocol.md 5)
LONGEST_WAIT = 86_400.0  # seconds; a provider that asks for more could park a message for ever


@dataclass(frozen=True, slots=True)
class Sent:
    """Say that the other side has taken it over; `reference` is how that side calls it, where it says so."""

    reference: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Say that it may work another time; `after_seconds` is the least wait that the other side asked for.

    The message may have arrived all the same, where the answer was lost: sending is at least once.
    """

    reason: str
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Say that it will never work; `reason` is stable and in snake_case."""

    reason: str


Verdict = Sent | Later | Refused


@dataclass(frozen=True, slots=True)
class Backoff:
    """Hold the longest pause after each failed attempt, in seconds."""

    pauses: tuple[float, ...] = PAUSES

    def pause(self, attempt: int, jitter: float, at_least: float | None = None) -> float | None:
        """Return the seconds to wait after a failed attempt, the first being 1; None = give up: a dead letter.

        `jitter` in [0, 1] spreads what failed together over the whole pause (full jitter). What the provider asked
        for, `at_least`, is never undercut: the spread then begins there.
        """
        if attempt > len(self.pauses):
            return None
        floor = max(at_least or 0.0, 0.0)
        return floor + jitter * max(self.pauses[attempt - 1] - floor, 0.0)


BACKOFF = Backoff()
# Full jitter may draw five short pauses; whoever was away for an hour, or four, shall still get everything.
PATIENCE_MS = int(sum(BACKOFF.pauses) * 1000 / 2)


def pause_after(attempt: int, since_ms: int, now_ms: int, jitter: float, at_least: float | None) -> int | None:
    """Say how many ms to wait after a failed attempt, the first having been at `since_ms`; None = give up."""
    pause = BACKOFF.pause(attempt, jitter, at_least)
    if pause is None and now_ms - since_ms < PATIENCE_MS:
        pause = BACKOFF.pause(len(BACKOFF.pauses), jitter, at_least)
    return None if pause is None else max(1, ceil(pause * 1000))


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Read a `Retry-After` header in seconds, a day at most (RFC 9110 10.2.3); None for what is none.

    A point in time is measured against the answer's own `date`, so no clock of ours has to agree with theirs.
    """
    if value is None:
        return None
    written = value.strip()
    if written.isascii() and written.isdigit():
        return float(min(int(written[:9]), LONGEST_WAIT))
    try:
        wait = parsedate_to_datetime(written) - parsedate_to_datetime(date or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_WAIT)
