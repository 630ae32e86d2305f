"""The directory: documents that survive the round trip, and a tree that never hangs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.directory import (
    Account,
    AccountTree,
    Contact,
    Document,
    Group,
    Line,
    ProducerKey,
    RingGroup,
    User,
    as_document,
)

OBJECTS: list[Document] = [
    Account("acme", "Acme", add_ons=("rollup",), features=("dispatch",)),
    User("ann", "acme", "Ann", roles=("agent", "manager")),
    Contact("c7", "acme", "Eve", numbers=("+15550100",), assigned_user="ann"),
    Group("sales", "acme", "Sales", ("ann", "bob")),
    Line("l1", "acme", "+15550100", owner="ann", messaging_service="news", number_type="toll_free"),
    RingGroup("front", "acme", "Front desk", ("ann", "bob"), fisher_mode=True),
    ProducerKey("k1", "acme", ("events",), "digest"),
]


def tree(**parents: str | None) -> AccountTree:
    """Build a tree from child=parent."""
    return AccountTree({id: Account(id, parent=parent) for id, parent in parents.items()})


FAMILY = tree(acme=None, west=None, east="acme", shop="east", depot="east")


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)
def test_an_object_survives_the_round_trip(value: Document) -> None:
    assert type(value).from_document(as_document(value)) == value


def test_a_document_is_plain_json() -> None:
    assert as_document(Group("sales", "acme", "Sales", ("ann",))) == {
        "id": "sales",
        "account": "acme",
        "name": "Sales",
        "members": ["ann"],
    }


def test_a_field_of_a_later_version_is_left_out() -> None:
    document = {"id": "ann", "account": "acme", "mood": "fine"}
    assert User.from_document(document) == User("ann", "acme")


def test_defaults_are_those_of_the_contract() -> None:
    user, account, contact = User("ann", "acme"), Account("acme"), Contact("c7", "acme")
    assert (user.roles, user.active, user.presence) == (("agent",), True, "available")
    assert (account.retention_days, account.status, account.parent) == (90, "active", None)
    assert (contact.ok_to_sms, contact.blocked, contact.assigned_user) == (False, False, None)


def test_no_role_includes_another() -> None:
    admin = User("ada", "acme", roles=("admin",))
    assert admin.has_role("admin")
    assert not admin.has_role("billing_admin")


@pytest.mark.parametrize(("first", "last", "name"), [("Eve", "Ash", "Eve Ash"), ("", "Ash", "Ash"), ("", "", "")])
def test_a_contact_says_its_full_name(first: str, last: str, name: str) -> None:
    assert Contact("c7", "acme", first, last).name == name


def test_the_tree_knows_above_and_below() -> None:
    assert FAMILY.ancestors("shop") == ("east", "acme")
    assert FAMILY.descendants("acme") == ("east", "shop", "depot")
    assert FAMILY.root("shop") == FAMILY.root("acme") == "acme"
    assert FAMILY.roots() == ("acme", "west")


@pytest.mark.parametrize(
    ("top", "id", "inside"),
    [
        ("acme", "acme", True),
        ("acme", "shop", True),
        ("shop", "acme", False),
        ("west", "shop", False),
        ("acme", "nobody", False),
        ("nobody", "nobody", False),
    ],
)
def test_the_tree_contains_an_account_and_all_below_it(top: str, id: str, inside: bool) -> None:
    assert FAMILY.contains(top, id) is inside


def test_a_missing_parent_makes_a_root() -> None:
    orphan = tree(east="gone")
    assert orphan.root("east") == "east"
    assert orphan.roots() == ("east",)
    assert orphan.get("gone") is None


@pytest.mark.parametrize(
    ("id", "parent", "circle"), [("acme", "shop", True), ("acme", "acme", True), ("shop", "west", False)]
)
def test_a_parent_that_would_close_a_circle_is_seen(id: str, parent: str, circle: bool) -> None:
    assert FAMILY.would_circle(id, parent) is circle


@given(st.dictionaries(st.sampled_from("abcdef"), st.none() | st.sampled_from("abcdefz")))
def test_whatever_is_stored_every_walk_ends_and_agrees(parents: dict[str, str | None]) -> None:
    family = tree(**parents)
    for id in parents:
        assert family.contains(family.root(id), id)
        assert id not in family.ancestors(id)
        assert id not in family.descendants(id)
        assert all(id in family.descendants(above) for above in family.ancestors(id))
