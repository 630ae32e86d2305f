"""One connected tab: the I/O shell of a session. It decodes, asks the session, and does what can be done at once.

What needs the store is put in a line and done in order (`Host.perform`), by one task that lives only while there is
something in it; so a quiet tab is this object, its session and its transport.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from hub import metrics
from hub.core import frames
from hub.core.session import Close, Command, Limits, Report, Send, Session, Take
from hub.core.tokens import Claims
from hub.core.wire import CloseCode, Refused, decode
from hub.engine.log import Tail
from hub.engine.tabs import Seat
from hub.gateway.protocol import BINARY, Connection, Outbox, Phase, frame

if TYPE_CHECKING:
    from hub.gateway.person import News, Person

_WRONG_KIND = Refused(None, "bad_message", "this subprotocol uses the other kind of message")


MOST_TAKEN = 1_000  # pop-ups in one errand, so that none holds the store up


class Leave:
    """Take note that the tab is gone: the last thing in its line."""

    __slots__ = ()


Errand = Command | Leave


class Host(Protocol):
    """What a tab needs of its gateway."""

    outbox: Outbox
    limits: Limits

    def now(self) -> float:
        """Return seconds of the loop's clock."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background."""
        ...

    async def perform(self, tab: Tab, errand: Errand) -> None:
        """Carry out what needs the store; never raises."""
        ...

    def begin(self, tab: Tab) -> None:
        """Take note that a tab was welcomed."""
        ...

    def watch_token(self, tab: Tab) -> None:
        """Close a tab when its token has run out."""
        ...

    def closed(self, tab: Tab, code: CloseCode | None) -> None:
        """Take note that a tab gets nothing more; `code` is None when it went by itself."""
        ...

    def gone(self, tab: Tab) -> None:
        """Take note that the connection of a tab is gone."""
        ...


class Tab(Connection):
    """A connection with its conversation, and with its place among the tabs of a person."""

    __slots__ = (
        "_has_left", "_line", "backlog", "claims", "floor", "host", "is_binary", "is_elected", "key", "person", "seat",
        "session",
    )  # fmt: skip

    def __init__(self, host: Host, is_binary: bool) -> None:
        super().__init__(host.outbox)
        self.host = host
        self.is_binary = is_binary
        self.session = Session(host.limits, host.now())
        self.is_elected = False
        self.key: str | None = None  # the tab's id, as elections name it
        self.seat: Seat | None = None
        self.claims: Claims | None = None
        self.person: Person | None = None
        self.floor: Tail | None = None  # while it catches up: what its welcome covered
        self.backlog: list[News] | None = None  # while it is attached: what came meanwhile
        self._line: deque[Errand] | None = None
        self._has_left = False

    def __repr__(self) -> str:
        return f"<Tab {self.key or '?'} of {self.claims.user if self.claims else '?'} {self.session!r}>"

    def send(self, payload: bytes) -> None:
        """Owe a frame, given as JSON bytes."""
        if self.phase is Phase.OPEN:
            self.owe(frame(frames.packed(payload), BINARY) if self.is_binary else frame(payload))

    def end(self, code: CloseCode, farewell: bytes | None = None) -> None:
        """Close this tab for a reason of the hub's; `farewell` is a `bye` of its own."""
        self.act(self.session.close(code, farewell))

    def act(self, commands: tuple[Command, ...]) -> None:
        """Carry out commands of the session."""
        for command in commands:
            match command:
                case Send(frame=payload):
                    self.send(payload)
                case Close(code=code):
                    self.close(code, code.explanation)
                    self._leave(code)
                case _:
                    self._queue(command)

    def received(self, data: bytes, is_text: bool) -> None:
        """Take one message."""
        metrics.MESSAGES_RECEIVED.inc()
        said = _WRONG_KIND if is_text is self.is_binary else decode(data, self.is_binary)
        self.act(self.session.receive(said, len(data), self.host.now()))

    def too_slow(self) -> None:
        """Let the conversation end; the connection says why, if the peer reads it."""
        self.session.lost()
        self._leave(CloseCode.TOO_SLOW)

    def ending(self) -> None:
        """Let the conversation end, unless it did: nobody owes this tab anything while its socket lingers."""
        self.session.lost()
        self._leave(None)

    def lost(self) -> None:
        """Let the conversation end, unless it did."""
        self.ending()
        self.host.gone(self)

    def _leave(self, code: CloseCode | None) -> None:
        """Get nothing more and give up the seat; once, whether closed by us or lost."""
        if not self._has_left:
            self._has_left = True
            self.host.closed(self, code)
            self._queue(Leave())

    def _queue(self, errand: Errand) -> None:
        if self._line is None:
            self._line = deque((errand,))
            self.host.spawn(self._work())
        else:
            enqueue(self._line, errand)

    async def _work(self) -> None:
        while self._line:
            await self.host.perform(self, self._line.popleft())
        self._line = None


def enqueue(line: deque[Errand], errand: Errand) -> None:
    """Put an errand at the end of a line; what says no more than the last one already does becomes one with it.

    Of reports in a row the last one wins, and `focused` before it stays: that the person acted must not be lost.
    """
    match (line[-1] if line else None), errand:
        case Take(ids=some), Take(ids=more) if len(some) + len(more) <= MOST_TAKEN:
            line[-1] = Take(some + more)
        case Report(state=before), Report() if before != "focused":
            line.pop()
            enqueue(line, errand)
        case Report(), Report(state="focused"):
            return
        case _:
            line.append(errand)
