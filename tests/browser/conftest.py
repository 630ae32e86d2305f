"""A running demo, a display, two devices; each test has a person of its own, whose pop-ups are closed afterwards."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from .guest import Guest
from .person import Person, ask
from .real_tabs import Announce, Display, Profile, wait_until

OPERATOR_KEY = os.environ.get("HUB_OPERATOR_KEY") or secrets.token_hex(16)


@pytest.fixture(scope="session")
def guest() -> Iterator[Guest]:
    """A site of another origin, whose pages the hub lets in."""
    with Guest() as site:
        yield site


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, guest: Guest) -> Iterator[str]:
    """Start `hub demo` on a free port with an empty data directory; `DEMO_URL` names one that runs already."""
    if running := os.environ.get("DEMO_URL"):
        yield running
        return
    folder = tmp_path_factory.mktemp("demo")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment["HUB_DATA_DIR"] = str(folder / "data")
    environment["HUB_OPERATOR_KEY"] = OPERATOR_KEY
    environment["HUB_ALLOWED_ORIGINS"] = guest.origin
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "hub.cli", "demo", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        wait_until(lambda: _answers(url, process, folder / "log"), "the demo to start")
        yield url
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def operator_key() -> str:
    """The demo's operator key; with `DEMO_URL`, `HUB_OPERATOR_KEY` says it."""
    return OPERATOR_KEY


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def display() -> Iterator[Display]:
    with Display() as running:
        yield running


@pytest.fixture(scope="session")
def devices() -> list[Profile]:
    """The devices that were started."""
    return []


@pytest.fixture(scope="session")
def desk(playwright: Playwright, display: Display, devices: list[Profile]) -> Iterator[Profile]:
    """The person's first device."""
    profile = Profile(playwright, display)
    devices.append(profile)
    yield profile
    profile.close()


@pytest.fixture(scope="session")
def laptop(playwright: Playwright, display: Display, devices: list[Profile]) -> Iterator[Profile]:
    """The person's second device, beside the first."""
    profile = Profile(playwright, display, left=700)
    devices.append(profile)
    yield profile
    profile.close()


@pytest.fixture(autouse=True)
def announce(devices: list[Profile]) -> Iterator[Announce]:
    """Fail each test in which a page complains of anything; what a test causes on purpose, it announces before."""
    announced: list[str] = []
    yield announced.append
    for device in devices:
        device.close_tabs()
    faults = [fault for device in devices for fault in device.faults()]
    assert [fault for fault in faults if not any(part in fault for part in announced)] == []


@pytest.fixture
def ann(demo: str, desk: Profile) -> Iterator[Person]:
    person = Person(demo, "ann", secrets.token_hex(3))
    yield person
    desk.close_tabs()
    person.clean_up()


@pytest.fixture
def carla(demo: str, desk: Profile) -> Iterator[Person]:
    """The manager who rolled up a franchisee."""
    person = Person(demo, "carla", secrets.token_hex(3))
    yield person
    desk.close_tabs()
    person.clean_up()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return bool(ask(f"{url}/demo/users"))
    except urllib.error.URLError:
        return False
