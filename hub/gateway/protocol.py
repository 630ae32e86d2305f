"""The raw connection: a WebSocket after its upgrade, with what is owed to it written once a loop tick.

Starlette routes, checks and accepts; then `HubProtocol.adopt` hands the transport to a `Connection`, which lives on
alone: no task, no queue, no ASGI. Two facts decide its shape. A `send()` costs 5 to 8 µs, so all frames that a
connection is owed within a tick are joined into one `transport.write`. And a peer that does not read must hold up
nobody: the transport says so itself (`pause_writing`) once more than the buffer limit waits, which costs nothing
per frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
from typing import Any, cast

import structlog
from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Opcode
from websockets.http11 import Request

from hub.core.wire import CloseCode
from hub.gateway.incoming import Broken, Incoming
from hub.metrics import BYTES_SENT, FRAMES_SENT

CLOSE_SECONDS = 5.0  # for the peer's half of the closing handshake; then the connection is cut
SLOW_SECONDS = 1.0  # for a peer that is too slow to read why it is closed
USER_TIMEOUT_MS = 20_000  # unacknowledged bytes for longer: the kernel ends the connection (RFC 5482)
EARLY_LIMIT = 65_536  # bytes taken before the upgrade is answered, when nobody should send any

TEXT = Opcode.TEXT
BINARY = Opcode.BINARY

_SHORT = struct.Struct("!BB").pack
_MEDIUM = struct.Struct("!BBH").pack
_LONG = struct.Struct("!BBQ").pack

_JOURNAL = structlog.get_logger("hub.gateway")


def header(size: int, opcode: int = TEXT) -> bytes:
    """Write the header of an unfragmented server frame: unmasked, 2, 4 or 10 bytes (RFC 6455 5.2)."""
    if size < 126:
        return _SHORT(0x80 | opcode, size)
    if size < 65_536:
        return _MEDIUM(0x80 | opcode, 126, size)
    return _LONG(0x80 | opcode, 127, size)


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Wrap a payload in a server frame."""
    return header(len(payload), opcode) + payload


class Outbox:
    """Collect what connections are owed in one tick of the loop, and write it at its end."""

    __slots__ = ("_loop", "_owing", "buffer_limit", "frames", "message_limit")

    def __init__(self, message_limit: int, buffer_limit: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._owing: list[Connection] = []
        self.frames = 0  # owed in this tick
        self.message_limit = message_limit
        self.buffer_limit = buffer_limit

    def add(self, connection: Connection) -> None:
        """Put a connection down for the end of this tick."""
        if not self._owing:
            self._loop.call_soon(self._flush)
        self._owing.append(connection)

    def _flush(self) -> None:
        owing, self._owing = self._owing, []
        size = 0
        for connection in owing:
            owed, connection.owed = connection.owed, None
            if owed is not None:  # nothing is owed any more to a connection that ends
                data = owed[0] if len(owed) == 1 else b"".join(owed)
                try:
                    connection.transport.write(data)
                except Exception as fault:  # of one transport; whoever is owed something behind it is not held up
                    _JOURNAL.warning("a connection could not be written to", fault=str(fault))
                    connection.abort()
                else:
                    size += len(data)
        FRAMES_SENT.inc(self.frames)
        self.frames = 0
        BYTES_SENT.inc(size)


class Phase(enum.Enum):
    """Say how far a connection is."""

    OPEN = "open"
    CLOSING = "our close frame is sent, the peer's is awaited"
    ENDING = "both are sent, or the peer broke the rules: nothing is read any more"
    GONE = "gone"


OVER = (Phase.ENDING, Phase.GONE)  # nothing may be owed or written any more; compared by identity, not hashed


class Connection(asyncio.Protocol):
    """One WebSocket. Subclasses say what to do with messages (`received`) and at the end (`ending`, `lost`)."""

    __slots__ = ("_incoming", "_timer", "outbox", "owed", "phase", "transport")

    transport: asyncio.Transport

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self._incoming: Incoming | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.owed: list[bytes] | None = None  # pieces of frames, to be joined
        self.phase = Phase.OPEN

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.phase.name.lower()}>"

    def is_open(self) -> bool:
        """Tell whether frames may be owed."""
        return self.phase is Phase.OPEN

    def received(self, data: bytes, is_text: bool) -> None:
        """Take one whole message."""

    def too_slow(self) -> None:
        """Take note that the peer does not read what it is sent; it is closed next."""

    def ending(self) -> None:
        """Take note that from now on nothing may be owed; the socket may live for a while yet."""

    def lost(self) -> None:
        """Take note that the connection is gone; called once."""

    def owe(self, frame: bytes) -> None:
        """Write a frame at the end of this tick, in order. Not after `close`; what is owed at the end is dropped."""
        if self.phase in OVER:
            return
        self.outbox.frames += 1
        if self.owed is None:
            self.owed = [frame]
            self.outbox.add(self)
        else:
            self.owed.append(frame)

    def close(self, code: int, reason: str = "") -> None:
        """Send what is owed and a close frame, and wait a while for the peer's."""
        if self.phase is Phase.OPEN:
            self.phase = Phase.CLOSING
            self.owe(frame(struct.pack("!H", code) + reason.encode()[:123], Opcode.CLOSE))
            self._abort_after(CLOSE_SECONDS)

    def abort(self) -> None:
        """Cut the connection without a word."""
        self.transport.abort()

    def _abort_after(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)

    def _end(self, code: bytes, *, half: bool) -> None:
        """Send what is owed and a last close frame, and close; only our half when the peer may still be sending.

        Closing a socket with unread bytes in it resets the connection, and the peer would never see the close frame.
        """
        if self.phase is Phase.OPEN:
            self.owe(frame(code, Opcode.CLOSE))
        owed = self._cease()
        if owed:
            self.transport.write(b"".join(owed))
        if half and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _cease(self) -> list[bytes] | None:
        """Read and owe nothing from now on; return what is owed still."""
        self.phase = Phase.ENDING
        owed, self.owed, self._incoming = self.owed, None, None
        self._abort_after(CLOSE_SECONDS)
        self.ending()
        return owed

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's do not inherit from it
        self.transport.set_write_buffer_limits(high=self.outbox.buffer_limit)
        limit_silence(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self.phase in OVER:
            return
        incoming = self._incoming or Incoming(self.outbox.message_limit)
        try:
            for opcode, payload in incoming.feed(data):
                if opcode is Opcode.CLOSE:
                    self._end(payload[:2], half=False)
                    return
                self._handle(opcode, payload)
        except Broken as broken:
            self._end(struct.pack("!H", broken.code) + broken.reason.encode()[:123], half=True)
            return
        self._incoming = None if incoming.idle else incoming

    def _handle(self, opcode: Opcode, payload: bytes) -> None:
        if self.phase is not Phase.OPEN:
            return
        if opcode is Opcode.PING:
            self.owe(frame(payload, Opcode.PONG))
        elif opcode is not Opcode.PONG:
            self.received(payload, opcode is Opcode.TEXT)

    def pause_writing(self) -> None:
        """Close a peer that lets more wait than the buffer limit; cut it when it does not read even that."""
        if self.phase is Phase.OPEN:
            self.too_slow()
            self.close(CloseCode.TOO_SLOW, CloseCode.TOO_SLOW.explanation)
        self._abort_after(SLOW_SECONDS)

    def eof_received(self) -> None:
        """Let the transport close: a peer that hung up reads nothing either."""
        if self.phase not in OVER:
            self._cease()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        self.phase = Phase.GONE
        self.owed = self._incoming = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.lost()


def limit_silence(connected: socket.socket | None) -> None:
    """Have the kernel end a connection whose peer acknowledges nothing, where the platform can."""
    if connected is not None and connected.family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(AttributeError, OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)


class _HandedOver(asyncio.Transport):
    """Stand where the transport was, so that uvicorn closes nothing when the endpoint returns."""

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        return


class HubProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol up to the accept; then it hands the connection to a `Connection`.

    The endpoint finds it as ``scope["extensions"]["hub"]``. permessage-deflate is never agreed to: it would cost
    memory for each tab, and the frames are shared.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn.available_extensions = []
        self._early = b""

    def handle_connect(self, event: Request) -> None:
        """Answer the upgrade request, and let the endpoint find this object."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            cast(dict[str, Any], self.scope["extensions"])["hub"] = self

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the endpoint says; an upgrade refused with a response of our own is complete, and no fault."""
        await super().send(message)
        self.handshake_complete = self.handshake_complete or self.close_sent

    def data_received(self, data: bytes) -> None:
        """Read the upgrade request; what comes before its answer waits for the adopting connection."""
        if not self.handshake_initiated:
            super().data_received(data)
        elif len(self._early) + len(data) <= EARLY_LIMIT:
            self._early += data
        else:
            self.transport.abort()

    def adopt(self, connection: Connection) -> bool:
        """Hand the accepted connection over for good; False when it is gone already."""
        if self.disconnected:
            return False
        self.stop_keepalive()
        self.connections.discard(self)
        transport, self.transport = self.transport, _HandedOver()
        transport.set_protocol(connection)
        connection.connection_made(transport)
        if self._early:
            connection.data_received(self._early)
        return True
