"""One notification: its entry, why its user got it, and what became of it on each channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.api.answers import NotificationAnswer
from hub.api.auth import OWN_READ, Owned
from hub.api.call import Answer, Call
from hub.api.outcomes import happened, outcomes, rows
from hub.api.problem import not_found
from hub.api.route import Route
from hub.core.inbox import entry_json, split_id
from hub.core.routing import TOLD
from hub.engine.deliveries import Delivery
from hub.engine.log import Considered
from hub.engine.rows import Record

BESIDE_THE_APP = "read"  # the state of what never was in an inbox: nobody has it unread


@dataclass(frozen=True, slots=True)
class Found:
    """Where a notification lies, what was decided of its user, and what was sent to them."""

    account: str
    base: str
    considered: Considered
    sent: list[Delivery]

    @property
    def is_in_app(self) -> bool:
        """Tell whether it is an entry of the inbox."""
        return self.considered.reason in TOLD

    @property
    def exists(self) -> bool:
        """Tell whether there is one: on some channel, also on e-mail alone (AMB-31)."""
        return self.is_in_app or any(delivery.state != "skipped" for delivery in self.sent)


async def existing(call: Call) -> Owned:
    """Find the notification, wherever in the caller's tree; raise 404."""
    if parts := split_id(call.id):
        for found in await located(call, *parts, call.reach.accounts()):
            user = await call.hub.directory.user(found.considered.user)
            if found.exists and user is not None and call.reach.sees(user.account):
                return Owned(user, found)
    raise not_found(f"notification {call.id}")


async def located(call: Call, base: str, index: int, accounts: Sequence[str]) -> list[Found]:
    """Look a happening's user up in these accounts."""
    hub = call.hub
    decisions = await asyncio.gather(*(hub.log.decision(account, base, index) for account in accounts))
    decided = [(account, one) for account, one in zip(accounts, decisions, strict=True) if one]
    sent = await asyncio.gather(*(hub.deliveries.of(account, base, [index]) for account, _ in decided))
    return [Found(account, base, one, of) for (account, one), of in zip(decided, sent, strict=True)]


async def read(call: Call) -> Answer:
    """Show it whole, also the `data` that snapshots leave out for its size."""
    user, found = call.target.owner, call.target.value
    assert isinstance(found, Found)
    log = call.hub.log
    state, record = await asyncio.gather(
        log.state(found.account, user.id, call.id), log.record(found.account, found.base)
    )  # fmt: skip
    state = state if found.is_in_app else BESIDE_THE_APP
    if state is None or record is None:
        raise not_found(f"notification {call.id}")
    deliveries = await deliveries_of(call, found, record)
    entry = orjson.loads(entry_json(call.id, state, _reason(deliveries), record.body))
    return Answer({**entry, "user": user.id, "deliveries": deliveries})


async def deliveries_of(call: Call, found: Found, record: Record) -> list[dict[str, Any]]:
    """Show what became of it on each channel."""
    of = happened(found.account, found.base, record)
    return await rows(call.reach, outcomes(of, found.considered, found.sent))


def _reason(deliveries: list[dict[str, Any]]) -> str:
    """Say why the user got it: by the first channel that brought it."""
    return next(str(row["why"]) for row in deliveries if row["state"] != "skipped")


ROUTES = [
    Route("GET", "/v1/notifications/{id}", read, OWN_READ, "Read a notification", existing, answer=NotificationAnswer)
]
