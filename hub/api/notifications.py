"""One notification: its entry, why its user got it, and what became of it on each channel."""

from __future__ import annotations

import asyncio

import orjson

from hub.api.answers import NotificationAnswer
from hub.api.auth import OWN_READ, Owned
from hub.api.call import Answer, Call
from hub.api.deliveries import delivery
from hub.api.problem import not_found
from hub.api.route import Route
from hub.core.inbox import entry_json, split_id
from hub.core.routing import TOLD
from hub.engine.log import Considered


async def existing(call: Call) -> Owned:
    """Find the decision that made the notification, wherever in the caller's tree; raise 404."""
    if parts := split_id(call.id):
        accounts = call.reach.accounts()
        found = await asyncio.gather(*(call.hub.log.decision(account, *parts) for account in accounts))
        for decision in (one for one in found if one and one.reason in TOLD):
            user = await call.hub.directory.user(decision.user)
            if user is not None and call.reach.sees(user.account):
                return Owned(user, decision)
    raise not_found(f"notification {call.id}")


async def read(call: Call) -> Answer:
    """Show it whole, also the `data` that snapshots leave out for its size."""
    user, decision = call.target.owner, call.target.value
    assert isinstance(decision, Considered)
    base, _ = split_id(call.id) or ("", 0)
    log = call.hub.log
    state, record = await asyncio.gather(log.state(user.account, user.id, call.id), log.record(user.account, base))
    if state is None or record is None:
        raise not_found(f"notification {call.id}")
    reason = record.reasons.get(decision.reason, decision.reason)
    entry = orjson.loads(entry_json(call.id, state, reason, record.body))
    return Answer({**entry, "user": user.id, "deliveries": [delivery(decision, entry["at"])]})


ROUTES = [
    Route("GET", "/v1/notifications/{id}", read, OWN_READ, "Read a notification", existing, answer=NotificationAnswer)
]
