"""Lanes: what waits to be sent, one lane for each that it goes to, over any channel of any account.

What is in a lane goes in order and one at a time, while lanes do not wait for each other. Whoever works a lane holds a
lease on it by the store's clock. What a kind of lane holds, and what an attempt at it is, its subclass says
(deliveries.py: a user's texts or e-mails; messages.py: what a webhook is told). Times are milliseconds of business
time.
"""

import asyncio
import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from hub.engine.connection import Store
from hub.engine.couriers import Couriers
from hub.engine.rows import text

LEASE_MS = 15_000
State = Literal["queued", "sent", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Lane:
    """The lane of one user and channel, or of one webhook, leased by `holder`."""

    account: str
    channel: str
    user: str
    holder: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to: a state, and why where it was not sent.

    While it is `queued`, the whole lane waits until `hold_ms` (a retry), or this one alone is put off to `due_ms`
    (quiet hours). `tried` is False when nothing was handed to anybody. `to` is the address that was used, if it is
    another than was known.
    """

    state: State
    why: str | None = None
    reference: str = ""
    hold_ms: int | None = None
    due_ms: int | None = None
    tried: bool = True
    to: str | None = None


class Lanes:
    """The lanes of some channels. `lease_ms` is how long a lane stays with a holder that says nothing."""

    channels: Sequence[str] = ()
    is_shared = False  # whether all lanes of an account lie under one key

    def __init__(self, store: Store, couriers: Couriers, lease_ms: int = LEASE_MS) -> None:
        self._store = store
        self.couriers = couriers
        self.lease_ms = lease_ms

    async def claim(self, channel: str, now_ms: int, most: int) -> list[Lane]:
        """Take lanes of any accounts that have something due; an account with nothing left to do is put off."""
        found = await self.couriers.due(channel, now_ms)
        random.shuffle(found)  # so that nobody's flood keeps the others waiting
        lanes = list[Lane]()
        while found and len(lanes) < most:
            left = most - len(lanes)
            some, found = found[:left], found[left:]
            share = max(1, left // len(some))
            for taken in await asyncio.gather(*(self._claim(channel, now_ms, share, *one) for one in some)):
                lanes += taken
        return lanes

    async def _claim(self, channel: str, now_ms: int, most: int, account: str, number: bytes) -> list[Lane]:
        lanes, leases, _ = self._store.keys.lanes(account, channel)
        holder = secrets.token_hex(8)
        users, leased, due = await self._store.call(
            "claim_lanes", [lanes, leases], holder, now_ms, most, self.lease_ms
        )  # fmt: skip
        if not leased:
            await self.couriers.rest(channel, account, number, int(float(due)) if float(due) >= 0 else None)
        return [Lane(account, channel, text(user), holder) for user in users]

    async def renew(self, lanes: Iterable[Lane]) -> None:
        """Keep lanes from others for longer."""
        places = sorted(lanes, key=lambda lane: (lane.account, lane.channel))
        calls = []
        for (account, channel), several in groupby(places, key=lambda lane: (lane.account, lane.channel)):
            words = [word for lane in several for word in (lane.user, lane.holder)]
            leases = self._store.keys.lanes(account, channel)[1]
            calls.append(self._store.call("renew_lanes", [leases], self.lease_ms, *words))
        await asyncio.gather(*calls)

    async def next(self, lane: Lane, now_ms: int) -> str | None:
        """Name what is due next in a lane; None when the lane was given back, or is lost."""
        names = [self._place(lane), *self._store.keys.lanes(lane.account, lane.channel)]
        shared = "1" if self.is_shared else ""
        return (
            text(await self._store.call("next_in_lane", names, lane.user, lane.holder, now_ms, shared) or b"") or None
        )

    def _place(self, lane: Lane) -> str:
        """Name the key that holds what waits in a lane."""
        return self._store.keys.lane(lane.account, lane.channel, lane.user)

    async def left(self, now_ms: int) -> int:
        """Count the accounts with something due, or under way, over all channels."""
        return sum([await self.couriers.left(channel, now_ms) for channel in self.channels])

    async def raise_again(self, account: str, now_ms: int) -> None:
        """Have an account with lanes looked at, however its raise was lost."""
        for channel in self.channels:
            lanes, leases, _ = self._store.keys.lanes(account, channel)
            if await self._store.command("EXISTS", lanes, leases):
                await self.couriers.call(account, channel, now_ms)
