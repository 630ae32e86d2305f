"""Events: what can be wrong with one by its own values alone."""

import pytest

from hub.core.catalogue import load
from hub.core.directory import Account
from hub.core.events import DATA_LIMIT, Event, account_paused, changed_fields, is_ticked, problems


def fields(event: Event) -> list[str]:
    return [field for field, _ in problems(event, load()[event.type])]


@pytest.mark.parametrize(
    ("event", "missing"),
    [
        (Event("voicemails", "acme"), []),
        (Event("mention", "acme"), ["users"]),
        (Event("mention", "acme", users=("ann",)), []),
        (Event("line_text", "acme"), ["line"]),
        (Event("line_fax", "acme"), ["line"]),
        (Event("line_fax", "acme", line="l1"), []),
        (Event("duplicate_client", "acme", contact="c7"), ["original_contact"]),
        (Event("duplicate_client", "acme", contact="c7", original_contact="c1"), []),
    ],
)
def test_a_type_asks_for_what_its_audience_needs(event: Event, missing: list[str]) -> None:
    assert fields(event) == missing


@pytest.mark.parametrize("url", ["https://crm.example/c7", "http://localhost:8080", "mailto:eve@acme.example"])
def test_a_link_may_be_http_https_or_mailto(url: str) -> None:
    assert fields(Event("voicemails", "acme", url=url)) == []


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "/contacts/c7", "https:", "http://[::1", "mailto:", "data:text/html,x", ""),
        *("https://:443/", "https://crm.example/a b", "https://crm.example/\u202e", "http://crm.\nexample"),
    ],
)
def test_any_other_link_is_refused(url: str) -> None:
    assert fields(Event("voicemails", "acme", url=url)) == ["url"]


def test_an_origin_must_be_known() -> None:
    assert fields(Event("voicemails", "acme", origin="gossip")) == ["origin"]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"note": "x" * (DATA_LIMIT - 11)}, []),
        ({"note": "x" * (DATA_LIMIT - 10)}, ["data"]),
        ({"n": 1 << 70}, ["data.n"]),
        ({"list": [{}, {"n": -(2**63) - 1}]}, ["data.list[1].n"]),
        ({"n": 2**64 - 1, "m": -(2**63)}, []),
    ],
)
def test_data_is_json_of_at_most_16_kib(data: dict[str, object], wrong: list[str]) -> None:
    assert fields(Event("voicemails", "acme", data=data)) == wrong


def test_everything_wrong_is_named_at_once() -> None:
    assert fields(Event("mention", "acme", origin="gossip", url="ftp://x")) == ["users", "origin", "url"]


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        ({"changes": {"status": ["new", "complete"], "sum": [1, 2]}}, ("status", "sum")),
        ({"changes": {"status": ["new", "new"], "sum": [1, 2]}}, ("sum",)),
        ({"changes": {"note": "rewritten"}}, ("note",)),
        ({"changes": {}}, ()),
        ({"changes": ["status"]}, ()),
        ({}, ()),
    ],
)
def test_AMB_43_a_field_with_equal_old_and_new_has_not_changed(
    data: dict[str, object], changed: tuple[str, ...]
) -> None:
    assert changed_fields(Event("order_changed", "acme", data=data)) == changed


@pytest.mark.parametrize(
    ("data", "ticked"),
    [
        ({"step": {"notify": True}}, True),
        ({"step": {"notify": False}}, False),
        ({"step": {"notify": "yes"}}, False),
        ({"step": True}, False),
        ({}, False),
    ],
)
def test_C_22_only_true_ticks_a_box(data: dict[str, object], ticked: bool) -> None:
    assert is_ticked(Event("action_plan_steps", "acme", data=data), "step.notify") is ticked


@pytest.mark.parametrize(
    ("before", "after", "raised"),
    [
        ("active", "paused", True),
        ("paused", "active", False),
        ("paused", "paused", False),
        ("active", "active", False),
        (None, "paused", False),
    ],
)
def test_C_21_AMB_19_pausing_raises_account_paused_in_that_direction_only(
    before: str | None, after: str, raised: bool
) -> None:
    event = account_paused(Account("acme", status=before) if before else None, Account("acme", status=after), 7)
    assert event == (Event("account_paused", "acme", "account-paused-7", "system") if raised else None)
