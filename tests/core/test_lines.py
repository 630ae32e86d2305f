"""Lines: who is linked to one, and who hears of it under a wider name."""

from typing import Any

import pytest

from hub.core.directory import Line, RingGroup
from hub.core.events import Event
from hub.core.routing import Reason
from tests.core.scenes import MINE, OFF, decisions, member, no, reasons, told, yes

ANNS = Line("l1", "acme", "+15550100", owner="ann")
SHARED = Line("l2", "acme", "+15550101", ring_group="front")
FRONT = RingGroup("front", "acme", "Front desk", ("bob", "cat"))
FISHERS = RingGroup("front", "acme", "Front desk", ("bob", "cat"), fisher_mode=True)
NO_TEXTS = {"text_received": OFF, "voicemails": OFF}
OFFICE = [member(id, NO_TEXTS) for id in ("ann", "bob", "cat", "dan")]


def on(type: str, line: Line = ANNS, account: str = "acme") -> Event:
    return Event(type, account, line=line.id)


@pytest.mark.parametrize("type", ["call_incoming", "line_text", "line_voicemail", "high_sms_volume"])
def test_A_03_A_05_A_06_a_personal_line_reaches_its_owner(type: str) -> None:
    assert decisions(on(type), *OFFICE, line=ANNS)["ann"] == yes("ann", type, Reason.LINE_OWNER, "u:ann")
    assert told(on(type), *OFFICE, line=ANNS) == ["ann"]


@pytest.mark.parametrize("type", ["call_incoming", "line_text", "line_voicemail", "high_sms_volume"])
def test_A_03_A_05_A_06_a_shared_line_reaches_its_ring_groups_members(type: str) -> None:
    found = decisions(on(type, SHARED), *OFFICE, line=SHARED, ring_group=FRONT)
    assert [one for one in found.values() if one.told] == [
        yes("bob", type, Reason.RING_GROUP_MEMBER, "u:bob"),
        yes("cat", type, Reason.RING_GROUP_MEMBER, "u:cat"),
    ]


def test_A_07_AMB_29_a_fax_reaches_the_owner_and_opt_ins_but_no_ring_group() -> None:
    line = Line("l1", "acme", owner="ann", ring_group="front")
    people = *OFFICE[:3], member("dan", lines=("l1",))
    assert reasons(on("line_fax"), *people, line=line, ring_group=FRONT) == {"ann": "line_owner", "dan": "line_opt_in"}


def test_A_34_AMB_35_an_opt_in_adds_the_user_and_taking_it_back_takes_only_that_away() -> None:
    event, line = on("call_incoming", SHARED), {"line": SHARED, "ring_group": FRONT}
    assert told(event, *OFFICE, **line) == ["bob", "cat"]
    assert told(event, *OFFICE[:3], member("dan", lines=("l2",)), **line) == ["bob", "cat", "dan"]
    bob = member("bob", lines=("l2",))
    assert reasons(event, bob, **line) == {"bob": "ring_group_member"}
    assert reasons(event, member("bob"), **line) == {"bob": "ring_group_member"}


def test_A_34_an_opt_in_from_above_is_told_above() -> None:
    line = Line("l9", "shop")
    people = member("ann", lines=("l9",)), member("eva", account="east", lines=("l9",)), member("bob")
    found = decisions(on("call_incoming", line, "shop"), *people, line=line)
    assert list(found.values()) == [
        yes("eva", "call_incoming", Reason.LINE_OPT_IN, "u:eva", "east"),
        yes("ann", "call_incoming", Reason.LINE_OPT_IN, "u:ann"),
    ]


def test_A_34_an_opt_in_from_beside_or_outside_has_no_effect() -> None:
    line = Line("l9", "shop")
    people = member("will", account="west", lines=("l9",)), member("rob", account="rival", lines=("l9",))
    assert decisions(on("call_incoming", line, "shop"), *people, line=line) == {}


def test_ring_group_members_and_owners_of_other_accounts_are_told_in_their_own() -> None:
    group = RingGroup("front", "acme", members=("sam", "rob"))
    people = member("sam", account="shop"), member("rob", account="rival")
    found = decisions(on("line_text", SHARED), *people, line=SHARED, ring_group=group)
    assert found == {"sam": yes("sam", "line_text", Reason.RING_GROUP_MEMBER, "u:sam", "shop")}
    elses = Line("l3", "acme", owner="eva")
    assert decisions(on("line_text", elses), member("eva", account="east"), line=elses)["eva"].account == "east"


def test_who_is_gone_is_linked_to_nothing() -> None:
    group = RingGroup("front", "acme", members=("gone", "bob"))
    line = Line("l2", "acme", owner="left", ring_group="front")
    assert reasons(on("call_incoming", line), *OFFICE, line=line, ring_group=group) == {"bob": "ring_group_member"}
    assert decisions(on("call_incoming", line), *OFFICE, line=Line("l2", "acme", ring_group="gone")) == {}


def test_one_copy_each_by_the_firmest_link() -> None:
    line = Line("l2", "acme", owner="cat", ring_group="front")
    people = member("bob", NO_TEXTS, lines=("l2",)), member("cat", NO_TEXTS, lines=("l2",))
    found = reasons(on("line_text", line), *people, line=line, ring_group=FRONT)
    assert found == {"bob": "ring_group_member", "cat": "line_owner"}


@pytest.mark.parametrize("presence", ["busy", "on_call"])
def test_A_04_E_11_AMB_28_fisher_mode_decides_for_busy_users(presence: str) -> None:
    bob = member("bob", presence=presence)
    event = on("call_incoming", SHARED)
    assert reasons(event, bob, line=SHARED, ring_group=FRONT) == {"bob": "busy"}
    assert reasons(event, bob, line=SHARED, ring_group=FISHERS) == {"bob": "ring_group_member"}


@pytest.mark.parametrize("presence", ["available", "on_break", "offline"])
def test_AMB_28_others_are_told_always(presence: str) -> None:
    bob = member("bob", presence=presence)
    for group in (FRONT, FISHERS):
        assert told(on("call_incoming", SHARED), bob, line=SHARED, ring_group=group) == ["bob"]


def test_AMB_28_a_personal_line_has_no_fisher_mode_and_other_types_do_not_ask() -> None:
    ann = member("ann", presence="on_call")
    assert reasons(on("call_incoming"), ann, line=ANNS) == {"ann": "busy"}
    assert reasons(on("line_text"), ann, line=ANNS) == {"ann": "line_owner"}


def test_AMB_28_an_opt_in_follows_the_ring_group_of_the_line() -> None:
    dan = member("dan", lines=("l2",), presence="busy")
    assert reasons(on("call_incoming", SHARED), dan, line=SHARED, ring_group=FRONT) == {"dan": "busy"}
    assert reasons(on("call_incoming", SHARED), dan, line=SHARED, ring_group=FISHERS) == {"dan": "line_opt_in"}


@pytest.mark.parametrize(("type", "general"), [("line_text", "text_received"), ("line_voicemail", "voicemails")])
def test_AMB_08_who_has_no_link_to_the_line_is_told_by_the_general_type(type: str, general: str) -> None:
    found = decisions(on(type), member("ann"), member("bob"), member("cat", {general: OFF}), line=ANNS)
    assert found == {
        "ann": yes("ann", type, Reason.LINE_OWNER, "u:ann"),
        "bob": yes("bob", general, Reason.ALL_OF_TYPE, f"t:{general}"),
        "cat": no("cat", general, Reason.TYPE_OFF),
    }


def test_AMB_08_a_linked_user_without_the_line_type_falls_back_and_with_both_off_hears_why() -> None:
    people = member("ann", {"line_text": OFF}), member("bob")
    assert decisions(on("line_text"), *people, line=ANNS)["ann"].type == "text_received"
    off: dict[str, Any] = {"line_text": OFF, "text_received": OFF}
    assert decisions(on("line_text"), member("ann", off), line=ANNS) == {"ann": no("ann", "line_text", Reason.TYPE_OFF)}


def test_AMB_08_the_general_types_scope_and_roll_up_count() -> None:
    mine, line = {"text_received": MINE}, Line("l9", "shop", owner="sam")
    people = member("sue", mine, account="shop"), member("ann", rollup=("shop",)), member("sam", account="shop")
    found = decisions(on("line_text", line, "shop"), *people, line=line)
    assert found == {
        "sam": yes("sam", "line_text", Reason.LINE_OWNER, "u:sam", "shop"),
        "sue": no("sue", "text_received", Reason.NO_ASSIGNED_USER, "shop"),
        "ann": yes("ann", "text_received", Reason.ROLLED_UP, "t:text_received"),
    }
