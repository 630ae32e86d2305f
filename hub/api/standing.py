"""The list of texts, or of e-mails, in one state: read from where they are found by it, however much else there is.

It goes by account and, in each, by what happened last. Accounts that are older than the index of states are walked
through like all else (deliveries) until the index is whole. What has failed for good has a list of its own
(dead_letters).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hub.api.call import Answer, Call
from hub.api.needs import Hub
from hub.api.outcomes import Outcome, happened, outcomes, whole_rows
from hub.api.paging import has_shape, listed, read_cursor, write_cursor
from hub.core.inbox import split_id

ACCOUNTS = 20  # looked through at a time

Place = tuple[str, str]  # account, notification


async def page(call: Call, accounts: Sequence[str]) -> Answer:
    """List one page of the deliveries of a channel that stand so."""
    query = call.query
    after: Place | None = tuple(read_cursor(query.cursor, str, str)) if query.cursor else None
    places = await _places(call, accounts, after)
    found, more = places[: query.limit], len(places) > query.limit
    reading = (outcome_of(call.hub, account, id, query.channel, query.state) for account, id in found)
    items = await whole_rows(call.reach, [one for one in await asyncio.gather(*reading) if one])
    return Answer(listed(items, write_cursor([*found[-1]]) if more else None))


async def serves(call: Call, accounts: Sequence[str]) -> bool:
    """Tell whether a page is to be read here: it goes on from one that was, or it is the first, and everything in these
    accounts is found so."""
    if call.query.cursor:
        return has_shape(call.query.cursor, str, str)
    for start in range(0, len(accounts), ACCOUNTS):
        some = accounts[start : start + ACCOUNTS]
        if not all(await asyncio.gather(*map(call.hub.deliveries.index.is_whole, some))):
            return False
    return True


async def outcome_of(hub: Hub, account: str, notification: str, channel: str, state: str) -> Outcome | None:
    """Read one delivery; None for one that stands otherwise meanwhile, or is gone."""
    base, index = split_id(notification) or ("", 0)
    considered, record, sent = await asyncio.gather(
        hub.log.decision(account, base, index),
        hub.log.record(account, base),
        hub.deliveries.of(account, base, [index]),
    )
    if considered is None or record is None:
        return None
    rows = outcomes(happened(account, base, record), considered, sent)
    return next((one for one in rows if (one.delivery.channel, one.delivery.state) == (channel, state)), None)


async def _places(call: Call, accounts: Sequence[str], after: Place | None) -> list[Place]:
    """Find one place more than a page holds, from behind one on."""
    query, left = call.query, [account for account in accounts if after is None or account >= after[0]]
    found = list[Place]()
    while left and len(found) <= query.limit:
        some, left = left[:ACCOUNTS], left[ACCOUNTS:]
        most = query.limit + 1 - len(found)
        looking = (
            call.hub.deliveries.standing(
                account, query.channel, query.state, most, after[1] if after and account == after[0] else None
            )
            for account in some
        )
        for account, ids in zip(some, await asyncio.gather(*looking), strict=True):
            found += ((account, id) for id in ids)
    return found[: query.limit + 1]
