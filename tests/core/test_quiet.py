"""Quiet hours: when they end, over nights, zones and changes of the clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.core.changes import QuietHours
from hub.core.quiet import moment, quiet_until, zone_of

NEW_YORK, BERLIN, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
NIGHT = QuietHours("22:00", "07:00")
DAY = 86_400


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def until(quiet: QuietHours, zone: ZoneInfo, now: str) -> str | None:
    """Say the end as the clock of the zone shows it, with its offset."""
    found = quiet_until(quiet, zone, at(now))
    return found if found is None else datetime.fromtimestamp(found, zone).isoformat()


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2027-01-10T21:59:59.999-05:00", None),
        ("2027-01-10T22:00-05:00", "2027-01-11T07:00:00-05:00"),
        ("2027-01-10T23:59:59-05:00", "2027-01-11T07:00:00-05:00"),
        ("2027-01-11T00:00-05:00", "2027-01-11T07:00:00-05:00"),
        ("2027-01-11T06:59:59.999-05:00", "2027-01-11T07:00:00-05:00"),
        ("2027-01-11T07:00-05:00", None),
        ("2027-01-11T12:00-05:00", None),
        ("2027-01-11T03:30Z", "2027-01-11T07:00:00-05:00"),
    ],
)
def test_quiet_hours_over_midnight_hold_from_their_start_to_just_before_their_end(now: str, end: str | None) -> None:
    assert until(NIGHT, NEW_YORK, now) == end


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2027-01-10T12:59+01:00", None),
        ("2027-01-10T13:00+01:00", "2027-01-10T14:30:00+01:00"),
        ("2027-01-10T14:30+01:00", None),
    ],
)
def test_quiet_hours_within_a_day(now: str, end: str | None) -> None:
    assert until(QuietHours("13:00", "14:30"), BERLIN, now) == end


def test_quiet_hours_may_leave_a_single_minute() -> None:
    nearly_always = QuietHours("12:01", "12:00")
    assert until(nearly_always, BERLIN, "2027-01-10T12:00+01:00") is None
    assert until(nearly_always, BERLIN, "2027-01-10T12:01+01:00") == "2027-01-11T12:00:00+01:00"


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2027-03-13T23:00-05:00", "2027-03-14T07:00:00-04:00"),  # the clock goes from 02:00 to 03:00: an hour less
        ("2027-11-06T23:00-04:00", "2027-11-07T07:00:00-05:00"),  # and from 02:00 back to 01:00: an hour more
    ],
)
def test_AMB_33_the_end_is_what_the_clock_shows_after_a_change_in_the_night(now: str, end: str) -> None:
    assert until(NIGHT, NEW_YORK, now) == end


def test_AMB_33_an_end_that_the_change_skips_is_the_first_moment_after_the_gap() -> None:
    assert until(QuietHours("22:00", "02:30"), NEW_YORK, "2027-03-13T23:00-05:00") == "2027-03-14T03:00:00-04:00"
    assert until(QuietHours("22:00", "02:10"), LORD_HOWE, "2026-10-03T23:00+10:30") == "2026-10-04T02:30:00+11:00"


def test_AMB_33_of_an_end_that_comes_twice_the_first_counts_and_the_night_stays_ended() -> None:
    quiet = QuietHours("22:00", "01:30")
    assert until(quiet, NEW_YORK, "2027-11-07T01:00-04:00") == "2027-11-07T01:30:00-04:00"
    assert until(quiet, NEW_YORK, "2027-11-07T01:30-04:00") is None
    assert until(quiet, NEW_YORK, "2027-11-07T01:10-05:00") is None  # 01:10 again
    assert until(quiet, NEW_YORK, "2027-11-07T01:45-05:00") is None


def test_AMB_33_a_start_that_is_skipped_or_doubled() -> None:
    assert until(QuietHours("02:30", "05:00"), NEW_YORK, "2027-03-14T03:00-04:00") == "2027-03-14T05:00:00-04:00"
    assert until(QuietHours("02:30", "05:00"), NEW_YORK, "2027-03-14T01:59-05:00") is None
    assert until(QuietHours("01:30", "05:00"), NEW_YORK, "2027-11-07T01:10-05:00") == "2027-11-07T05:00:00-05:00"


def test_AMB_33_hours_that_lie_in_the_gap_as_a_whole_are_not_quiet() -> None:
    quiet = QuietHours("02:10", "02:40")
    for now in ("2027-03-14T01:59:59-05:00", "2027-03-14T03:00-04:00", "2027-03-14T03:10-04:00"):
        assert until(quiet, NEW_YORK, now) is None


def test_nights_that_meet_because_the_pause_was_skipped_are_one() -> None:
    quiet = QuietHours("03:00", "02:30")  # loud for half an hour a day, which the change swallows
    assert until(quiet, NEW_YORK, "2027-03-13T12:00-05:00") == "2027-03-15T02:30:00-04:00"


def test_a_day_that_a_zone_never_had() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 December 2011 to the 31st
    assert until(NIGHT, apia, "2011-12-29T23:00-10:00") == "2011-12-31T07:00:00+14:00"


def test_the_first_zone_that_is_known_counts() -> None:
    assert zone_of("Europe/Berlin", "America/New_York") == BERLIN
    assert zone_of(None, "", "Mars/Olympus", "America/New_York") == NEW_YORK
    assert zone_of(None, "../etc/passwd", None) == zone_of() == ZoneInfo("UTC")


# A reference that walks through time and looks at nothing but what the clocks show.

ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "UTC"]
ZONES += ["America/Santiago", "Asia/Kathmandu", "America/St_Johns", "Atlantic/Azores", "Antarctica/Troll"]
clocks = st.times().map(lambda clock: f"{clock.hour:02}:{clock.minute:02}") | st.sampled_from(
    ["00:00", "00:30", "01:00", "01:30", "01:59", "02:00", "02:10", "02:30", "03:00", "03:30", "23:59"]
)


def shown(now: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(now, UTC).astimezone(zone).replace(tzinfo=None, fold=0)


def offset(now: int, zone: ZoneInfo) -> timedelta:
    return shown(now, zone) - shown(now, ZoneInfo("UTC"))


def changes(zone: ZoneInfo, year: int) -> Iterator[int]:
    """Find the seconds of a year at which the zone's clock is changed: the days, then the quarter of an hour."""
    start = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    for day in range(start, start + 366 * DAY, DAY):
        if offset(day, zone) != offset(day + DAY, zone):
            yield next(now for now in range(day, day + DAY + 1, 900) if offset(now, zone) != offset(day, zone))


CHANGES = [(name, now) for name in ZONES for year in (2011, 2026, 2027) for now in changes(ZoneInfo(name), year)]
SPRING = ("America/New_York", int(at("2027-03-14T03:00-04:00")))
AUTUMN = ("America/New_York", int(at("2027-11-07T01:00-05:00")))


def first_shown(local: datetime, zone: ZoneInfo) -> int:
    """Walk minute by minute until the clock of the zone shows this time or a later one."""
    now = int(local.replace(tzinfo=UTC).timestamp()) - 16 * 3_600  # no clock is further ahead
    while shown(now, zone) < local:
        now += 60
    return now


def nights(quiet: QuietHours, zone: ZoneInfo, around: int) -> Iterator[range]:
    """Give the nights of a week, found by walking."""
    first, last = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    for days in range(-3, 4):
        day = shown(around, zone).date() + timedelta(days=days)
        morning = day + timedelta(days=first >= last)
        yield range(first_shown(datetime.combine(day, first), zone), first_shown(datetime.combine(morning, last), zone))


@settings(deadline=None)
@given(st.sampled_from(CHANGES), clocks, clocks, st.integers(-DAY - 3_600, DAY + 3_600))
@example(SPRING, "22:00", "02:30", -1_800)
@example(SPRING, "03:00", "02:30", -DAY)
@example(AUTUMN, "22:00", "01:30", 600)
def test_AMB_33_quiet_around_every_change_of_the_clock_is_as_by_walking(
    change: tuple[str, int], start: str, end: str, seconds: int
) -> None:
    if start == end:  # refused at the door
        return
    quiet, zone, now = QuietHours(start, end), ZoneInfo(change[0]), change[1] + seconds
    walked, loud = list(nights(quiet, zone, change[1])), now
    while night := next((night for night in walked if loud in night), None):
        loud = night.stop
    assert quiet_until(quiet, zone, float(now)) == (None if loud == now else loud)


@given(st.sampled_from(CHANGES), clocks, clocks, st.floats(-2 * DAY, 2 * DAY))
def test_what_waits_waits_at_most_until_it_is_quiet_no_more(
    change: tuple[str, int], start: str, end: str, seconds: float
) -> None:
    if start == end:
        return
    quiet, zone, now = QuietHours(start, end), ZoneInfo(change[0]), change[1] + seconds
    if found := quiet_until(quiet, zone, now):
        assert now < found <= now + 3 * DAY
        assert quiet_until(quiet, zone, found) is None
        assert quiet_until(quiet, zone, (now + found) / 2) == found


@given(st.sampled_from(CHANGES), clocks, st.integers(-2, 2))
def test_AMB_33_a_moment_is_the_first_at_which_the_clock_shows_the_time_or_a_later_one(
    change: tuple[str, int], clock: str, days: int
) -> None:
    zone = ZoneInfo(change[0])
    day = shown(change[1], zone).date() + timedelta(days=days)
    local = datetime.combine(day, time.fromisoformat(clock))
    assert moment(local, zone) == first_shown(local, zone)
