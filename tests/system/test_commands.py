"""The commands as a person at a shell meets them: what they do, and what they say when they cannot."""

from pathlib import Path

import httpx2
import pytest

from .conftest import StartHub
from .processes import OPERATOR, SECRET, HubProcess, StoreProcess, command


@pytest.fixture
def seeded(start_hub: StartHub) -> HubProcess:
    hub = start_hub()
    headers = {"Authorization": f"Bearer {OPERATOR}"}
    for path, body in (
        ("accounts/top", {"name": "Top"}),
        ("accounts/acme", {"name": "Acme", "parent": "top"}),
        ("users/ann", {"account": "acme", "name": "Ann"}),
        ("users/olga", {"account": "top", "name": "Olga", "roles": ["admin"]}),
        ("users/gone", {"account": "acme", "name": "Gone", "active": False}),
        ("contacts/c7", {"account": "acme", "first_name": "Eve", "assigned_user": "ann"}),
    ):
        assert httpx2.put(f"{hub.url}/v1/{path}", json=body, headers=headers).status_code == 200
    return hub


def test_an_operator_sends_and_asks_why_from_the_shell(seeded: HubProcess) -> None:
    at = ("--url", seeded.url, "--key", OPERATOR)
    sent = command("send", "voicemails", "--account", "acme", "--contact", "c7", "--id", "e1", *at)
    assert sent.stdout == "e1: accepted, 1 recipient\n"
    assert "Ann (ann) in account Acme (acme): agent, available" in command("inspect", "user", "ann", *at).stdout
    assert "ann: system to ann: sent, all_of_type: " in command("inspect", "delivery", "e1", *at).stdout
    unknown = command("inspect", "delivery", "e2", *at)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == "hub: no delivery of an event or a notification e2 is known\n"
    refused = command("send", "no_such_type", "--account", "acme", *at)
    assert refused.returncode == 1
    assert "unknown_type" in refused.stderr


def test_a_delivery_is_found_by_the_id_of_a_notification_too(seeded: HubProcess) -> None:
    at = ("--url", seeded.url, "--key", OPERATOR)
    assert command("send", "voicemails", "--account", "acme", "--contact", "c7", *at).returncode == 0
    inbox = httpx2.get(
        f"{seeded.url}/v1/inbox", params={"user": "ann"}, headers={"Authorization": f"Bearer {OPERATOR}"}
    )
    found = command("inspect", "delivery", inbox.json()["items"][0]["id"], *at)
    assert "  ann: system to ann: sent, all_of_type: You get every “Voicemails” notification of Acme." in found.stdout
    unknown = command("inspect", "delivery", f"{'0' * 26}-0", *at)
    assert (unknown.returncode, unknown.stdout) == (1, "")


def test_what_is_wrong_with_an_event_is_said_of_the_flag_it_came_from(seeded: HubProcess) -> None:
    event = ("send", "voicemails", "--account", "acme", "--url", seeded.url, "--key", OPERATOR)
    assert "--link (url): " in command(*event, "--link", "ftp://files.example").stderr
    assert "--origin: " in command(*event, "--origin", "nowhere").stderr
    for data in ("[1]", "3", "{"):
        refused = command(*event, "--data", data)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "--data must be a JSON object" in refused.stderr


def test_send_and_inspect_find_the_operators_key_in_the_data_directory(start_hub: StartHub, tmp_path: Path) -> None:
    hub = start_hub(HUB_OPERATOR_KEY="")
    data = str(tmp_path / "data")
    asked = command("inspect", "user", "nobody", "--url", hub.url, "--data-dir", data)
    assert "not_found" in asked.stderr
    sent = command("send", "voicemails", "--account", "nowhere", "--url", hub.url, "--data-dir", data)
    assert "unknown_reference" in sent.stderr
    lost = command("send", "voicemails", "--account", "nowhere", "--url", hub.url, "--data-dir", str(tmp_path))
    assert (lost.returncode, "--data-dir" in lost.stderr) == (1, True)


@pytest.mark.parametrize("name", [("token", "ann"), ("send", "x", "--account", "acme"), ("serve",), ("check",)])
def test_a_file_is_no_data_directory(tmp_path: Path, name: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.touch()
    refused = command(*name, "--data-dir", str(file))
    assert refused.returncode == 1
    assert f"{file} is a file, not a directory" in refused.stderr


def test_a_token_made_in_the_shell_is_accepted(seeded: HubProcess, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    for arguments in (("ann", "--ttl", "60"), ("ann", "--act", "olga")):
        made = command("token", *arguments, "--data-dir", data)
        headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
        assert httpx2.get(f"{seeded.url}/v1/inbox", headers=headers).status_code == 200
    operator = {"Authorization": f"Bearer {OPERATOR}"}
    audited = httpx2.get(f"{seeded.url}/v1/audit", headers=operator).json()["items"]
    assert [(one["actor"], one["action"], one["user"], one["by"]) for one in audited] == [
        ("olga", "log_in_as", "ann", "hub token")
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nosuch",), "hub: the hub knows no active user 'nosuch'\n"),
        (("gone",), "hub: the hub knows no active user 'gone'\n"),
        (("olga", "--act", "ann"), "hub: 'ann' may not act as 'olga'"),
        (("ann", "--act", "nosuch"), "hub: 'nosuch' may not act as 'ann'"),
    ],
)
def test_a_token_that_would_be_refused_is_not_made(
    seeded: HubProcess, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = command("token", *arguments, HUB_DATA_DIR=str(tmp_path / "data"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(said)


def test_a_token_takes_the_data_of_a_hub_and_makes_none(tmp_path: Path) -> None:
    for data in (tmp_path / "hub-data", tmp_path):
        refused = command("token", "ann", "--data-dir", str(data))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "run this where hub-data is, or give --data-dir" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_made_from_an_outside_store_too(
    start_hub: StartHub, outside_store: StoreProcess, tmp_path: Path
) -> None:
    hub = start_hub(store=outside_store)
    for path, body in (("accounts/acme", {"name": "Acme"}), ("users/ann", {"account": "acme"})):
        assert httpx2.put(f"{hub.url}/v1/{path}", json=body, headers={"Authorization": f"Bearer {OPERATOR}"}).is_success
    made = command("token", "ann", HUB_REDIS_URL=outside_store.url, HUB_JWT_SECRET=SECRET)
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    assert httpx2.get(f"{hub.url}/v1/inbox", headers=headers).status_code == 200


def test_check_names_a_server_program_that_does_not_exist_also_while_a_hub_runs(
    start_hub: StartHub, tmp_path: Path
) -> None:
    start_hub()
    checked = command("check", "--port", "0", "--data-dir", str(tmp_path / "data"), HUB_VALKEY_SERVER="/nowhere/valkey")
    assert checked.returncode == 1
    assert "FAIL store: HUB_VALKEY_SERVER names /nowhere/valkey" in checked.stdout


def test_check_fails_for_an_address_that_is_not_here_and_not_for_one_in_use(start_hub: StartHub) -> None:
    elsewhere = command("check", "--host", "192.0.2.1", "--port", "0")  # RFC 5737: documentation, nobody's
    assert elsewhere.returncode == 1
    assert "FAIL cannot listen on 192.0.2.1 port 0" in elsewhere.stdout
    taken = command("check", "--port", str(start_hub().port))
    assert taken.returncode == 0
    assert "is in use now" in taken.stdout


def test_check_warns_of_a_short_operator_key(tmp_path: Path) -> None:
    checked = command("check", "--port", "0", "--data-dir", str(tmp_path), HUB_OPERATOR_KEY="short")
    assert checked.returncode == 0
    assert "warn HUB_OPERATOR_KEY: has fewer than 16 characters" in checked.stdout


@pytest.mark.parametrize("name", ["check", "serve"])
def test_a_mistyped_name_is_said_also_beside_an_invalid_value(name: str) -> None:
    refused = command(name, HUB_JWT_SECERT="x", HUB_PORT="eighty")
    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    assert "HUB_JWT_SECERT is not a setting" in said
    assert "HUB_PORT: must be a whole number" in said


@pytest.mark.parametrize("name", ["check", "serve"])
def test_the_password_of_a_store_that_does_not_answer_is_not_said(name: str) -> None:
    url = "redis://user:hidden-word@127.0.0.1:1/0"
    refused = command(name, "--port", "0", HUB_REDIS_URL=url, HUB_JWT_SECRET=SECRET, HUB_OPERATOR_KEY=OPERATOR)
    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    assert "redis://127.0.0.1:1/0 does not answer" in said
    assert "hidden-word" not in said


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


@pytest.mark.parametrize("name", ["serve", "demo", "token", "send", "broadcast", "import", "inspect", "check", "echo"])
def test_every_command_explains_itself(name: str) -> None:
    helped = command(name, "--help")
    assert helped.returncode == 0
    assert "Usage" in helped.stdout
