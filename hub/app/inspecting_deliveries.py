"""`hub inspect delivery`: who was told of an event, over which channel, who was not, and why.

What was tried in vain is sent again, or given up, when a person says so. An id may be that of an event, of one
notification, or of one delivery: ``<notification>:<channel>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import chain, groupby, islice
from typing import Any

from hub.app.naming import Names
from hub.app.operating import NO_FLAGS, PAGE, Refused, RunningHub, part
from hub.core.inbox import split_id
from hub.settings import Unfit

DELIVERIES = "/v1/deliveries"
Row = Mapping[str, Any]


class Remedy(StrEnum):
    """What is done with a dead letter."""

    retry = "queued again"
    drop = "dropped"


def inspect_delivery(hub: RunningHub, id: str) -> Iterator[str]:
    """Say for every user considered for an event whether they were told, over which channel, and why; for the id of a
    notification that of its user alone, for that of a delivery how often it was tried, too.

    Raise Unfit when there is none.
    """
    names, notification = Names(hub), id.rpartition(":")[0]
    if split_id(notification):
        yield from _single(names, hub.find(f"/v1/notifications/{part(notification)}"), id)
        return
    found = hub.find(f"/v1/notifications/{part(id)}") if split_id(id) else None
    rows = _own_rows(names, found) if found else hub.items(DELIVERIES, event=id)
    first = list(islice(rows, PAGE))
    if not first:
        raise _unknown(id)
    yield from _decisions(names, found or _told_one(hub, first), chain(first, rows))


def remedy_delivery(hub: RunningHub, id: str, remedy: Remedy) -> Iterator[str]:
    """Send again, or drop, what was tried in vain: one delivery, or all of a notification or of an event.

    Raise Unfit when there is no dead letter of that id.
    """
    letters, done = _failed(hub, id), 0
    for row in letters:
        try:
            _apply(hub, row["id"], remedy)
        except Refused as refusal:
            if refusal.status != 409:
                raise
            yield f"{row['id']} is no dead letter any more"
        else:
            done += 1
            yield f"{row['id']}: {addressed(row, remedy)}"
    if not done:
        raise Unfit(f"no dead letter of {id} is known")


def addressed(row: Row, state: str | None = None) -> str:
    """Say over which channel a delivery goes to whom, and how it stands."""
    return f"{row['channel']} to {row['to'] or 'nobody'}: {state or row['state']}"


def coded(row: Row) -> str:
    """Say the reason code, and after how many attempts where there were several."""
    tries = f" after {row['attempts']} attempts" if row["attempts"] > 1 else ""
    return f"{row['reason']}{tries}"


def about(names: Names, found: Row) -> str:
    """Name the contact of an event, if it has one."""
    return f" about contact {names.contact(found['contact'], found['account'])}" if found.get("contact") else ""


def _unknown(id: str) -> Unfit:
    return Unfit(f"no delivery of an event or a notification {id} is known")


def _single(names: Names, found: Row | None, id: str) -> Iterator[str]:
    row = next((row for row in found["deliveries"] if row["id"] == id), None) if found else None
    if found is None or row is None:
        raise _unknown(id)
    yield f"{_happened(names, found)} for {names.user(found['user'])}"
    yield addressed(row)
    yield f"Why: {row['why']} ({row['reason']})"
    yield f"Attempts: {row['attempts']:,}; it stands so since {row['at']}"
    if row["state"] == "failed":
        yield "What was given up: --retry sends it again, --drop leaves it so"


def _failed(hub: RunningHub, id: str) -> list[dict[str, Any]]:
    """List what failed of a delivery, a notification or an event."""
    notification = id.rpartition(":")[0]
    of_one = notification if split_id(notification) else id
    if not split_id(of_one):
        return list(hub.items(DELIVERIES, event=id, state="failed"))
    found = hub.find(f"/v1/notifications/{part(of_one)}") or {"deliveries": ()}
    failed = (row for row in found["deliveries"] if row["state"] == "failed")
    return [row for row in failed if id in (of_one, row["id"])]


def _apply(hub: RunningHub, id: str, remedy: Remedy) -> None:
    path = f"{DELIVERIES}/{part(id)}"
    if remedy is Remedy.retry:
        hub.post(f"{path}/retry", {}, NO_FLAGS)
    else:
        hub.delete(path)


def _told_one(hub: RunningHub, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Read the notification of somebody who was told, which says what the event was."""
    told = next((row["notification"] for row in rows if row["notification"]), None)
    return hub.find(f"/v1/notifications/{part(told)}") if told else None


def _own_rows(names: Names, found: Row) -> Iterator[dict[str, Any]]:
    whose = {"user": found["user"], "type": found["type"], "account": names.home(found["user"])}
    return ({**row, **whose} for row in found["deliveries"])


def _decisions(names: Names, event: Row | None, rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Say one delivery a line, under the account of the users and the type under which they were considered."""
    if event:
        yield _happened(names, event)
    counts: dict[str, int] = {}
    for (account, kind), group in groupby(rows, lambda row: (row["account"], row["type"])):
        yield f"Users of account {names.account(account)}, as {kind}:"
        for row in group:
            counts[row["reason"]] = counts.get(row["reason"], 0) + 1
            yield f"  {row['user']}: {addressed(row)}, {coded(row)}: {row['why']}"
    yield f"In all: {', '.join(f'{reason} {number:,}' for reason, number in sorted(counts.items()))}"


def _happened(names: Names, event: Row) -> str:
    return f"{event['title']} of {event['at']} in account {names.account(event['account'])}{about(names, event)}"
