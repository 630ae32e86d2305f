"""`hub inspect` as an operator meets it: what was decided, for whom, and why, over several accounts."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from .conftest import StartHub
from .processes import OPERATOR, HubProcess, command, wait_until

HEADERS = {"Authorization": f"Bearer {OPERATOR}"}


@pytest.fixture
def hub(start_hub: StartHub) -> HubProcess:
    """Run a hub with a franchisor and a franchisee, whom a manager has rolled up."""
    hub = start_hub()
    for path, body in (
        ("accounts/acme", {"name": "Acme", "add_ons": ["rollup"]}),
        ("accounts/east", {"name": "Acme East", "parent": "acme"}),
        ("users/ann", {"account": "acme", "name": "Ann", "backup_number": "+12025550123", "presence": "busy"}),
        ("users/carla", {"account": "acme", "name": "Carla", "roles": ["manager"]}),
        ("users/max", {"account": "east", "name": "Max"}),
        ("users/nora", {"account": "east", "name": "Nora", "roles": ["salesperson"]}),
        ("groups/sales", {"account": "acme", "name": "Sales", "members": ["ann", "max"]}),
        ("ring-groups/desk", {"account": "acme", "name": "Desk", "members": ["ann", "max"], "fisher_mode": True}),
        ("lines/main", {"account": "acme", "number": "+12025550190", "ring_group": "desk"}),
        ("lines/own", {"account": "acme", "number": "+12025550191", "owner": "ann"}),
        ("contacts/c7", {"account": "east", "first_name": "Eve", "assigned_user": "max"}),
        ("users/carla/rollup", {"accounts": ["east"]}),
        ("users/carla/line-opt-ins", {"lines": ["main"]}),
    ):
        answer = httpx2.put(f"{hub.url}/v1/{path}", json=body, headers=HEADERS)
        assert answer.status_code == 200, answer.text
    return hub


def at(hub: HubProcess) -> tuple[str, ...]:
    return ("--url", hub.url, "--key", OPERATOR)


def patch(hub: HubProcess, path: str, **body: Any) -> None:
    answer = httpx2.patch(f"{hub.url}/v1/{path}", json=body, headers=HEADERS)
    assert answer.status_code == 200, answer.text


def inspected(hub: HubProcess, kind: str, id: str) -> list[str]:
    done = command("inspect", kind, id, *at(hub))
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_user_is_explained_with_all_that_brings_them_something(hub: HubProcess) -> None:
    patch(hub, "accounts/acme/defaults", types={"new_lead": {"system": False}})
    patch(
        hub,
        "users/ann/preferences",
        types={"voicemails": {"au": True, "text": True}, "proposal_open": {"system": False}},
        channels={"email": {"grace_minutes": 3, "daily_cap": 20}},
    )
    told = inspected(hub, "user", "ann")
    assert told[0] == "Ann (ann) in account Acme (acme): agent, busy"
    ways = {line.split(": ")[0]: line.split(": ")[1].split(", ") for line in told if line.startswith("Gets ")}
    assert ways["Gets in-app (only about their own contacts) and text"] == ["voicemails"]
    assert {"new_lead", "proposal_open"} <= set(ways["Gets in no way"])
    assert "Unlike the account's defaults: proposal_open (in-app off), voicemails (only mine on, text on)" in told
    mails = "on, copies on, after 3 min unless seen in the app, at most 20 of a type a day"
    assert f"Text: on, to +12025550123. E-mail: {mails}" in told
    assert "Groups: Sales (sales)" in told
    assert "Rolls up: nothing" in told
    assert "Lines: +12025550190 (main: ring group Desk (desk) with fisher mode), +12025550191 (own: their own)" in told
    assert told[-1] == "Unread: 0. Latest:"


def test_C_18_roll_up_and_line_opt_ins_are_said_of_who_chose_them(hub: HubProcess) -> None:
    told = inspected(hub, "user", "carla")
    assert "Rolls up: Acme East (east)" in told
    assert "Lines: +12025550190 (main: opted in)" in told
    assert "Rolls up: nothing, since the account has not the roll-up add-on" in inspected(hub, "user", "max")
    assert "As a salesperson: of types about contacts, only those of their own contacts" in inspected(
        hub, "user", "nora"
    )
    patch(hub, "accounts/acme", add_ons=[])
    assert "Rolls up: nothing, since the account has not the roll-up add-on" in inspected(hub, "user", "carla")


def test_C_18_the_decisions_of_several_accounts_are_told_account_by_account(hub: HubProcess) -> None:
    sent = command("send", "voicemails", "--account", "east", "--contact", "c7", "--id", "e1", *at(hub))
    assert sent.stdout == "e1: accepted, 2 recipients\n"
    told = inspected(hub, "delivery", "e1")
    assert told[0].startswith("Voicemails of 2")
    assert told[0].endswith(" in account Acme East (east) about contact Eve (c7)")
    home, other = (
        told.index("Users of account Acme (acme), as voicemails:"),
        told.index("Users of account Acme East (east), as voicemails:"),
    )
    why = "You rolled up Acme East, and you get its “Voicemails” notifications."
    assert f"  carla: system to carla: sent, rolled_up: {why}" in told[home:other]
    assert (
        "  max: system to max: sent, all_of_type: You get every “Voicemails” notification of Acme East." in told[other:]
    )
    only_own = "The user gets “Voicemails” notifications of their own contacts only; Eve is someone else's."
    assert f"  nora: system to nora: skipped, not_assigned_user: {only_own}" in told[other:]
    off = "“Voicemails” notifications by e-mail are turned off in the user's preferences."
    assert f"  max: email to nobody: skipped, type_off: {off}" in told[other:]
    assert told[-1] == "In all: all_of_type 1, not_assigned_user 1, rolled_up 1, type_off 2"


def test_C_11_texts_and_e_mails_are_explained_too(hub: HubProcess) -> None:
    patch(hub, "users/max", email="max@east.example", backup_number="+12025550124")
    patch(hub, "users/max/preferences", types={"voicemails": {"text": True, "email": True}})
    assert command("send", "voicemails", "--account", "east", "--contact", "c7", "--id", "e1", *at(hub)).returncode == 0
    why = "You get the “Voicemails” notifications of your own contacts by {}, and Eve is yours."
    lines = {
        "text": f"text to +12025550124: sent, assigned_user: {why.format('text')}",
        "email": f"email to max@east.example: sent, assigned_user: {why.format('e-mail')}",
    }
    wait_until(lambda: f"  max: {lines['email']}" in inspected(hub, "delivery", "e1"), "the e-mail to be sent")
    assert f"  max: {lines['text']}" in inspected(hub, "delivery", "e1")
    (entry,) = httpx2.get(f"{hub.url}/v1/inbox", params={"user": "max"}, headers=HEADERS).json()["items"]
    told = [line.partition(" (2")[0] for line in inspected(hub, "notification", entry["id"])]
    assert "  email to max@east.example: sent, assigned_user" in told
    assert "  text to +12025550124: sent, assigned_user" in told


def test_a_notification_is_explained_to_whom_it_was_rolled_up(hub: HubProcess) -> None:
    assert command("send", "voicemails", "--account", "east", "--contact", "c7", "--id", "e1", *at(hub)).returncode == 0
    inbox = httpx2.get(f"{hub.url}/v1/inbox", params={"user": "carla"}, headers=HEADERS).json()["items"]
    told = inspected(hub, "notification", inbox[0]["id"])
    assert told[0].startswith("Voicemails (voicemails) of 2")
    assert told[0].endswith(" for Carla (carla) of account Acme (acme)")
    assert told[1] == "Happened in account Acme East (east) about contact Eve (c7)"
    assert "Why: You rolled up Acme East, and you get its “Voicemails” notifications." in told
    assert told[-1].startswith("  system to carla: sent, rolled_up (2")
    latest = ", unread, of Acme East (east))"
    assert inspected(hub, "user", "carla")[-1].endswith(latest)


def test_what_is_from_outside_cannot_write_to_the_terminal(hub: HubProcess) -> None:
    event = {"type": "mention", "account": "acme", "users": ["ann"], "title": "\x1b[2Jgone"}
    assert httpx2.post(f"{hub.url}/v1/events", json=event, headers=HEADERS).status_code == 202
    assert "\ufffd[2Jgone" in inspected(hub, "user", "ann")[-1]


class Carrier(BaseHTTPRequestHandler):
    """A provider of texts who says that everybody opted out."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"code": 21610}'
        self.send_response(400)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def carrier() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
    threading.Thread(target=server.serve_forever).start()
    yield f"twilio://AC1:secret@127.0.0.1:{server.server_port}?scheme=http"
    server.shutdown()
    server.server_close()


def remedied(hub: HubProcess, id: str, remedy: str) -> str:
    done = command("inspect", "delivery", id, remedy, *at(hub))
    return done.stdout if done.returncode == 0 else done.stderr


def test_E_22_a_dead_letter_is_explained_sent_again_and_dropped(start_hub: StartHub, carrier: str) -> None:
    hub = start_hub(HUB_SMS_URL=carrier, HUB_SMS_FROM="+12025550100", NO_PROXY="127.0.0.1")
    for path, body in (
        ("accounts/acme", {"name": "Acme"}),
        ("users/ann", {"account": "acme", "name": "Ann", "backup_number": "+12025550123"}),
        ("contacts/c7", {"account": "acme", "first_name": "Eve", "assigned_user": "ann"}),
    ):
        assert httpx2.put(f"{hub.url}/v1/{path}", json=body, headers=HEADERS).status_code == 200
    patch(hub, "users/ann/preferences", types={"voicemails": {"text": True}})
    assert command("send", "voicemails", "--account", "acme", "--contact", "c7", "--id", "e1", *at(hub)).returncode == 0

    def failed(attempts: int) -> list[str]:
        query = {"state": "failed"}
        rows = httpx2.get(f"{hub.url}/v1/deliveries", params=query, headers=HEADERS).json()["items"]
        return [row["id"] for row in rows if row["attempts"] == attempts]

    wait_until(lambda: failed(1) != [], "the text to be refused")
    (id,) = failed(1)
    told = inspected(hub, "delivery", id)
    assert told[0].startswith("Voicemails of 2")
    assert told[0].endswith(" in account Acme (acme) about contact Eve (c7) for Ann (ann)")
    assert told[1] == "text to +12025550123: failed"
    assert told[2] == "Why: It could not be sent: recipient opted out. (recipient_opted_out)"
    assert told[3].startswith("Attempts: 1; it stands so since 2")
    assert told[4] == "What was given up: --retry sends it again, --drop leaves it so"
    assert remedied(hub, id, "--retry") == f"{id}: text to +12025550123: queued again\n"
    wait_until(lambda: failed(2) == [id], "the text to be refused again")
    assert remedied(hub, "e1", "--drop") == f"{id}: text to +12025550123: dropped\n"
    assert failed(2) == []
    again = remedied(hub, id, "--retry").splitlines()
    assert again == [f"hub: no dead letter of {id} is known"], "what was dropped stays so"
    assert "Attempts: 2; " in inspected(hub, "delivery", id)[3], "and stays known"
    notification = id.partition(":")[0]
    for nothing in ("e2", f"{notification}:email"):
        assert remedied(hub, nothing, "--drop") == f"hub: no dead letter of {nothing} is known\n"
    assert "give either --retry or --drop" in command("inspect", "delivery", id, "--retry", "--drop", *at(hub)).stderr
    assert "give either --retry or --drop" in command("inspect", "user", "ann", "--drop", *at(hub)).stderr
    unknown = command("inspect", "delivery", f"{notification}:pigeon", *at(hub))
    assert unknown.stderr == f"hub: no delivery of an event or a notification {notification}:pigeon is known\n"
