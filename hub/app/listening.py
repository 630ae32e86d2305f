"""The address that a hub listens on: bound at once, so that a taken one is said at once; opened when all else is ready.

Between the two a connection is refused, not accepted and reset: whoever serves calls `listen()` on the socket.
"""

from __future__ import annotations

import errno
import socket
import time

from hub.settings import Settings, Unfit

LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # where a hub that listens everywhere is reached from here
LOOK_SECONDS = 0.2  # between two tries
PORT_SECONDS = 3.0  # workers of a killed supervisor give the port free within this time


def local_url(settings: Settings) -> str:
    """Return where the hub of these settings is reached from this machine."""
    host = LOCAL.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def bind(host: str, port: int) -> socket.socket:
    """Take an address without listening on it yet; raise Unfit when it cannot be had."""
    end = time.monotonic() + PORT_SECONDS
    while True:
        try:
            return _bound(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                raise _refused(host, port, error) from error
        time.sleep(LOOK_SECONDS)


def is_free(host: str, port: int) -> bool:
    """Tell whether an address can be had, or is taken for now; raise Unfit when it never could be."""
    try:
        _bound(host, port).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise _refused(host, port, error) from error
        return False
    return True


def _bound(host: str, port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except BaseException:
        found.close()
        raise
    return found


def _refused(host: str, port: int, error: OSError) -> Unfit:
    return Unfit(f"cannot listen on {host} port {port}: {error.strerror or error}")
