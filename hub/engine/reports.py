"""What a provider reports of texts that it took over: that they did not arrive, after all.

A report names a text as the provider calls it, and may come before the courier has written down that it was sent. So
both sides meet at that name (meet_report.lua), which is forgotten by itself. A report counts only for what was sent
last under it: whoever sends a text again waits for another one.
"""

import msgpack

from hub.engine.connection import Store
from hub.engine.couriers import Couriers
from hub.engine.rows import field_of, parted, text

KEPT_SECONDS = 7 * 86_400  # carriers report within three days
EARLY_SECONDS = 3_600  # a report of a text that nobody has written down yet; of most of them nobody ever will


class Reports:
    """The reports on all accounts' texts."""

    def __init__(self, store: Store, couriers: Couriers) -> None:
        self._store = store
        self._couriers = couriers

    async def expect(self, reference: str, account: str, delivery: str) -> None:
        """Say which delivery (``<notification>:<channel>``) a text is, before it is written down as sent."""
        await self._meet(reference, "place", f"{account} {delivery}", KEPT_SECONDS)

    async def take(self, reference: str, why: str, now_ms: int) -> bool:
        """Take a provider's word that a text failed; tell whether a delivery became failed by it, here and now."""
        place, _ = await self._meet(reference, "why", why, EARLY_SECONDS)
        return await self._fail(reference, place, why, now_ms) if place else False

    async def catch_up(self, reference: str, now_ms: int) -> bool:
        """Do what a report asked for that came before its delivery was written down as sent."""
        name = self._name(reference)
        place, why = await self._store.command("HMGET", name, "place", "why")
        return await self._fail(reference, text(place), text(why), now_ms) if place and why else False

    async def _fail(self, reference: str, place: str, why: str, now_ms: int) -> bool:
        account, _, letter = place.partition(" ")
        id, _, channel = letter.rpartition(":")
        keys = self._store.keys
        kinds = (keys.account(account, kind) for kind in ("dead", "states"))
        names = [keys.deliveries(account, parted(id)[0]), *kinds, *keys.feed(account)]
        asked = {
            "id": id, "field": field_of(id, channel), "letter": letter, "reference": reference, "why": why,
            "now_ms": now_ms,
        }  # fmt: skip
        if not await self._store.call("fail_delivery", names, msgpack.packb(asked)):
            return False
        await self._couriers.tell(account)
        return True

    async def _meet(self, reference: str, side: str, said: str, seconds: int) -> tuple[str, str]:
        place, why = await self._store.call("meet_report", [self._name(reference)], side, said, seconds)
        return text(place), text(why)

    def _name(self, reference: str) -> str:
        return self._store.keys.work(f"texted:{reference}")
