"""One tab's conversation: messages in, commands out. No clock, no socket, no store.

    state      hello     other message   refused   attached   deadline               close, lost
    GREETING   Attach    4501            4501      –          no hello: 4502         CLOSED
    ATTACHING  4501      as in LIVE      as LIVE   LIVE       –                      CLOSED
    LIVE       4501      its command     error     –          no sign of life: 4004  CLOSED
    CLOSED     nothing happens any more

A tab may speak before it has been welcomed (attention changes while it waits): its commands are carried out in
order, so they run after `Attach`. A refused message with an operation is answered with `error`; one without is 4501.
Times are seconds of a clock that only goes forward, except for `expires_at`, which is business time.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from hub.core import frames
from hub.core.wire import (
    Attention,
    CloseCode,
    Dismiss,
    Faded,
    Hello,
    Message,
    Pong,
    Read,
    Refused,
    Shown,
    State,
    Token,
)

TOKEN_GRACE = 60.0  # seconds a tab outlives its token; clocks differ
_PIECE = 4096  # bytes of a message that count as one message against its limit
_REFUSED_COST = 50  # messages that a refused one counts as, for each piece of it: finding out why is slow
_REPORT_COST = 10  # messages that a report counts as: each has the store elect

# Milliseconds in which a closed tab comes back (shortest, longest), by close code.
SOON_MS = (500, 2_000)
RETURN_MS = {CloseCode.STORE_UNAVAILABLE: (1_000, 20_000), CloseCode.RATE_LIMITED: (10_000, 20_000)}
NEVER_MS = (0, 0)
UNANNOUNCED = (CloseCode.INTERNAL, CloseCode.BAD_MESSAGE, CloseCode.TOO_SLOW)  # no detail, or nobody who reads it


class Stage(enum.Enum):
    """Say how far the conversation is."""

    GREETING = "greeting"
    ATTACHING = "attaching"
    LIVE = "live"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound what a tab may do; times in seconds.

    The message rate is far above what a person causes: it includes a `shown` for each pop-up of a burst.
    """

    hello: float = 10.0
    heartbeat: float = 25.0
    pong: float = 10.0
    messages_a_second: float = 200.0
    messages_at_once: float = 2000.0


@dataclass(frozen=True, slots=True)
class Attach:
    """Verify the token, and take a seat among the user's tabs."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the registry of this tab's attention."""

    state: Attention


@dataclass(frozen=True, slots=True)
class Take:
    """Tell the registry that this tab has these pop-ups."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fade:
    """Tell the registry that timed pop-ups left the screen."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Dismiss or read, and acknowledge once it is durable."""

    operation: str
    ids: tuple[str, ...] | None
    up_to: int | None
    ref: int | str | None


@dataclass(frozen=True, slots=True)
class Reauthenticate:
    """Verify a fresh token of the same user and actor."""

    token: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send one frame (JSON bytes)."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection."""

    code: CloseCode


Command = Attach | Report | Take | Fade | Mark | Reauthenticate | Send | Close
Commands = tuple[Command, ...]


class Session:
    """The state of one conversation. Every method returns what is to be done, in order."""

    __slots__ = (
        "_allowance", "_asked_at", "_heard_at", "_limits", "_pinged_at", "_refilled_at",
        "attention", "expires_at", "is_silent", "stage",
    )  # fmt: skip

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._allowance = limits.messages_at_once
        self._heard_at = self._refilled_at = self._pinged_at = self._asked_at = now
        self.stage = Stage.GREETING
        self.attention: Attention = "hidden"
        self.expires_at = 0.0
        self.is_silent = False  # was offered pop-ups and did not take them

    def __repr__(self) -> str:
        return f"<Session {self.stage.value}, {self.attention}{', silent' if self.is_silent else ''}>"

    def receive(self, said: Message | Refused, size: int, now: float) -> Commands:
        """Take one message of `size` bytes."""
        if self.stage is Stage.CLOSED:
            return ()
        self._heard_at = now
        if not self._may_speak(cost(said, size), now):
            return self.close(CloseCode.RATE_LIMITED)
        if (self.stage is Stage.GREETING) != isinstance(said, Hello) or (isinstance(said, Refused) and not said.op):
            return self.close(CloseCode.BAD_MESSAGE)
        if isinstance(said, Refused):
            return self._refuse(said)
        return (*self._end_silence(said), *self._obey(said))

    def _refuse(self, said: Refused) -> Commands:
        if said.op == "hello":
            return self.close(CloseCode.BAD_MESSAGE)
        return (Send(frames.error(said.code, said.message, said.ref)),)

    def _end_silence(self, said: Message) -> Commands:
        """Have a tab that counts as frozen counted again, now that it speaks."""
        if not self.is_silent or self.stage is not Stage.LIVE:
            return ()
        self.is_silent = False
        return () if isinstance(said, State) else (Report(self.attention),)

    def _obey(self, said: Message) -> Commands:
        match said:
            case Hello():
                self.stage, self.attention = Stage.ATTACHING, said.state
                return (Attach(said),)
            case State(state=state):
                self.attention = state
                return (Report(state),)
            case Shown(ids=ids):
                return (Take(ids),)
            case Faded(ids=ids):
                return (Fade(ids),)
            case Dismiss(ids=ids, ref=ref):
                return (Mark("dismissed", ids, None, ref),)
            case Read(ids=ids, up_to=up_to, ref=ref):
                return (Mark("read", ids, up_to, ref),)
            case Token(token=token):
                return (Reauthenticate(token),)
            case Pong():
                return ()

    def _may_speak(self, cost: int, now: float) -> bool:
        """Take from the allowance."""
        gained = (now - self._refilled_at) * self._limits.messages_a_second
        self._allowance = min(self._limits.messages_at_once, self._allowance + gained) - cost
        self._refilled_at = now
        return self._allowance >= 0

    def attached(self, expires_at: float, now: float) -> None:
        """Take note of the welcome, and of the business time until which the token is good."""
        if self.stage is Stage.ATTACHING:
            self.stage, self.expires_at = Stage.LIVE, expires_at
            self._heard_at = self._pinged_at = self._asked_at = now

    def tick(self, now: float) -> Commands:
        """Do what time demands; to be called at `due`, or later."""
        match self.stage:
            case Stage.GREETING if now >= self.due:
                return self.close(CloseCode.NO_HELLO)
            case Stage.LIVE if self._waits_for_pong and now >= self._asked_at + self._limits.pong:
                return self.close(CloseCode.NO_PONG)
            case Stage.LIVE if now >= self._pinged_at + self._limits.heartbeat:
                if not self._waits_for_pong:
                    self._asked_at = now
                self._pinged_at = now
                return (Send(frames.PING),)
        return ()

    @property
    def due(self) -> float:
        """Say when the next tick is wanted."""
        if self.stage is Stage.GREETING:
            return self._pinged_at + self._limits.hello
        ping = self._pinged_at + self._limits.heartbeat
        return min(ping, self._asked_at + self._limits.pong) if self._waits_for_pong else ping

    @property
    def _waits_for_pong(self) -> bool:
        """Tell whether nothing was heard since `_asked_at`, the first ping that is not answered."""
        return self._heard_at < self._asked_at

    def is_expired(self, now: float) -> bool:
        """Tell whether the token ran out longer ago than is forgiven; `now` is business time."""
        return self.stage is Stage.LIVE and now >= self.expires_at + TOKEN_GRACE

    def close(self, code: CloseCode, farewell: bytes | None = None) -> Commands:
        """End the conversation, once. A tab that was welcomed is told by `bye` when to come back, if ever.

        Browsers often see 1006 instead of the code; `bye` reaches them.
        """
        if self.stage is Stage.CLOSED:
            return ()
        if farewell is None and self.stage is Stage.LIVE and code not in UNANNOUNCED:
            farewell = frames.bye(code, *(RETURN_MS.get(code, SOON_MS) if code.reconnect else NEVER_MS))
        self.stage = Stage.CLOSED
        return (Close(code),) if farewell is None else (Send(farewell), Close(code))

    def lost(self) -> None:
        """Take note that the connection is gone."""
        self.stage = Stage.CLOSED


def cost(said: Message | Refused, size: int) -> int:
    """Count as how many messages one of `size` bytes counts: by what it costs us."""
    pieces = 1 + size // _PIECE
    if isinstance(said, Refused) and said.op not in (None, "hello"):  # those end the conversation anyway
        return _REFUSED_COST * pieces
    return _REPORT_COST if isinstance(said, State) else pieces
