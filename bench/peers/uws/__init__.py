"""uWebSockets.js (C++ under node): the fastest widely used WebSocket server, so the reference of the ratios.

server.js   the gateway: one Map of users, frames of one loop turn corked per socket
bus.js      a lean subscriber for the store
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.peers.running import Running, server
from bench.store import Store, free_port
from bench.tab import Greeting

FOLDER = Path(__file__).parent
CHANNEL = "uws:{bench}:t:client_update"
NODE_MAJORS = ("18", "20")  # those that the package has a binary for
INSTALL = ("npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


@contextmanager
def run(store: Store, users: Sequence[str]) -> Iterator[Running]:
    """Run server.js under node."""
    install()
    port = free_port()
    command = ["node", str(FOLDER / "server.js"), str(port), str(store.port), CHANNEL]
    with server(command, port, {}) as process:
        yield Running("uws", port, [process.pid], CHANNEL, [Greeting(f"/ws?u={user}") for user in users])


def can_run() -> bool:
    """Tell whether this machine has a node that the package has a binary for, and npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return version.strip().lstrip("v").partition(".")[0] in NODE_MAJORS


def install() -> None:
    """Fetch the two packages beside server.js, once; nothing of them is committed."""
    if (FOLDER / "node_modules" / "msgpackr").is_dir():
        return
    subprocess.run(INSTALL, cwd=FOLDER, check=True)
