"""Webhooks as the tests of the engine make them, and what waits for them."""

from typing import Any

import msgpack

from hub.core.webhooks import EVENTS, Fact, Webhook
from hub.engine.connection import Store
from hub.engine.couriers import WEBHOOK
from hub.engine.lanes import Outcome
from hub.engine.messages import Message, Messages, Read, listening

SENT = Outcome("sent")


def webhook(id: str = "wh-1", account: str = "acme", **fields: Any) -> Webhook:
    return Webhook(id, account, "https://hook.example/in", **{"events": EVENTS, **fields})


async def listen(messages: Messages, *ids: str, account: str = "acme", events: tuple[str, ...] = EVENTS) -> list[str]:
    return await messages.listen(account, [(id, listening(events, 0)) for id in ids], Read(0, 0))


async def waiting(store: Store, account: str = "acme") -> list[tuple[str, str]]:
    """List what waits in an account, as (webhook, message)."""
    members = await store.command("ZRANGE", store.keys.account(account, "messages"), 0, -1)
    found = []
    for member in members:
        fact = msgpack.unpackb(await store.command("HGET", store.keys.account(account, "messages:facts"), member))
        attempts = fact.get("a", 0)
        named = Fact(fact["t"], 0, fact["id"], channel=fact.get("c", ""), attempts=attempts)
        found.append((member.decode().partition(" ")[0], named.message))
    return found


async def told(messages: Messages, now: int = 0, outcome: Outcome = SENT, version: int = 99) -> list[Message]:
    """Tell webhooks all that is due; return it in the order of each."""
    found = []
    for lane in sorted(await messages.claim(WEBHOOK, now, 99), key=lambda lane: (lane.account, lane.user)):
        while id := await messages.next(lane, now):
            message = await messages.take(lane, id, now, version)
            if isinstance(message, Message):
                found.append(message)
                await messages.settle(message, outcome, now)
    return found
