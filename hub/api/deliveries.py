"""Who was told of what, over which channel, who was not, and why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

from hub.api import dead_letters, standing
from hub.api.answers import DeliveryAnswer
from hub.api.auth import ANYONE
from hub.api.call import Answer, Call
from hub.api.models import DeliveryQuery
from hub.api.needs import Hub
from hub.api.outcomes import Happened, Outcome, happened, outcomes, whole_rows
from hub.api.paging import listed, read_cursor, write_cursor
from hub.api.problem import forbidden
from hub.api.route import Route
from hub.api.users import named
from hub.engine.couriers import CHANNELS
from hub.engine.deliveries import Delivery
from hub.engine.log import Considered, Log

FEW, MANY = 10, 100  # happenings read at a time: of all deliveries, or of those of one user or event
DECISIONS = 250  # read at a time of one happening


class Place(NamedTuple):
    """Where a happening lies in the list: accounts in order, in each the newest first."""

    account: str
    at: float
    base: str


class Start(NamedTuple):
    """Behind which delivery a page begins: that of a user, by their number, and of a channel, by its number."""

    account: str
    at: float
    base: str
    number: int
    channel: int


async def index(call: Call) -> Answer:
    """List deliveries. An agent sees their own, an admin those of their tree."""
    query, caller = call.query, call.caller.user
    only = await named(call, query.user) if query.user else None
    if caller is not None and not caller.has_role("admin"):
        if only is not None and only.id != caller.id:
            raise forbidden("Deliveries of other people take the role admin.")
        only = caller
    accounts = [only.account] if only else call.reach.accounts()
    if query.state and not (only or query.event):
        if query.state == "failed":
            return await dead_letters.page(call, accounts)
        if query.channel in CHANNELS and await standing.serves(call, accounts):
            return await standing.page(call, accounts)
    start = Start(*read_cursor(query.cursor, str, float, str, int, int)) if query.cursor else None
    found: list[Outcome] = []
    async for one in _outcomes(call.hub, accounts, start, only.id if only else None, query.event):
        if not _is_wanted(one, query):
            continue
        if len(found) == query.limit:
            return Answer(listed(await whole_rows(call.reach, found), write_cursor([*_start(found[-1])])))
        found.append(one)
    return Answer(listed(await whole_rows(call.reach, found), None))


def _start(one: Outcome) -> Start:
    return Start(one.happened.account, float(one.happened.at), one.happened.base, *one.place)


def _is_wanted(one: Outcome, query: DeliveryQuery) -> bool:
    return query.channel in (None, one.delivery.channel) and query.state in (None, one.delivery.state)


async def _outcomes(
    hub: Hub, accounts: Sequence[str], start: Start | None, user: str | None, event: str | None
) -> AsyncIterator[Outcome]:
    """Walk through what became of everything in these accounts, from behind a place on: for all, or about a user or an
    event."""
    for account in accounts:
        if start and account < start.account:
            continue
        begins = start if start and account == start.account else None
        reasons = await hub.log.reasons(account) if user else []
        behind = (begins.at, begins.base) if begins else None
        async for places in _batches(hub.log, account, behind, MANY if user or event else FEW):
            several = _of_user(hub, places, user, reasons) if user else _of_all(hub, places, begins, event)
            async for one in several:
                if _is_behind(one, begins) and event in (None, one.happened.body["event"]):
                    yield one


def _is_behind(one: Outcome, start: Start | None) -> bool:
    return start is None or one.happened.base != start.base or one.place > (start.number, start.channel)


async def _of_user(hub: Hub, places: Sequence[Place], user: str, reasons: Sequence[str]) -> AsyncIterator[Outcome]:
    """Look one user up in each happening, whose audience may be any size."""
    looking = (hub.log.decision_about(place.account, place.base, user, reasons) for place in places)
    found = zip(places, await asyncio.gather(*looking), strict=True)
    decided = {place: decision for place, decision in found if decision is not None}
    known = await _known(hub.log, list(decided))
    reading = (hub.deliveries.of(place.account, place.base, [decided[place].index]) for place in known)
    for place, sent in zip(known, await asyncio.gather(*reading), strict=True):
        for one in outcomes(known[place], decided[place], sent):
            yield one


async def _of_all(hub: Hub, places: Sequence[Place], start: Start | None, event: str | None) -> AsyncIterator[Outcome]:
    """Go through everybody of each happening, a bounded number at a time."""
    for place, known in (await _known(hub.log, places)).items():
        if event not in (None, known.body["event"]):
            continue
        last = start.number - 1 if start and start.base == place.base else -1
        while decisions := await hub.log.decisions(place.account, place.base, last, DECISIONS):
            sent = await hub.deliveries.of(place.account, place.base, [one.index for one in decisions])
            for one in _joined(known, decisions, sent):
                yield one
            last = decisions[-1].index


def _joined(of: Happened, decisions: Sequence[Considered], sent: Sequence[Delivery]) -> Iterator[Outcome]:
    by_index: dict[int, list[Delivery]] = {}
    for delivery in sent:
        by_index.setdefault(delivery.index, []).append(delivery)
    for considered in decisions:
        yield from outcomes(of, considered, by_index.get(considered.index, ()))


async def _known(log: Log, places: Sequence[Place]) -> dict[Place, Happened]:
    """Read what happened; a happening that retention took meanwhile is left out."""
    records = await asyncio.gather(*(log.record(place.account, place.base) for place in places))
    return {
        place: happened(place.account, place.base, record)
        for place, record in zip(places, records, strict=True)
        if record
    }


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
