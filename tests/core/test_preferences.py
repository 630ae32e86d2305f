"""Preferences: defaults, scope, strict patches that apply whole or not at all, and the channels that follow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalogue import OPTIONS, load
from hub.core.directory import User
from hub.core.preferences import (
    Choice,
    Patched,
    Preferences,
    QuietHours,
    Refused,
    Scope,
    channels,
    document,
    effective,
    patch,
    scope,
)

ANN = User("ann", "acme")
ADMIN = User("ada", "acme", roles=("admin",))
BILLING = User("bill", "acme", roles=("billing_admin",))
UNTOUCHED = Preferences()


def choose(changes: dict[str, Any], user: User = ANN, before: Preferences = UNTOUCHED) -> Preferences:
    """Apply a patch that must succeed."""
    outcome = patch(load(), user, before, changes)
    assert isinstance(outcome, Patched), outcome
    return outcome.preferences


def refuse(changes: object, user: User = ANN) -> dict[str, str]:
    """Apply a patch that must fail; give the code of each field."""
    outcome = patch(load(), user, UNTOUCHED, changes)
    assert isinstance(outcome, Refused), outcome
    return {error.field: error.code for error in outcome.errors}


def choice(type: str, preferences: Preferences = UNTOUCHED, user: User = ANN) -> Choice:
    return effective(load()[type], preferences, user)


@pytest.mark.parametrize(
    ("system", "au", "reach"),
    [
        (True, False, Scope.ALL),
        (True, True, Scope.MINE),
        (False, True, Scope.MINE),
        (False, False, Scope.OFF),
    ],
)
def test_AMB_03_au_narrows_and_asks_even_alone(system: bool, au: bool, reach: Scope) -> None:
    for text in (True, False):
        assert scope(Choice(system=system, au=au, text=text, email=text)) is reach


@pytest.mark.parametrize(
    ("type", "user", "expected"),
    [
        ("voicemails", ANN, Choice(system=True)),
        ("order_created", ANN, Choice(system=True, email=True)),
        ("billing_warning", BILLING, Choice(email=True)),
        ("webhook_failure_report", ADMIN, Choice(email=True)),
        ("integration_connection_failed", ADMIN, Choice(email=True)),
        ("daily_spending_report", ADMIN, Choice()),
    ],
)
def test_AMB_06_defaults(type: str, user: User, expected: Choice) -> None:
    assert choice(type, user=user) == expected


def test_AMB_31_losing_the_role_ends_the_type_whatever_was_chosen() -> None:
    chosen = choose({"types": {"daily_spending_report": {"email": True}}}, ADMIN)
    assert choice("daily_spending_report", chosen, ADMIN).email
    assert choice("daily_spending_report", chosen, ANN) == Choice()


def test_AMB_41_a_stored_off_does_not_silence_a_mandatory_type() -> None:
    stored = Preferences(types={"group_broadcast": {"system": False}})
    assert choice("group_broadcast", stored).system


def test_C_06_each_type_is_chosen_by_itself() -> None:
    chosen = choose({"types": {"new_lead": {"system": False}}})
    assert scope(choice("new_lead", chosen)) is Scope.OFF
    assert scope(choice("voicemails", chosen)) is Scope.ALL


def test_C_02_a_patch_leaves_the_preferences_it_was_given_alone() -> None:
    before = choose({"types": {"new_lead": {"au": True}}})
    after = choose({"types": {"new_lead": {"au": False}}}, before=before)
    assert choice("new_lead", before).au
    assert not choice("new_lead", after).au


def test_a_patch_merges_options_one_by_one() -> None:
    before = choose({"types": {"new_lead": {"text": True}}, "channels": {"text": {"custom_number": "+15550100999"}}})
    after = choose({"types": {"new_lead": {"email": True}}, "channels": {"text": {"enabled": False}}}, before=before)
    assert choice("new_lead", after) == Choice(system=True, text=True, email=True)
    assert (after.text_enabled, after.custom_number) == (False, "+15550100999")


def test_only_what_was_chosen_is_kept() -> None:
    chosen = choose({"types": {"new_lead": {"text": True}}})
    assert chosen.types == {"new_lead": {"text": True}}


def test_C_13_a_document_shows_only_options_that_a_type_offers() -> None:
    types = document(load(), ANN, UNTOUCHED)["types"]
    assert types["account_paused"] == {"system": True}
    assert types["new_lead"] == {"system": True, "au": False, "text": False, "email": False}
    assert types["group_broadcast"] == {"system": True, "email": True}


def test_the_document_of_an_untouched_user_is_the_contracts() -> None:
    whole = document(load(), ANN, UNTOUCHED)
    assert whole["channels"] == {
        "text": {"enabled": True, "custom_number": None},
        "email": {"enabled": True, "copy": True},
    }
    assert whole["quiet_hours"] is None


@pytest.mark.parametrize(
    ("user", "seen"), [(ANN, set()), (ADMIN, {"users_sync_report"}), (BILLING, {"billing_warning"})]
)
def test_A_13_A_15_account_level_types_appear_only_for_their_role(user: User, seen: set[str]) -> None:
    types = document(load(), user, UNTOUCHED)["types"]
    assert types.keys() & {"users_sync_report", "billing_warning"} == seen


@pytest.mark.parametrize(
    ("types", "field", "code"),
    [
        ({"account_paused": {"text": True}}, "types.account_paused.text", "invalid"),
        ({"client_import": {"au": False}}, "types.client_import.au", "invalid"),
        ({"new_lead": {"system": "yes"}}, "types.new_lead.system", "invalid"),
        ({"new_lead": {"system": 1}}, "types.new_lead.system", "invalid"),
        ({"new_lead": {"system": None}}, "types.new_lead.system", "invalid"),
        ({"new_lead": {"fax": True}}, "types.new_lead.fax", "unknown_field"),
        ({"new_lead": True}, "types.new_lead", "invalid"),
        ({"nonsense": {"system": True}}, "types.nonsense", "unknown_type"),
        ({"users_sync_report": {"email": True}}, "types.users_sync_report", "unknown_type"),
        ({"group_broadcast": {"system": False}}, "types.group_broadcast.system", "mandatory"),
        ([], "types", "invalid"),
    ],
)
def test_C_13_AMB_18_a_bad_option_is_refused_by_name(types: object, field: str, code: str) -> None:
    assert refuse({"types": types}) == {field: code}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"channels": {"fax": {}}}, "channels.fax", "unknown_field"),
        ({"channels": {"text": {"on": True}}}, "channels.text.on", "unknown_field"),
        ({"channels": {"text": {"copy": True}}}, "channels.text.copy", "unknown_field"),
        ({"channels": {"text": {"enabled": 0}}}, "channels.text.enabled", "invalid"),
        ({"channels": {"email": {"copy": "no"}}}, "channels.email.copy", "invalid"),
        ({"channels": None}, "channels", "invalid"),
        ({"quiet_hours": "night"}, "quiet_hours", "invalid"),
        ("all off", "", "invalid"),
    ],
)
def test_a_bad_field_is_refused_by_name(changes: object, field: str, code: str) -> None:
    assert field in (refused := refuse(changes))
    assert refused[field] == code


@pytest.mark.parametrize(
    "number", ["5550100999", "+0123456789", "+1555", "+1 555 010 0999", "+1234567890123456", 15550100]
)
def test_AMB_36_a_custom_number_must_be_e164(number: object) -> None:
    assert refuse({"channels": {"text": {"custom_number": number}}}) == {"channels.text.custom_number": "invalid"}


def test_AMB_36_a_custom_number_can_be_cleared() -> None:
    before = choose({"channels": {"text": {"custom_number": "+4930901820"}}})
    assert before.custom_number == "+4930901820"
    assert choose({"channels": {"text": {"custom_number": None}}}, before=before).custom_number is None


@pytest.mark.parametrize(
    "hours",
    [{"from": "22:00", "to": "07:00"}, {"from": "12:00", "to": "13:30", "time_zone": "Europe/Berlin"}],
)
def test_quiet_hours_are_kept_as_given_and_cleared_by_null(hours: dict[str, str]) -> None:
    chosen = choose({"quiet_hours": hours})
    assert document(load(), ANN, chosen)["quiet_hours"] == hours
    assert choose({"quiet_hours": None}, before=chosen).quiet_hours is None
    assert choose({"channels": {}}, before=chosen).quiet_hours == chosen.quiet_hours


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({"from": "24:00", "to": "07:00"}, "from"),
        ({"from": "22:00", "to": "7:00"}, "to"),
        ({"from": "22:00"}, "to"),
        ({"from": "22:00", "to": "22:00"}, "to"),
        ({"from": "22:00", "to": "07:00", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"from": "22:00", "to": "07:00", "time_zone": "../etc"}, "time_zone"),
        ({"from": "22:00", "to": "07:00", "time_zone": 1}, "time_zone"),
        ({"from": "22:00", "to": "07:00", "days": []}, "days"),
    ],
)
def test_bad_quiet_hours_are_refused(hours: object, field: str) -> None:
    assert set(refuse({"quiet_hours": hours})) == {f"quiet_hours.{field}"}


def test_C_20_turning_a_starred_type_off_works_and_warns() -> None:
    outcome = patch(load(), ANN, UNTOUCHED, {"types": {"proposal_sign": {"system": False}}})
    assert isinstance(outcome, Patched)
    assert scope(choice("proposal_sign", outcome.preferences)) is Scope.OFF
    assert outcome.warnings == ({"code": "strongly_encouraged", "type": "proposal_sign"},)


@pytest.mark.parametrize(
    "types",
    [
        {"proposal_sign": {"system": False, "au": True}},
        {"proposal_sign": {"text": True}},
        {"new_lead": {"system": False}},
    ],
)
def test_C_20_no_warning_where_no_starred_type_goes_off(types: dict[str, dict[str, bool]]) -> None:
    outcome = patch(load(), ANN, UNTOUCHED, {"types": types})
    assert isinstance(outcome, Patched)
    assert outcome.warnings == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"types": {"group_broadcast": {"system": False}, "nonsense": {}}}, "mandatory"),
        ({"colour": 1}, "unknown_field"),
        ({"colour": 1, "channels": 1}, "invalid"),
    ],
)
def test_a_refusal_has_one_code(changes: object, code: str) -> None:
    outcome = patch(load(), ANN, UNTOUCHED, changes)
    assert isinstance(outcome, Refused)
    assert outcome.code == code


def test_D_02_a_tab_listens_to_its_user_everybody_its_groups_and_the_types_received_account_wide() -> None:
    chosen = choose({"types": {"new_lead": {"au": True}, "voicemails": {"system": False}}})
    heard = channels(load(), ANN, chosen, ["sales"])
    assert {"u:ann", "all", "g:sales", "t:text_received"} <= heard
    assert not heard & {"t:new_lead", "t:voicemails"}


def test_D_02_a_type_that_names_people_has_no_channel_of_its_own() -> None:
    assert not channels(load(), ADMIN, UNTOUCHED) & {"t:mention", "t:group_broadcast", "t:users_sync_report"}


TYPE_CHANGES = st.dictionaries(
    st.sampled_from([*(kind.id for kind in load()), "nonsense"]),
    st.dictionaries(st.sampled_from((*OPTIONS, "fax")), st.booleans() | st.none(), max_size=3),
    max_size=4,
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "types": TYPE_CHANGES,
        "channels": st.fixed_dictionaries({}, optional={"text": st.just({"enabled": False}), "fax": st.none()}),
        "quiet_hours": st.sampled_from([None, {"from": "22:00", "to": "07:00"}, {"from": "late"}]),
    },
)


@given(CHANGES)
def test_a_patch_applies_whole_or_not_at_all(changes: dict[str, Any]) -> None:
    outcome = patch(load(), ANN, UNTOUCHED, changes)
    if isinstance(outcome, Refused):
        assert outcome.errors
        return
    shown = document(load(), ANN, outcome.preferences)
    for type, options in changes.get("types", {}).items():
        assert options.items() <= shown["types"][type].items()
    again = patch(load(), ANN, outcome.preferences, changes)
    assert isinstance(again, Patched)
    assert again.preferences == outcome.preferences


@given(CHANGES)
def test_what_is_stored_reads_back_as_it_was(changes: dict[str, Any]) -> None:
    outcome = patch(load(), ANN, UNTOUCHED, changes)
    if isinstance(outcome, Patched):
        assert Preferences.from_document(outcome.preferences.as_document()) == outcome.preferences


def test_a_stored_document_of_another_version_is_read_tolerantly() -> None:
    stored = {"mood": 1, "channels": {"fax": {}}, "quiet_hours": {"from": "22:00", "to": "07:00", "days": []}}
    assert Preferences.from_document(stored) == Preferences(quiet_hours=QuietHours("22:00", "07:00"))


@given(CHANGES)
def test_the_whole_document_can_be_patched_back(changes: dict[str, Any]) -> None:
    outcome = patch(load(), ANN, UNTOUCHED, changes)
    if isinstance(outcome, Patched):
        shown = document(load(), ANN, outcome.preferences)
        assert document(load(), ANN, choose(shown)) == shown
