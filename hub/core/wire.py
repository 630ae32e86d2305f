"""What a tab may say (protocol.md 7): its messages as types, decoded strictly, and the close codes.

A message is decoded once, at the door, into one of eight frozen types; beyond it no dicts travel. What is not a
message becomes a `Refused`: with `op` None it cannot be parsed or names no operation (the tab is closed with 4501),
with an `op` only its arguments are bad (the tab is told `error` and lives). What the hub says is in frames.py.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import msgpack
import orjson
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

JSON = "hub.v1+json"
MSGPACK = "hub.v1+msgpack"
SUBPROTOCOLS = (JSON, MSGPACK)

_LARGEST = 2**53 - 1  # what a browser's number holds exactly

Attention = Literal["focused", "visible", "hidden", "frozen"]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
# Fail-fast: else 32,000 wrong ids in one message are 32,000 errors, and hold everybody up for 50 ms.
_Ids = tuple[Annotated[str, StringConstraints(max_length=160)], ...]
Ids = Annotated[_Ids, Field(fail_fast=True)]  # as many as the message may hold
Seq = Annotated[int, Field(ge=0, le=_LARGEST)]
Ref = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)] | str | None
_STRICT = ConfigDict(strict=True, extra="forbid")


class CloseCode(enum.IntEnum):
    """Name the ends of a tab's connection; 4000 to 4499 mean: come back."""

    INTERNAL = 1011
    DRAINING = 4000
    REBALANCE = 4001
    TOO_SLOW = 4002
    RESYNC = 4003
    NO_PONG = 4004
    TOKEN_EXPIRED = 4005
    RATE_LIMITED = 4006
    STORE_UNAVAILABLE = 4007
    BAD_TOKEN = 4500
    BAD_MESSAGE = 4501
    NO_HELLO = 4502
    REMOVED = 4503
    TOO_MANY_TABS = 4504
    SUPERSEDED = 4505

    @property
    def explanation(self) -> str:
        """Say it in words; empty for an internal fault, which is closed without detail."""
        return _EXPLANATIONS.get(self, "")

    @property
    def reconnect(self) -> bool:
        """Tell whether the client comes back by itself."""
        return 4000 <= self < 4500


_EXPLANATIONS = {
    CloseCode.DRAINING: "draining",
    CloseCode.REBALANCE: "rebalance",
    CloseCode.TOO_SLOW: "too slow",
    CloseCode.RESYNC: "resync",
    CloseCode.NO_PONG: "no pong",
    CloseCode.TOKEN_EXPIRED: "token expired",
    CloseCode.RATE_LIMITED: "rate limited",
    CloseCode.STORE_UNAVAILABLE: "store unavailable",
    CloseCode.BAD_TOKEN: "bad token",
    CloseCode.BAD_MESSAGE: "bad message",
    CloseCode.NO_HELLO: "no hello in time",
    CloseCode.REMOVED: "removed, deactivated, or the actor lost the right",
    CloseCode.TOO_MANY_TABS: "too many tabs",
    CloseCode.SUPERSEDED: "this tab id connected again",
}


@dataclass(frozen=True, slots=True)
class After:
    """Name the last frame a returning tab has applied."""

    __pydantic_config__ = _STRICT
    epoch: Annotated[str, StringConstraints(max_length=128)]
    seq: Annotated[int, Field(ge=0)]  # however far beyond the head: then a snapshot is the answer


@dataclass(frozen=True, slots=True)
class Hello:
    """Open the conversation; the first message, and never another."""

    __pydantic_config__ = _STRICT
    op: Literal["hello"]
    token: str
    tab: Id
    state: Attention
    after: After | None = None
    client: Annotated[str, StringConstraints(max_length=256)] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Report attention; `focused` again means that the person acted."""

    __pydantic_config__ = _STRICT
    op: Literal["state"]
    state: Attention


@dataclass(frozen=True, slots=True)
class Shown:
    """Take pop-ups: they are on this tab's screen or queued for it."""

    __pydantic_config__ = _STRICT
    op: Literal["shown"]
    ids: Ids


@dataclass(frozen=True, slots=True)
class Faded:
    """Report timed pop-ups that left the screen by themselves."""

    __pydantic_config__ = _STRICT
    op: Literal["faded"]
    ids: Ids


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Close pop-ups for good, one or many."""

    __pydantic_config__ = _STRICT
    op: Literal["dismiss"]
    ids: Ids
    ref: Ref = None


@dataclass(frozen=True, slots=True)
class Read:
    """Mark entries read: those named, or all up to a number."""

    __pydantic_config__ = _STRICT
    op: Literal["read"]
    ids: Ids | None = None
    up_to: Seq | None = None
    ref: Ref = None


@dataclass(frozen=True, slots=True)
class Token:
    """Bring a fresh token of the same user and actor."""

    __pydantic_config__ = _STRICT
    op: Literal["token"]
    token: str


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer a ping."""

    __pydantic_config__ = _STRICT
    op: Literal["pong"]


Message = Hello | State | Shown | Faded | Dismiss | Read | Token | Pong
OPERATIONS = frozenset(kind.__name__.lower() for kind in get_args(Message))
MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="op")])


@dataclass(frozen=True, slots=True)
class Refused:
    """Say why something is not a message; `op` is None where it is not even one with bad arguments."""

    op: str | None
    code: str
    message: str
    ref: int | str | None = None


def decode(data: bytes, packed: bool = False) -> Message | Refused:
    """Turn one WebSocket message (JSON, or msgpack when `packed`) into a value."""
    if packed:
        try:
            data = orjson.dumps(msgpack.unpackb(data))
        except (ValueError, TypeError, RecursionError):
            return Refused(None, "bad_message", "not msgpack")
    try:
        said = MESSAGES.validate_json(data)
    except ValidationError as error:
        return _refused(data, error.errors(include_url=False, include_input=False)[0])
    if type(said) is Read and (said.ids is None) == (said.up_to is None):
        return Refused("read", "invalid", "one of ids and up_to is needed", said.ref)
    return said


def _refused(data: bytes, error: ErrorDetails) -> Refused:
    """Find out how much of a message it is; this path may be slow."""
    try:
        said = orjson.loads(data)
    except ValueError:
        return Refused(None, "bad_message", "not JSON")
    op = said.get("op") if isinstance(said, dict) else None
    if not isinstance(op, str) or op not in OPERATIONS:
        return Refused(None, "bad_message", "not an object with a known op")
    ref = said.get("ref")
    kept = isinstance(ref, str) or (type(ref) is int and abs(ref) <= _LARGEST)
    code = "unknown_field" if error["type"] == "unexpected_keyword_argument" else "invalid"
    place = error["loc"][1:]
    if place[:1] == ("ref",):
        return Refused(op, code, "ref: must be a text or a whole number")
    return Refused(op, code, f"{_place(place)}: {error['msg']}", ref if kept else None)


def _place(location: tuple[Any, ...]) -> str:
    """Name a field as problem documents do: `ids[3]`."""
    names = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(names).removeprefix(".")
