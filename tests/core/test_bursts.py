"""High SMS: the window at its edges, once per burst, and every line and number by itself."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.core.bursts import CALM, Burst, Source, State, alert, source_of
from hub.core.catalogue import load
from hub.core.directory import Contact
from hub.core.events import Event

NOON = 1_795_521_600.0  # seconds, as the shell gives them: a float that cannot hold every millisecond exactly
ANNS = Source("l1", "+15550100001")


def fired(seconds: Iterable[float]) -> list[int]:
    """Say after which of these texts a burst is told, the first being 1."""
    state, found = CALM, []
    for count, second in enumerate(seconds, 1):
        state, is_burst = Burst().feed(state, NOON + second)
        found += [count] if is_burst else []
    return found


def reference(moments: Sequence[int]) -> list[int]:
    """Count the whole past, in ms, and remember whether a burst was told: AMB-34 read word by word."""
    found, was_told = [], False
    for place, now in enumerate(moments):
        before = sum(now - moment <= 30_000 for moment in moments[:place])
        was_told = was_told and before > 15
        if before + 1 > 15 and not was_told:
            found.append(place + 1)
            was_told = True
    return found


def test_A_35_fifteen_texts_are_no_burst_and_the_sixteenth_is() -> None:
    assert fired([0.0] * 15) == []
    assert fired([0.0] * 16) == [16]


@pytest.mark.parametrize(
    ("last", "found"),
    [(0.0, [16]), (29.999, [16]), (30.0, [16]), (30.001, []), (30.5, []), (86_400.0, [])],
)
def test_A_35_AMB_34_the_sixteenth_counts_within_30_000_s_of_the_first(last: float, found: list[int]) -> None:
    assert fired([0.0, *[last / 2] * 14, last]) == found


def test_AMB_34_the_edge_is_exact_at_every_millisecond_though_a_float_holds_few_of_them() -> None:
    for start in range(1_000):
        assert fired([start / 1000] * 15 + [(start + 30_000) / 1000]) == [16], start
        assert fired([start / 1000] * 15 + [(start + 30_001) / 1000]) == [], start


def test_AMB_34_a_flood_is_told_once() -> None:
    assert fired([i / 10 for i in range(1_000)]) == [16]


def test_AMB_34_not_again_before_the_count_has_fallen_to_fifteen() -> None:
    burst = [float(i) for i in range(17)]  # 17 in the window: one text after the telling
    assert fired([*burst, 30.0]) == [16]  # all 17 are still in it
    assert fired([*burst, 31.0]) == [16]  # 16 are: it has not fallen far enough
    assert fired([*burst, 32.0]) == [16, 18]  # 15 were left, and this is the 16th again


def test_AMB_34_one_text_every_two_seconds_falls_and_rises_at_the_edge() -> None:
    assert fired([2.0 * i for i in range(18)]) == [16, 17, 18]
    assert fired([2.001 * i for i in range(100)]) == []


def test_A_36_two_lines_or_two_numbers_count_apart() -> None:
    sources = [ANNS, Source("l2", ANNS.number), Source("l1", "+15550100002")]
    states: dict[Source, State] = {}
    found = []
    for i in range(45):
        source = sources[i % 3]
        states[source], is_burst = Burst().feed(states.get(source, CALM), NOON + i / 100)
        found.append(is_burst)
    assert not any(found)
    assert [Burst().feed(states[source], NOON + 1.0)[1] for source in sources] == [True] * 3


def test_A_35_the_catalogue_says_how_many_and_how_fast() -> None:
    kind = load()["high_sms_volume"]
    assert Burst.of(kind.params) == Burst(15, 30.0)
    assert Source._fields == tuple(name.replace("contact_", "") for name in kind.params["key"])


def test_AMB_34_a_clock_set_back_starts_afresh_and_clocks_that_differ_do_not() -> None:
    assert fired([0.0] * 15 + [-3_600.0]) == []
    assert fired([0.0] * 15 + [-3_600.0] * 16) == [31]
    assert fired([0.0] * 15 + [-0.2]) == [16]


gaps = st.lists(st.integers(0, 4_000) | st.sampled_from([0, 1, 1_999, 2_000, 2_001, 30_000, 30_001]), max_size=80)


@given(gaps, st.integers(0, 10**6))
@example([0] * 15 + [30_000], 0)
@example([2_000] * 20, 333)
def test_A_35_AMB_34_any_texts_are_told_as_by_counting_the_whole_past(steps: list[int], start: int) -> None:
    moments = [start + sum(steps[:i]) for i in range(len(steps))]
    assert fired(moment / 1000 for moment in moments) == reference(moments)


@given(gaps)
def test_what_is_kept_is_bounded(steps: list[int]) -> None:
    state: State = CALM
    for i in range(len(steps)):
        state, _ = Burst().feed(state, NOON + sum(steps[:i]) / 1000)
        assert len(state) == min(i + 1, Burst().kept)


def test_AMB_34_a_text_that_comes_late_counts_where_it_belongs() -> None:
    begun = [float(i) for i in range(10)]
    assert fired([*begun, -60.0, *begun[:6]]) == [17], "one of a minute before spoils nothing"
    assert fired([*begun, *begun[:5], 3.5]) == [16], "the sixteenth need not be the last that was sent"
    assert fired([0.0] * 8 + [52.0] * 7 + [26.0]) == [], "16 within 52 s are no burst"


@given(st.lists(st.integers(0, 90_000), max_size=48))
def test_A_35_in_any_order_an_alert_means_that_a_window_of_30_s_holds_16(moments: list[int]) -> None:
    state: State = CALM
    for place, now in enumerate(moments):
        state, is_burst = Burst().feed(state, NOON + now / 1000)
        near = moments[: place + 1]
        holds = [
            sum(first <= moment <= first + 30_000 for moment in near) for first in near if now - 30_000 <= first <= now
        ]
        assert is_burst == (max(holds) == 16)


def received(**fields: Any) -> Event:
    return Event(**{"type": "text_received", "account": "acme", "id": "e1", "line": "l1", **fields})


@pytest.mark.parametrize(
    ("event", "numbers", "number"),
    [
        (received(data={"from": "+15550100001"}), (), "+15550100001"),
        (received(data={"from": "+15550100001"}), ("+15550100002",), "+15550100001"),
        (received(type="line_text"), ("+15550100002",), "+15550100002"),
        (received(data={"from": "Eve"}), ("+15550100002",), "+15550100002"),
        (received(), ("+15550100002", "+15550100003"), None),
        (received(), (), None),
        (received(line=None, data={"from": "+15550100001"}), (), None),
        (received(type="missed_call_received", data={"from": "+15550100001"}), (), None),
        (received(type="manual_text_sent", data={"from": "+15550100001"}), (), None),
    ],
)
def test_A_36_a_text_counts_for_its_line_and_the_number_it_came_from(
    event: Event, numbers: tuple[str, ...], number: str | None
) -> None:
    expected = Source("l1", number) if number else None
    assert source_of(event, Contact("c7", "acme", numbers=numbers)) == expected


def test_A_35_the_alert_is_of_the_same_account_line_and_contact() -> None:
    raised = alert(received(contact="c7", url="https://crm.example/c7"), ANNS, Burst())
    assert (raised.type, raised.account, raised.line, raised.contact) == ("high_sms_volume", "acme", "l1", "c7")
    assert (raised.id, raised.url) == ("e1:high_sms", "https://crm.example/c7")
    assert raised.data == {"count": 16, "window_seconds": 30, "from": ANNS.number, "line": "l1"}
    assert raised.body == "16 texts within 30 seconds from +15550100001."


@given(st.lists(st.tuples(st.sampled_from([ANNS, Source("l2", ANNS.number)]), st.integers(0, 3_000)), max_size=80))
def test_A_36_one_source_never_changes_what_is_told_of_another(texts: list[tuple[Source, int]]) -> None:
    states: dict[Source, State] = {}
    told: dict[Source, list[bool]] = {}
    moments: dict[Source, list[int]] = {}
    now = 0
    for source, step in texts:
        now += step
        states[source], is_burst = Burst().feed(states.get(source, CALM), NOON + now / 1000)
        told.setdefault(source, []).append(is_burst)
        moments.setdefault(source, []).append(now)
    for source, found in told.items():
        assert [i for i, is_burst in enumerate(found, 1) if is_burst] == reference(moments[source])
