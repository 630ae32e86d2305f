"""`hub import` as a person at a shell meets it: files of any size, bad lines, pipes, and a hub that goes away."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from .conftest import StartHub
from .processes import OPERATOR, PATIENCE, HubProcess, command, surroundings, wait_until

HEADERS = {"Authorization": f"Bearer {OPERATOR}"}
ACCOUNT = {"kind": "account", "id": "acme", "name": "Acme"}


@pytest.fixture
def hub(start_hub: StartHub) -> HubProcess:
    return start_hub()


def at(hub: HubProcess) -> tuple[str, ...]:
    return ("--url", hub.url, "--key", OPERATOR)


def user(number: int, **more: Any) -> dict[str, Any]:
    return {"kind": "user", "id": f"u{number}", "account": "acme", "name": f"User {number}", **more}


def ndjson(rows: Iterable[Any]) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)


def stored(hub: HubProcess, kind: str = "users") -> list[str]:
    """Name what a hub holds, over all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = httpx2.get(f"{hub.url}/v1/{kind}", params={"limit": "200", **cursor}, headers=HEADERS).json()
        found += [row["id"] for row in answer["items"]]
        if answer["next_cursor"] is None:
            return found
        cursor = {"cursor": answer["next_cursor"]}


def piped(hub: HubProcess, *arguments: str) -> subprocess.Popen[str]:
    """Start an import that reads from a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "import", "-", *arguments, *at(hub)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(),
        # What a shell runs in its background begins deaf to Ctrl-C, tests too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_file_of_thousands_of_lines_is_stored_but_for_the_bad_ones(hub: HubProcess, tmp_path: Path) -> None:
    rows: list[Any] = [ACCOUNT, *(user(number) for number in range(2, 5001))]
    rows[1233] = user(1234, account="nowhere")
    rows[4320] = "{not JSON"
    file = tmp_path / "directory.ndjson"
    file.write_text(ndjson(rows))
    done = command("import", str(file), *at(hub))
    assert (done.returncode, done.stdout) == (1, "stored 4,998, refused 2\n")
    first, second = done.stderr.splitlines()
    assert first == "line 1234: user u1234: unknown_reference: account: there is no account nowhere"
    assert second.startswith("line 4321: invalid: the line is not JSON")
    assert len(stored(hub)) == 4997
    again = command("import", str(file), "--from-line", "4322", *at(hub))
    assert (again.returncode, again.stdout, again.stderr) == (0, "stored 679, refused 0\n", "")


def test_refused_lines_are_named_up_to_a_bound_and_counted_beyond(hub: HubProcess, tmp_path: Path) -> None:
    file = tmp_path / "directory.ndjson"
    file.write_text(ndjson([ACCOUNT, *(user(number, shoes=44) for number in range(2, 1503))]))
    done = command("import", str(file), "--errors", "3", *at(hub))
    assert (done.returncode, done.stdout) == (1, "stored 1, refused 1,501\n")
    *named, more = done.stderr.splitlines()
    assert [line.split(":")[0] for line in named] == ["line 2", "line 3", "line 4"]
    assert more == "… and 1,498 more refused lines"


def test_a_line_longer_than_a_request_may_be_is_named_and_passed_over(hub: HubProcess, tmp_path: Path) -> None:
    file = tmp_path / "directory.ndjson"
    long = ["x" * 1_048_577, "x" * 3_000_000]
    file.write_text(ndjson([ACCOUNT, long[0], user(3), "", long[1], user(6)]) + json.dumps(user(7)))
    done = command("import", str(file), *at(hub))
    assert (done.returncode, done.stdout) == (1, "stored 4, refused 2\n")
    assert done.stderr.splitlines() == [f"line {n}: too_large: over 1,048,576 bytes" for n in (2, 5)]
    assert stored(hub) == ["u3", "u6", "u7"]


def test_a_hub_that_takes_less_at_a_time_than_usual_gets_smaller_pieces(start_hub: StartHub, tmp_path: Path) -> None:
    hub = start_hub(HUB_BULK_BODY_LIMIT="4096")
    file = tmp_path / "directory.ndjson"
    file.write_text(ndjson([ACCOUNT, *(user(number) for number in range(2, 101)), user(101, name="x" * 5000), "?"]))
    done = command("import", str(file), *at(hub))
    assert (done.returncode, done.stdout) == (1, "stored 100, refused 2\n")
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == ["line 101", "line 102"]
    assert len(stored(hub)) == 99


def test_lines_are_those_of_the_file_whatever_else_ends_a_line_in_it(hub: HubProcess, tmp_path: Path) -> None:
    file = tmp_path / "directory.ndjson"
    text = "\ufeff" + json.dumps(ACCOUNT) + "\r\n\r\n" + json.dumps(user(3)) + "\r\r\n" + "4 \r 5\r\n" + "six"
    file.write_bytes(text.encode())
    done = command("import", str(file), *at(hub))
    assert (done.returncode, done.stdout) == (1, "stored 2, refused 3\n")
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == ["line 4", "line 4", "line 5"]


def test_a_pipe_is_read_too(hub: HubProcess) -> None:
    with piped(hub) as importing:
        out, said = importing.communicate(ndjson([ACCOUNT, user(2)]), timeout=PATIENCE)
    assert (importing.returncode, out, said) == (0, "stored 2, refused 0\n", "")
    assert stored(hub) == ["u2"]


def test_ctrl_c_says_how_far_it_came_and_how_to_go_on(hub: HubProcess) -> None:
    with piped(hub) as importing:
        assert importing.stdin is not None
        importing.stdin.write(ndjson([ACCOUNT, *(user(number) for number in range(2, 2501))]))
        importing.stdin.flush()
        wait_until(lambda: len(stored(hub)) == 1999, "two pieces to be stored")
        importing.send_signal(signal.SIGINT)
        importing.wait(PATIENCE)  # with the pipe open: at its end it would be done
        out, said = importing.communicate()
    assert (importing.returncode, out) == (130, "")
    done = "Done up to line 2,000: stored 2,000, refused 0."
    assert said == f"stopped. {done} Go on with: hub import - --from-line 2001\n"


def test_a_hub_that_is_killed_and_comes_back_gets_every_line(hub: HubProcess) -> None:
    with piped(hub) as importing:
        assert importing.stdin is not None
        importing.stdin.write(ndjson([ACCOUNT, *(user(number) for number in range(2, 1002))]))
        importing.stdin.flush()
        wait_until(lambda: len(stored(hub)) == 999, "a piece to be stored")
        hub.kill()
        importing.stdin.write(ndjson(user(number) for number in range(1002, 2002)))
        importing.stdin.flush()
        assert importing.stderr is not None
        assert "trying again in" in importing.stderr.readline()
        hub.start()
        out, _ = importing.communicate(timeout=6 * PATIENCE)
    assert (importing.returncode, out) == (0, "stored 2,001, refused 0\n")
    assert len(stored(hub)) == 2000


def test_what_cannot_be_read_or_reached_is_said_in_a_line(hub: HubProcess, tmp_path: Path) -> None:
    missing = command("import", str(tmp_path / "nowhere.ndjson"), *at(hub))
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == f"hub: {tmp_path / 'nowhere.ndjson'} cannot be read: No such file or directory\n"
    folder = command("import", str(tmp_path), *at(hub))
    assert "cannot be read: Is a directory" in folder.stderr
    file = tmp_path / "directory.ndjson"
    file.write_text(ndjson([ACCOUNT]))
    stranger = command("import", str(file), "--url", hub.url, "--key", "wrong")
    assert (stranger.returncode, "unauthenticated" in stranger.stderr) == (1, True)
    nobody = command("import", str(file), "--url", "http://127.0.0.1:1", "--key", OPERATOR)
    assert (nobody.returncode, "no hub answers at http://127.0.0.1:1" in nobody.stderr) == (1, True)
    assert stored(hub, "accounts") == []


def test_every_kind_of_object_is_loaded_in_the_order_of_the_file(hub: HubProcess, tmp_path: Path) -> None:
    file = tmp_path / "directory.ndjson"
    rows: list[dict[str, Any]] = [
        ACCOUNT,
        user(2),
        {"kind": "group", "id": "sales", "account": "acme", "members": ["u2"]},
        {"kind": "ring_group", "id": "desk", "account": "acme", "members": ["u2"], "fisher_mode": True},
        {"kind": "line", "id": "main", "account": "acme", "number": "+12025550190", "ring_group": "desk"},
        {"kind": "contact", "id": "c1", "account": "acme", "first_name": "Eve", "assigned_user": "u2"},
    ]
    file.write_text(ndjson(rows))
    done = command("import", str(file), *at(hub))
    assert (done.returncode, done.stdout, done.stderr) == (0, "stored 6, refused 0\n", "")
    kinds = ("groups", "ring-groups", "lines", "contacts")
    assert [stored(hub, kind) for kind in kinds] == [["sales"], ["desk"], ["main"], ["c1"]]
