"""What lies in a person's inbox: the ids of notifications and the JSON of an entry.

A happening's text is stored once for all its readers, as the bytes of a JSON object. An entry is these bytes
with what differs from reader to reader put in front: its id, its state, its reason.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from hub.core.catalogue import NotificationType
from hub.core.events import Event, changed_fields

LEAN_DATA = 2 * 1024  # bytes; more data is left out of snapshots, and read over HTTP

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: sorts like the number it spells
_ID = re.compile(r"([0-9a-z]{26})-(0|[1-9][0-9]{0,8})")


def happening_id(at_ms: int, seed: bytes) -> str:
    """Spell a time-sortable id of 26 characters from milliseconds since 1970 and ten bytes of chance."""
    number = (at_ms << 80) | int.from_bytes(seed[:10].rjust(10, b"\0"))
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def notification_id(base: str, index: int) -> str:
    """Name one user's notification: the happening, and the user's place in its audience."""
    return f"{base}-{index}"


def split_id(id: str) -> tuple[str, int] | None:
    """Take a notification id apart; None for what can be no id of ours."""
    match = _ID.fullmatch(id)
    return (match[1], int(match[2])) if match else None


def entry_json(id: str, state: str, reason: str, body: bytes) -> bytes:
    """Splice the reader's own fields into the shared body, without decoding it."""
    head = orjson.dumps({"id": id, "state": state, "reason": reason})
    return head if body == b"{}" else b"%b,%b" % (head[:-1], body[1:])


def lean(body_json: bytes) -> bytes:
    """Leave out `data` over 2 KiB, so that no snapshot outgrows its bounds (architecture, fine print 8)."""
    if len(body_json) <= LEAN_DATA:
        return body_json
    body = orjson.loads(body_json)
    if len(orjson.dumps(body.get("data"))) <= LEAN_DATA:
        return body_json
    del body["data"]
    return orjson.dumps(body)


def shared_body(
    event: Event,
    kind: NotificationType,
    at: str,
    *,
    html: str | None = None,
    sender: str | None = None,
    sample: bool = False,
) -> bytes:
    """Write what all readers of a happening under one type share; `at` is RFC 3339.

    `account` is that of the event, wherever its readers are. `html` must be clean (broadcasts.py); `body` says the
    same without markup.
    """
    data = dict(event.data) or None
    optional = {"html": html, "url": event.url, "contact": event.contact, "sender": sender, "data": data}
    body: dict[str, Any] = {
        "event": event.id,
        "type": kind.id,
        "title": event.title or kind.title,
        "body": _text(event, kind),
        "account": event.account,
        "at": at,
        "sticky": kind.sticky,
        "important": kind.id == "important_system_notice",
        "sample": sample,
        **{name: value for name, value in optional.items() if value is not None},
    }
    return orjson.dumps(body)


def _text(event: Event, kind: NotificationType) -> str:
    """Give the producer's words; a change is named even where the producer did not (AMB-43)."""
    words = event.body or ""
    if not kind.id.endswith("_changed"):
        return words
    missing = [name for name in changed_fields(event) if name not in words]
    named = f"Changed: {', '.join(missing)}." if missing else ""
    return "\n".join(part for part in (words, named) if part)
