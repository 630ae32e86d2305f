"""Dead letters: what was tried in vain is sent again, or dropped, when a person says so."""

from __future__ import annotations

from hub.api.answers import Outcome
from hub.api.auth import RETRIES
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.notifications import Found, deliveries_of, located
from hub.api.problem import Problem, conflict, not_found
from hub.api.route import Route
from hub.core.inbox import split_id


async def existing(call: Call) -> Found:
    """Find the delivery by `{notification}:{channel}` in the caller's tree; raise 404."""
    notification, _, channel = call.id.rpartition(":")
    parts = split_id(notification)
    for found in await located(call, *parts, call.reach.accounts()) if parts else ():
        user = await call.hub.directory.user(found.considered.user)
        is_there = channel in (delivery.channel for delivery in found.sent)
        if is_there and user is not None and call.reach.sees(user.account):
            return found
    raise not_found(f"delivery {call.id}")


async def retry(call: Call) -> Answer:
    """Queue it again, with as many attempts as it had at first; raise 409 for one that was not given up."""
    if not await call.hub.deliveries.retry(call.target.account, call.id, int(call.hub.clock.now() * 1000)):
        raise _not_dead(call.id)
    again = await existing(call)
    record = await call.hub.log.record(again.account, again.base)
    shown = await deliveries_of(call, again, record) if record else []
    return Answer(next((row for row in shown if row["id"] == call.id), None), 202)


async def drop(call: Call) -> Answer:
    """Give it up for good: what became of it stays known."""
    if not await call.hub.deliveries.drop(call.target.account, call.id):
        raise _not_dead(call.id)
    return NO_CONTENT


def _not_dead(id: str) -> Problem:
    return conflict(f"The delivery {id} is no dead letter.")


ITEM = "/v1/deliveries/{id}"
ROUTES = [
    Route("POST", f"{ITEM}/retry", retry, RETRIES, "Send a dead letter again", existing, status=202, answer=Outcome),
    Route("DELETE", ITEM, drop, RETRIES, "Drop a dead letter", existing, status=204),
]
