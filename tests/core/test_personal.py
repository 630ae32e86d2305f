"""Texts and e-mail: whom they reach, where they go and when, and what is said to who gets none."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from hub.core.catalogue import load
from hub.core.directory import Contact, Line, RingGroup, User
from hub.core.events import Event
from hub.core.personal import Errand, errands
from hub.core.preferences import Preferences
from hub.core.routing import Member, Reason, Scene, tell
from tests.core.scenes import MINE, OFF, scene

NOON = datetime.fromisoformat("2027-01-10T12:00:00+00:00").timestamp()
EVE = Contact("c7", "acme", "Eve", assigned_user="ann")
LEAD = Event("new_lead", "acme", "evt-1", contact="c7")
VOICEMAIL = Event("voicemails", "acme", "evt-1", contact="c7")
BOTH = {"text": True, "email": True}
TREE = scene(LEAD).tree


def person(id: str, types: Mapping[str, Any] | None = None, account: str = "acme", **more: Any) -> Member:
    """Make a user who has a number and an address, unless the test says otherwise."""
    own = {name: more.pop(name) for name in [*more] if name in Preferences.__dataclass_fields__}
    user = {"email": f"{id}@acme.example", "backup_number": "+15550100001", **more}
    return Member(User(id, account, **user), Preferences(types=types or {}, **own))


def ticked(id: str, *types: str, **more: Any) -> Member:
    """Make a user who ticked text and e-mail of these types."""
    return person(id, dict.fromkeys(types or ("new_lead", "voicemails"), BOTH), **more)


def ways_of(set_up: Scene, now: float = NOON) -> list[Errand]:
    return [one for way in tell(load(), set_up) for one in errands(load(), set_up, way, now)]


def sent(event: Event, *people: Member, now: float = NOON, **more: Any) -> list[Errand]:
    """Give all errands of an event, those skipped too."""
    return ways_of(scene(event, *people, **{"contacts": [EVE], **more}), now)


def said(found: Iterable[Errand], channel: str = "text") -> dict[str, str]:
    return {one.user: one.reason.value for one in found if one.channel == channel}


def goes(found: Iterable[Errand]) -> list[tuple[str, str, str]]:
    return [(one.user, one.channel, one.type) for one in found if one.is_queued]


# Whom they reach: the contact's assigned user.


def test_C_11_C_12_text_and_email_go_to_the_contacts_assigned_user() -> None:
    assert sent(LEAD, ticked("ann"), ticked("bob")) == [
        Errand("ann", "acme", "new_lead", "text", "+15550100001", Reason.ASSIGNED_USER),
        Errand("ann", "acme", "new_lead", "email", "ann@acme.example", Reason.ASSIGNED_USER),
        Errand("bob", "acme", "new_lead", "text", None, Reason.NOT_ASSIGNED_USER),
        Errand("bob", "acme", "new_lead", "email", None, Reason.NOT_ASSIGNED_USER),
    ]


def test_C_11_C_12_each_channel_is_its_own_option_and_who_ticked_neither_is_not_even_considered() -> None:
    ann, bob = person("ann", {"new_lead": {"text": True}}), person("bob", {"new_lead": {"email": True}})
    found = sent(LEAD, ann, bob, person("cat"))
    assert said(found, "text") == {"ann": "assigned_user"}
    assert said(found, "email") == {"ann": "type_off", "bob": "not_assigned_user"}


@pytest.mark.parametrize("options", [{}, OFF, MINE, {"system": False, "au": True}])
def test_AMB_03_text_and_email_depend_on_neither_system_nor_au(options: dict[str, bool]) -> None:
    found = sent(LEAD, person("ann", {"new_lead": {**BOTH, **options}}))
    assert goes(found) == [("ann", "text", "new_lead"), ("ann", "email", "new_lead")]


def test_C_11_the_assigned_user_may_be_anywhere_in_the_tree() -> None:
    for account in ("acme", "east", "west"):
        found = sent(Event("new_lead", "shop", contact="c7"), ticked("ann", account=account))
        assert [(one.account, one.is_queued) for one in found] == [(account, True)] * 2


def test_C_11_but_not_outside_it_nor_gone() -> None:
    assert sent(LEAD, ticked("ann", account="rival")) == []
    assert said(sent(LEAD, ticked("bob"))) == {"bob": "not_assigned_user"}


def test_AMB_04_without_an_assigned_user_there_is_no_text_and_no_email() -> None:
    for contacts in ([Contact("c7", "acme")], []):
        found = sent(LEAD, ticked("ann"), person("bob"), contacts=contacts)
        assert said(found) == said(found, "email") == {"ann": "no_assigned_user"}


def test_C_30_AMB_05_of_a_duplicate_the_original_contact_counts() -> None:
    event = Event("duplicate_client", "acme", contact="c9", original_contact="c7")
    duplicate = Contact("c9", "acme", assigned_user="bob")
    found = sent(event, ticked("ann", event.type), ticked("bob", event.type), contacts=[EVE, duplicate])
    assert said(found) == said(found, "email") == {"ann": "assigned_user", "bob": "not_assigned_user"}


@pytest.mark.parametrize("type", ["account_paused", "client_export", "download_report", "test_inbox_read"])
def test_C_13_a_type_without_the_options_sends_nothing_even_where_one_is_stored(type: str) -> None:
    event = Event(type, "acme", contact="c7", users=("ann",))
    assert sent(event, ticked("ann", type, features=("smtp",))) == []


def test_AMB_14_what_is_rolled_up_is_for_the_app_alone() -> None:
    event = Event("new_lead", "shop", contact="c7")
    bob = ticked("bob", rollup=("shop",))
    assert said(sent(event, ticked("ann", rollup=("shop",)), bob)) == {"ann": "assigned_user"}


def test_E_13_a_salespersons_own_contacts_come_by_text_too() -> None:
    assert said(sent(LEAD, ticked("ann", roles=("salesperson",)))) == {"ann": "assigned_user"}


def test_E_15_of_a_blocked_contact_nothing_is_sent() -> None:
    assert sent(VOICEMAIL, ticked("ann"), contacts=[replace(EVE, blocked=True)]) == []


# Whom they reach: the type's audience.


def test_A_08_who_is_named_gets_it_in_their_own_account() -> None:
    event = Event("mention", "acme", users=("sam", "bob", "gone"))
    found = sent(event, ticked("sam", "mention", account="shop"), person("bob"), ticked("ann", "mention"))
    assert said(found) == {"sam": "named", "bob": "type_off", "gone": "not_in_account"}
    assert found[0].account == "shop"


def test_A_13_A_15_AMB_30_AMB_31_account_reports_go_by_email_to_the_role_alone() -> None:
    ada, bill = person("ada", roles=("admin",)), person("bill", roles=("billing_admin",))
    assert said(sent(Event("webhook_failure_report", "acme"), ada, bill), "email") == {"ada": "role"}
    assert said(sent(Event("billing_warning", "acme"), ada, bill), "email") == {"bill": "role"}
    assert said(sent(Event("billing_warning", "acme"), bill), "text") == {}


def test_AMB_31_who_lost_the_role_gets_no_more_and_is_told_why() -> None:
    once = ticked("ann", "daily_activity_report", "billing_warning")
    assert said(sent(Event("daily_activity_report", "acme"), once), "email") == {"ann": "admins_only"}
    assert said(sent(Event("billing_warning", "acme"), once), "email") == {"ann": "billing_admins_only"}


def test_A_27_reports_are_off_until_an_admin_switches_them_on() -> None:
    event = Event("daily_spending_report", "acme")
    ada, abe = person("ada", roles=("admin",)), ticked("abe", event.type, roles=("admin",))
    assert said(sent(event, ada, abe), "email") == {"abe": "role", "ada": "type_off"}


@pytest.mark.parametrize(
    ("fisher_mode", "reason"),
    [(True, {"bob": "ring_group_member", "dan": "line_opt_in"}), (False, {"bob": "busy", "dan": "busy"})],
)
def test_A_04_A_34_AMB_28_calls_follow_links_and_presence_as_in_the_app(
    fisher_mode: bool, reason: dict[str, str]
) -> None:
    line, group = Line("l2", "acme", ring_group="front"), RingGroup("front", "acme", "", ("bob",), fisher_mode)
    people = [
        ticked(id, "call_incoming", presence="on_call", lines=lines) for id, lines in (("bob", ()), ("dan", ("l2",)))
    ]
    found = sent(Event("call_incoming", "acme", line="l2"), *people, line=line, ring_group=group)
    assert said(found) == said(found, "email") == reason


def test_C_32_C_33_who_lacks_the_feature_is_skipped_alone() -> None:
    event = Event("email_received", "acme", users=("ann", "bob"))
    found = sent(event, ticked("ann", event.type, features=("outlook_oauth2",)), ticked("bob", event.type))
    assert said(found) == {"ann": "named", "bob": "not_applicable"}


def test_an_inactive_user_gets_nothing() -> None:
    assert said(sent(LEAD, ticked("ann", active=False), ticked("bob", active=False))) == {
        "ann": "inactive",
        "bob": "inactive",
    }


# General types: one of each kind for everybody.


def test_AMB_08_a_channel_falls_back_by_itself_and_nothing_comes_twice() -> None:
    event = Event("parser_created", "acme", origin="parser", contact="c7")
    ann = person("ann", {"parser_created": {"text": True}, "new_lead": BOTH})
    assert goes(sent(event, ann)) == [("ann", "text", "parser_created"), ("ann", "email", "new_lead")]


def test_AMB_08_when_no_type_sends_the_first_that_reaches_the_user_says_why() -> None:
    event = Event("parser_created", "acme", origin="parser", contact="c7")
    assert [(one.type, one.reason) for one in sent(event, person("ann"))] == [("parser_created", "type_off")] * 2
    bob = ticked("bob", "new_lead")
    assert [(one.type, one.reason) for one in sent(event, bob)] == [("new_lead", "not_assigned_user")] * 2


def test_AMB_08_a_general_type_that_does_not_fit_the_event_sends_nothing() -> None:
    event = Event("parser_created", "acme", origin="manual", contact="c7")
    assert said(sent(event, ticked("ann", "new_lead"))) == {"ann": "type_off"}


def test_A_05_C_52_a_text_to_a_line_reaches_its_people_and_as_text_received_the_assigned_user() -> None:
    event, line = Event("line_text", "acme", contact="c7", line="l1"), Line("l1", "acme", owner="bob")
    types = ("line_text", "text_received")
    found = sent(event, ticked("ann", *types), ticked("bob", *types), ticked("cat", *types), line=line)
    assert [(one.user, one.type, one.reason.value) for one in found if one.channel == "text"] == [
        ("bob", "line_text", "line_owner"),
        ("ann", "text_received", "assigned_user"),
        ("cat", "text_received", "not_assigned_user"),
    ]
    ann = person("ann", {"text_received": {"text": True}})
    assert goes(sent(event, ann, line=replace(line, owner="ann"))) == [("ann", "text", "text_received")]


def test_C_53_AMB_23_a_stop_that_is_off_comes_as_text_received() -> None:
    ann = ticked("ann", "text_received")
    assert goes(sent(Event("text_stopped", "acme", contact="c7"), ann))[0] == ("ann", "text", "text_received")


def test_C_48_AMB_09_of_a_move_that_two_accounts_hear_of_the_assigned_user_is_sent_one() -> None:
    event = Event("single_reassigned", "west", contact="c7", data={"from_account": "east"})
    ann = ticked("ann", "single_reassigned", "contact_moved", account="west")
    found = sent(event, ann)
    assert goes(found) == [("ann", "text", "single_reassigned"), ("ann", "email", "single_reassigned")]
    assert [one.reason for one in found[2:]] == [Reason.ALREADY_TOLD] * 2
    only = ticked("ann", "contact_moved", account="west")
    assert goes(sent(event, only)) == [("ann", "text", "contact_moved"), ("ann", "email", "contact_moved")]


def test_C_49_AMB_10_a_small_bulk_is_one_text_for_each_contact_as_in_the_app() -> None:
    event = Event("bulk_released", "west", contacts=("c7", "c8", "c9"), data={"from_account": "east"})
    mine = [Contact(id, "west", assigned_user="ann") for id in ("c7", "c8")]
    found = sent(event, ticked("ann", "single_released", "contact_moved", account="west"), contacts=mine)
    assert [one.type for one in found if one.is_queued and one.channel == "text"] == ["single_released"] * 2


def test_C_27_AMB_10_of_a_large_bulk_each_assigned_user_is_sent_one_in_the_order_of_their_ids() -> None:
    event = Event("bulk_released", "acme", contacts=tuple(f"c{i}" for i in range(12)))
    owners = [Contact(f"c{i}", "acme", assigned_user=f"u{9 - i % 6}") for i in range(12)]
    found = sent(event, *(ticked(f"u{i}", "contact_moved") for i in range(10)), contacts=owners)
    assert [one.user for one in found if one.is_queued and one.channel == "text"] == [f"u{i}" for i in range(4, 10)]
    assert [one.user for one in found if not one.is_queued and one.channel == "text"] == [f"u{i}" for i in range(4)]
