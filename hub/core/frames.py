"""What the hub says to a tab (protocol.md 7): one builder for each frame, giving its JSON bytes.

Entries come as JSON bytes and are spliced in, never parsed: the body of a happening is encoded once, however many
people it reaches. `packed` turns a frame into msgpack of the same structure. The `Shape`s say what a tab can
rely on: the API documents are made from them and every builder is tested against them; no frame passes through one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgpack
import orjson
from pydantic import BaseModel, ConfigDict

from hub.core.wire import CloseCode

Change = Literal["dismissed", "read", "recalled", "archived", "restored"]


class Shape(BaseModel):
    """Declare one structure of the wire; a field with a default may be absent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Notification(Shape):
    """Shape what one notification says to one user."""

    id: str
    event: str | None
    type: str
    title: str
    body: str
    html: str | None = None
    url: str | None = None
    account: str
    contact: str | None = None
    at: str
    sticky: bool
    important: bool
    sample: bool
    sender: str | None = None
    data: dict[str, Any] | None = None
    reason: str


class Entry(Notification):
    """Shape one notification of one user, as it lies in their inbox."""

    state: Literal["unread", "read", "archived"]


class Welcome(Shape):
    """Answer a hello; with `inbox`, it replaces what the tab had."""

    op: Literal["welcome"]
    user: str
    roles: list[str]
    tab: str
    epoch: str
    seq: int
    recovered: bool
    elected: bool
    unread: int
    popups: list[Entry]
    inbox: list[Entry] | None = None
    heartbeat: float
    expires_at: str


class Notify(Shape):
    """Tell of a new notification."""

    op: Literal["notify"]
    seq: int
    popup: bool
    unread: int
    entry: Entry


class Elected(Shape):
    """Tell a tab that it shows the user's pop-ups now, or no longer does."""

    op: Literal["elected"]
    elected: bool
    popups: list[Entry]


class Changed(Shape):
    """Tell of entries closed, read, withdrawn, archived or restored.

    Without `seq` it is not part of the log: a log-in-as session closed or read them for itself.
    """

    op: Change
    seq: int | None = None
    ids: list[str] | None = None
    up_to: int | None = None
    unread: int


class PreferencesChanged(Shape):
    """Bring the user's preferences, whole; with `roles` when these changed."""

    op: Literal["preferences"]
    preferences: dict[str, Any]
    roles: list[str] | None = None


class Ack(Shape):
    """Answer a dismiss or a read, after the write is durable."""

    op: Literal["ack"]
    ref: int | str | None
    changed: list[str]
    unknown: list[str]
    unread: int


class Error(Shape):
    """Refuse one message; the connection lives."""

    op: Literal["error"]
    ref: int | str | None = None
    code: str
    message: str


class Ping(Shape):
    """Ask for a sign of life."""

    op: Literal["ping"]


class Bye(Shape):
    """Announce the close frame that follows."""

    op: Literal["bye"]
    code: int
    reconnect: bool
    delay_ms: list[int]


Frame = Welcome | Notify | Elected | Changed | PreferencesChanged | Ack | Error | Ping | Bye

PING = b'{"op":"ping"}'
_FLAG = {True: b"true", False: b"false"}


def welcome(
    *,
    user: str,
    roles: Sequence[str],
    tab: str,
    epoch: str,
    seq: int,
    recovered: bool,
    elected: bool,
    unread: int,
    popups: Sequence[bytes],
    inbox: Sequence[bytes] | None,
    heartbeat: float,
    expires_at: float,
) -> bytes:
    """Build the answer to a hello; `inbox` is None when the tab's log is continued (`recovered`)."""
    head = {"op": "welcome", "user": user, "roles": list(roles), "tab": tab, "epoch": epoch, "seq": seq}
    outcome = {"recovered": recovered, "elected": elected, "unread": unread}
    whole = int(heartbeat) if heartbeat == int(heartbeat) else heartbeat
    ending = {"heartbeat": whole, "expires_at": moment(expires_at)}
    return b'%b,"popups":[%b],%b%b' % (
        orjson.dumps(head | outcome)[:-1],
        b",".join(popups),
        b"" if inbox is None else b'"inbox":[%b],' % b",".join(inbox),
        orjson.dumps(ending)[1:],
    )


def notify(seq: int, popup: bool, unread: int, entry: bytes) -> bytes:
    """Build the news of one entry (fanout.py splices the same bytes itself)."""
    return b'{"op":"notify","seq":%d,"popup":%b,"unread":%d,"entry":%b}' % (seq, _FLAG[popup], unread, entry)


def elected(is_elected: bool, popups: Sequence[bytes] = ()) -> bytes:
    """Build the outcome of an election for one tab."""
    return b'{"op":"elected","elected":%b,"popups":[%b]}' % (_FLAG[is_elected], b",".join(popups))


def changed(op: str, seq: int | None, unread: int, ids: Sequence[str] | None, up_to: int | None = None) -> bytes:
    """Build the news of entries that changed: those named, or all up to a number. In a view alone, `seq` is None."""
    number = b"" if seq is None else b'"seq":%d,' % seq
    which = b'"ids":%b' % orjson.dumps(list(ids)) if ids is not None else b'"up_to":%d' % (up_to or 0)
    return b'{"op":"%b",%b%b,"unread":%d}' % (op.encode(), number, which, unread)


def preferences(document: dict[str, Any], roles: Sequence[str] | None = None) -> bytes:
    """Build the news of changed preferences; `roles` when these changed."""
    said = {"op": "preferences", "preferences": document}
    return orjson.dumps(said if roles is None else {**said, "roles": list(roles)})


def ack(ref: int | str | None, gone: Sequence[str], unknown: Sequence[str], unread: int) -> bytes:
    """Build the answer to a dismiss or a read."""
    said = {"op": "ack", "ref": ref, "changed": list(gone), "unknown": list(unknown), "unread": unread}
    return orjson.dumps(said)


def error(code: str, message: str, ref: int | str | None = None) -> bytes:
    """Build the refusal of one message."""
    said = {"op": "error", "ref": ref, "code": code, "message": message}
    return orjson.dumps({name: value for name, value in said.items() if name != "ref" or value is not None})


def bye(code: CloseCode, shortest_ms: int, longest_ms: int) -> bytes:
    """Build the announcement of a close, with the window in which to come back."""
    said = {
        "op": "bye",
        "code": int(code),
        "reconnect": code.reconnect,
        "delay_ms": [shortest_ms, longest_ms],
    }
    return orjson.dumps(said)


def packed(frame: bytes) -> bytes:
    """Turn a frame into msgpack of the same structure."""
    done: bytes = msgpack.packb(orjson.loads(frame))
    return done


def exact_moment(seconds: float) -> str:
    """Write a time as RFC 3339, in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(seconds: float) -> str:
    """Write a time as RFC 3339, in UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
