"""Every type's own rule for text and e-mail, in an office where everybody asked for everything.

A row of a table says which event comes, and who is sent it by text and by e-mail. Whoever it does not name has no
message in the outbox and, if they ticked the option, a delivery that says why not.
"""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from .calling import Api, ApiHub
from .office import CHANNELS, PEOPLE, open_office, sent

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(store_url: str) -> AsyncIterator[Api]:
    hub = ApiHub(store_url, "t-sending", {"test_mode": True})
    await hub.open()
    async with Api(hub) as api:
        await open_office(api)
        yield api
    await hub.store.close()


@pytest_asyncio.fixture(loop_scope="module")
async def office(opened: Api) -> Api:
    """The office, with an empty outbox."""
    await opened.post("/v1/test/settle")
    await opened.delete("/v1/test/outbox")
    return opened


class Rule(NamedTuple):
    """What a requirement says of a type: an event, and who is sent it over both channels, or by e-mail alone."""

    requirement: str
    type: str
    event: dict[str, Any]
    gets: str
    channels: tuple[str, ...] = CHANNELS

    def __str__(self) -> str:
        return f"{self.requirement}-{self.type}"


NUMBERS = count()
ABOUT = {"contact": "c7"}
EMAIL = ("email",)
CHANGES = {"data": {"changes": {"status": ["new", "complete"]}}}
BEFORE = ["event_one_hour_before", "event_one_minute_before", "event_one_day_before", "event_fifteen_minutes_before"]

# Text AU and Email AU: the contact's assigned user and nobody else (C-11, C-12).
ASSIGNED = [
    Rule("C-22", "action_plan_steps", {**ABOUT, "data": {"step": {"notify": True}}}, "ann"),
    Rule("C-23", "assigned_user", {**ABOUT, "origin": "sales_cycle"}, "ann"),
    Rule("C-27", "contact_moved", ABOUT, "ann"),
    Rule("C-29", "email_failed_error", {**ABOUT, "data": {"sent_via": "hub"}}, "ann"),
    Rule("C-30", "duplicate_client", {"contact": "c8", "original_contact": "c7"}, "ann"),
    Rule("C-34", "new_lead", {**ABOUT, "origin": "import"}, "ann"),
    Rule("C-35", "manual_appointment", {**ABOUT, "data": {"appointment": {"notify": True}}}, "ann"),
    Rule("C-36", "manual_call_schedule", {**ABOUT, "data": {"call": {"notify": True}}}, "ann"),
    Rule("C-37", "manual_contact_reminder", {**ABOUT, "data": {"reminder": {"notify": True}}}, "ann"),
    Rule("C-38", "manual_email_sent", ABOUT, "ann"),
    Rule("C-39", "manual_text_sent", {**ABOUT, "data": {"sms": {"notify": True}}}, "ann"),
    Rule("C-42", "parser_created", {**ABOUT, "origin": "parser"}, "ann"),
    Rule("C-43", "parser_updated", {**ABOUT, "origin": "parser"}, "ann"),
    Rule("C-44", "pass_through", ABOUT, "ann"),
    Rule("C-45", "proposal_open", ABOUT, "ann"),
    Rule("C-46", "proposal_sign", ABOUT, "ann"),
    Rule("C-47", "proposal_sent_to_dispatch", ABOUT, "ann"),
    Rule("C-48", "single_reassigned", ABOUT, "ann"),
    Rule("C-49", "single_released", ABOUT, "ann"),
    Rule("C-52", "text_received", ABOUT, "ann"),
    Rule("C-53", "text_stopped", ABOUT, "ann"),
    Rule("C-54", "thumbtack", ABOUT, "ann"),
    Rule("C-55", "voicemails", ABOUT, "ann"),
    Rule("R-14", "customer_created", {**ABOUT, "origin": "manual"}, "ann"),
    Rule("R-14", "order_created", ABOUT, "ann"),
    Rule("R-15", "customer_changed", {**ABOUT, **CHANGES}, "ann"),
    Rule("R-15", "order_changed", {**ABOUT, **CHANGES}, "ann"),
]
# Whom the type is for in the app, too.
ADDRESSED = [
    Rule("C-33", "email_received", {"users": ["kim"]}, "kim"),
    Rule("A-03", "call_incoming", {"line": "l2"}, "ann bob kim"),
    Rule("A-03", "call_incoming", {"line": "l1"}, "ann"),
    Rule("A-05", "line_text", {"line": "l2", "contact": "c7"}, "ann bob kim"),
    Rule("A-06", "line_voicemail", {"line": "l2", "contact": "c7"}, "ann bob kim"),
    Rule("A-07", "line_fax", {"line": "l1"}, "ann"),
    Rule("A-08", "mention", {"users": ["bob"], "contact": "c7"}, "bob"),
    Rule("A-09", "contact_assigned", {"users": ["bob"], "contact": "c7", "origin": "manual"}, "bob"),
    Rule("A-11", "appointment_assigned", {"users": ["bob"]}, "bob"),
    Rule("A-12", "reminder_assigned", {"users": ["bob"]}, "bob"),
    Rule("A-29", "event_created", {"users": ["ann", "mia"]}, "ann mia"),
    *(Rule(f"A-{30 + i}", type, {"users": ["ann", "mia"]}, "ann mia") for i, type in enumerate(BEFORE)),
    Rule("A-36", "high_sms_volume", {"line": "l2"}, "ann bob kim"),
    Rule("R-03", "task_due", {"users": ["bob"], "contact": "c7"}, "bob"),
    Rule("R-16", "custom", {"users": ["bob", "bea"]}, "bea bob"),
]
# Account-level types go by e-mail, to those of the role (A-13, A-14, AMB-31).
REPORTS = [
    Rule("A-15", "billing_warning", {}, "bea", EMAIL),
    Rule("A-16", "users_sync_report", {}, "olga", EMAIL),
    Rule("A-17", "contacts_sync_report", {}, "olga", EMAIL),
    Rule("A-18", "contact_dispositions_sync_report", {}, "olga", EMAIL),
    Rule("A-19", "call_disposition_sync_report", {}, "olga", EMAIL),
    Rule("A-20", "integration_connection_failed", {}, "olga", EMAIL),
    Rule("A-21", "daily_activity_report", {}, "olga", EMAIL),
    Rule("A-22", "daily_inbound_sms_report", {}, "olga", EMAIL),
    Rule("A-23", "daily_outbound_sms_report", {}, "olga", EMAIL),
    Rule("A-24", "daily_spending_report", {}, "olga", EMAIL),
    Rule("A-25", "import_export_report", {}, "olga", EMAIL),
    Rule("A-26", "webhook_failure_report", {}, "olga", EMAIL),
]
# In the app only.
IN_APP_ONLY = [
    Rule("C-21", "account_paused", {}, ""),
    Rule("C-24", "client_export", {}, ""),
    Rule("C-25", "client_import", {}, ""),
    Rule("C-26", "client_update", {}, ""),
    Rule("C-28", "download_report", {}, ""),
    Rule("C-31", "franchisee_statistics_report", {}, ""),
    Rule("C-32", "test_inbox_read", {"users": ["kim"]}, ""),
    Rule("C-50", "system_information", {}, ""),
    Rule("C-51", "system_error_information", {}, ""),
]
# What does not fire in the app reaches nobody by text or e-mail either.
UNFIRED = [
    Rule("C-22", "action_plan_steps", {**ABOUT, "data": {"step": {"notify": False}}}, ""),
    Rule("C-23", "assigned_user", {**ABOUT, "origin": "manual"}, ""),
    Rule("C-29", "email_failed_error", {**ABOUT, "data": {"sent_via": "smtp"}}, ""),
    Rule("C-34", "new_lead", {**ABOUT, "origin": "manual"}, ""),
    Rule("C-35", "manual_appointment", ABOUT, ""),
    Rule("C-36", "manual_call_schedule", ABOUT, ""),
    Rule("C-37", "manual_contact_reminder", ABOUT, ""),
    Rule("C-39", "manual_text_sent", ABOUT, ""),
    Rule("C-47", "proposal_sent_to_dispatch", {"account": "west"}, ""),
    Rule("C-54", "thumbtack", {"account": "west"}, ""),
    Rule("R-15", "order_changed", {**ABOUT, "data": {"changes": {}}}, ""),
]


def new_event() -> str:
    return f"evt-{next(NUMBERS)}"


async def post(office: Api, rule: Rule, event: str) -> dict[str, Any]:
    answer = await office.post("/v1/events", {"account": "acme", **rule.event, "type": rule.type, "id": event})
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("rule", [*ASSIGNED, *ADDRESSED, *REPORTS, *IN_APP_ONLY], ids=str)
async def test_who_is_sent_a_type_by_text_and_e_mail(office: Api, rule: Rule) -> None:
    event = new_event()
    assert (await post(office, rule, event))["status"] == "accepted"
    assert await sent(office, event) == {one: rule.gets.split() if one in rule.channels else [] for one in CHANNELS}


@pytest.mark.parametrize("rule", UNFIRED, ids=str)
async def test_what_does_not_fire_is_not_sent(office: Api, rule: Rule) -> None:
    event = new_event()
    assert (await post(office, rule, event))["status"] == "dropped"
    assert await sent(office, event) == {"text": [], "email": []}


async def test_every_type_but_those_for_messages_is_in_a_table(office: Api) -> None:
    kinds = {rule.type for rule in [*ASSIGNED, *ADDRESSED, *REPORTS, *IN_APP_ONLY]}
    elsewhere = {"group_broadcast", "important_system_notice", "bulk_reassigned", "bulk_released"}
    assert kinds | elsewhere == {kind.id for kind in office.hub.catalogue}


@pytest.mark.parametrize("rule", ASSIGNED, ids=str)
async def test_C_11_C_12_who_asked_and_is_not_the_assigned_user_is_told_why_not(office: Api, rule: Rule) -> None:
    event = new_event()
    await post(office, rule, event)
    rows = [row for row in await office.deliveries(event, state="skipped") if row["channel"] != "system"]
    assert {(row["user"], row["channel"]) for row in rows} == {
        (user, channel) for user in PEOPLE if user != "ann" for channel in CHANNELS
    }
    assert {(row["reason"], row["to"], row["attempts"]) for row in rows} == {("not_assigned_user", None, 0)}
    assert {row["why"] for row in rows} == {
        "A text goes only to the contact's assigned user.", "An e-mail goes only to the contact's assigned user.",
    }  # fmt: skip


@pytest.mark.parametrize("rule", REPORTS, ids=str)
async def test_A_13_AMB_31_a_report_is_no_entry_but_can_be_read(office: Api, rule: Rule) -> None:
    event = new_event()
    assert (await post(office, rule, event))["recipients"] == 1
    (mailed,) = await office.deliveries(event, channel="email", state="queued")
    await sent(office, event)
    assert [entry for entry in await office.inbox(rule.gets) if entry["type"] == rule.type] == []
    path = f"/v1/notifications/{mailed['notification']}"
    shown = (await office.get(path, by=office.user(rule.gets))).json()
    assert (shown["type"], shown["state"], shown["user"]) == (rule.type, "read", rule.gets)
    assert shown["reason"].startswith("Your role in Acme brings you")
    assert [(row["channel"], row["state"], row["reason"]) for row in shown["deliveries"]] == [
        ("system", "skipped", "no_system_channel"), ("email", "sent", "role"),
    ]  # fmt: skip
    assert (await office.get(path, by=office.user("ann"))).status_code == 403


@pytest.mark.parametrize(("requirement", "type"), [("C-40", "bulk_reassigned"), ("C-41", "bulk_released")])
@pytest.mark.parametrize("size", [2, 6])
async def test_AMB_10_a_bulk_is_sent_once_under_its_general_type_and_a_small_one_contact_by_contact(
    office: Api, requirement: str, type: str, size: int
) -> None:
    contacts = [f"bulk-{i}" for i in range(size)]
    for contact in contacts:
        await office.put(f"/v1/contacts/{contact}", {"account": "acme", "assigned_user": "ann"})
    event = new_event()
    await office.event(type, contacts=contacts, id=event)
    several = ["ann"] * (size if size < 6 else 1)  # the general type tells of a bulk as one (AMB-09)
    assert await sent(office, event) == {"text": several, "email": several}
