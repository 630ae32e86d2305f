"""Events: what happened, as a producer posted it, and what can be said of one by its own values alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from hub.core.catalogue import NotificationType
from hub.core.directory import Account

ORIGINS = ("manual", "sales_cycle", "action_plan", "sequence", "import", "parser", "api", "system")
DATA_LIMIT = 16 * 1024  # bytes of JSON; more is refused, so that what a log keeps stays small
SMALLEST, LARGEST = -(2**63), 2**64 - 1  # what JSON here carries exactly
LINE_AUDIENCES = frozenset({"line_users", "personal_line_owner"})


@dataclass(frozen=True, slots=True)
class Event:
    """Describe something that happened; `occurred_at` is RFC 3339 with an offset."""

    type: str
    account: str
    id: str | None = None
    origin: str = "api"
    contact: str | None = None
    line: str | None = None
    users: tuple[str, ...] = ()
    title: str | None = None
    body: str | None = None
    url: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: str | None = None
    original_contact: str | None = None
    contacts: tuple[str, ...] = ()


def problems(event: Event, kind: NotificationType) -> tuple[tuple[str, str], ...]:
    """List what is wrong with an event of this type, as (field, message)."""
    return (*_missing(event, kind), *_malformed(event))


def changed_fields(event: Event) -> tuple[str, ...]:
    """Name the fields that a `*_changed` event really changed (AMB-43); equal old and new is no change."""
    changes = event.data.get("changes")
    if not isinstance(changes, Mapping):
        return ()
    return tuple(name for name, values in changes.items() if not _same(values))


def is_ticked(event: Event, flag: str) -> bool:
    """Tell whether a type's `requires_flag` is ticked: `step.notify` is read from `data.step.notify`."""
    value: object = event.data
    for name in flag.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value is True


def is_link(url: str) -> bool:
    """Tell whether a click may lead there: http, https or mailto, and no character that is not seen."""
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return bool(parts.path)
    return parts.scheme in ("http", "https") and bool(host)


def account_paused(before: Account | None, after: Account, change: int) -> Event | None:
    """Raise the event of an account going from active to paused, in that direction only (C-21, AMB-19).

    `change` numbers the change: who took part in it at the same time raises the same event.
    """
    if before is None or (before.status, after.status) != ("active", "paused"):
        return None
    return Event(type="account_paused", account=after.id, id=f"account-paused-{change}", origin="system")


def _missing(event: Event, kind: NotificationType) -> list[tuple[str, str]]:
    found = []
    if kind.audience == "addressee" and not event.users:
        found.append(("users", "name at least one user for this type"))
    if kind.audience in LINE_AUDIENCES and not event.line:
        found.append(("line", "name the line for this type"))
    if kind.personal_target == "original_contact_assigned_user" and not event.original_contact:
        found.append(("original_contact", "name the contact that was there first"))
    return found


def _malformed(event: Event) -> list[tuple[str, str]]:
    found = []
    if event.origin not in ORIGINS:
        found.append(("origin", f"must be one of {', '.join(ORIGINS)}"))
    if event.url is not None and not is_link(event.url):
        found.append(("url", "must be an http, https or mailto address"))
    return found + _data_problems(event.data)


def _same(values: object) -> bool:
    return isinstance(values, list | tuple) and len(values) == 2 and bool(values[0] == values[1])


def _data_problems(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    try:
        is_short = len(orjson.dumps(data)) <= DATA_LIMIT
    except TypeError:  # a number, a text or a depth that JSON could not carry back out
        if place := _long_integer(data):
            return [(place, "must be an integer of at most 64 bits")]
        is_short = False
    return [] if is_short else [("data", f"must be JSON of at most {DATA_LIMIT} bytes")]


def _long_integer(data: Mapping[str, Any]) -> str | None:
    """Name an integer beyond 64 bits, such as `data.list[2].number`.

    What is posted may be deep and wide: nothing recurs, and only the place that is found is written out.
    """
    waiting: list[tuple[Any, ...]] = [(data, "data", None)]  # a value, its step, and the row of what holds it
    while waiting:
        row = waiting.pop()
        value = row[0]
        if isinstance(value, Mapping):
            waiting += [(part, f".{name}", row) for name, part in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(part, f"[{i}]", row) for i, part in enumerate(value)]
        elif isinstance(value, int) and not SMALLEST <= value <= LARGEST:
            return _place(row)
    return None


def _place(row: tuple[Any, ...]) -> str:
    steps = []
    while row:
        _, step, row = row
        steps.append(step)
    return "".join(reversed(steps))
