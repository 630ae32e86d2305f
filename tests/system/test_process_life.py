"""The life of the processes themselves: started, killed, drained, several sharing one socket."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from websockets.sync.client import connect

from .processes import OPERATOR, Api, HubProcess, StoreProcess, Tab, free_port, wait_until

StartHub = Callable[..., HubProcess]


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in found.stdout.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == pid and "hub.app.serving" in row[2]]


def is_alive(pid: int) -> bool:
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        [sys.executable, "-m", "hub.cli", *arguments],
        capture_output=True,
        text=True,
        env=inherited | settings,
        check=False,
    )


async def test_sigterm_sends_the_tabs_elsewhere_and_ends_with_0(start_hub: StartHub) -> None:
    hub = start_hub()
    async with Api(hub) as api:
        await api.seed("ann")
    tab = await Tab("ann", "tab-1").open(hub)
    os.kill(hub.pid, signal.SIGTERM)
    await tab.until(lambda: tab.closed is not None, "the tab to be closed")
    assert tab.closed == 4000
    assert any(frame["op"] == "bye" and frame["reconnect"] for frame in tab.frames)
    assert hub.stop() == 0


async def test_what_was_acknowledged_is_there_after_kill_9_of_the_whole_hub(start_hub: StartHub) -> None:
    hub = start_hub()
    async with Api(hub) as api:
        await api.seed("ann")
        assert (await api.event("e1")).status_code == 202
    hub.kill()
    async with Api(start_hub()) as api:
        assert await api.log_of("ann") == ["e1"]


def test_a_second_hub_on_the_same_data_directory_is_refused_in_plain_words(start_hub: StartHub, tmp_path: Path) -> None:
    start_hub()
    second = command("serve", "--port", "0", HUB_DATA_DIR=str(tmp_path / "data"))
    assert second.returncode == 1
    assert "is in use by another hub" in second.stderr
    assert "Traceback" not in second.stderr


def test_several_workers_answer_and_a_dead_one_is_replaced(start_hub: StartHub) -> None:
    hub = start_hub("--workers", "2")
    wait_until(lambda: len(children(hub.pid)) == 2, "two workers")
    victim = children(hub.pid)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(children(hub.pid)) - {victim}) == 2, "another worker")
    assert hub.ready()
    assert hub.stop() == 0


def test_a_supervisor_killed_with_9_leaves_no_worker_and_can_be_started_again(start_hub: StartHub) -> None:
    hub = start_hub("--workers", "2")
    workers = children(hub.pid)
    hub.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in workers), "the workers to end")
    assert hub.start().ready()


def test_workers_count_together(start_hub: StartHub) -> None:
    hub = start_hub("--workers", "2")
    for _ in range(12):  # each on a connection of its own, which either worker may take
        httpx2.get(f"{hub.url}/v1/accounts/nobody", headers={"Authorization": f"Bearer {OPERATOR}"})
    pattern = r'^hub_requests_total\{.*route="/v1/accounts/\{id\}".*status="404".*\} 12\.0$'
    for _ in range(6):
        assert re.search(pattern, httpx2.get(f"{hub.url}/metrics").text, re.MULTILINE)


def test_the_generated_key_is_printed_once_and_kept_for_its_owner_alone(start_hub: StartHub, tmp_path: Path) -> None:
    hub = start_hub(HUB_OPERATOR_KEY="")
    kept = tmp_path / "data" / "operator-key"
    key = kept.read_text().strip()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert key in hub.said()
    hub.stop()
    again = start_hub(HUB_OPERATOR_KEY="")
    assert key not in again.said()
    assert httpx2.get(f"{again.url}/v1/accounts", headers={"Authorization": f"Bearer {key}"}).status_code != 401


@pytest.fixture
def seeded(start_hub: StartHub) -> HubProcess:
    hub = start_hub()
    headers = {"Authorization": f"Bearer {OPERATOR}"}
    for path, body in (
        ("accounts/acme", {"name": "Acme"}),
        ("users/ann", {"account": "acme", "name": "Ann"}),
        ("contacts/c7", {"account": "acme", "first_name": "Eve", "assigned_user": "ann"}),
    ):
        assert httpx2.put(f"{hub.url}/v1/{path}", json=body, headers=headers).status_code == 200
    return hub


def test_an_operator_sends_and_asks_why_from_the_shell(seeded: HubProcess) -> None:
    at = ("--url", seeded.url, "--key", OPERATOR)
    sent = command("send", "voicemails", "--account", "acme", "--contact", "c7", "--id", "e1", *at)
    assert sent.stdout == "e1: accepted, 1 recipients\n"
    assert "Ann (ann) in account acme" in command("inspect", "user", "ann", *at).stdout
    assert "ann: system to ann: sent" in command("inspect", "delivery", "e1", *at).stdout
    unknown = command("inspect", "delivery", "e2", *at)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == "hub: no delivery of an event e2 is known\n"
    refused = command("send", "no_such_type", "--account", "acme", *at)
    assert refused.returncode == 1
    assert "unknown_type" in refused.stderr


def test_a_token_made_in_the_shell_is_accepted(seeded: HubProcess, tmp_path: Path) -> None:
    made = command("token", "ann", "--ttl", "60", HUB_DATA_DIR=str(tmp_path / "data"))
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    assert httpx2.get(f"{seeded.url}/v1/inbox", headers=headers).status_code == 200
    unknown = command("token", "nobody", HUB_DATA_DIR=str(tmp_path / "data"))
    assert "no active user 'nobody'" in unknown.stderr


def test_check_names_a_mistyped_setting_and_fails(tmp_path: Path) -> None:
    clean = command("check", HUB_DATA_DIR=str(tmp_path / "data"))
    assert (clean.returncode, "HUB_PORT = 8080" in clean.stdout) == (0, True), clean.stdout
    assert not (tmp_path / "data").exists()
    mistyped = command("check", HUB_DATA_DIR=str(tmp_path / "data"), HUB_JWT_SECERT="x")
    assert mistyped.returncode == 1
    assert "FAIL HUB_JWT_SECERT is not a setting; the nearest is HUB_JWT_SECRET" in mistyped.stdout


def test_check_refuses_an_outside_store_that_does_not_answer() -> None:
    dead = command("check", HUB_REDIS_URL="unix:///nowhere/valkey.sock", HUB_JWT_SECRET="x" * 32)
    assert dead.returncode == 1
    assert "does not answer" in dead.stdout


@pytest.mark.parametrize(
    "arguments", [("serve", "--port", "0"), ("serve", "--port", "0", "--workers", "2"), ("check",)]
)
def test_a_store_without_the_replica_that_was_promised_is_refused_in_plain_words(
    outside_store: StoreProcess, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    settings = {"HUB_REDIS_URL": outside_store.url, "HUB_JWT_SECRET": "x" * 32, "HUB_DATA_DIR": str(tmp_path)}
    refused = command(*arguments, HUB_DURABILITY="replica", **settings)
    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    assert "does not confirm a write as HUB_DURABILITY=replica promises" in said
    assert "Traceback" not in said
    assert "startup failed" not in said


@pytest.mark.parametrize("name", ["serve", "demo", "token", "send", "inspect", "check", "echo"])
def test_every_command_explains_itself(name: str) -> None:
    helped = command(name, "--help")
    assert helped.returncode == 0
    assert "Usage" in helped.stdout


def test_echo_answers_with_what_it_gets() -> None:
    port = free_port()
    arguments = [sys.executable, "-m", "hub.cli", "echo", "--port", str(port)]
    with subprocess.Popen(arguments) as process:
        wait_until(lambda: is_listening(port), "the echo to listen")
        with connect(f"ws://127.0.0.1:{port}/") as line:
            for message in ("text", b"bytes"):
                line.send(message)
                assert line.recv() == message
        process.terminate()
    assert process.returncode == 0
