"""The line of a tab's errands: what waits in it is bounded by what it says, not by how often it was said."""

from collections import deque
from itertools import product

import pytest

from hub.core.session import Fade, Report, Take
from hub.core.wire import Attention
from hub.gateway.tab import MOST_TAKEN, Errand, enqueue


def line(*errands: Errand) -> list[Errand]:
    waiting: deque[Errand] = deque()
    for errand in errands:
        enqueue(waiting, errand)
    return list(waiting)


def reports(*states: Attention) -> list[Errand]:
    return [Report(state) for state in states]


def test_pop_ups_taken_in_a_row_are_one_errand_of_bounded_length() -> None:
    waiting = line(*(Take((f"n{number}",)) for number in range(2 * MOST_TAKEN + 1)))
    assert [len(errand.ids) for errand in waiting if isinstance(errand, Take)] == [MOST_TAKEN, MOST_TAKEN, 1]
    assert [id for errand in waiting if isinstance(errand, Take) for id in errand.ids] == [
        f"n{number}" for number in range(2 * MOST_TAKEN + 1)
    ]


def test_what_lies_between_keeps_errands_apart() -> None:
    said = [Take(("a",)), Fade(("a",)), Take(("b",)), Report("hidden"), Fade(("b",)), Report("hidden")]
    assert line(*said) == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (("visible", "hidden"), ("hidden",)),
        (("hidden", "visible", "hidden", "frozen"), ("frozen",)),
        (("hidden", "hidden"), ("hidden",)),
        (("focused", "focused"), ("focused",)),
        (("focused", "hidden"), ("focused", "hidden")),
        (("focused", "visible", "hidden"), ("focused", "hidden")),
        (("focused", "hidden", "focused"), ("focused",)),
        (("hidden", "focused", "hidden", "focused", "visible"), ("focused", "visible")),
    ],
)
def test_of_reports_in_a_row_the_last_wins_and_focused_is_not_lost(
    said: tuple[Attention, ...], kept: tuple[Attention, ...]
) -> None:
    assert line(*reports(*said)) == reports(*kept)


def test_whatever_is_reported_two_reports_wait_at_most() -> None:
    states: tuple[Attention, ...] = ("focused", "visible", "hidden", "frozen")
    for said in product(states, repeat=5):
        waiting = line(*reports(*said))
        assert len(waiting) <= 2
        assert waiting[-1] == Report(said[-1])
        assert (Report("focused") in waiting) is ("focused" in said)
