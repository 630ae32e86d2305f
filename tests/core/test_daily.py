"""The days of the daily cap, and the mornings of its summaries, over zones and changes of the clock."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.daily import day_of, is_over, latest_day, next_morning

from .test_quiet import CHANGES, at

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "now", "day", "morning"),
    [
        (NEW_YORK, "2027-01-10T23:59:59-05:00", "2027-01-10", "2027-01-11T08:00-05:00"),
        (NEW_YORK, "2027-01-11T00:00-05:00", "2027-01-11", "2027-01-12T08:00-05:00"),
        (NEW_YORK, "2027-01-11T04:59Z", "2027-01-10", "2027-01-11T08:00-05:00"),
        (BERLIN, "2027-01-10T23:59Z", "2027-01-11", "2027-01-12T08:00+01:00"),
        (NEW_YORK, "2027-03-13T12:00-05:00", "2027-03-13", "2027-03-14T08:00-04:00"),  # the night has an hour less
        (NEW_YORK, "2027-11-06T12:00-04:00", "2027-11-06", "2027-11-07T08:00-05:00"),  # and an hour more
        (NEW_YORK, "2027-11-07T01:30-05:00", "2027-11-07", "2027-11-08T08:00-05:00"),
        (ZoneInfo("Pacific/Apia"), "2011-12-29T12:00-10:00", "2011-12-29", "2011-12-31T00:00+14:00"),  # no 30th
    ],
)
def test_E_21_a_day_is_the_users_and_ends_in_a_summary_the_next_morning(
    zone: ZoneInfo, now: str, day: str, morning: str
) -> None:
    assert day_of(zone, at(now)) == day
    assert next_morning(zone, at(now)) == at(morning)


@given(st.sampled_from(CHANGES), st.integers(-3 * 86_400, 3 * 86_400))
def test_E_21_the_summary_of_a_day_comes_on_the_next_one_that_the_zone_has(
    change: tuple[str, int], seconds: int
) -> None:
    zone, now = ZoneInfo(change[0]), change[1] + seconds
    morning = next_morning(zone, now)
    assert now < morning <= now + 3 * 86_400
    today, next_day = date.fromisoformat(day_of(zone, now)), date.fromisoformat(day_of(zone, morning))
    assert today < next_day <= today + timedelta(days=2)
    clock = datetime.fromtimestamp(morning, zone)
    assert (clock.hour, clock.minute) == (8, 0) or next_day == today + timedelta(days=2)


@given(st.sampled_from(CHANGES), st.integers(-86_400, 86_400), st.integers(0, 86_400))
def test_E_21_whatever_comes_on_one_day_is_summed_up_at_one_time(
    change: tuple[str, int], seconds: int, later: int
) -> None:
    zone, now = ZoneInfo(change[0]), change[1] + seconds
    if day_of(zone, now) == day_of(zone, now + later):
        assert next_morning(zone, now) == next_morning(zone, now + later)


@pytest.mark.parametrize(
    ("noted", "over"),
    [
        ("", True),
        ("2027-03-13", True),
        ("2027-03-14", False),
        ("2027-03-15", False),  # where the user comes from it is the next day already
        ("2027-03-16", True),  # it is this day nowhere: a clock was set back
    ],
)
def test_E_21_a_day_is_over_once_a_later_one_began_wherever_the_user_is(noted: str, over: bool) -> None:
    assert is_over(noted, "2027-03-14", at("2027-03-14T12:00Z")) is over


@given(st.sampled_from(CHANGES), st.sampled_from(CHANGES), st.integers(0, 86_400))
def test_E_21_no_change_of_zone_ends_a_day(one: tuple[str, int], other: tuple[str, int], seconds: int) -> None:
    now = other[1] + seconds
    here, there = (day_of(ZoneInfo(zone), now) for zone in (one[0], other[0]))
    assert here <= latest_day(now)
    assert not (is_over(here, there, now) and is_over(there, here, now)), "one of them goes on"
