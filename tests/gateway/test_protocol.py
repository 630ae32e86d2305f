"""The raw connection over real sockets: RFC 6455 both ways, one write a tick, and a peer that does not read."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
import websockets
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.frames import Frame, Opcode

from hub.gateway.protocol import USER_TIMEOUT_MS, Connection, Outbox, Phase, frame

from .conftest import PATIENCE, served

CLOSE = Opcode.CLOSE
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)


class Recorder(Connection):
    """Keeps what comes, and how it ends."""

    __slots__ = ("ended", "heard", "was_slow")

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(outbox)
        self.heard: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        self.ended = asyncio.Event()
        self.was_slow = False

    def received(self, data: bytes, is_text: bool) -> None:
        self.heard.put_nowait((data, is_text))

    def too_slow(self) -> None:
        self.was_slow = True

    def lost(self) -> None:
        self.ended.set()


@dataclass
class Server:
    """A port, and the connections that it adopted."""

    port: int = 0
    adopted: asyncio.Queue[Recorder] = field(default_factory=asyncio.Queue)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    tabs: list[Recorder] = field(default_factory=list)

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Recorder]:
        """Upgrade by hand, so that every byte is the test's own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(UPGRADE)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-WebSocket-Extensions" not in answer, "no compression is agreed to"
        return reader, writer, await asyncio.wait_for(self.adopted.get(), PATIENCE)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    found = Server()
    outbox = Outbox(message_limit=65_536, buffer_limit=262_144)

    async def endpoint(websocket: WebSocket) -> None:
        await websocket.accept()
        recorder = Recorder(outbox)
        assert websocket.scope["extensions"]["hub"].adopt(recorder)
        found.tabs.append(recorder)
        found.adopted.put_nowait(recorder)

    async with served(Starlette(routes=[WebSocketRoute("/", endpoint)])) as found.port:
        yield found
        for writer in found.writers:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        for tab in found.tabs:
            await asyncio.wait_for(tab.ended.wait(), PATIENCE)


def masked(data: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


async def closing(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read a close frame; return its code and reason."""
    first, size = await asyncio.wait_for(reader.readexactly(2), PATIENCE)
    assert first == 0x80 | CLOSE
    payload = await reader.readexactly(size)
    return struct.unpack("!H", payload[:2])[0], payload[2:]


@pytest.mark.parametrize(
    ("size", "head"),
    [(0, b"\x81\x00"), (125, b"\x81\x7d"), (126, b"\x81\x7e\x00\x7e"), (65_535, b"\x81\x7e\xff\xff")],
)
def test_a_server_frame_has_the_shortest_header(size: int, head: bytes) -> None:
    assert frame(b"x" * size) == head + b"x" * size


def test_a_server_frame_of_64_KiB_has_eight_bytes_of_length() -> None:
    assert frame(b"x" * 65_536, Opcode.BINARY)[:10] == b"\x82\x7f" + (65_536).to_bytes(8, "big")


async def test_messages_arrive_whole_however_the_bytes_are_cut(server: Server) -> None:
    _, writer, tab = await server.raw()
    stream = masked("Grüße".encode()) + masked(b"\x00\x01", Opcode.BINARY) + masked(b"")
    for byte in stream:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0)
    heard = [await asyncio.wait_for(tab.heard.get(), PATIENCE) for _ in range(3)]
    assert heard == [("Grüße".encode(), True), (b"\x00\x01", False), (b"", True)]
    assert tab._incoming is None, "between messages nothing is kept"


async def test_fragments_are_joined_and_pings_between_them_answered(server: Server) -> None:
    reader, writer, tab = await server.raw()
    writer.write(masked(b"G", fin=False) + masked(b"hi", Opcode.PING) + masked("rü".encode()[:2], Opcode.CONT, False))
    writer.write(masked("rü".encode()[2:] + b"n", Opcode.CONT))
    assert await asyncio.wait_for(tab.heard.get(), PATIENCE) == ("Grün".encode(), True)
    assert await asyncio.wait_for(reader.readexactly(4), PATIENCE) == b"\x8a\x02hi"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x02hi", 1002),  # not masked
        (b"\xc1\x80\x00\x00\x00\x00", 1002),  # a reserved bit
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # a reserved opcode
        (b"\x09\x80\x00\x00\x00\x00", 1002),  # a fragmented ping
        (b"\x89\xfe\x00\x7e" + bytes(4 + 126), 1002),  # a ping of 126 bytes
        (masked(b"x", Opcode.CONT), 1002),  # a fragment of nothing
        (masked(b"x", fin=False) + masked(b"y"), 1002),  # a message inside a message
        (masked(b"\xff\xfe"), 1007),  # not UTF-8
        (masked(b"\xc3", fin=False) + masked(b"", Opcode.CONT), 1007),  # UTF-8 cut short
        (masked(b"x" * 65_537), 1009),
        (masked(b"x" * 65_536, fin=False) + masked(b"x", Opcode.CONT), 1009),
        (masked(b"\x03", CLOSE), 1002),  # half a close code
        (masked(struct.pack("!H", 1005), CLOSE), 1002),  # a code that is never sent
        (masked(struct.pack("!H", 1000) + b"\xff", CLOSE), 1007),
    ],
)
async def test_who_breaks_the_rules_is_told_how_and_heard_no_more(server: Server, data: bytes, code: int) -> None:
    reader, writer, tab = await server.raw()
    writer.write(data + masked(b"never heard"))
    assert (await closing(reader))[0] == code
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()
    await asyncio.wait_for(tab.ended.wait(), PATIENCE)
    assert tab.heard.empty()


@pytest.mark.parametrize("payload", [b"", struct.pack("!H", 1000), struct.pack("!H", 4999) + b"bye"])
async def test_a_close_is_answered_with_its_own_code(server: Server, payload: bytes) -> None:
    reader, writer, tab = await server.raw()
    writer.write(masked(payload, CLOSE))
    assert await asyncio.wait_for(reader.read(), PATIENCE) == frame(payload[:2], CLOSE)
    await asyncio.wait_for(tab.ended.wait(), PATIENCE)


async def test_what_is_owed_leaves_before_the_close_frame(server: Server) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/") as client:
        tab = await server.adopted.get()
        tab.owe(frame(b"one"))
        tab.owe(frame(b"two"))
        tab.close(4000, "draining")
        assert [await client.recv(), await client.recv()] == ["one", "two"]
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4000, "draining")
        await asyncio.wait_for(tab.ended.wait(), PATIENCE)


async def test_what_comes_after_our_close_frame_is_not_heard(server: Server) -> None:
    reader, writer, tab = await server.raw()
    tab.close(4003)
    assert await closing(reader) == (4003, b"")
    writer.write(masked(b"too late") + masked(struct.pack("!H", 4003), CLOSE))
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    await asyncio.wait_for(tab.ended.wait(), PATIENCE)
    assert tab.heard.empty()


async def test_frames_of_one_tick_leave_in_one_write(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, _, tab = await server.raw()
    writes: list[bytes] = []

    class Transport:
        def write(self, data: bytes) -> None:
            writes.append(data)
            real.write(data)

    real = tab.transport
    monkeypatch.setattr(tab, "transport", Transport())
    for number in range(16):
        tab.owe(frame(b"%02d" % number))
    assert await asyncio.wait_for(reader.readexactly(16 * 4), PATIENCE) == b"".join(
        frame(b"%02d" % n) for n in range(16)
    )
    assert len(writes) == 1
    monkeypatch.undo()


async def test_a_peer_that_does_not_read_is_cut_off_and_holds_up_nobody(server: Server) -> None:
    _, slow_writer, slow = await server.raw()
    quick_reader, _, quick = await server.raw()
    slow_writer.transport.pause_reading()  # type: ignore[attr-defined]
    size = 0
    while slow.phase is Phase.OPEN:
        size += 65_536
        assert size < 64 << 20, "the bound did not hold"
        slow.owe(frame(b"x" * 65_000))
        await asyncio.sleep(0)
    assert slow.was_slow
    quick.owe(frame(b"hello"))
    assert await asyncio.wait_for(quick_reader.readexactly(7), PATIENCE) == frame(b"hello")
    await asyncio.wait_for(slow.ended.wait(), PATIENCE)


async def test_nothing_is_owed_to_who_broke_the_rules_and_nobody_waits_behind_them(server: Server) -> None:
    rude_reader, rude_writer, rude = await server.raw()
    reader, _, tab = await server.raw()
    rude_writer.write(b"\x81\x02hi")
    assert (await closing(rude_reader))[0] == 1002
    rude.owe(frame(b"lost"))
    assert rude.owed is None
    rude.owed = [frame(b"lost")]  # as the fast lane owes, which does not ask
    rude.outbox.add(rude)
    for said in (b"one", b"two"):
        tab.owe(frame(said))
        assert await asyncio.wait_for(reader.readexactly(5), PATIENCE) == frame(said)


async def test_who_cannot_be_written_to_is_cut_off_alone(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, broken = await server.raw()
    reader, _, tab = await server.raw()

    class Transport:
        abort = broken.transport.abort

        def write(self, data: bytes) -> None:
            raise RuntimeError("unable to perform operation")

    monkeypatch.setattr(broken, "transport", Transport())
    broken.owe(frame(b"lost"))
    tab.owe(frame(b"hello"))
    assert await asyncio.wait_for(reader.readexactly(7), PATIENCE) == frame(b"hello")
    await asyncio.wait_for(broken.ended.wait(), PATIENCE)


async def test_a_peer_that_hung_up_is_owed_nothing(server: Server) -> None:
    _, writer, tab = await server.raw()
    writer.write_eof()
    await asyncio.wait_for(tab.ended.wait(), PATIENCE)
    tab.owe(frame(b"late"))
    assert tab.owed is None


async def test_the_kernel_ends_what_acknowledges_nothing_where_it_can(server: Server) -> None:
    _, _, tab = await server.raw()
    connected = tab.transport.get_extra_info("socket")
    if option := getattr(socket, "TCP_USER_TIMEOUT", None):
        assert connected.getsockopt(socket.IPPROTO_TCP, option) == USER_TIMEOUT_MS


async def test_bytes_that_came_before_the_accept_are_not_lost() -> None:
    adopted: asyncio.Queue[Recorder] = asyncio.Queue()
    asked = asyncio.Event()
    outbox = Outbox(65_536, 262_144)

    async def endpoint(websocket: WebSocket) -> None:
        protocol = websocket.scope["extensions"]["hub"]
        asked.set()
        while not protocol._early:
            await asyncio.sleep(0)
        await websocket.accept()
        recorder = Recorder(outbox)
        protocol.adopt(recorder)
        adopted.put_nowait(recorder)

    async with served(Starlette(routes=[WebSocketRoute("/", endpoint)])) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(UPGRADE)
        await asyncio.wait_for(asked.wait(), PATIENCE)
        writer.write(masked(b"hasty"))
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        tab = await asyncio.wait_for(adopted.get(), PATIENCE)
        assert await asyncio.wait_for(tab.heard.get(), PATIENCE) == (b"hasty", True)
        writer.close()
        await writer.wait_closed()
        await asyncio.wait_for(tab.ended.wait(), PATIENCE)
