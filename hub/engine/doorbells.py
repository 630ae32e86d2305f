"""The bus: one connection that carries every channel somebody here listens to, in order.

Pub/sub is only a doorbell (law 3): a lost message is found in the log. So this file never retries a message; it
makes sure that losses are *noticed*. After every reconnect, once all channels are confirmed again, `on_gap` is
called. A probe sent through the regular publishing path must come back; when it does not, the connection may be
healthy and deaf: it is dropped.

Messages are MessagePack maps with `v` = 1; a reader ignores kinds and fields that it does not know:

    notify      base, record (rows.Record), users: [[user, index, seq, unread, tab offered to, gen, reason code], …]
    mark        user, op, seq, ids | up_to, unread
    recall      base, users: [[user, index, seq, unread], …]: it is withdrawn from these
    elected     user, gen, tab ('' = none), connection, popups: [[id, seq, state, reason code, record], …],
                silent: the tab that did not answer
    election    the same without popups, which are to be read: one step told of so many that they did not fit
    superseded  user, tab, connection: any other connection of this tab id is to be closed
    view        user (`ann#olga`): read what became of this log-in-as session; silent as in elected, tab and
                connection as in superseded
    profile     user: re-read the user, and their groups; preferences: re-read what they chose
    ended       user: an administrator sends all their tabs away
    defaults    re-read what the account chose for its users who never did
"""

import asyncio
import contextlib
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, cast

import hiredis
import structlog
from redis.asyncio.connection import SSLConnection, parse_url

from hub.engine.connection import Store, settle

LASTING_SECONDS = 1.0  # a connection that lived longer was a good one
PROBE_SECONDS = 2.0
DEAF_SECONDS = 2 * PROBE_SECONDS + 1.0
LINGER_SECONDS = 60.0
PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0)
CHANNELS_PER_COMMAND = 512
CONNECT_SECONDS = 5.0

_JOURNAL = structlog.get_logger("hub.engine.doorbells")

OnMessage = Callable[[bytes, bytes], None]


class Doorbells:
    """Subscriptions of this process, counted by how many want each channel."""

    def __init__(self, store: Store, gateway: str, on_message: OnMessage, on_gap: Callable[[], None]) -> None:
        self._store = store
        self._probe_channel = store.keys.probe(gateway)
        self._on_message = on_message
        self._on_gap = on_gap
        self._wanted: Counter[str] = Counter()
        self._confirmed: set[str] = set()
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._line: _Line | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._heard_at = float("-inf")
        self._has_heard = False  # all channels were confirmed once, so a new connection follows a gap
        self._probe_name = self._probe_channel.encode()

    def __repr__(self) -> str:
        return f"<Doorbells {len(self._confirmed)} of {len(self._wanted)} channels, {'up' if self._line else 'down'}>"

    @property
    def healthy(self) -> bool:
        """Tell whether a probe came back lately."""
        return time.monotonic() - self._heard_at < DEAF_SECONDS

    async def start(self) -> None:
        """Connect and keep connected."""
        self._wanted[self._probe_channel] += 1
        self._tasks = [asyncio.create_task(self._keep_connected()), asyncio.create_task(self._keep_probing())]

    async def stop(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._line:
            self._line.drop()

    async def subscribe(self, channels: Iterable[str]) -> None:
        """Listen to channels; return when the store confirmed all of them (also after a reconnect meanwhile)."""
        wanted = list(channels)
        fresh = [channel for channel in wanted if channel not in self._wanted]
        self._wanted.update(wanted)
        if self._line and fresh:
            self._line.subscribe(fresh)
        missing = [channel for channel in wanted if channel not in self._confirmed]
        if missing:
            await asyncio.gather(*(asyncio.shield(self._confirmation(channel)) for channel in missing))

    def release(self, channels: Iterable[str]) -> None:
        """Stop listening after a minute, unless somebody wants the channel again by then."""
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._let_go, list(channels))

    def _confirmation(self, channel: str) -> "asyncio.Future[None]":
        return self._waiting.setdefault(channel, asyncio.get_running_loop().create_future())

    def _let_go(self, channels: list[str]) -> None:
        gone = []
        for channel in channels:
            self._wanted[channel] -= 1
            if self._wanted[channel] <= 0:
                del self._wanted[channel]
                self._confirmed.discard(channel)
                gone.append(channel)
                if waiting := self._waiting.pop(channel, None):
                    waiting.cancel()  # nobody who still wants it waits for it
        if self._line and gone:
            self._line.unsubscribe(gone)

    def heard(self, reply: list[Any]) -> None:
        """Take one push of the store. On the hot path."""
        if reply[0] == b"smessage":
            if reply[1] == self._probe_name:
                self._heard_at = time.monotonic()
            else:
                self._on_message(reply[1], reply[2])
        elif reply[0] == b"ssubscribe":
            self._confirm(reply[1].decode())
        elif reply[0] == b"sunsubscribe" and reply[1] is not None:
            self._moved_away(reply[1].decode())

    def _confirm(self, channel: str) -> None:
        if channel in self._wanted:
            self._confirmed.add(channel)
        if channel == self._probe_channel:
            self._heard_at = time.monotonic()
        waiting = self._waiting.pop(channel, None)
        if waiting and not waiting.done():
            waiting.set_result(None)
        if self._line and len(self._confirmed) == len(self._wanted):  # the confirmed are wanted ones
            self._has_heard = True
            if self._line.restoring:
                self._line.restoring = False
                self._on_gap()

    def _moved_away(self, channel: str) -> None:
        """Subscribe again what the store dropped by itself (a slot moved), or what was wanted again meanwhile."""
        if channel in self._wanted and self._line:
            self._line.subscribe([channel])

    def lost(self) -> None:
        """Take it that the connection is gone."""
        self._line = None
        self._confirmed.clear()

    async def _keep_connected(self) -> None:
        """Connect again whatever ends a connection, and later and later while none lasts."""
        attempt = 0
        while True:
            began = time.monotonic()
            line = _Line(self)
            try:
                await self._listen_on(line)
            except Exception as error:
                _JOURNAL.warning("the bus cannot be heard", store=self._store.place, reason=str(error))
            finally:
                line.drop()
                self.lost()
            attempt = 0 if time.monotonic() - began > LASTING_SECONDS else attempt + 1
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])

    async def _listen_on(self, line: "_Line") -> None:
        await asyncio.wait_for(line.open(self._store.url), CONNECT_SECONDS)
        line.restoring = self._has_heard
        self._line = line
        line.subscribe(list(self._wanted))
        await line.closed

    async def _keep_probing(self) -> None:
        while True:
            with contextlib.suppress(Exception):  # whatever it is, /readyz shows it, and the next probe tries again
                await self._store.command("SPUBLISH", self._probe_channel, b"probe")
            await asyncio.sleep(PROBE_SECONDS)
            line = self._line
            if line and not self.healthy and time.monotonic() - line.opened_at > DEAF_SECONDS:
                line.drop()


class _Line(asyncio.Protocol):
    """One connection in subscribed mode (RESP2), parsed by hiredis and dispatched synchronously."""

    def __init__(self, bells: Doorbells) -> None:
        self._bells = bells
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._replies: list[asyncio.Future[Any]] = []
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.restoring = False
        self.opened_at = time.monotonic()

    async def open(self, url: str) -> None:
        """Connect and, where the URL has credentials, log in."""
        loop = asyncio.get_running_loop()
        target: dict[str, Any] = dict(parse_url(url))
        if path := target.get("path"):
            await loop.create_unix_connection(lambda: self, path)
        else:
            secure = target.get("connection_class") is SSLConnection
            context = ssl.create_default_context(cafile=target.get("ssl_ca_certs")) if secure else None
            host, port = target.get("host", "localhost"), target.get("port", 6379)
            await loop.create_connection(lambda: self, host, port, ssl=context)
        if password := target.get("password"):
            answer: asyncio.Future[Any] = loop.create_future()
            self._replies.append(answer)
            self._command("AUTH", *filter(None, [target.get("username")]), password)
            if isinstance(reply := await answer, Exception):
                raise OSError(f"the store refused the login: {reply}")

    def subscribe(self, channels: list[str]) -> None:
        """Ask for channels, in commands small enough not to hold the store up."""
        for start in range(0, len(channels), CHANNELS_PER_COMMAND):
            self._command("SSUBSCRIBE", *channels[start : start + CHANNELS_PER_COMMAND])

    def unsubscribe(self, channels: list[str]) -> None:
        """Let channels go."""
        for start in range(0, len(channels), CHANNELS_PER_COMMAND):
            self._command("SUNSUBSCRIBE", *channels[start : start + CHANNELS_PER_COMMAND])

    def drop(self) -> None:
        """End the connection at once."""
        if self._transport:
            self._transport.abort()

    def _command(self, *words: str | int | float | bytes | memoryview) -> None:
        assert self._transport is not None
        self._transport.write(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub means one word

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not inherit from it

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            if self._replies:
                settle(self._replies.pop(0), reply)
            elif isinstance(reply, list):
                self._bells.heard(reply)
            elif isinstance(reply, Exception):
                _JOURNAL.error("the store refuses the bus", reason=str(reply))

    def connection_lost(self, exc: Exception | None) -> None:
        for waiting in self._replies:
            settle(waiting, OSError("the connection was lost"))
        settle(self.closed, None)
