"""How many requests a credential may make in a minute, counted in the store for all processes together.

The strategy is the sliding window counter of `limits`: two counters a credential, whatever the limit is, and no burst
of twice the limit where two minutes meet. Its own Redis storage counts by a script in a round trip of its own, and
writes to the append-only file, for which even a request that only reads would wait. So counting is a Function here
(`take`) that leaves the file alone and travels with what the request reads anyway. The rest is the library's.
"""

import time
from collections.abc import Awaitable
from math import ceil
from typing import TypeVar

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from hub.engine.connection import Store

Value = TypeVar("Value")

SAMPLES = 10  # by text or e-mail that a user may ask for in a minute: they go to a number that nobody confirmed


class Counters(RedisStorage):
    """The storage of `limits`, reading what `take` counts."""

    def __init__(self, store: Store) -> None:
        pool = store.redis.connection_pool
        super().__init__("redis://", implementation="redispy", key_prefix=store.keys.prefix, connection_pool=pool)
        self.store = store

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the count of the window before and the seconds it still weighs in, and the same of this window."""
        seen = await self.store.call("take", self.store.keys.limit(key), 0, expiry * 1000, 0)
        _, before, weighs_ms, count, left_ms = seen
        return before, weighs_ms / 1000, count, left_ms / 1000


class Limits:
    """The limits of an installation: requests a minute for each producer key, and for each user; 0 is no limit. And how
    many samples leave the house for a user."""

    def __init__(self, store: Store, keys: int, users: int) -> None:
        self._store = store
        self._limiter = SlidingWindowCounterRateLimiter(Counters(store))
        limits = {"key": keys, "user": users, "sample": SAMPLES}
        self._items = {kind: RateLimitItemPerMinute(most, 1, kind) for kind, most in limits.items() if most}

    async def counted(self, kind: str, id: str, reading: Awaitable[Value]) -> tuple[Value, int | None]:
        """Read something of the store, and count a request of this credential in the same trip.

        Returns what was read, and None or after how many seconds the credential may come again. A call in a task of
        its own would cost four times as much.
        """
        item = self._items.get(kind)
        if item is None:
            return await reading, None
        names = self._store.keys.limit(item.key_for(id))
        counting = self._store.begin("take", names, item.amount, item.get_expiry() * 1000, 1)
        try:
            value = await reading
        except BaseException:
            counting.cancel()
            raise
        taken, *_ = await counting
        return value, None if taken else await self._wait(item, id)

    async def _wait(self, item: RateLimitItem, id: str) -> int:
        stats = await self._limiter.get_window_stats(item, id)
        return max(1, ceil(stats.reset_time - time.time()))
