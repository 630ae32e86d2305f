"""Long work in turns gives what it gives at once, and no turn is long."""

from collections.abc import Iterable
from typing import TypeVar

import pytest

from hub.core.audience import considered
from hub.core.catalogue import load
from hub.core.directory import User
from hub.core.events import Event
from hub.core.personal import errands, sending, sending_beside
from hub.core.routing import Decision, Member, Reason, Scene, tell, telling
from hub.core.turns import TURN, Turns, at_once, pieces

from .scenes import scene

T = TypeVar("T")
NOON = 1_805_025_600.0
CROWD = 3 * TURN + 1
ROLES = {"voicemails": (), "billing_warning": ("billing_admin",), "account_paused": ()}


def crowd(*roles: str) -> list[Member]:
    return [Member(User(f"u{n:05}", "acme", email=f"u{n}@acme.example", roles=roles)) for n in range(CROWD)]


def in_turns(work: Turns[T]) -> tuple[T, list[int]]:
    sizes = list[int]()
    while True:
        try:
            sizes.append(next(work))
        except StopIteration as end:
            return end.value, sizes


def is_even(sizes: Iterable[int]) -> bool:
    """Tell whether nobody has to wait for more people than one turn holds."""
    found = list(sizes)
    return max(found) <= TURN and sum(found) >= CROWD


def everybody(type: str) -> Scene:
    return scene(Event(type, "acme"), *crowd(*ROLES[type]))


@pytest.mark.parametrize("type", ROLES)
def test_whom_to_tell_and_what_to_send_is_decided_in_turns(type: str) -> None:
    played = everybody(type)
    ways, sizes = in_turns(telling(load(), played))
    assert ways == tell(load(), played)
    assert is_even(sizes)
    sent, sizes = in_turns(sending(load(), played, ways[0], NOON))
    assert sent == errands(load(), played, ways[0], NOON)
    assert not sizes or is_even(sizes)


def test_who_gets_a_message_by_email_is_decided_in_turns() -> None:
    members = {member.user.id: member for member in crowd()}
    decisions = [Decision(id, "acme", "group_broadcast", True, Reason.GROUP_MEMBER) for id in members]
    asked = (load()["group_broadcast"], decisions, members, everybody("voicemails").tree, NOON)
    found, sizes = in_turns(sending_beside(*asked))
    assert found == at_once(sending_beside(*asked))
    assert is_even(sizes)


def test_people_are_counted_where_a_type_singles_out_nobody() -> None:
    people = crowd()
    moved = Event("single_reassigned", "east", contact="c1", data={"from_account": "acme"})
    for event, count in (
        (Event("voicemails", "acme"), CROWD),
        (Event("important_system_notice", "acme"), CROWD),
        (moved, CROWD),
        (Event("mention", "acme", users=("u00001", "u00002")), 2),
        (Event("billing_warning", "acme"), 0),
        (Event("call_incoming", "acme"), 0),
    ):
        assert considered(load(), scene(event, *people)) == count, event.type


def test_pieces_hold_everything_in_order() -> None:
    assert [len(piece) for piece in pieces(range(2 * TURN + 5))] == [TURN, TURN, 5]
    assert [one for piece in pieces(range(TURN)) for one in piece] == list(range(TURN))
    assert list(pieces(())) == []


def test_work_without_a_turn_has_a_result_too() -> None:
    def work() -> Turns[str]:
        yield from ()
        return "done"

    assert at_once(work()) == "done"
