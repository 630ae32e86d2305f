"""The list of what has failed for good: read from the dead letters themselves, however much else there is.

It goes by account and, in each, by when a delivery was given up, the newest first. What was dropped is no longer in it;
it is still told among the deliveries of its event, and of its user.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from hub.api.call import Answer, Call
from hub.api.needs import Hub
from hub.api.outcomes import Outcome, whole_rows
from hub.api.paging import listed, read_cursor, write_cursor
from hub.api.standing import outcome_of
from hub.engine.deliveries import DeadLetter, Deliveries

BATCH = 100  # letters read at a time

Place = tuple[str, int, str]  # account, when it was given up in ms, id


async def page(call: Call, accounts: Sequence[str]) -> Answer:
    """List one page of the dead letters of these accounts."""
    query = call.query
    account, at, id = read_cursor(query.cursor, str, int, str) if query.cursor else ("", 0, "")
    places: list[Place] = []
    more = False
    async for place in _places(call.hub.deliveries, accounts, (account, at, id) if query.cursor else None):
        if query.channel in (None, place[2].rpartition(":")[2]):
            if more := len(places) == query.limit:
                break
            places.append(place)
    found = await asyncio.gather(*(_outcome(call.hub, account, id) for account, _, id in places))
    items = await whole_rows(call.reach, [one for one in found if one])
    return Answer(listed(items, write_cursor(places[-1]) if more else None))


async def _places(deliveries: Deliveries, accounts: Sequence[str], after: Place | None) -> AsyncIterator[Place]:
    """Walk through the dead letters of these accounts, from behind one on."""
    for account in accounts:
        if after is None or account >= after[0]:
            start = DeadLetter(after[2], after[1]) if after and account == after[0] else None
            async for letter in _letters(deliveries, account, start):
                yield account, letter.at, letter.id


async def _letters(deliveries: Deliveries, account: str, last: DeadLetter | None) -> AsyncIterator[DeadLetter]:
    """Walk through an account's; many may share a millisecond, so a batch that brings nothing new grows."""
    size = BATCH
    while True:
        found = await deliveries.dead(account, size, last.at + 0.5 if last else None)
        fresh = [one for one in found if last is None or (one.at, one.id) < (last.at, last.id)]
        for letter in fresh:
            yield letter
        if len(found) < size:
            return
        last, size = (fresh[-1], size) if fresh else (last, size * 2)


async def _outcome(hub: Hub, account: str, id: str) -> Outcome | None:
    """Read a dead letter; None for one that was taken up again, or swept, meanwhile."""
    notification, _, channel = id.rpartition(":")
    return await outcome_of(hub, account, notification, channel, "failed")
