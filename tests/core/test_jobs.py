"""Jobs: five pauses with full jitter, what a provider asks for is never undercut, and then a dead letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.jobs import LONGEST_WAIT, PAUSES, Backoff, retry_after

JITTER = st.floats(0, 1)
ATTEMPT = st.integers(1, len(PAUSES))
SUNDAY = "Sun, 14 Mar 2027 16:00:00 GMT"


@pytest.mark.parametrize(("attempt", "longest"), [(1, 60), (2, 300), (3, 1_800), (4, 7_200), (5, 21_600)])
def test_a_failed_attempt_is_repeated_after_about_1_5_30_minutes_2_and_6_hours(attempt: int, longest: float) -> None:
    assert Backoff().pause(attempt, 1.0) == longest
    assert Backoff().pause(attempt, 0.0) == 0


@pytest.mark.parametrize("attempt", [6, 7, 1_000])
def test_after_the_last_pause_it_is_given_up(attempt: int) -> None:
    assert Backoff().pause(attempt, 0.5) is None
    assert Backoff().pause(attempt, 0.5, at_least=10) is None


@given(ATTEMPT, JITTER)
def test_jitter_spreads_over_the_whole_pause(attempt: int, jitter: float) -> None:
    assert Backoff().pause(attempt, jitter) == pytest.approx(jitter * PAUSES[attempt - 1])


@given(ATTEMPT, JITTER, st.floats(0, 2 * LONGEST_WAIT))
def test_what_a_provider_asks_for_is_a_minimum(attempt: int, jitter: float, least: float) -> None:
    pause = Backoff().pause(attempt, jitter, least)
    assert pause is not None
    assert least <= pause <= max(least, PAUSES[attempt - 1])


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("30", None, 30),
        (" 0 ", None, 0),
        ("Sun, 14 Mar 2027 16:00:30 GMT", SUNDAY, 30),
        ("Sun, 14 Mar 2027 15:00:00 GMT", SUNDAY, 0),
        ("999999999999999999999999", None, LONGEST_WAIT),
        ("Mon, 14 Mar 2033 16:00:00 GMT", SUNDAY, LONGEST_WAIT),
    ],
)
def test_retry_after_is_read_in_both_its_forms_and_bounded(value: str, date: str | None, seconds: float) -> None:
    assert retry_after(value, date) == seconds


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "-5", "1.5", "٣", "Sun, 99 Mar 2027 16:00:00 GMT", f"Sun, 14 Mar 2027 16:00:00 +{10**20}"],
)
def test_what_is_no_retry_after_is_none(value: str | None) -> None:
    assert retry_after(value, SUNDAY) is None


def test_a_point_in_time_without_the_answers_own_date_is_none() -> None:
    assert retry_after(SUNDAY) is None
    assert retry_after(SUNDAY, "Sun, 14 Mar 2027 16:00:00 -0000") is None  # one with, one without an offset


@given(st.text(), st.text())
def test_no_header_is_too_odd_to_be_read(value: str, date: str) -> None:
    wait = retry_after(value, date)
    assert wait is None or 0 <= wait <= LONGEST_WAIT
