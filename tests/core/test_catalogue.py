"""The catalogue: what types.json promises, and who may see which type."""

import pytest

from hub.core.catalogue import load
from hub.core.directory import User

AGENT = User("ann", "acme")
ADMIN = User("ada", "acme", roles=("admin",))
BILLING = User("bill", "acme", roles=("billing_admin",))


def test_AMB_01_the_catalogue_has_35_types_of_the_first_document_9_of_them_starred() -> None:
    first = [kind for kind in load() if kind.source_system == "clienttether"]
    assert len(load()) == 69
    assert len(first) == 35
    assert sum(kind.strongly_encouraged for kind in first) == 9


def test_C_09_every_type_that_is_no_account_report_offers_system() -> None:
    by_mail_only = {kind.id for kind in load() if not kind.offers("system")}
    assert by_mail_only == {kind.id for kind in load() if kind.audience in ("admins", "billing_admins")}


def test_AMB_02_a_type_about_one_contact_has_four_options() -> None:
    assert load()["voicemails"].options == ("system", "au", "text", "email")


@pytest.mark.parametrize("id", ["duplicate_client", "text_received", "text_stopped", "voicemails"])
def test_AMB_18_the_four_proven_types_offer_au(id: str) -> None:
    assert load()[id].au


def test_AMB_18_account_notices_offer_system_alone() -> None:
    assert load()["account_paused"].options == ("system",)


def test_A_13_an_agent_sees_no_account_level_type() -> None:
    assert not [kind.id for kind in load().visible_to(AGENT) if kind.admin_only]


def test_AMB_30_billing_needs_its_own_role_and_gives_no_other() -> None:
    assert "billing_warning" not in {kind.id for kind in load().visible_to(ADMIN)}
    special = {kind.id for kind in load().visible_to(BILLING) if kind.admin_only}
    assert special == {"billing_warning"}


def test_an_admin_sees_all_but_billing() -> None:
    assert len(load().visible_to(ADMIN)) == 68


def test_an_unknown_type_is_none() -> None:
    assert load().get("nonsense") is None


def test_every_general_type_exists_and_reaches_whole_accounts() -> None:
    generals = {id for kind in load() for id in kind.general_types}
    assert generals
    assert all(load()[id].audience == "account_users" for id in generals)


def test_the_document_shows_exactly_the_promised_fields() -> None:
    assert load()["account_paused"].as_document() == {
        "id": "account_paused",
        "title": "Account Paused",
        "category": "account",
        "description": "Account switched from Active to Paused (that direction only)",
        "source_system": "clienttether",
        "channels": ["system"],
        "au": False,
        "strongly_encouraged": True,
        "mandatory": False,
        "sticky": False,
    }


def test_the_catalogue_is_read_once_and_keeps_the_order_of_the_file() -> None:
    assert load() is load()
    assert next(iter(load())).id == "account_paused"
    assert repr(load()) == "<Catalogue of 69 notification types>"
