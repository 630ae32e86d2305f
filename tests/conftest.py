"""What every test may ask for: a real store, and the gate for programs that this machine may lack.

`@pytest.mark.requires("chromium", "Xvfb")` names programs. Where one is missing the test is skipped, and the end
of the run says loudly what was not tested; under CI=true it fails, so that a green run has run everything.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.engine.embedded import EmbeddedStore

INSTALL = {
    "chromium": "apt-get install chromium",
    "Xvfb": "apt-get install xvfb",
    "openbox": "apt-get install openbox",
    "redis-server": "apt-get install redis-server (macOS: brew install redis)",
    "node": "Node.js 20 or newer",
}
NOT_RUN: dict[str, int] = {}


def require(*tools: str) -> None:
    """Go on if these programs are here; else skip, or fail under CI=true."""
    missing = [tool for tool in tools if not shutil.which(os.environ.get(tool.upper(), tool))]
    if not missing:
        return
    reason = "missing: " + ", ".join(f"{tool} ({INSTALL.get(tool, 'see tests/README.md')})" for tool in missing)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; under CI=true that is a failure", pytrace=False)
    NOT_RUN[reason] = NOT_RUN.get(reason, 0) + 1
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("requires"):
        require(*mark.args)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser's tests last: Playwright keeps an event loop running in the main thread until the end."""
    items.sort(key=lambda item: item.path.parent.name == "browser")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason, count in NOT_RUN.items():
        terminalreporter.write_line(f"NOT TESTED: {count} tests were skipped, {reason}", red=True, bold=True)


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the embedded store for the whole run; tests keep apart by key prefix."""
    yield from _run_store(tmp_path_factory.mktemp("store"), None)


@pytest.fixture(scope="session")
def redis7_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start Debian's Redis, the oldest server that the hub runs on."""
    require("redis-server")
    yield from _run_store(tmp_path_factory.mktemp("redis7"), "redis-server")


def _run_store(folder: Path, binary: str | None) -> Iterator[str]:
    store = EmbeddedStore(folder, binary)
    yield store.start()
    store.stop()
