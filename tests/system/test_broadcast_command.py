"""`hub broadcast` as a person at a shell meets it: counted, asked about, sent once, watched, taken back."""

import os
import pty
import subprocess
import sys
from typing import Any

import httpx2
import pytest

from .conftest import StartHub
from .processes import OPERATOR, PATIENCE, HubProcess, command, surroundings

HEADERS = {"Authorization": f"Bearer {OPERATOR}"}


@pytest.fixture
def hub(start_hub: StartHub) -> HubProcess:
    """Run a hub with two accounts whose people share a group."""
    hub = start_hub()
    for path, body in (
        ("accounts/acme", {"name": "Acme"}),
        ("accounts/east", {"name": "Acme East", "parent": "acme"}),
        ("users/ann", {"account": "acme", "name": "Ann"}),
        ("users/bob", {"account": "acme", "active": False}),
        ("users/max", {"account": "east", "name": "Max"}),
        ("users/zoe", {"account": "east", "name": "Zoe"}),
        ("groups/sales", {"account": "acme", "name": "Sales", "members": ["ann", "bob", "max"]}),
        ("groups/idle", {"account": "acme", "name": "Idle", "members": ["bob"]}),
    ):
        assert httpx2.put(f"{hub.url}/v1/{path}", json=body, headers=HEADERS).status_code == 200
    return hub


def at(hub: HubProcess) -> tuple[str, ...]:
    return ("--url", hub.url, "--key", OPERATOR)


def inbox(hub: HubProcess, user: str) -> list[dict[str, Any]]:
    answer = httpx2.get(f"{hub.url}/v1/inbox", params={"user": user}, headers=HEADERS)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def on_a_terminal(answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command whose standard input is a terminal where a person types; return the status, and what it said."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "hub.cli", *arguments],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=surroundings(),
    ) as process:
        os.write(leader, answer.encode())
        said, _ = process.communicate(timeout=PATIENCE)
    os.close(leader)
    os.close(follower)
    return process.returncode, said


def test_D_05_a_broadcast_is_counted_sent_and_watched_until_it_is_delivered(hub: HubProcess) -> None:
    sent = command("broadcast", "<b>Friday</b> is off", "--group", "sales", "--user", "zoe", "--wait", *at(hub))
    assert sent.returncode == 0, sent.stderr
    assert sent.stderr == "it goes to 3 people\n"
    accepted, done = sent.stdout.splitlines()
    id = accepted.split(":")[0]
    assert accepted == f"{id}: accepted, 3 recipients"
    assert done == f"{id}: sent, delivered to 3 of 3 people, shown to 0, closed by 0"
    for user in ("ann", "max", "zoe"):
        assert [(entry["body"], entry["html"]) for entry in inbox(hub, user)] == [
            ("Friday is off", "<b>Friday</b> is off")
        ]
    assert inbox(hub, "bob") == []


def test_a_broadcast_carries_its_title_link_and_end(hub: HubProcess) -> None:
    more = ("--title", "Plans", "--link", "https://crm.example/plans", "--expires", "2099-01-01T00:00:00Z")
    assert command("broadcast", "Look", "--group", "sales", "--account", "acme", *more, *at(hub)).returncode == 0
    (entry,) = inbox(hub, "max")
    assert (entry["title"], entry["url"], entry["account"]) == ("Plans", "https://crm.example/plans", "acme")


def test_on_a_terminal_a_person_is_asked_first(hub: HubProcess) -> None:
    message = ("broadcast", "Hello", "--group", "sales", *at(hub))
    status, said = on_a_terminal("n\n", *message)
    assert (status, "Send to 2 people? [y/N]" in said) == (1, True)
    assert inbox(hub, "ann") == []
    status, said = on_a_terminal("", *message, "--yes")
    assert (status, "?" in said) == (0, False)
    assert len(inbox(hub, "ann")) == 1
    assert on_a_terminal("y\n", *message)[0] == 0
    assert len(inbox(hub, "ann")) == 2


def test_under_one_name_a_broadcast_is_sent_once(hub: HubProcess) -> None:
    message = ("broadcast", "Hello", "--group", "sales", "--once", "friday", *at(hub))
    first, again = command(*message), command(*message)
    assert first.stdout == again.stdout != ""
    assert len(inbox(hub, "ann")) == 1


def test_D_05_a_broadcast_is_taken_back(hub: HubProcess) -> None:
    sent = command("broadcast", "Oops", "--group", "sales", *at(hub))
    id = sent.stdout.split(":")[0]
    recalled = command("broadcast", "--recall", id, *at(hub))
    assert (recalled.returncode, recalled.stdout) == (0, f"{id}: recalled\n")
    assert inbox(hub, "ann") == inbox(hub, "max") == []
    assert "State: recalled at 2" in command("inspect", "broadcast", id, *at(hub)).stdout
    unknown = command("broadcast", "--recall", "0" * 26, *at(hub))
    assert (unknown.returncode, "not_found" in unknown.stderr) == (1, True)


def test_what_is_wrong_with_a_broadcast_is_said_and_nothing_is_sent(hub: HubProcess) -> None:
    def refused(*arguments: str) -> str:
        done = command("broadcast", *arguments, *at(hub))
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    assert "--group GROUP or --user USER" in refused("Hello")
    assert "there is no group nobody" in refused("Hello", "--group", "sales", "--group", "nobody")
    assert "nobody would get it" in refused("Hello", "--group", "idle")
    assert "MESSAGE: " in refused("   ", "--group", "sales")
    assert "--link (url): " in refused("Hello", "--group", "sales", "--link", "ftp://files.example")
    assert "--expires (expires_at): " in refused("Hello", "--group", "sales", "--expires", "2020-01-01T00:00:00Z")
    assert "either a MESSAGE to send, or --recall ID" in refused("Hello", "--recall", "x")
    assert "either a MESSAGE to send, or --recall ID" in refused()
    assert inbox(hub, "ann") == []


def test_a_broadcast_is_explained_with_what_each_person_did(hub: HubProcess) -> None:
    sent = command("broadcast", "Come\nall", "--group", "sales", "--user", "zoe", "--title", "Party", *at(hub))
    id = sent.stdout.split(":")[0]
    entry = inbox(hub, "max")[0]["id"]
    marks = httpx2.post(f"{hub.url}/v1/inbox/dismiss?user=max", json={"ids": [entry]}, headers=HEADERS)
    assert marks.status_code == 200, marks.text
    told = command("inspect", "broadcast", id, *at(hub)).stdout.splitlines()
    assert told[0].startswith("Party (group_broadcast) of 2")
    assert told[1:4] == ["  Come", "  all", "To: group Sales (sales), user Zoe (zoe) of account Acme (acme)"]
    assert told[4] == "State: sent, delivered to 3 of 3 people, shown to 0, closed by 1, e-mailed to 0"
    assert "  Users of account Acme East (east):" in told
    assert "    ann: delivered (group_member)" in told
    assert "    bob: nothing (inactive)" in told
    assert "    max: delivered, dismissed (group_member)" in told
    assert "    zoe: delivered (named)" in told
