"""Which accounts have something to send, over which channel, and from when on: what the couriers look at.

An account is raised before anything of it is queued, and once more afterwards. A courier that finds nothing due in an
account puts it off, unless it was raised since it looked: so nothing that was queued is ever waited for in vain.
Times are milliseconds of business time.
"""

import asyncio
from typing import Any

import structlog

from hub.engine.connection import Store
from hub.engine.rows import text

CHANNELS = ("text", "email")
WEBHOOK = "webhook"  # the channel of what webhooks are told
LOOK = 1_000  # accounts read at a time

journal = structlog.get_logger(__name__)


class Couriers:
    """The accounts with something to send."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Set when this process queued something, so that its courier need not look for it.
        self.waiting = {channel: asyncio.Event() for channel in (*CHANNELS, WEBHOOK)}

    async def call(self, account: str, channel: str, due_ms: int) -> None:
        """Say that an account has something to send from a moment on."""
        await self._store.call("raise_courier", self._store.keys.couriers(channel), account, due_ms)

    def begin(self, account: str, channel: str, due_ms: int) -> None:
        """Say so without waiting, after it was queued, and have this process look at once."""
        raised = self._store.begin("raise_courier", self._store.keys.couriers(channel), account, due_ms)
        raised.add_done_callback(lost)
        self.waiting[channel].set()

    async def tell(self, account: str) -> None:
        """Say, after it was queued, that webhooks are to be told something of an account.

        Who dies before says nothing; so every minute the accounts are looked at that any webhook hears (keeper.py).
        """
        await self.call(account, WEBHOOK, 0)
        self.waiting[WEBHOOK].set()

    async def due(self, channel: str, now_ms: int) -> list[tuple[str, bytes]]:
        """List the accounts with something to send by now, those that wait longest first, each with the number of its
        last raise."""
        due, raised = self._store.keys.couriers(channel)
        listed, start, found = dict[str, bytes](), 0, [b""] * LOOK
        while len(found) == LOOK:
            found = await self._store.command("ZRANGEBYSCORE", due, "-inf", now_ms, "LIMIT", start, LOOK)
            numbers = await self._store.command("HMGET", raised, *found) if found else []
            listed |= {text(account): number or b"" for account, number in zip(found, numbers, strict=True)}
            start += LOOK
        return list(listed.items())

    async def rest(self, channel: str, account: str, number: bytes, due_ms: int | None) -> None:
        """Put an account off, unless it was raised since that number; None = nothing is left in it."""
        due = "" if due_ms is None else due_ms
        await self._store.call("rest_courier", self._store.keys.couriers(channel), account, number, due)

    async def left(self, channel: str, now_ms: int) -> int:
        """Count the accounts with something due, or under way."""
        return int(await self._store.command("ZCOUNT", self._store.keys.couriers(channel)[0], "-inf", now_ms))


def lost(raised: asyncio.Future[Any]) -> None:
    """Note that a raise did not get through: the account is found again within the hour (scheduler)."""
    if not raised.cancelled() and (error := raised.exception()):
        journal.warning("an account was not raised", reason=str(error))
