"""`hub inspect`: what a hub decided and why, in words, out of what its API tells.

The reason codes are the core's and so are their sentences, which the API tells; here they are put beside each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from hub.app.broadcasting import PATH as BROADCASTS
from hub.app.broadcasting import receipts
from hub.app.inspecting_deliveries import about, addressed, coded, inspect_delivery
from hub.app.inspecting_users import inspect_user
from hub.app.inspecting_webhooks import inspect_webhook
from hub.app.naming import Names
from hub.app.operating import RunningHub, part

Row = Mapping[str, Any]


def inspect_notification(hub: RunningHub, id: str) -> Iterator[str]:
    """Say what a notification is, why its user got it, and what became of it on each channel."""
    found, names = hub.get(f"/v1/notifications/{part(id)}"), Names(hub)
    home = names.account(names.home(found["user"]))
    yield f"{found['title']} ({found['type']}) of {found['at']} for {names.user(found['user'])} of account {home}"
    yield f"Happened in account {names.account(found['account'])}{about(names, found)}"
    if found.get("event"):
        yield f"Event: {found['event']}; who else was considered: hub inspect delivery {found['event']}"
    if found.get("sender"):
        yield f"From: {found['sender']}"
    yield f"State: {found['state']}"
    yield f"Why: {found['reason']}"
    yield "Deliveries:"
    yield from (f"  {addressed(row)}, {coded(row)} ({row['at']}): {row['why']}" for row in found["deliveries"])


def inspect_broadcast(hub: RunningHub, id: str) -> Iterator[str]:
    """Say what a broadcast or a system notice is, how far it came, and what each of its recipients did with it."""
    path, names = f"{BROADCASTS}/{part(id)}", Names(hub)
    found = hub.find(path)
    if found is None:
        path = f"/v1/system-notices/{part(id)}"
        found = hub.get(path)
    yield f"{found['title']} ({found['type']}) of {found['at']} by {found['sender'] or found['by']}"
    yield from (f"  {line}" for line in found["body"].splitlines())
    yield f"To: {_audience(names, found)}"
    until = f" at {found['recalled_at']}" if found["recalled_at"] else _expiry(found)
    yield f"State: {found['status']}{until}, {receipts(found)}, e-mailed to {found['emailed']:,}"
    yield "Considered:"
    for account, rows in groupby(hub.items(f"{path}/recipients"), lambda row: str(row["account"])):
        yield f"  Users of account {names.account(account)}:"
        yield from (f"    {row['user']}: {_reached(row)}" for row in rows)


def _audience(names: Names, found: Row) -> str:
    if found["account"] is None:
        named = [] if found["accounts"] == "all" else found["accounts"]
        return ", ".join(f"account {names.account(id)}" for id in named) or "everybody"
    groups = [f"group {names.group(id, found['account'])}" for id in found["groups"]]
    to = ", ".join(groups + [f"user {names.user(id)}" for id in found["users"]])
    return f"{to} of account {names.account(found['account'])}"


def _expiry(found: Row) -> str:
    return f" until {found['expires_at']}" if found["expires_at"] else ""


def _reached(row: Row) -> str:
    done = [word for word in ("delivered", "shown", "dismissed") if row[word]]
    return f"{', '.join(done) or 'nothing'} ({row['reason']})"


INSPECT: dict[str, Callable[[RunningHub, str], Iterator[str]]] = {
    "user": inspect_user,
    "notification": inspect_notification,
    "delivery": inspect_delivery,
    "broadcast": inspect_broadcast,
    "webhook": inspect_webhook,
}
