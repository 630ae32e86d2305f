"""Who was told of what, over which channel, who was not, and why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from hub.api.answers import DeliveryAnswer
from hub.api.auth import ANYONE
from hub.api.call import Answer, Call
from hub.api.models import DeliveryQuery
from hub.api.paging import listed, read_cursor, write_cursor
from hub.api.problem import forbidden
from hub.api.publishing import at_text
from hub.api.route import Route
from hub.api.users import named
from hub.core.inbox import notification_id
from hub.core.routing import TOLD
from hub.engine.log import Considered, Log

CHANNEL = "system"
STATES = (None, "sent", "skipped")  # what may become of a notification in the app
FEW, MANY = 10, 100  # happenings read at a time: of all deliveries, or of those of one user or event
DECISIONS = 250  # read at a time of one happening


class Place(NamedTuple):
    """Where a happening lies in the list: accounts in order, in each the newest first."""

    account: str
    at: float
    base: str


class Row(NamedTuple):
    """One decision with its happening; `body` is what all its entries share."""

    place: Place
    body: Mapping[str, Any]
    decision: Considered


async def index(call: Call) -> Answer:
    """List deliveries. An agent sees their own, an admin those of their tree."""
    query, caller = call.query, call.caller.user
    only = await named(call, query.user) if query.user else None
    if caller is not None and not caller.has_role("admin"):
        if only is not None and only.id != caller.id:
            raise forbidden("Deliveries of other people take the role admin.")
        only = caller
    accounts = [only.account] if only else call.reach.accounts()
    after = read_cursor(query.cursor, str, float, str, int) if query.cursor else None
    if query.channel not in (None, CHANNEL) or query.state not in STATES:
        return Answer(listed([], None))
    found: list[dict[str, Any]] = []
    last = None
    async for row in _rows(call.hub.log, accounts, after, only.id if only else None, query.event):
        if not _is_wanted(row, query):
            continue
        if len(found) == query.limit:
            return Answer(listed(found, write_cursor(last)))
        found.append(_shown(row))
        last = [*row.place, row.decision.index]
    return Answer(listed(found, None))


def delivery(decision: Considered, at: str) -> dict[str, Any]:
    """Show one decision as a delivery on the channel system."""
    told = decision.reason in TOLD
    return {
        "channel": CHANNEL,
        "to": decision.user,
        "state": "sent" if told else "skipped",
        "reason": decision.reason,
        "attempts": 1 if told else 0,
        "at": at,
    }


def _shown(row: Row) -> dict[str, Any]:
    place, body, decision = row
    told = notification_id(place.base, decision.index) if decision.reason in TOLD else None
    whose = {"notification": told, "event": body["event"], "type": body["type"], "user": decision.user}
    return {**whose, "account": place.account, **delivery(decision, at_text(place.at / 1000))}


def _is_wanted(row: Row, query: DeliveryQuery) -> bool:
    state = "sent" if row.decision.reason in TOLD else "skipped"
    return query.state in (None, state)


async def _rows(
    log: Log, accounts: Sequence[str], after: list[Any] | None, user: str | None, event: str | None
) -> AsyncIterator[Row]:
    """Walk through the decisions of these accounts, from behind a place on: all, or those on a user or an event."""
    for account in accounts:
        if after and account < after[0]:
            continue
        start = (after[1], after[2]) if after and account == after[0] else None
        reasons = await log.reasons(account) if user else []
        async for places in _batches(log, account, start, MANY if user or event else FEW):
            shown = {place: after[3] for place in places if after and (place.at, place.base) == start}
            rows = _of_user(log, places, user, reasons) if user else _of_all(log, places, shown, event)
            async for row in rows:
                if row.decision.index > shown.get(row.place, -1) and event in (None, row.body["event"]):
                    yield row


async def _of_user(log: Log, places: Sequence[Place], user: str, reasons: Sequence[str]) -> AsyncIterator[Row]:
    """Look one user up in each happening, whose audience may be any size."""
    looking = (log.decision_about(place.account, place.base, user, reasons) for place in places)
    found = zip(places, await asyncio.gather(*looking), strict=True)
    decided = [(place, decision) for place, decision in found if decision is not None]
    bodies = await _bodies(log, [place for place, _ in decided])
    for place, decision in decided:
        if place in bodies:
            yield Row(place, bodies[place], decision)


async def _of_all(
    log: Log, places: Sequence[Place], shown: Mapping[Place, int], event: str | None
) -> AsyncIterator[Row]:
    """Go through everybody of each happening, a bounded number at a time."""
    for place, body in (await _bodies(log, places)).items():
        if event not in (None, body["event"]):
            continue
        last = shown.get(place, -1)
        while decisions := await log.decisions(place.account, place.base, last, DECISIONS):
            for decision in decisions:
                yield Row(place, body, decision)
            last = decisions[-1].index


async def _bodies(log: Log, places: Sequence[Place]) -> dict[Place, Mapping[str, Any]]:
    """Read what happened; a happening that retention took meanwhile is left out."""
    records = await asyncio.gather(*(log.record(place.account, place.base) for place in places))
    return {place: orjson.loads(record.body) for place, record in zip(places, records, strict=True) if record}


async def _batches(log: Log, account: str, start: tuple[float, str] | None, size: int) -> AsyncIterator[list[Place]]:
    """Walk through an account's happenings, newest first, from one on.

    Many may share a millisecond (always, where the clock stands still), so a batch that brings nothing new grows.
    """
    last, wants_last = start, start is not None
    while True:
        rows = await log.recent(account, size, last[0] + 0.5 if last else None)
        places = dict.fromkeys(Place(account, at, base) for base, _, at in rows)
        fresh = [place for place in places if last is None or _follows(place, last, wants_last)]
        yield fresh
        if len(rows) < size:
            return
        if fresh:
            last, wants_last = (fresh[-1].at, fresh[-1].base), False
        else:
            size *= 2


def _follows(place: Place, last: tuple[float, str], or_is: bool) -> bool:
    here = (place.at, place.base)
    return here < last or (or_is and here == last)


ROUTES = [Route("GET", "/v1/deliveries", index, ANYONE, "List deliveries", query=DeliveryQuery, answer=DeliveryAnswer)]
