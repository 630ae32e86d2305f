"""How often one credential may call (protocol.md 1): over the limit it is 429 until `Retry-After`.

A producer key has a limit of its own; a user has one, however many tokens they hold, and a log-in-as session counts
for who acts. The operator's key has none. Whoever is not let in at all (401) is nobody's credential, and not counted:
guarding the door against strangers is the work of what stands before the hub.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from hub.api.auth import Caller
from hub.api.needs import Hub
from hub.api.problem import Problem
from hub.metrics import REQUESTS_LIMITED

Value = TypeVar("Value")


async def counted(hub: Hub, caller: Caller, reading: Awaitable[Value]) -> Value:
    """Read something of the store and count the request on the way; raise 429 when its credential makes too many."""
    if caller.is_operator:
        return await reading
    kind, id = ("user", caller.actor or caller.user.id) if caller.user else ("key", caller.id.partition(":")[2])
    return await _within(hub, kind, id, reading, f"This {kind} makes more requests than it may")


async def counted_sample(hub: Hub, user: str, reading: Awaitable[Value]) -> Value:
    """Read something and count a sample that leaves the house; raise 429 when a user asks for too many."""
    return await _within(hub, "sample", user, reading, "That is more samples than go out in a minute")


async def _within(hub: Hub, kind: str, id: str, reading: Awaitable[Value], refusal: str) -> Value:
    value, wait = await hub.limits.counted(kind, id, reading)
    if wait is None:
        return value
    REQUESTS_LIMITED.labels(kind).inc()
    raise Problem("rate_limited", f"{refusal}; come back in {wait} s.", headers={"Retry-After": str(wait)})
