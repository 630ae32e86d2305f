"""Routing: who is told of what, under which type, and why; and who is not, and why not."""

from typing import Any

import pytest

from hub.core.directory import Account, Contact
from hub.core.events import Event
from hub.core.routing import TOLD, Reason, sentence
from tests.core.scenes import MINE, OFF, decisions, dropped, member, no, reasons, told, yes

EVE = Contact("c7", "acme", "Eve", assigned_user="ann")
NOBODYS = Contact("c7", "acme")

VOICEMAIL = Event("voicemails", "acme", contact="c7")


def test_C_06_each_user_decides_type_by_type() -> None:
    found = decisions(VOICEMAIL, member("ann"), member("bob", {"voicemails": OFF}), member("cat", {"new_lead": OFF}))
    assert {user: decision.told for user, decision in found.items()} == {"ann": True, "bob": False, "cat": True}
    assert found["bob"].reason is Reason.TYPE_OFF


def test_C_07_C_08_system_reaches_a_user_who_is_not_the_assigned_one() -> None:
    assert decisions(VOICEMAIL, member("bob"), contacts=[EVE])["bob"] == yes(
        "bob", "voicemails", Reason.ALL_OF_TYPE, "t:voicemails"
    )


def test_C_10_au_reaches_only_the_assigned_user() -> None:
    found = decisions(
        VOICEMAIL, member("ann", {"voicemails": MINE}), member("bob", {"voicemails": MINE}), contacts=[EVE]
    )
    assert found["ann"] == yes("ann", "voicemails", Reason.ASSIGNED_USER, "u:ann")
    assert found["bob"] == no("bob", "voicemails", Reason.NOT_ASSIGNED_USER)


def test_AMB_03_au_alone_is_my_contacts_too() -> None:
    alone = {"voicemails": {"system": False, "au": True}}
    assert reasons(VOICEMAIL, member("ann", alone), member("bob", alone), contacts=[EVE]) == {
        "ann": "assigned_user",
        "bob": "not_assigned_user",
    }


@pytest.mark.parametrize("contacts", [[NOBODYS], []])
def test_AMB_04_without_an_assigned_user_only_scope_all_hears(contacts: list[Contact]) -> None:
    assert reasons(VOICEMAIL, member("ann", {"voicemails": MINE}), member("bob"), contacts=contacts) == {
        "ann": "no_assigned_user",
        "bob": "all_of_type",
    }


def test_C_30_AMB_05_a_duplicate_belongs_to_the_original_contacts_user() -> None:
    event = Event("duplicate_client", "acme", contact="c9", original_contact="c7")
    duplicate = Contact("c9", "acme", assigned_user="bob")
    mine = {"duplicate_client": MINE}
    found = reasons(event, member("ann", mine), member("bob", mine), contacts=[duplicate, EVE])
    assert found == {"ann": "assigned_user", "bob": "not_assigned_user"}


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
    assert dropped(Event(type, "acme"), accounts=[Account("acme")]) == "not_applicable"
    assert dropped(Event(type, "acme"), accounts=[Account("acme", features=(feature,))]) is None


@pytest.mark.parametrize(("type", "feature"), [("test_inbox_read", "smtp"), ("email_received", "outlook_oauth2")])
def test_C_32_C_33_a_user_without_the_feature_is_skipped_alone(type: str, feature: str) -> None:
    event = Event(type, "acme", users=("ann", "bob"))
    found = reasons(event, member("ann", features=(feature,)), member("bob"))
    assert found == {"ann": "named", "bob": "not_applicable"}


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
    blocked, duplicate = Contact("c7", "acme", blocked=True), Event("duplicate_client", "acme", original_contact="c7")
    assert dropped(Event("text_received", "acme", contact="c7"), contacts=[blocked]) == "contact_blocked"
    assert dropped(duplicate, contacts=[blocked]) == "contact_blocked"
    assert dropped(Event("text_received", "acme", contact="c7"), contacts=[EVE]) is None


def test_AMB_08_a_user_without_the_named_type_is_told_by_its_general_one() -> None:
    event = Event("parser_created", "acme", origin="parser")
    found = decisions(event, member("ann", {"parser_created": OFF}), member("bob"))
    assert found["ann"] == yes("ann", "new_lead", Reason.ALL_OF_TYPE, "t:new_lead")
    assert found["bob"].type == "parser_created"


def test_AMB_08_being_outside_the_named_types_scope_falls_back_too() -> None:
    event = Event("text_stopped", "acme", contact="c7")
    found = decisions(event, member("bob", {"text_stopped": MINE}), contacts=[EVE])
    assert found["bob"] == yes("bob", "text_received", Reason.ALL_OF_TYPE, "t:text_received")


def test_AMB_08_the_general_types_own_scope_counts() -> None:
    event = Event("text_stopped", "acme", contact="c7")
    types = {"text_stopped": OFF, "text_received": MINE}
    found = decisions(event, member("ann", types), member("bob", types), contacts=[EVE])
    assert found["ann"] == yes("ann", "text_received", Reason.ASSIGNED_USER, "u:ann")
    assert found["bob"] == no("bob", "text_stopped", Reason.TYPE_OFF)


def test_AMB_08_with_both_off_the_reason_is_the_named_types() -> None:
    types = {"single_released": OFF, "contact_moved": OFF}
    found = decisions(Event("single_released", "acme"), member("ann", types))
    assert found["ann"] == no("ann", "single_released", Reason.TYPE_OFF)


def test_AMB_08_a_general_type_that_never_has_this_origin_does_not_stand_in() -> None:
    event = Event("parser_created", "acme", origin="manual")
    assert reasons(event, member("ann", {"parser_created": OFF})) == {"ann": "type_off"}


def test_an_addressee_type_considers_only_those_named_once_each_in_their_order() -> None:
    event = Event("mention", "acme", users=("cat", "ann", "cat"))
    found = decisions(event, member("ann"), member("bob"), member("cat", {"mention": OFF}))
    assert list(found) == ["cat", "ann"]
    assert found["ann"] == yes("ann", "mention", Reason.NAMED, "u:ann")
    assert found["cat"].reason is Reason.TYPE_OFF


def test_someone_named_who_is_not_in_the_account_is_not_told() -> None:
    assert reasons(Event("mention", "acme", users=("zoe",)), member("ann")) == {"zoe": "not_in_account"}


def test_an_inactive_user_is_told_of_nothing() -> None:
    assert reasons(VOICEMAIL, member("ann", active=False)) == {"ann": "inactive"}
    assert reasons(Event("mention", "acme", users=("ann",)), member("ann", active=False)) == {"ann": "inactive"}


@pytest.mark.parametrize(
    "type",
    [
        *("account_paused", "client_export", "client_import", "client_update", "contact_moved", "download_report"),
        *("franchisee_statistics_report", "pass_through", "system_information", "system_error_information"),
    ],
)
def test_C_21_C_24_C_25_C_26_C_27_C_28_C_31_AMB_11_a_plain_type_reaches_its_account(type: str) -> None:
    people = member("ann"), member("bob", {type: OFF}), member("cat", account="west"), member("top", account="east")
    assert decisions(Event(type, "acme"), *people)["ann"] == yes("ann", type, Reason.ALL_OF_TYPE, f"t:{type}")
    assert "ann" in told(Event(type, "acme"), *people)
    assert not {"cat", "top"} & {*decisions(Event(type, "acme"), *people)}


def test_C_31_the_statistics_report_falls_back_to_download_report() -> None:
    event = Event("franchisee_statistics_report", "acme")
    found = decisions(event, member("ann", {"franchisee_statistics_report": OFF}))
    assert found["ann"] == yes("ann", "download_report", Reason.ALL_OF_TYPE, "t:download_report")


def test_A_08_A_09_a_mention_and_an_assignment_reach_whom_they_name() -> None:
    for type in ("mention", "contact_assigned"):
        found = decisions(Event(type, "acme", users=("ann",)), member("ann"), member("bob"))
        assert found == {"ann": yes("ann", type, Reason.NAMED, "u:ann")}


def test_who_is_named_is_told_in_their_own_account_of_the_tree() -> None:
    event = Event("mention", "acme", users=("sam", "ann"))
    found = decisions(event, member("ann"), member("sam", account="shop"))
    assert list(found.values()) == [
        yes("sam", "mention", Reason.NAMED, "u:sam", "shop"),
        yes("ann", "mention", Reason.NAMED, "u:ann"),
    ]


def test_nobody_of_another_tree_is_told_even_when_named() -> None:
    found = decisions(Event("mention", "acme", users=("rob",)), member("rob", account="rival"))
    assert found == {"rob": no("rob", "mention", Reason.NOT_IN_ACCOUNT)}


def test_E_13_a_salesperson_hears_of_their_own_contacts_only() -> None:
    sales, boss = {"roles": ("salesperson",)}, {"roles": ("salesperson", "manager")}
    people = member("ann", **sales), member("bob", **sales), member("cat", **boss)
    assert decisions(VOICEMAIL, *people, contacts=[EVE]) == {
        "ann": yes("ann", "voicemails", Reason.ASSIGNED_USER, "u:ann"),
        "bob": no("bob", "voicemails", Reason.NOT_ASSIGNED_USER),
        "cat": yes("cat", "voicemails", Reason.ALL_OF_TYPE, "t:voicemails"),
    }
    assert told(Event("client_export", "acme"), *people) == ["ann", "bob", "cat"]  # about no contact at all


def test_E_21_the_accounts_default_holds_for_who_did_not_choose() -> None:
    quiet = {"voicemails": OFF}
    people = member("ann", defaults=quiet), member("bob", {"voicemails": {"system": True}}, defaults=quiet)
    assert reasons(VOICEMAIL, *people) == {"ann": "type_off", "bob": "all_of_type"}


@pytest.mark.parametrize("type", ["event_created", "group_broadcast", "custom", "task_due"])
def test_types_resolved_elsewhere_reach_the_users_the_event_names(type: str) -> None:
    assert reasons(Event(type, "acme", users=("bob",)), member("ann"), member("bob")) == {"bob": "named"}


def test_R_22_AMB_41_an_important_notice_reaches_everyone_active() -> None:
    event = Event("important_system_notice", "acme")
    found = reasons(event, member("ann", {"important_system_notice": OFF}), member("bob", active=False))
    assert found == {"ann": "everyone", "bob": "inactive"}


def test_A_14_AMB_31_account_reports_never_appear_in_the_app() -> None:
    once = member("ann", {"daily_spending_report": {"email": True}})
    found = reasons(Event("daily_spending_report", "acme"), member("ada", roles=("admin",)), once)
    assert found == {"ada": "no_system_channel", "ann": "admins_only"}


def test_A_15_AMB_30_billing_warnings_are_for_billing_admins() -> None:
    admin, billing = member("ada", roles=("admin",)), member("bill", roles=("billing_admin",))
    once = member("abe", {"billing_warning": {"email": False}}, roles=("admin",))
    found = reasons(Event("billing_warning", "acme"), admin, billing, once)
    assert found == {"abe": "billing_admins_only", "bill": "no_system_channel"}


def test_A_13_A_15_who_lacks_the_role_and_never_chose_the_type_is_not_even_noted() -> None:
    crowd = [member(f"u{n}", {"voicemails": OFF}) for n in range(300)]
    for type in ("daily_spending_report", "billing_warning"):
        assert reasons(Event(type, "acme"), *crowd) == {}


def test_people_are_numbered_by_their_ids_however_they_are_stored() -> None:
    assert list(decisions(VOICEMAIL, member("cat"), member("ann"), member("bob"))) == ["ann", "bob", "cat"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("all_of_type", "You get every “Voicemails” notification of Acme."),
        ("assigned_user", "You get the “Voicemails” notifications of your own contacts, and Eve Ash is yours."),
        ("rolled_up", "You rolled up Acme, and you get its “Voicemails” notifications."),
        ("line_owner", "You get the “Voicemails” notifications of your own line."),
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


def test_a_stored_reason_says_by_itself_whether_the_user_was_told() -> None:
    refusals = {"type_off", "inactive", "busy", "already_told", "not_applicable", "no_system_channel"}
    assert not refusals & TOLD
    assert {"all_of_type", "assigned_user", "rolled_up", "group_member", "line_opt_in"} <= TOLD


def test_a_name_with_braces_is_said_as_it_is() -> None:
    assert "{account}" in sentence("assigned_user", "New Lead", "{account}", "Acme")
