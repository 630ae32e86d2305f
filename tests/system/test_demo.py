"""The demo's directory: a franchisor and its franchisees, written once and left to people from then on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from .processes import OPERATOR, HubProcess

HEADERS = {"Authorization": f"Bearer {OPERATOR}"}


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[..., HubProcess]]:
    """Start hubs on the same data, one after the other."""
    hubs: list[HubProcess] = []

    def start(command: str = "demo") -> HubProcess:
        hub = HubProcess(tmp_path / "data", command=command)
        hubs.append(hub)
        return hub.start()

    yield start
    for hub in hubs:
        hub.bury()


def call(hub: HubProcess, method: str, path: str, body: Any = None) -> Any:
    answer = httpx2.request(method, f"{hub.url}/v1/{path}", json=body, headers=HEADERS)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def recipients(hub: HubProcess, **event: Any) -> int:
    answer = httpx2.post(f"{hub.url}/v1/events", json=event, headers=HEADERS)
    found: int = answer.json()["recipients"]
    return found


def test_the_demo_tells_of_roll_up_lines_and_a_salesperson(start_demo: Callable[..., HubProcess]) -> None:
    hub = start_demo()
    people = httpx2.get(f"{hub.url}/demo/users").json()["users"]
    assert {"ann", "bob", "carla", "dan"} <= {person["id"] for person in people if person["account"] == "acme"}
    # Lena and Max, not Nora, whose contact Kira is not; and Carla, who rolled up Boston.
    assert recipients(hub, type="voicemails", account="acme-boston", contact="c7") == 3
    # Ann, Bob and Max of the front desk, Dan who opted in; busy ones too, since it has fisher mode.
    call(hub, "PATCH", "users/ann", {"presence": "on_call"})
    assert recipients(hub, type="call_incoming", account="acme", line="line-desk", contact="c1") == 4


def test_starting_the_demo_again_keeps_what_people_chose(start_demo: Callable[..., HubProcess]) -> None:
    hub = start_demo()
    call(hub, "PUT", "users/carla/rollup", {"accounts": []})
    call(hub, "PATCH", "users/dan/preferences", {"types": {"voicemails": {"system": False}}})
    call(hub, "PATCH", "users/ann", {"presence": "busy", "name": "Anna"})
    call(hub, "PATCH", "contacts/c1", {"assigned_user": "bob"})
    call(hub, "PATCH", "accounts/acme-boston", {"status": "paused"})
    call(hub, "DELETE", "contacts/c6")
    hub.stop()
    hub = start_demo()
    assert call(hub, "GET", "users/carla/rollup")["accounts"] == []
    assert call(hub, "GET", "users/dan/preferences")["types"]["voicemails"]["system"] is False
    assert call(hub, "GET", "users/dan/line-opt-ins")["lines"] == ["line-desk"]
    assert (call(hub, "GET", "users/ann")["presence"], call(hub, "GET", "users/ann")["name"]) == ("busy", "Anna")
    assert call(hub, "GET", "contacts/c1")["assigned_user"] == "bob"
    assert call(hub, "GET", "accounts/acme-boston")["status"] == "paused"
    assert call(hub, "GET", "contacts/c6")["last_name"] == "Doyle"


def test_a_demo_from_before_there_were_franchises_joins_the_story(start_demo: Callable[..., HubProcess]) -> None:
    hub = start_demo("serve")
    call(hub, "PUT", "accounts/acme", {"name": "Ours", "time_zone": "Europe/Paris"})
    call(hub, "PUT", "users/carla", {"account": "acme", "roles": ["manager"]})
    hub.stop()
    hub = start_demo()
    account = call(hub, "GET", "accounts/acme")
    assert (account["name"], account["time_zone"], account["add_ons"]) == ("Ours", "Europe/Paris", ["rollup"])
    assert call(hub, "GET", "users/carla/rollup")["accounts"] == ["acme-boston"]
