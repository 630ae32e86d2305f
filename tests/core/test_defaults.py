"""Account defaults: they hold for who did not choose; and the narrower scope of a salesperson."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalogue import OPTIONS, load
from hub.core.directory import User
from hub.core.preferences import (
    Choice,
    Defaults,
    Patched,
    PatchedDefaults,
    Preferences,
    Refused,
    Scope,
    channels,
    defaults_document,
    document,
    effective,
    patch,
    patch_defaults,
    reach,
)

ANN = User("ann", "acme")
ADMIN = User("ada", "acme", roles=("admin",))
QUIET = Defaults({"voicemails": {"system": False, "text": True}})
NONE = Defaults()


def set_defaults(types: dict[str, Any], before: Defaults = NONE) -> PatchedDefaults:
    outcome = patch_defaults(load(), before, {"types": types})
    assert isinstance(outcome, PatchedDefaults), outcome
    return outcome


def refused(changes: object) -> dict[str, str]:
    outcome = patch_defaults(load(), NONE, changes)
    assert isinstance(outcome, Refused), outcome
    return {error.field: error.code for error in outcome.errors}


def test_E_21_a_users_choice_comes_before_the_accounts_and_that_before_the_catalogues() -> None:
    kind = load()["voicemails"]
    assert effective(kind, Preferences(defaults=QUIET), ANN) == Choice(text=True)
    assert effective(kind, Preferences({"voicemails": {"system": True}}, defaults=QUIET), ANN) == Choice(
        True, text=True
    )
    assert effective(kind, Preferences(), ANN) == Choice(system=True)


def test_E_21_au_may_be_a_default_too() -> None:
    narrowed = Preferences(defaults=Defaults({"voicemails": {"au": True}}))
    assert reach(load()["voicemails"], narrowed, ANN) is Scope.MINE
    assert "t:voicemails" not in channels(load(), ANN, narrowed)


def test_AMB_41_a_mandatory_type_stays_on_whatever_the_account_says() -> None:
    off = Preferences(defaults=Defaults({"group_broadcast": {"system": False}}))
    assert effective(load()["group_broadcast"], off, ANN).system
    assert refused({"types": {"group_broadcast": {"system": False}}}) == {"types.group_broadcast.system": "mandatory"}
    assert refused({"types": {"important_system_notice": {"system": False}}}).popitem()[1] == "mandatory"


def test_C_02_defaults_are_never_stored_with_the_user() -> None:
    chosen = Preferences({"new_lead": {"system": False}}, rollup=("shop",), lines=("l1",), defaults=QUIET)
    stored = chosen.as_document()
    assert "defaults" not in stored
    assert Preferences.from_document(stored) == Preferences(chosen.types, rollup=("shop",), lines=("l1",))


def test_E_21_a_patch_by_the_user_touches_their_own_choices_only() -> None:
    outcome = patch(load(), ANN, Preferences(defaults=QUIET), {"types": {"voicemails": {"text": False}}})
    assert isinstance(outcome, Patched)
    assert outcome.preferences.types == {"voicemails": {"text": False}}
    assert outcome.preferences.defaults == QUIET
    assert document(load(), ANN, outcome.preferences)["types"]["voicemails"]["system"] is False


def test_C_03_A_34_roll_up_and_opt_ins_survive_a_patch_and_are_not_shown_with_the_types() -> None:
    outcome = patch(
        load(), ANN, Preferences(rollup=("shop",), lines=("l1",)), {"channels": {"text": {"enabled": False}}}
    )
    assert isinstance(outcome, Patched)
    assert (outcome.preferences.rollup, outcome.preferences.lines) == (("shop",), ("l1",))
    assert document(load(), ANN, outcome.preferences).keys() == {"types", "channels", "quiet_hours"}


def test_AMB_06_who_never_opted_in_to_a_line_has_none() -> None:
    assert (Preferences().lines, Preferences().rollup) == ((), ())
    assert Preferences.from_document({}) == Preferences()


def test_E_21_a_patch_of_defaults_merges_and_null_forgets_a_type() -> None:
    before = set_defaults({"voicemails": {"system": False}, "new_lead": {"email": True}}).defaults
    after = set_defaults({"voicemails": {"text": True}, "new_lead": None}, before).defaults
    assert after.types == {"voicemails": {"system": False, "text": True}}
    assert set_defaults({"voicemails": None}).defaults == NONE


def test_E_21_defaults_are_set_for_every_type_and_shown_whole() -> None:
    shown = defaults_document(load(), set_defaults({"daily_spending_report": {"email": True}}).defaults)["types"]
    assert list(shown) == [kind.id for kind in load()]
    assert shown["daily_spending_report"] == {"email": True}
    assert shown["voicemails"] == {"system": True, "au": False, "text": False, "email": False}
    assert shown["group_broadcast"] == {"system": True, "email": True}


def set_pace(before: Defaults = NONE, **pace: int | None) -> Defaults:
    outcome = patch_defaults(load(), before, {"channels": {"email": pace}})
    assert isinstance(outcome, PatchedDefaults), outcome
    return outcome.defaults


def test_E_20_E_21_a_users_grace_and_cap_come_before_the_accounts() -> None:
    usual = Defaults(grace_minutes=3, daily_cap=20)
    assert (Preferences().grace, Preferences().cap) == (None, None)
    assert (Preferences(defaults=usual).grace, Preferences(defaults=usual).cap) == (3, 20)
    chosen = Preferences(grace_minutes=0, daily_cap=5, defaults=usual)
    assert (chosen.grace, chosen.cap) == (0, 5), "none is a choice too"


def test_E_20_E_21_grace_and_cap_of_an_account_merge_and_null_forgets_them() -> None:
    before = set_pace(grace_minutes=3)
    after = set_pace(before, daily_cap=20)
    assert after == Defaults(grace_minutes=3, daily_cap=20)
    assert Defaults.from_document(after.as_document()) == after
    assert defaults_document(load(), after)["channels"] == {"email": {"grace_minutes": 3, "daily_cap": 20}}
    assert set_pace(after, grace_minutes=None, daily_cap=None) == NONE
    assert NONE.as_document() == {"types": {}}


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ([], {"": "invalid"}),
        ({"types": []}, {"types": "invalid"}),
        ({"types": None}, {"types": "invalid"}),
        ({"channels": {"text": {"enabled": False}}}, {"channels.text": "unknown_field"}),
        ({"channels": {"email": {"copy": False}}}, {"channels.email.copy": "unknown_field"}),
        ({"channels": {"email": {"daily_cap": 1.0}}}, {"channels.email.daily_cap": "invalid"}),
        ({"channels": {"email": []}}, {"channels.email": "invalid"}),
        ({"types": {"nonsense": None}}, {"types.nonsense": "unknown_type"}),
        ({"types": {"nonsense": {}, "new_lead": None}}, {"types.nonsense": "unknown_type"}),
        ({"types": {"client_export": {"email": True}}}, {"types.client_export.email": "invalid"}),
        ({"types": {"new_lead": {"system": None}}}, {"types.new_lead.system": "invalid"}),
        ({"types": {"new_lead": {"sound": True}}}, {"types.new_lead.sound": "unknown_field"}),
    ],
)
def test_C_13_AMB_18_what_is_wrong_with_defaults_is_refused_whole(changes: object, errors: dict[str, str]) -> None:
    assert refused(changes) == errors


def test_C_20_turning_a_starred_type_off_for_all_warns() -> None:
    warned = set_defaults({"proposal_sign": {"system": False}, "new_lead": {"system": False}})
    assert warned.warnings == ({"code": "strongly_encouraged", "type": "proposal_sign"},)
    assert set_defaults({"proposal_sign": None}, warned.defaults).warnings == ()
    assert set_defaults({"proposal_sign": {"text": True}}, warned.defaults).warnings == ()


def test_E_13_a_salesperson_listens_to_no_shared_channel_of_types_about_contacts() -> None:
    seller = User("sal", "acme", roles=("salesperson",))
    heard = {suffix for suffix in channels(load(), seller, Preferences()) if suffix.startswith("t:")}
    assert heard
    assert all(not load()[suffix[2:]].au for suffix in heard)


@pytest.mark.parametrize(
    ("roles", "scope"),
    [
        (("salesperson",), Scope.MINE),
        (("salesperson", "agent"), Scope.MINE),
        (("salesperson", "billing_admin"), Scope.MINE),
        (("salesperson", "manager"), Scope.ALL),
        (("salesperson", "admin"), Scope.ALL),
        (("agent",), Scope.ALL),
    ],
)
def test_E_13_only_managers_and_admins_see_beyond_a_salespersons_scope(roles: tuple[str, ...], scope: Scope) -> None:
    assert reach(load()["new_lead"], Preferences(), User("sal", "acme", roles=roles)) is scope


def test_E_13_off_stays_off_for_a_salesperson() -> None:
    off = Preferences({"new_lead": {"system": False}})
    assert reach(load()["new_lead"], off, User("sal", "acme", roles=("salesperson",))) is Scope.OFF


choices = st.dictionaries(
    st.sampled_from([kind.id for kind in load()]),
    st.dictionaries(st.sampled_from(OPTIONS), st.booleans()),
    max_size=5,
)


@given(choices, choices)
def test_E_21_who_never_chose_has_what_the_defaults_document_shows(
    defaults: dict[str, dict[str, bool]], chosen: dict[str, dict[str, bool]]
) -> None:
    shown = defaults_document(load(), Defaults(defaults))["types"]
    seen = document(load(), ADMIN, Preferences(chosen, defaults=Defaults(defaults)))["types"]
    for type, options in seen.items():
        for option, value in options.items():
            own = chosen.get(type, {}).get(option)
            mandatory = load()[type].mandatory and option == "system"
            assert value == (True if mandatory else shown[type][option] if own is None else own)
