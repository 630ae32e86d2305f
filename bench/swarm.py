"""Many tabs in one epoll loop: connects them, counts the events each has received, answers pings.

Every tab receives every event, in order, so the n-th `notify` of a tab is the n-th event: nothing needs to be parsed
to know how late it is. The loop is plain Python on a core of its own; what it costs is not the server's CPU time.
"""

from __future__ import annotations

import json
import resource
import select
import time
from array import array
from collections.abc import Sequence
from typing import Any

from bench.tab import CLOSE, PING, PONG, TEXT, Greeting, ServerFailed, Tab, split

NOTIFY = b'{"op":"notify"'
POPUP = b'"popup":true'
AT_ONCE = 64
RECEIVE_BYTES = 262_144
STALL_SECONDS = 30.0
SPARE_FILES = 64


class Swarm:
    """The tabs of one peer. `answers_popups` makes elected tabs say `shown`, as a browser does."""

    def __init__(
        self, address: tuple[str, int], greetings: Sequence[Greeting], *, answers_popups: bool = False
    ) -> None:
        self._address = address
        self._greetings = greetings
        self._answers_popups = answers_popups
        self._epoll = select.epoll()
        self._tabs: dict[int, Tab] = {}
        self._sent_at: list[float] = []
        self._missing: list[int] = []
        self._ready = 0
        self.completed = 0
        self.last_notify = b""
        self.reset()

    def __len__(self) -> int:
        return len(self._tabs)

    def reset(self) -> None:
        """Forget delays and sizes; a new window of measuring begins."""
        self.delays = array("d")
        self.payload_bytes = 0

    def open(self) -> None:
        """Connect all tabs, at most 64 on their way at a time, and return when each is ready."""
        allow_files(len(self._greetings))
        for number, greeting in enumerate(self._greetings, 1):
            tab = Tab(self._address, greeting)
            self._tabs[tab.socket.fileno()] = tab
            self._epoll.register(tab.socket.fileno(), select.EPOLLIN)
            if number - self._ready >= AT_ONCE:
                self._poll_until_ready(number - AT_ONCE // 2)
        self._poll_until_ready(len(self._greetings))

    def _poll_until_ready(self, wanted: int) -> None:
        deadline = time.monotonic() + STALL_SECONDS
        while self._ready < wanted:
            self.poll(0.1)
            if time.monotonic() > deadline:
                raise ServerFailed(f"{self._ready} of {wanted} tabs were welcomed in {STALL_SECONDS:.0f} s")

    def announce(self) -> int:
        """Register an event that is about to be sent; return its number, from 1."""
        self._missing.append(len(self._tabs))
        self._sent_at.append(time.perf_counter())
        return len(self._missing)

    def poll(self, seconds: float) -> None:
        """Read everything that is readable, waiting at most so long for the first."""
        for descriptor, _ in self._epoll.poll(seconds):
            self._read(self._tabs[descriptor])

    def rest(self, seconds: float) -> None:
        """Keep answering pings for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.poll(left)

    def close(self) -> None:
        """Drop all connections."""
        for tab in self._tabs.values():
            tab.socket.close()
        self._tabs.clear()
        self._epoll.close()

    def _read(self, tab: Tab) -> None:
        try:
            data = tab.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except ConnectionError as error:
            raise ServerFailed(f"a tab was cut off: {error}") from error
        if not data:
            raise ServerFailed("a tab was closed by the server")
        if tab.rest:
            data = tab.rest + data
        if not tab.upgraded:
            after = tab.take_answer(data)
            self._ready += tab.ready
            if after is None:
                return
            data = after
        self._take(tab, data)

    def _take(self, tab: Tab, data: bytes) -> None:
        now = time.perf_counter()
        found, used = split(data)
        for opcode, start, end in found:
            if data.startswith(NOTIFY, start):
                self._count(tab, now, end - start)
                if self._answers_popups and data.find(POPUP, start, end) > 0:
                    self._show(tab, data[start:end])
            else:
                self._answer(tab, opcode, data[start:end])
        if found and data.startswith(NOTIFY, found[-1][1]):
            self.last_notify = data[found[-1][1] : found[-1][2]]
        tab.rest = data[used:]

    def _count(self, tab: Tab, now: float, size: int) -> None:
        number = tab.seen
        if number >= len(self._sent_at):
            raise ServerFailed("a tab received more events than were sent")
        tab.seen = number + 1
        self.payload_bytes += size
        self.delays.append(now - self._sent_at[number])
        self._missing[number] -= 1
        if not self._missing[number]:
            self.completed += 1

    def _show(self, tab: Tab, payload: bytes) -> None:
        shown = {"op": "shown", "ids": [json.loads(payload)["entry"]["id"]]}
        tab.send(TEXT, json.dumps(shown).encode())

    def _answer(self, tab: Tab, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            tab.send(PONG, payload)
        elif opcode == CLOSE:
            raise ServerFailed(f"a tab was closed with {int.from_bytes(payload[:2], 'big')}")
        elif opcode == TEXT:
            self._obey(tab, json.loads(payload))

    def _obey(self, tab: Tab, message: dict[str, Any]) -> None:
        match message["op"]:
            case "ping":
                tab.send(TEXT, b'{"op":"pong"}')
            case "welcome":
                tab.ready = True
                self._ready += 1
            case "error" | "bye":
                raise ServerFailed(f"the server said {message}")


def allow_files(tabs: int) -> None:
    """Raise the limit of open files for this process and what it starts, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = tabs + SPARE_FILES
    if wanted <= soft:
        return
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise SystemExit(f"{tabs} tabs need {wanted} open files; the limit here is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
