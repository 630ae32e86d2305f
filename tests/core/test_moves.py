"""Contacts that change accounts: one notice for many, single ones for few."""

from hub.core.catalogue import load
from hub.core.events import Event
from hub.core.moves import left_behind, origin_account, told_as

SIX = tuple(f"c{i}" for i in range(6))


def moved(type: str = "bulk_reassigned", contacts: tuple[str, ...] = (), **fields: object) -> Event:
    return Event(type=type, account="acme", id="evt-1", contacts=contacts, **fields)  # type: ignore[arg-type]


def test_C_40_more_than_five_are_one_notice_with_their_count() -> None:
    (event,) = told_as(moved(contacts=SIX), load())
    assert (event.type, event.data) == ("bulk_reassigned", {"count": 6})


def test_AMB_10_one_to_five_are_a_single_notice_each() -> None:
    events = told_as(moved("bulk_released", SIX[:5], title="Off they go"), load())
    assert [(event.type, event.contact, event.contacts) for event in events] == [
        ("single_released", contact, ()) for contact in SIX[:5]
    ]
    assert {event.title for event in events} == {"Off they go"}


def test_what_is_no_bulk_of_contacts_is_told_as_it_is() -> None:
    for event in (moved(), moved("single_reassigned", contact="c7"), moved("voicemails", SIX)):
        assert told_as(event, load()) == (event,)


def test_AMB_09_the_account_they_left_hears_it_once() -> None:
    word = left_behind(moved(contacts=SIX, data={"from_account": "west"}))
    assert word is not None
    assert (word.type, word.account, word.contact) == ("contact_moved", "west", None)
    assert word.data == {"from_account": "west", "count": 6, "to_account": "acme"}
    assert word.contacts == SIX
    one = left_behind(moved("single_released", contact="c7", data={"from_account": "west"}))
    assert one is not None
    assert (one.contact, "count" in one.data) == ("c7", False)


def test_AMB_10_a_contact_named_twice_moved_once() -> None:
    twice = moved("bulk_released", (*SIX[:3], *SIX[:3]), data={"from_account": "west"})
    assert [event.contact for event in told_as(twice, load())] == [*SIX[:3]]
    word = left_behind(twice)
    assert word is not None
    assert word.data["count"] == 3
    same = left_behind(moved("bulk_released", ("c1", "c1"), data={"from_account": "west"}))
    assert same is not None
    assert (same.contact, same.contacts, "count" in same.data) == ("c1", (), False)


def test_nobody_else_hears_of_a_move() -> None:
    assert left_behind(moved(contacts=SIX)) is None
    assert left_behind(moved(data={"from_account": "acme"})) is None
    assert left_behind(moved(data={"from_account": 5})) is None
    assert origin_account(moved("voicemails", data={"from_account": "west"})) is None
