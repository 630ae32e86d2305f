"""One notification: its entry, why its user got it, and what became of it on each channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from hub.api.auth import OWN_READ, Owned
from hub.api.call import Answer, Call
from hub.api.deliveries import delivery
from hub.api.problem import not_found
from hub.api.route import Route
from hub.core.inbox import entry_json, split_id


async def existing(call: Call) -> Owned:
    """Find the decision that made the notification, wherever in the caller's tree; raise 404."""
    if parts := split_id(call.id):
        accounts = call.reach.accounts()
        stored = await asyncio.gather(*(call.hub.log.decisions(account, parts[0]) for account in accounts))
        for decision in (one for decisions in stored for one in decisions if one["index"] == parts[1]):
            user = await call.hub.directory.user(decision["user"])
            if user is not None and decision["told"] and call.reach.sees(user.account):
                return Owned(user, decision)
    raise not_found(f"notification {call.id}")


async def read(call: Call) -> Answer:
    """Show it whole, also the `data` that snapshots leave out for its size."""
    user, decision = call.target.owner, call.target.value
    base, _ = split_id(call.id) or ("", 0)
    log = call.hub.log
    state, record = await asyncio.gather(log.state(user.account, user.id, call.id), log.record(user.account, base))
    if state is None or record is None:
        raise not_found(f"notification {call.id}")
    code = str(decision["reason"])
    entry = orjson.loads(entry_json(call.id, state, record.reasons.get(code, code), record.body))
    return Answer({**entry, "user": user.id, "deliveries": _deliveries(entry, decision)})


def _deliveries(entry: Mapping[str, Any], decision: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [delivery(decision, entry["at"])]


ROUTES = [Route("GET", "/v1/notifications/{id}", read, OWN_READ, "Read a notification", existing)]
