"""The days of the daily cap: which one an e-mail counts for, and when what was too much for it is summed up (E-21).

A day is what the calendar of the user's zone shows, so it has 23 or 25 hours where the clock is changed, and in a zone
that skips a date it is followed by the day after that. For who changes zone it is over once a later one began.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from hub.core.quiet import moment

MORNING = time(8)  # when summaries go out
EARLIEST = timezone(timedelta(hours=14))  # no zone has a day before this one has it


def day_of(zone: ZoneInfo, now: float) -> str:
    """Name the day that it is in a zone, as an ISO date."""
    return datetime.fromtimestamp(now, zone).date().isoformat()


def latest_day(now: float) -> str:
    """Name the latest day that it is anywhere. Where a later one was noted, a clock was set back since."""
    return datetime.fromtimestamp(now, EARLIEST).date().isoformat()


def is_over(noted: str, day: str, now: float) -> bool:
    """Tell whether the day that was noted last is over, now that it is `day` where the user is.

    Who goes west has the same day once more: it goes on, so that no change of zone begins a new one.
    """
    return not day <= noted <= latest_day(now)


def next_morning(zone: ZoneInfo, now: float) -> float:
    """Say when the summary of today's surplus goes out: the next day at 08:00 by the clock of the zone."""
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return moment(datetime.combine(tomorrow, MORNING), zone)
