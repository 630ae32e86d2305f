"""The swarm, against a small WebSocket server with a thread of its own."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from bench.swarm import Swarm, allow_files
from bench.tab import TEXT, Greeting, ServerFailed, masked, split

LENGTHS = {
    0: b"\x00",
    125: b"\x7d",
    126: b"\x7e\x00\x7e",
    65535: b"\x7e\xff\xff",
    65536: b"\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
}
ENTRY = {"id": "n1", "title": "x" * 200}


class Hub:
    """A server that welcomes, pings, and notifies every tab when the test says so."""

    def __init__(self) -> None:
        self.lines: list[ServerConnection] = []
        self.said: list[dict[str, object]] = []

    def hold(self, line: ServerConnection) -> None:
        self.said.append(json.loads(line.recv()))
        self.lines.append(line)
        line.send('{"op":"welcome"}')
        line.send('{"op":"ping"}')
        with suppress(ConnectionClosed):
            self.said.extend(json.loads(message) for message in line)

    def notify(self, *, popup: bool = False) -> None:
        frame = {"op": "notify", "seq": 1, "popup": popup, "entry": ENTRY}
        for line in self.lines:
            line.send(json.dumps(frame, separators=(",", ":")))


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def address(hub: Hub) -> Iterator[tuple[str, int]]:
    with serve(hub.hold, "127.0.0.1", 0, compression=None) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()
        server.shutdown()
        thread.join()


@contextmanager
def swarm_of(tabs: int, address: tuple[str, int], *, answers_popups: bool = False) -> Iterator[Swarm]:
    greeting = Greeting("/v1/ws", "", b'{"op":"hello"}')
    with closing(Swarm(address, [greeting] * tabs, answers_popups=answers_popups)) as swarm:
        swarm.open()
        yield swarm


def poll_until(swarm: Swarm, true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        swarm.poll(0.1)
    raise AssertionError(f"waited in vain; {swarm.completed} events came")


def test_an_event_is_complete_when_every_tab_has_it(hub: Hub, address: tuple[str, int]) -> None:
    with swarm_of(100, address) as swarm:
        for number in (1, 2):
            assert swarm.announce() == number
            hub.notify()
        poll_until(swarm, lambda: swarm.completed == 2)
    assert len(swarm.delays) == 200
    assert all(delay > 0 for delay in swarm.delays)
    assert json.loads(swarm.last_notify)["entry"] == ENTRY
    assert swarm.payload_bytes == 200 * len(swarm.last_notify)


def test_a_tab_says_hello_answers_pings_and_takes_popups(hub: Hub, address: tuple[str, int]) -> None:
    expected = [{"op": "hello"}, {"op": "pong"}, {"op": "shown", "ids": ["n1"]}]
    with swarm_of(1, address, answers_popups=True) as swarm:
        swarm.announce()
        hub.notify(popup=True)
        # The notification may be on its way before the ping is.
        poll_until(swarm, lambda: [*hub.said[:1], *sorted(hub.said[1:], key=str)] == expected)


def test_more_events_than_were_sent_are_a_failure(hub: Hub, address: tuple[str, int]) -> None:
    with swarm_of(1, address) as swarm:
        hub.notify()
        with pytest.raises(ServerFailed, match="more events"):
            poll_until(swarm, lambda: False)


def test_a_tab_that_is_closed_is_a_failure(hub: Hub, address: tuple[str, int]) -> None:
    with swarm_of(1, address) as swarm:
        closing_line = Thread(target=hub.lines[0].close, args=(4004,))
        closing_line.start()
        with pytest.raises(ServerFailed, match="4004"):
            poll_until(swarm, lambda: False)
    closing_line.join()


@pytest.mark.parametrize("size", LENGTHS)
def test_frames_of_every_length_are_found(size: int) -> None:
    frame = b"\x81" + LENGTHS[size] + bytes(size)
    found, used = split(frame + frame[:1])
    assert [(opcode, end - start) for opcode, start, end in found] == [(TEXT, size)]
    assert used == len(frame)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_frame_cut_inside_its_head_waits(cut: int) -> None:
    assert split((b"\x81\x7e\x01\x00" + bytes(256))[:cut]) == ([], 0)


def test_what_a_tab_sends_is_masked() -> None:
    assert masked(TEXT, b"hi") == b"\x81\x82\0\0\0\0hi"
    assert masked(TEXT, b"x" * 300) == b"\x81\xfe\x01\x2c\0\0\0\0" + b"x" * 300


def test_too_many_files_are_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (100, 1000))
    with pytest.raises(SystemExit, match="open files"):
        allow_files(5000)
