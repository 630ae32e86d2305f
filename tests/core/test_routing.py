"""Routing: who is told of what, under which type, and why; and who is not, and why not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalogue import load
from hub.core.directory import Account, Contact, User
from hub.core.events import Event
from hub.core.preferences import Preferences, channels
from hub.core.routing import Decision, Dropped, Member, Reason, Routed, route, sentence

ACME = Account("acme", "Acme", features=("dispatch",))
EVE = Contact("c7", "acme", "Eve", assigned_user="ann")
NOBODYS = Contact("c8", "acme")
MINE = {"system": True, "au": True}
OFF = {"system": False}


def member(id: str, types: dict[str, Any] | None = None, **user: Any) -> Member:
    return Member(User(id, "acme", **user), Preferences(types=types or {}))


def office(*members: Member) -> dict[str, Member]:
    return {member.user.id: member for member in members}


def decide(
    event: Event,
    *members: Member,
    contact: Contact | None = None,
    original: Contact | None = None,
    account: Account = ACME,
) -> dict[str, Decision]:
    routed = route(load(), event, account, office(*members), contact, original)
    assert isinstance(routed, Routed), routed
    return {decision.user: decision for decision in routed.decisions}


def reasons(event: Event, *members: Member, **more: Any) -> dict[str, str]:
    return {user: decision.reason.value for user, decision in decide(event, *members, **more).items()}


def dropped(event: Event, account: Account = ACME, **contacts: Contact) -> str | None:
    """Give the reason an event is dropped for, or None when it is routed."""
    routed = route(load(), event, account, office(member("ann")), **contacts)
    return routed.reason if isinstance(routed, Dropped) else None


VOICEMAIL = Event("voicemails", "acme", contact="c7")


def test_C_06_each_user_decides_type_by_type() -> None:
    told = decide(VOICEMAIL, member("ann"), member("bob", {"voicemails": OFF}), member("cat", {"new_lead": OFF}))
    assert {user: decision.told for user, decision in told.items()} == {"ann": True, "bob": False, "cat": True}
    assert told["bob"].reason is Reason.TYPE_OFF


def test_C_07_C_08_system_reaches_a_user_who_is_not_the_assigned_one() -> None:
    assert decide(VOICEMAIL, member("bob"), contact=EVE)["bob"] == Decision(
        "bob", "voicemails", True, Reason.ALL_OF_TYPE, "t:voicemails"
    )


def test_C_10_au_reaches_only_the_assigned_user() -> None:
    told = decide(VOICEMAIL, member("ann", {"voicemails": MINE}), member("bob", {"voicemails": MINE}), contact=EVE)
    assert told["ann"] == Decision("ann", "voicemails", True, Reason.ASSIGNED_USER, "u:ann")
    assert told["bob"] == Decision("bob", "voicemails", False, Reason.NOT_ASSIGNED_USER)


def test_AMB_03_au_alone_is_my_contacts_too() -> None:
    alone = {"voicemails": {"system": False, "au": True}}
    assert reasons(VOICEMAIL, member("ann", alone), member("bob", alone), contact=EVE) == {
        "ann": "assigned_user",
        "bob": "not_assigned_user",
    }


@pytest.mark.parametrize("contact", [NOBODYS, None])
def test_AMB_04_without_an_assigned_user_only_scope_all_hears(contact: Contact | None) -> None:
    assert reasons(VOICEMAIL, member("ann", {"voicemails": MINE}), member("bob"), contact=contact) == {
        "ann": "no_assigned_user",
        "bob": "all_of_type",
    }


def test_C_30_AMB_05_a_duplicate_belongs_to_the_original_contacts_user() -> None:
    event = Event("duplicate_client", "acme", contact="c9", original_contact="c7")
    duplicate = Contact("c9", "acme", assigned_user="bob")
    mine = {"duplicate_client": MINE}
    told = reasons(event, member("ann", mine), member("bob", mine), contact=duplicate, original=EVE)
    assert told == {"ann": "assigned_user", "bob": "not_assigned_user"}


@pytest.mark.parametrize(
    ("type", "origin", "reason"),
    [
        ("assigned_user", "sales_cycle", None),
        ("assigned_user", "action_plan", None),
        ("assigned_user", "manual", "origin_manual"),
        ("assigned_user", "sequence", "origin_not_allowed"),
        ("assigned_user", "api", "origin_not_allowed"),
        ("new_lead", "manual", "origin_manual"),
        ("new_lead", "parser", None),
        ("customer_created", "manual", None),
    ],
)
def test_C_23_C_34_AMB_07_AMB_08_origins(type: str, origin: str, reason: str | None) -> None:
    assert dropped(Event(type, "acme", origin=origin)) == reason


def test_A_10_AMB_07_contact_assigned_tells_the_new_owner_whatever_the_origin() -> None:
    for origin in ("manual", "sequence", "api"):
        event = Event("contact_assigned", "acme", origin=origin, users=("ann",))
        assert reasons(event, member("ann"), member("bob")) == {"ann": "named"}


@pytest.mark.parametrize(
    ("type", "data", "reason"),
    [
        ("action_plan_steps", {"step": {"notify": True}}, None),
        ("action_plan_steps", {"step": {"notify": False}}, "not_notified"),
        ("action_plan_steps", {}, "not_notified"),
        ("manual_text_sent", {"sms": {"notify": True}}, None),
        ("manual_text_sent", {"sms": {}}, "not_notified"),
        ("manual_appointment", {"appointment": {"notify": True}}, None),
        ("manual_call_schedule", {"call": None}, "not_notified"),
    ],
)
def test_C_22_AMB_13_AMB_24_an_unticked_box_raises_nothing(type: str, data: dict[str, Any], reason: str | None) -> None:
    assert dropped(Event(type, "acme", data=data)) == reason


@pytest.mark.parametrize(("via", "reason"), [("hub", None), (None, None), ("smtp", "not_applicable")])
def test_C_29_AMB_12_mail_that_went_by_the_users_own_smtp_is_not_ours(via: str | None, reason: str | None) -> None:
    data = {"sent_via": via} if via else {}
    assert dropped(Event("email_failed_error", "acme", data=data)) == reason


@pytest.mark.parametrize(("type", "feature"), [("proposal_sent_to_dispatch", "dispatch"), ("thumbtack", "thumbtack")])
def test_C_47_C_54_an_account_without_the_feature_drops_the_event(type: str, feature: str) -> None:
    assert dropped(Event(type, "acme"), Account("acme")) == "not_applicable"
    assert dropped(Event(type, "acme"), Account("acme", features=(feature,))) is None


@pytest.mark.parametrize(("type", "feature"), [("test_inbox_read", "smtp"), ("email_received", "outlook_oauth2")])
def test_C_32_C_33_a_user_without_the_feature_is_skipped_alone(type: str, feature: str) -> None:
    event = Event(type, "acme", users=("ann", "bob"))
    told = reasons(event, member("ann", features=(feature,)), member("bob"))
    assert told == {"ann": "named", "bob": "not_applicable"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"changes": {"status": ["new", "complete"]}}, None),
        ({"changes": {"status": ["new", "new"]}}, "unchanged"),
        ({"changes": {}}, "unchanged"),
        ({}, "unchanged"),
    ],
)
@pytest.mark.parametrize("type", ["order_changed", "customer_changed"])
def test_R_15_AMB_43_a_save_without_change_gives_none(type: str, data: dict[str, Any], reason: str | None) -> None:
    assert dropped(Event(type, "acme", data=data)) == reason


def test_E_15_a_blocked_contact_raises_nothing() -> None:
    blocked = Contact("c7", "acme", blocked=True)
    duplicate = Event("duplicate_client", "acme", original_contact="c7")
    assert dropped(Event("text_received", "acme"), contact=blocked) == "contact_blocked"
    assert dropped(duplicate, original_contact=blocked) == "contact_blocked"
    assert dropped(Event("text_received", "acme"), contact=EVE) is None


def test_AMB_08_a_user_without_the_named_type_is_told_by_its_general_one() -> None:
    event = Event("parser_created", "acme", origin="parser")
    told = decide(event, member("ann", {"parser_created": OFF}), member("bob"))
    assert told["ann"] == Decision("ann", "new_lead", True, Reason.ALL_OF_TYPE, "t:new_lead")
    assert told["bob"].type == "parser_created"


def test_AMB_08_being_outside_the_named_types_scope_falls_back_too() -> None:
    event = Event("text_stopped", "acme", contact="c7")
    told = decide(event, member("bob", {"text_stopped": MINE}), contact=EVE)
    assert told["bob"] == Decision("bob", "text_received", True, Reason.ALL_OF_TYPE, "t:text_received")


def test_AMB_08_the_general_types_own_scope_counts() -> None:
    event = Event("text_stopped", "acme", contact="c7")
    types = {"text_stopped": OFF, "text_received": MINE}
    told = decide(event, member("ann", types), member("bob", types), contact=EVE)
    assert told["ann"] == Decision("ann", "text_received", True, Reason.ASSIGNED_USER, "u:ann")
    assert told["bob"] == Decision("bob", "text_stopped", False, Reason.TYPE_OFF)


def test_AMB_08_with_both_off_the_reason_is_the_named_types() -> None:
    types = {"single_released": OFF, "contact_moved": OFF}
    told = decide(Event("single_released", "acme"), member("ann", types))
    assert told["ann"] == Decision("ann", "single_released", False, Reason.TYPE_OFF)


def test_AMB_08_a_general_type_that_never_has_this_origin_does_not_stand_in() -> None:
    event = Event("parser_created", "acme", origin="manual")
    assert reasons(event, member("ann", {"parser_created": OFF})) == {"ann": "type_off"}


def test_an_addressee_type_considers_only_those_named_once_each_in_their_order() -> None:
    event = Event("mention", "acme", users=("cat", "ann", "cat"))
    told = decide(event, member("ann"), member("bob"), member("cat", {"mention": OFF}))
    assert list(told) == ["cat", "ann"]
    assert told["ann"] == Decision("ann", "mention", True, Reason.NAMED, "u:ann")
    assert told["cat"].reason is Reason.TYPE_OFF


def test_someone_named_who_is_not_in_the_account_is_not_told() -> None:
    assert reasons(Event("mention", "acme", users=("zoe",)), member("ann")) == {"zoe": "not_in_account"}


def test_an_inactive_user_is_told_of_nothing() -> None:
    assert reasons(VOICEMAIL, member("ann", active=False)) == {"ann": "inactive"}
    assert reasons(Event("mention", "acme", users=("ann",)), member("ann", active=False)) == {"ann": "inactive"}


@pytest.mark.parametrize("type", ["event_created", "group_broadcast", "custom", "task_due"])
def test_types_resolved_elsewhere_reach_the_users_the_event_names(type: str) -> None:
    assert reasons(Event(type, "acme", users=("bob",)), member("ann"), member("bob")) == {"bob": "named"}


def test_R_22_AMB_41_an_important_notice_reaches_everyone_active() -> None:
    event = Event("important_system_notice", "acme")
    told = reasons(event, member("ann", {"important_system_notice": OFF}), member("bob", active=False))
    assert told == {"ann": "everyone", "bob": "inactive"}


def test_A_14_AMB_31_account_reports_never_appear_in_the_app() -> None:
    told = reasons(Event("daily_spending_report", "acme"), member("ada", roles=("admin",)), member("ann"))
    assert told == {"ada": "no_system_channel", "ann": "admins_only"}


def test_A_15_AMB_30_billing_warnings_are_for_billing_admins() -> None:
    admin, billing = member("ada", roles=("admin",)), member("bill", roles=("billing_admin",))
    told = reasons(Event("billing_warning", "acme"), admin, billing)
    assert told == {"ada": "billing_admins_only", "bill": "no_system_channel"}


@pytest.mark.parametrize("type", ["line_text", "call_incoming", "line_fax", "high_sms_volume"])
def test_line_types_wait_for_lines(type: str) -> None:
    assert dropped(Event(type, "acme", line="l1")) == "not_applicable"


def test_people_are_numbered_by_their_ids_however_they_are_stored() -> None:
    assert list(decide(VOICEMAIL, member("cat"), member("ann"), member("bob"))) == ["ann", "bob", "cat"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("all_of_type", "You get every Voicemails notification of Acme."),
        ("assigned_user", "You get the Voicemails notifications of your own contacts, and Eve Ash is yours."),
        ("not_named", "The event does not name the user."),
        ("coming_with_the_next_version", "Reason: coming_with_the_next_version."),
    ],
)
def test_a_reason_is_said_to_people(reason: str, said: str) -> None:
    assert sentence(reason, "Voicemails", "Eve Ash", "Acme") == said


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_even_where_names_are_missing(reason: Reason) -> None:
    said = sentence(reason, "New Lead", None, None)
    assert said.endswith(".")
    assert not said.startswith("Reason:")
    assert not set("{}") & set(said)


def test_a_name_with_braces_is_said_as_it_is() -> None:
    assert "{account}" in sentence("assigned_user", "New Lead", "{account}", "Acme")


PEOPLE = st.dictionaries(
    st.sampled_from(["ann", "bob", "cat", "dan"]),
    st.tuples(
        st.dictionaries(
            st.sampled_from([kind.id for kind in load()]),
            st.fixed_dictionaries({}, optional={"system": st.booleans(), "au": st.booleans()}),
            max_size=6,
        ),
        st.booleans(),
        st.sets(st.sampled_from(["agent", "admin", "billing_admin"])),
    ),
)
EVENTS = st.builds(
    Event,
    type=st.sampled_from([kind.id for kind in load()]),
    account=st.just("acme"),
    users=st.lists(st.sampled_from(["ann", "bob", "zoe"])).map(tuple),
    data=st.just({"changes": {"status": ["new", "complete"]}}),
)


@given(EVENTS, PEOPLE)
def test_one_decision_for_each_user_considered_on_a_channel_they_listen_to(
    event: Event, people: dict[str, Any]
) -> None:
    members = {
        id: member(id, types, active=active, roles=tuple(roles)) for id, (types, active, roles) in people.items()
    }
    routed = route(load(), event, ACME, members, EVE)
    if isinstance(routed, Dropped):
        return
    users = [decision.user for decision in routed.decisions]
    assert len(users) == len(set(users))
    assert set(users) in ({*members}, {*event.users})
    for decision in routed.told:
        listener = members[decision.user]
        assert listener.user.active
        assert decision.channel_suffix in channels(load(), listener.user, listener.preferences)
    assert all(not decision.channel_suffix for decision in routed.decisions if not decision.told)


@given(EVENTS, PEOPLE)
def test_C_02_no_users_choice_changes_what_another_gets(event: Event, people: dict[str, Any]) -> None:
    members = {id: member(id, types, active=active) for id, (types, active, _) in people.items()}
    before = route(load(), event, ACME, members, EVE)
    after = route(load(), event, ACME, {**members, "ann": member("ann", {event.type: OFF})}, EVE)
    if isinstance(before, Routed) and isinstance(after, Routed):
        others = [decision for decision in after.decisions if decision.user != "ann"]
        assert others == [decision for decision in before.decisions if decision.user != "ann"]
