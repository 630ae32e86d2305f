"""Roll-up: what happens below, in the panel of whoever listed that account above, filtered by their own Control."""

import pytest

from hub.core.catalogue import load
from hub.core.directory import Account, AccountTree, Contact
from hub.core.events import Event
from hub.core.preferences import channels
from hub.core.routing import Reason, concerned
from tests.core.scenes import ACCOUNTS, MINE, OFF, decisions, member, no, reasons, told, yes

LEAD = Event("new_lead", "shop", contact="c7")
EVE = Contact("c7", "shop", "Eve", assigned_user="ann")
TREE = AccountTree({account.id: account for account in ACCOUNTS})


def without_add_on(id: str) -> list[Account]:
    return [Account(one.id, one.name, one.parent) if one.id == id else one for one in ACCOUNTS]


def test_C_18_what_happens_below_reaches_who_listed_that_account_in_their_own_account() -> None:
    ann = member("ann", rollup=("shop",))
    assert decisions(LEAD, ann) == {"ann": yes("ann", "new_lead", Reason.ROLLED_UP, "t:new_lead")}
    assert "t:new_lead" in channels(load(), ann.user, ann.preferences)


def test_C_18_every_level_above_may_list_an_account_once_each() -> None:
    people = member("ann", rollup=("shop",)), member("eva", account="east", rollup=("shop",))
    found = decisions(LEAD, *people, member("sam", account="shop"))
    assert {user: decision.account for user, decision in found.items()} == {"sam": "shop", "eva": "east", "ann": "acme"}
    assert list(found) == ["sam", "eva", "ann"]  # the account itself, then upwards


def test_C_03_AMB_14_nobody_else_above_hears_of_it_or_is_even_considered() -> None:
    assert decisions(LEAD, member("bob"), member("cat", rollup=("west",))) == {}


def test_C_14_C_19_only_types_selected_in_control_roll_up() -> None:
    ann = member("ann", {"new_lead": OFF}, rollup=("shop",))
    assert decisions(LEAD, ann) == {"ann": no("ann", "new_lead", Reason.TYPE_OFF)}
    assert told(Event("voicemails", "shop"), ann) == ["ann"]


def test_AMB_14_scope_mine_rolls_up_only_contacts_that_are_ones_own() -> None:
    mine = {"new_lead": MINE}
    people = member("ann", mine, rollup=("shop",)), member("bob", mine, rollup=("shop",))
    assert decisions(LEAD, *people, contacts=[EVE]) == {
        "ann": yes("ann", "new_lead", Reason.ROLLED_UP, "u:ann"),
        "bob": no("bob", "new_lead", Reason.NOT_ASSIGNED_USER),
    }


def test_AMB_14_listing_an_account_does_not_list_those_below_it() -> None:
    assert told(LEAD, member("ann", rollup=("east",))) == []
    assert told(Event("new_lead", "east"), member("ann", rollup=("east",))) == ["ann"]


def test_C_04_AMB_14_without_the_add_on_the_choice_has_no_effect_until_it_is_back() -> None:
    ann, eva = member("ann", rollup=("shop",)), member("eva", account="east", rollup=("shop",))
    assert told(LEAD, ann, eva, accounts=without_add_on("acme")) == ["eva"]
    assert told(LEAD, ann, eva, accounts=without_add_on("east")) == ["ann"]
    assert told(LEAD, ann, eva) == ["eva", "ann"]


def test_AMB_14_an_account_that_moved_away_no_longer_rolls_up() -> None:
    moved = [Account(one.id, one.name, "rival") if one.id == "shop" else one for one in ACCOUNTS]
    assert told(LEAD, member("ann", rollup=("shop",)), accounts=moved) == []
    assert told(LEAD, member("rob", account="rival", rollup=("shop",)), accounts=moved) == ["rob"]


def test_AMB_14_nothing_rolls_down_or_sideways() -> None:
    people = member("sam", account="shop", rollup=("acme",)), member("will", account="west", rollup=("acme", "shop"))
    assert told(Event("new_lead", "acme"), *people) == []
    assert told(LEAD, people[1]) == []


def test_C_18_a_general_type_rolls_up_too() -> None:
    event = Event("parser_created", "shop", origin="parser")
    found = decisions(event, member("ann", {"parser_created": OFF}, rollup=("shop",)))
    assert found["ann"] == yes("ann", "new_lead", Reason.ROLLED_UP, "t:new_lead")


@pytest.mark.parametrize("type", ["mention", "important_system_notice", "daily_spending_report"])
def test_C_18_types_that_name_people_do_not_roll_up(type: str) -> None:
    event = Event(type, "shop", users=("sam",))
    found = reasons(event, member("ann", rollup=("shop",), roles=("admin",)), member("sam", account="shop"))
    assert "ann" not in found


def test_E_13_a_salesperson_rolls_up_their_own_contacts_only() -> None:
    sales = {"roles": ("salesperson",), "rollup": ("shop",)}
    found = reasons(LEAD, member("ann", **sales), member("bob", **sales), contacts=[EVE])
    assert found == {"ann": "rolled_up", "bob": "not_assigned_user"}


def test_an_inactive_user_rolls_nothing_up() -> None:
    assert reasons(LEAD, member("ann", rollup=("shop",), active=False)) == {"ann": "inactive"}


def test_what_must_be_read_is_the_account_and_those_above_with_the_add_on() -> None:
    assert concerned(load(), LEAD, TREE) == {"shop", "east", "acme"}
    assert concerned(load(), Event("new_lead", "west"), TREE) == {"west", "acme"}
    assert concerned(load(), Event("important_system_notice", "shop"), TREE) == {"shop"}
    few = AccountTree({account.id: account for account in without_add_on("east")})
    assert concerned(load(), LEAD, few) == {"shop", "acme"}


def test_what_must_be_read_for_named_users_is_their_accounts_within_the_tree() -> None:
    named = {"sam": "shop", "rob": "rival"}
    assert concerned(load(), Event("mention", "acme", users=("sam", "rob")), TREE, named) == {"acme", "shop"}
    assert concerned(load(), Event("client_export", "acme", users=("sam",)), TREE, named) == {"acme"}


def test_a_circle_or_a_missing_parent_never_hangs() -> None:
    circle = [Account("shop", parent="east", add_ons=("rollup",)), Account("east", parent="shop", add_ons=("rollup",))]
    assert told(LEAD, member("eva", account="east", rollup=("shop",)), accounts=circle) == ["eva"]
    orphan = [Account("shop", parent="gone")]
    assert told(LEAD, member("sam", account="shop"), accounts=orphan) == ["sam"]
