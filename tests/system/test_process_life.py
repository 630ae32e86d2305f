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

from hub.app.listening import bind
from hub.app.serving import echo
from hub.settings import load

from .processes import OPERATOR, SECRET, Api, HubProcess, StoreProcess, Tab, command, free_port, wait_until

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


def test_what_a_killed_supervisor_left_in_the_temporary_directory_is_cleared_away(
    start_hub: StartHub, tmp_path: Path
) -> None:
    def folders() -> set[Path]:
        return set(tmp_path.glob("hub-metrics-*"))

    hub = start_hub("--workers", "2", TMPDIR=str(tmp_path))
    workers = children(hub.pid)
    left = folders()
    assert len(left) == 1
    beside = start_hub("--workers", "2", data="other", TMPDIR=str(tmp_path))
    assert left < folders()  # a hub that lives keeps its own
    hub.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in workers), "the workers to end")
    hub.start()
    assert not left & folders()
    assert (hub.stop(), beside.stop()) == (0, 0)
    assert folders() == set()


def test_the_clock_of_test_mode_is_the_same_in_all_workers_until_a_restart(start_hub: StartHub) -> None:
    hub = start_hub("--workers", "2", HUB_TEST_MODE="1")
    headers = {"Authorization": f"Bearer {OPERATOR}"}

    def ask(method: str, path: str, **body: object) -> httpx2.Response:  # each on a connection of its own
        return httpx2.request(method, f"{hub.url}/v1/test/clock{path}", json=body or None, headers=headers)

    def times(seconds: int = 0) -> set[str]:
        return {ask("POST", "/advance", seconds=seconds).json()["now"] for _ in range(6)}

    assert ask("PUT", "", now="2031-01-01T00:00:00Z").status_code == 200
    assert times() == {"2031-01-01T00:00:00.000Z"}
    assert max(times(seconds=5)) == "2031-01-01T00:00:30.000Z"
    os.kill(children(hub.pid)[0], signal.SIGKILL)
    wait_until(lambda: len(children(hub.pid)) == 2, "another worker")
    assert times() == {"2031-01-01T00:00:30.000Z"}
    assert ask("DELETE", "").status_code == 204
    assert max(times()) < "2031"
    assert ask("PUT", "", now="2031-01-01T00:00:00Z").status_code == 200
    hub.kill()
    hub.start()
    assert max(times()) < "2031"


def test_a_start_that_fails_has_accepted_nobody(outside_store: StoreProcess) -> None:
    port, settings = free_port(), {"HUB_REDIS_URL": outside_store.url, "HUB_JWT_SECRET": SECRET}
    environment = {**os.environ, **settings, "HUB_OPERATOR_KEY": OPERATOR, "HUB_DURABILITY": "replica"}
    arguments = [sys.executable, "-m", "hub.cli", "serve", "--port", str(port)]
    with subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            assert not is_listening(port)
        assert process.stderr is not None
        assert len(process.stderr.read().splitlines()) == 1
    assert process.returncode == 1


def test_an_address_that_another_took_meanwhile_is_said_in_plain_words(capfd: pytest.CaptureFixture[str]) -> None:
    faster = bind("127.0.0.1", 0)
    slower = bind("127.0.0.1", faster.getsockname()[1])  # both may bind while neither listens
    faster.listen()
    with faster, slower, pytest.raises(SystemExit) as ended:
        echo(load({}), slower)
    assert ended.value.code == 3
    assert capfd.readouterr().err.startswith("hub: cannot listen on 127.0.0.1")


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
