"""One tab of the swarm: the handshake, the frames of RFC 6455 as a client sees them, and what it counts."""

from __future__ import annotations

import base64
import os
import socket
from dataclasses import dataclass

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL = 0x80
HEAD_END = b"\r\n\r\n"


class ServerFailed(Exception):
    """A measured server refused, closed or sent what it should not have."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """How a tab introduces itself: the path, the subprotocol asked for, and a first message where one is due.

    With a first message the tab is ready at the `welcome` that answers it, else at the 101.
    """

    path: str
    subprotocol: str = ""
    hello: bytes = b""


def split(data: bytes) -> tuple[list[tuple[int, int, int]], int]:
    """Find the whole frames in what a server sent: (opcode, payload start, payload end) each, and the bytes used."""
    found: list[tuple[int, int, int]] = []
    position, size = 0, len(data)
    while position + 2 <= size:
        length, start = data[position + 1], position + 2
        if length == 126:
            start, length = position + 4, int.from_bytes(data[start : start + 2], "big")
        elif length == 127:
            start, length = position + 10, int.from_bytes(data[start : start + 8], "big")
        end = start + length
        if start > size or end > size:
            break
        found.append((data[position] & 0x0F, start, end))
        position = end
    return found, position


def masked(opcode: int, payload: bytes) -> bytes:
    """Frame what a tab sends. The mask is all zeros: valid on the wire, and the swarm need not compute it."""
    size = len(payload)
    head = bytes((FINAL | opcode, 0x80 | size)) if size < 126 else b"%c\xfe" % (FINAL | opcode)
    length = b"" if size < 126 else size.to_bytes(2, "big")
    return head + length + bytes(4) + payload


class Tab:
    """A connected WebSocket with the bytes of a frame not yet whole, and the number of events it has seen."""

    __slots__ = ("greeting", "ready", "rest", "seen", "socket", "upgraded")

    def __init__(self, address: tuple[str, int], greeting: Greeting) -> None:
        self.greeting = greeting
        self.rest = b""
        self.seen = 0
        self.upgraded = self.ready = False
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(self._request(address))
        self.socket.setblocking(False)

    def _request(self, address: tuple[str, int]) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self.greeting.path} HTTP/1.1",
            f"Host: {address[0]}:{address[1]}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        if self.greeting.subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {self.greeting.subprotocol}")
        return "\r\n".join([*lines, "", ""]).encode()

    def take_answer(self, data: bytes) -> bytes | None:
        """Take the HTTP answer; return what follows it, or None while it is not whole."""
        head, end, after = data.partition(HEAD_END)
        if not end:
            self.rest = data
            return None
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ServerFailed(f"no upgrade: {head[:200]!r}")
        self.upgraded, self.rest = True, b""
        if self.greeting.hello:
            self.send(TEXT, self.greeting.hello)
        else:
            self.ready = True
        return after

    def send(self, opcode: int, payload: bytes) -> None:
        """Send one small frame; a tab's socket never has a full buffer."""
        self.socket.send(masked(opcode, payload))
