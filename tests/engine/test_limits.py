"""Rate limits: two counters a credential, a minute that slides, and nothing of it in the append-only file.

The store's clock is moved by changing how long a counter has left.
"""

import asyncio

import pytest

from hub.engine.connection import Store
from hub.engine.limits import Limits


@pytest.fixture
def limits(store: Store) -> Limits:
    return Limits(store, 100, 0)


async def age(store: Store, seconds: float) -> None:
    """Let the windows of the credential k be so many seconds older."""
    for name in store.keys.limit("key/k/100/1/minute"):
        left = await store.command("PTTL", name)
        if left > 0:
            await store.command("PEXPIRE", name, max(1, left - int(seconds * 1000)))
    await asyncio.sleep(0.002)  # what has a millisecond left is gone


async def once(limits: Limits) -> int | None:
    """Count one request; return how long to wait, if so."""
    _, wait = await limits.counted("key", "k", asyncio.sleep(0))
    return wait


async def take(limits: Limits, times: int) -> int:
    """Count as many; return how many were let in."""
    return [await once(limits) for _ in range(times)].count(None)


async def test_the_minute_slides_so_that_no_two_halves_make_twice_the_limit(limits: Limits, store: Store) -> None:
    assert await take(limits, 120) == 100
    await age(store, 60.001)
    assert await take(limits, 20) <= 10, "all of the minute before still counts"
    await age(store, 30)
    assert 35 <= await take(limits, 100) <= 60, "half of it does"
    await age(store, 61)
    await age(store, 61)
    assert await take(limits, 120) == 100, "nothing is left of it"


async def test_whoever_waits_as_long_as_told_is_let_in(limits: Limits, store: Store) -> None:
    assert await take(limits, 100) == 100
    wait = await once(limits)
    assert wait is not None
    assert wait <= 60
    await age(store, wait)
    assert await once(limits) is None
    assert await take(limits, 100) < 5
    wait = await once(limits)
    assert wait is not None
    assert wait <= 2, "one place becomes free every 0.6 s"
    await age(store, wait)
    assert await once(limits) is None


async def test_counting_leaves_the_append_only_file_alone(limits: Limits, store: Store) -> None:
    """So a request that only reads does not wait for the disk."""
    before = await store.redis.info("persistence")
    await take(limits, 100)
    await age(store, 61)
    await take(limits, 100)
    after = await store.redis.info("persistence")
    grown = after["aof_current_size"] - before["aof_current_size"]
    assert grown < 1_000, "the test's own changes of the clock"
