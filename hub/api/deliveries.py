"""Who was told of what, over which channel, who was not, and why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import orjson

from hub.api.auth import ANYONE
from hub.api.call import Answer, Call
from hub.api.models import DeliveryQuery
from hub.api.paging import listed, read_cursor, write_cursor
from hub.api.problem import forbidden
from hub.api.publishing import at_text
from hub.api.route import Route
from hub.api.users import named
from hub.core.inbox import notification_id
from hub.engine.log import Log

BATCH = 100  # happenings read at a time


class Place(NamedTuple):
    """Where a happening lies in the list: accounts in order, in each the newest first."""

    account: str
    at: float
    base: str


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
    found: list[dict[str, Any]] = []
    last = None
    async for place, decision in _rows(call.hub.log, accounts, after):
        row = _row(place, decision)
        if not _is_wanted(row, query, only.id if only else None):
            continue
        if len(found) == query.limit:
            return Answer(listed(found, write_cursor(last)))
        found.append(row)
        last = [place.account, place.at, place.base, decision["index"]]
    return Answer(listed(found, None))


def delivery(decision: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Show one decision as a delivery on the channel system."""
    return {
        "channel": "system",
        "to": decision["user"],
        "state": "sent" if decision["told"] else "skipped",
        "reason": decision["reason"],
        "attempts": 1 if decision["told"] else 0,
        "at": at,
    }


def _row(place: Place, decision: Mapping[str, Any]) -> dict[str, Any]:
    told = notification_id(place.base, decision["index"]) if decision["told"] else None
    whose = {"notification": told, "event": decision["event"], "type": decision["type"], "user": decision["user"]}
    return {**whose, "account": place.account, **delivery(decision, at_text(place.at / 1000))}


def _is_wanted(row: Mapping[str, Any], query: DeliveryQuery, user: str | None) -> bool:
    asked = {"user": user, "channel": query.channel, "state": query.state, "event": query.event}
    return all(wanted is None or row[name] == wanted for name, wanted in asked.items())


async def _rows(log: Log, accounts: list[str], after: list[Any] | None) -> AsyncIterator[tuple[Place, dict[str, Any]]]:
    """Walk through all decisions of these accounts, from behind a place on; each with the event it is about."""
    for account in accounts:
        if after and account < after[0]:
            continue
        start = (after[1], after[2]) if after and account == after[0] else None
        async for place in _happenings(log, account, start):
            shown = after[3] if after and (place.at, place.base) == start else -1
            decisions, record = await asyncio.gather(
                log.decisions(account, place.base), log.record(account, place.base)
            )
            event = orjson.loads(record.body)["event"] if record else None
            for decision in decisions:
                if decision["index"] > shown:
                    yield place, {**decision, "event": event}


async def _happenings(log: Log, account: str, start: tuple[float, str] | None) -> AsyncIterator[Place]:
    """Walk through an account's happenings, newest first, from one on.

    Many may share a millisecond (always, where the clock stands still), so a batch that brings nothing new grows.
    """
    size, last, wants_last = BATCH, start, start is not None
    while True:
        rows = await log.recent(account, size, last[0] + 0.5 if last else None)
        places = dict.fromkeys(Place(account, at, base) for base, _, at in rows)
        fresh = [place for place in places if last is None or _follows(place, last, wants_last)]
        for place in fresh:
            yield place
        if len(rows) < size:
            return
        if fresh:
            last, wants_last = (fresh[-1].at, fresh[-1].base), False
        else:
            size *= 2


def _follows(place: Place, last: tuple[float, str], or_is: bool) -> bool:
    here = (place.at, place.base)
    return here < last or (or_is and here == last)


ROUTES = [Route("GET", "/v1/deliveries", index, ANYONE, "List deliveries", query=DeliveryQuery)]
