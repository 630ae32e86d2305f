"""Every type of the catalogue in an office where everybody ticked everything: who is told in the app, by text, by mail.

The office is acme, with one of each: an agent to whom the contact c7 is assigned (ann), a member of the ring group
(bob), somebody who opted in to both lines (dan), an administrator (ada) and a billing administrator (bill).
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import pytest

from hub.core.catalogue import load
from hub.core.directory import Account, Contact, Line, RingGroup
from hub.core.events import Event
from hub.core.personal import errands
from hub.core.routing import Member, Routed, tell
from tests.core.scenes import ACCOUNTS, member, scene

NOON = 1_795_521_600.0
EVERYTHING = {kind.id: {option: True for option in ("text", "email") if kind.offers(option)} for kind in load()}
CONTACTS = [Contact("c7", "acme", "Eve", assigned_user="ann"), Contact("c9", "acme", assigned_user="bob")]
SIX = tuple(f"c{i}" for i in range(5, 11))
LINES = {"l1": Line("l1", "acme", owner="ann", ring_group="front"), "l2": Line("l2", "acme", ring_group="front")}
FRONT = RingGroup("front", "acme", members=("bob",))
FISHERS = RingGroup("front", "acme", members=("bob",), fisher_mode=True)
PLAIN = [Account("acme", "Acme")]
THUMBTACK = [Account("acme", "Acme", features=("thumbtack",))]
ALL = ("ada", "ann", "bill", "bob", "dan")
NOBODY: tuple[str, ...] = ()


class Row(NamedTuple):
    """Say who is told of an event, and what is special about the office that day."""

    name: str
    event: Event
    app: Collection[str]
    text: Collection[str]
    email: Collection[str]
    office: Mapping[str, Any] = {}
    types: Mapping[str, Any] = EVERYTHING
    presence: str = "available"


def row(id: str, type: str, app: Collection[str], text: Collection[str], email: Collection[str], **more: Any) -> Row:
    """Name a row by its requirement and type, and by what is special about it."""
    own = {name: more.pop(name) for name in ("office", "types", "presence") if name in more}
    special = more.pop("special", "")
    event = Event(type, "acme", contact=more.pop("contact", "c7"), **more)
    return Row(f"{id}-{type}{special and '-'}{special}", event, app, text, email, **own)


def to_the_assigned(id: str, type: str, **more: Any) -> Row:
    return row(id, type, ALL, ["ann"], ["ann"], **more)


def in_the_app_only(id: str, type: str, **more: Any) -> Row:
    return row(id, type, ALL, NOBODY, NOBODY, **more)


def to_nobody(id: str, type: str, special: str, **more: Any) -> Row:
    return row(id, type, NOBODY, NOBODY, NOBODY, special=special, **more)


def to_the_named(id: str, type: str, **more: Any) -> Row:
    return row(id, type, ["dan"], ["dan"], ["dan"], users=("dan",), **more)


def to_admins(id: str, type: str, **more: Any) -> Row:
    return row(id, type, NOBODY, NOBODY, ["ada"], **more)


def box(name: str, ticked: bool = True) -> dict[str, Any]:
    return {name: {"notify": ticked}}


CHANGED = {"changes": {"status": ["new", "complete"]}}
UNTOUCHED: dict[str, Any] = {}
CLIENTTETHER = [
    in_the_app_only("C-21", "account_paused"),
    to_the_assigned("C-22", "action_plan_steps", data=box("step")),
    to_nobody("C-22", "action_plan_steps", "unticked", data=box("step", False)),
    to_nobody("C-22", "action_plan_steps", "no_box"),
    to_the_assigned("C-23", "assigned_user", origin="sales_cycle"),
    to_the_assigned("C-23", "assigned_user", special="by_action_plan", origin="action_plan"),
    to_nobody("C-23", "assigned_user", "by_hand", origin="manual"),
    to_nobody("C-23", "assigned_user", "by_sequence", origin="sequence"),
    in_the_app_only("C-24", "client_export"),
    in_the_app_only("C-25", "client_import"),
    in_the_app_only("C-26", "client_update"),
    to_the_assigned("C-27", "contact_moved"),
    in_the_app_only("C-28", "download_report"),
    to_the_assigned("C-29", "email_failed_error", data={"sent_via": "hub"}),
    to_nobody("C-29", "email_failed_error", "own_smtp", data={"sent_via": "smtp"}),
    to_the_assigned("C-30", "duplicate_client", contact="c9", original_contact="c7"),
    in_the_app_only("C-30", "duplicate_client", special="nobodys", contact="c9", original_contact="c5"),
    in_the_app_only("C-31", "franchisee_statistics_report"),
    row("C-32", "test_inbox_read", ["ann"], NOBODY, NOBODY, users=("ann", "bob")),
    row("C-33", "email_received", ["ann"], ["ann"], ["ann"], users=("ann", "bob")),
    to_the_assigned("C-34", "new_lead"),
    to_nobody("C-34", "new_lead", "by_hand", origin="manual"),
    to_the_assigned("C-35", "manual_appointment", data=box("appointment")),
    to_nobody("C-35", "manual_appointment", "unticked", data=box("appointment", False)),
    to_the_assigned("C-36", "manual_call_schedule", data=box("call")),
    to_nobody("C-36", "manual_call_schedule", "unticked", data=box("call", False)),
    to_the_assigned("C-37", "manual_contact_reminder", data=box("reminder")),
    to_nobody("C-37", "manual_contact_reminder", "unticked", data=box("reminder", False)),
    to_the_assigned("C-38", "manual_email_sent"),
    to_the_assigned("C-39", "manual_text_sent", data=box("sms")),
    to_nobody("C-39", "manual_text_sent", "unticked", data=box("sms", False)),
    *(
        one
        for id, type in (("C-40", "bulk_reassigned"), ("C-41", "bulk_released"))
        for one in (
            # The bulk itself goes to the app alone; as Contact Moved it reaches those whose contacts are among them.
            row(id, type, ALL, ["ann", "bob"], ["ann", "bob"], contact=None, contacts=SIX),
            in_the_app_only(id, type, contact=None, contacts=SIX, types=UNTOUCHED, special="untouched"),
            row(id, type, ALL, ["ann"], ["ann"], contact=None, contacts=("c6", "c7"), special="two_as_single_ones"),
        )
    ),
    to_the_assigned("C-42", "parser_created", origin="parser"),
    to_the_assigned("C-43", "parser_updated", origin="parser"),
    to_the_assigned("C-44", "pass_through"),
    to_the_assigned("C-45", "proposal_open"),
    to_the_assigned("C-46", "proposal_sign"),
    to_the_assigned("C-47", "proposal_sent_to_dispatch"),
    to_nobody("C-47", "proposal_sent_to_dispatch", "no_speciality", office={"accounts": PLAIN}),
    to_the_assigned("C-48", "single_reassigned"),
    to_the_assigned("C-49", "single_released"),
    in_the_app_only("C-50", "system_information"),
    in_the_app_only("C-51", "system_error_information"),
    to_the_assigned("C-52", "text_received"),
    to_the_assigned("C-53", "text_stopped"),
    to_the_assigned("C-54", "thumbtack", office={"accounts": THUMBTACK}),
    to_nobody("C-54", "thumbtack", "no_integration", office={"accounts": PLAIN}),
    to_the_assigned("C-55", "voicemails"),
]
# The general types of a line's texts and voicemails add the assigned user, and in the app everybody (AMB-08).
LINKED, MORE = ["bob", "dan"], ["ann", "bob", "dan"]
ALOWARE = [
    row("A-03", "call_incoming", LINKED, LINKED, LINKED, line="l2"),
    row("A-03", "call_incoming", MORE, MORE, MORE, line="l1", special="personal_line"),
    row("A-04", "call_incoming", NOBODY, NOBODY, NOBODY, line="l2", presence="busy", special="busy"),
    row(
        "A-04", "call_incoming", LINKED, LINKED, LINKED, line="l2", presence="busy", special="fisher_mode",
        office={"ring_group": FISHERS},
    ),
    row("A-05", "line_text", ALL, MORE, MORE, line="l2"),
    row("A-05", "line_text", ALL, LINKED, LINKED, line="l2", contact="c9", special="contact_of_a_member"),
    row("A-06", "line_voicemail", ALL, MORE, MORE, line="l2"),
    row("A-07", "line_fax", ["ann", "dan"], ["ann", "dan"], ["ann", "dan"], line="l1"),
    row("A-07", "line_fax", ["dan"], ["dan"], ["dan"], line="l2", special="nobodys_line"),
    to_the_named("A-08", "mention"),
    to_the_named("A-09", "contact_assigned", origin="manual"),
    to_the_named("A-10", "contact_assigned", origin="sequence"),
    to_the_named("A-11", "appointment_assigned"),
    to_the_named("A-12", "reminder_assigned"),
    to_admins("A-13", "webhook_failure_report"),
    to_admins("A-14", "daily_activity_report"),
    row("A-15", "billing_warning", NOBODY, NOBODY, ["bill"]),
    to_admins("A-16", "users_sync_report"),
    to_admins("A-17", "contacts_sync_report"),
    to_admins("A-18", "contact_dispositions_sync_report"),
    to_admins("A-19", "call_disposition_sync_report"),
    to_admins("A-20", "integration_connection_failed"),
    to_admins("A-21", "daily_activity_report"),
    to_admins("A-22", "daily_inbound_sms_report"),
    to_admins("A-23", "daily_outbound_sms_report"),
    to_admins("A-24", "daily_spending_report"),
    to_admins("A-25", "import_export_report"),
    to_admins("A-26", "webhook_failure_report"),
    *(
        to_nobody("A-27", f"daily_{name}_report", "untouched", types=UNTOUCHED)
        for name in ("activity", "inbound_sms", "outbound_sms", "spending")
    ),
    to_admins("A-27", "integration_connection_failed", special="untouched", types=UNTOUCHED),
    to_the_named("A-29", "event_created"),
    to_the_named("A-30", "event_one_hour_before"),
    to_the_named("A-31", "event_one_minute_before"),
    to_the_named("A-32", "event_one_day_before"),
    to_the_named("A-33", "event_fifteen_minutes_before"),
    row("A-34", "call_incoming", ["dan"], ["dan"], ["dan"], line="l2", special="opt_in", office={"ring_group": None}),
    row("A-36", "high_sms_volume", LINKED, LINKED, LINKED, line="l2"),
]  # fmt: skip
RETAILCRM = [
    to_the_named("R-06", "task_due"),
    row("R-13", "group_broadcast", ["bob"], NOBODY, ["bob"], users=("bob",)),
    to_the_assigned("R-14", "customer_created", origin="manual"),
    to_the_assigned("R-14", "order_created"),
    to_the_assigned("R-15", "customer_changed", data=CHANGED),
    to_nobody("R-15", "customer_changed", "unchanged"),
    to_the_assigned("R-15", "order_changed", data=CHANGED),
    to_nobody("R-15", "order_changed", "unchanged"),
    to_the_named("R-16", "custom"),
    row("R-21", "important_system_notice", ALL, NOBODY, ALL),
]
ROWS = [*CLIENTTETHER, *ALOWARE, *RETAILCRM]


def office(row: Row) -> list[Member]:
    """Put everybody at their desks."""
    roles = {"ada": "admin", "bill": "billing_admin"}
    people = []
    for id in ALL:
        user = {
            "roles": (roles.get(id, "agent"),),
            "email": f"{id}@acme.example",
            "backup_number": f"+1555010{ALL.index(id):04}",
            "features": ("smtp", "outlook_oauth2") if id == "ann" else (),
            "presence": row.presence,
        }
        people.append(member(id, row.types, lines=("l1", "l2") if id == "dan" else (), **user))
    return people


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_type(row: Row) -> None:
    line = LINES.get(row.event.line or "")
    here = {"line": line, "ring_group": FRONT if line else None, "accounts": ACCOUNTS, **row.office}
    played = scene(row.event, *office(row), contacts=CONTACTS, **here)
    ways = tell(load(), played)
    app = {one.user for way in ways if isinstance(way.outcome, Routed) for one in way.outcome.told}
    sent = [one for way in ways for one in errands(load(), played, way, NOON) if one.is_queued]
    assert app == {*row.app}
    assert sorted(one.user for one in sent if one.channel == "text") == sorted(row.text)
    assert sorted(one.user for one in sent if one.channel == "email") == sorted(row.email)


def test_every_type_of_the_catalogue_has_a_row() -> None:
    assert {row.event.type for row in ROWS} == {kind.id for kind in load()}
    assert len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("prefix", ["C", "A"])
def test_every_requirement_of_a_type_has_a_row(prefix: str) -> None:
    wanted = {"C": range(21, 56), "A": range(3, 28)}[prefix]
    assert {f"{prefix}-{number:02}" for number in wanted} <= {row.name[:4] for row in ROWS}
