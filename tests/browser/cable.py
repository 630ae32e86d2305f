"""A cable between a browser and the hub, which can be pulled: all connections end, and nobody answers any more."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PIECE = 65_536


class Cable:
    """Another address of the hub, which works while the cable is plugged in."""

    def __init__(self, hub: str) -> None:
        parts = urlsplit(hub)
        self._hub = (parts.hostname, parts.port)
        self._here = ("127.0.0.1", 0)  # the first time any port, then the same again
        self._ends: set[socket.socket] = set()
        self.plug()

    @property
    def url(self) -> str:
        """The hub's origin, by this cable."""
        return f"http://{self._here[0]}:{self._here[1]}"

    def plug(self) -> None:
        """Let connections through."""
        self._door = socket.create_server(self._here)
        self._here = self._door.getsockname()
        threading.Thread(target=self._admit, args=[self._door], daemon=True).start()

    def pull(self) -> None:
        """End all connections, and refuse new ones."""
        _end(self._door)
        for end in list(self._ends):
            _end(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pull()

    def _admit(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = door.accept()
                far = socket.create_connection(self._hub)
                self._ends |= {near, far}
                for here, there in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=[here, there, door], daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            # One that came in while the cable was being pulled is not among those that were ended.
            while door.fileno() >= 0 and (piece := here.recv(PIECE)):
                there.sendall(piece)
        for end in (here, there):
            _end(end)
            self._ends.discard(end)


def _end(end: socket.socket) -> None:
    """Wake whoever reads from it, and let it go."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
