"""Quiet hours: when texts and e-mail rest, and when they may go on.

A night of quiet lasts from one point in time to another: from the moment when the clock of the zone first shows its
start to the moment when it first shows its end. Where the clock is put forward over such a time, the moment is the
first one after the gap; where it is put back, the first of the two (as AMB-33 reads it for reminders). So a night that
has ended stays ended when the same hour comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.core.changes import QuietHours

_NIGHTS = (-1, 0, 1)  # days from a moment on which the night that holds it, or one that meets that, begins


def quiet_until(quiet: QuietHours, zone: ZoneInfo, now: float) -> float | None:
    """Say when the quiet that holds at `now` ends, both in seconds since 1970; None = it is not quiet.

    Nights that meet, because a time change swallowed the hours between, are one.
    """
    end = now
    for start, stop in _nights(quiet, zone, now):
        if start <= end < stop:
            end = stop
    return end if end > now else None


def zone_of(*names: str | None) -> ZoneInfo:
    """Choose the first of these time zones that this machine knows; UTC where there is none."""
    for name in names:
        try:
            return ZoneInfo(name or "")
        except (KeyError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def moment(local: datetime, zone: ZoneInfo) -> float:
    """Find when the clock of a zone first shows a local time, in seconds since 1970.

    A time that a change of the clock skips is the first moment after the gap (AMB-33).
    """
    found = local.replace(tzinfo=zone, fold=0).timestamp()
    if _shown(found, zone) == local:
        return found
    return _change(local.replace(tzinfo=zone, fold=1).timestamp(), found, zone)


def _nights(quiet: QuietHours, zone: ZoneInfo, now: float) -> Iterator[tuple[float, float]]:
    """Give the nights around a moment, in their order."""
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    today = datetime.fromtimestamp(now, zone).date()
    for days in _NIGHTS:
        evening = today + timedelta(days=days)
        morning = evening + timedelta(days=start >= end)
        yield moment(_at(evening, start), zone), moment(_at(morning, end), zone)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock)


def _shown(moment: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment, zone).replace(tzinfo=None, fold=0)


def _change(before: float, after: float, zone: ZoneInfo) -> float:
    """Find the second at which the clock is changed, between two moments."""
    low, high = int(before), int(after)
    old = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == old else (low, middle)
    return float(high)


def _offset(moment: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset()
