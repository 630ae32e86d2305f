"""One answer per key."""

import asyncio

from hub.engine.connection import Store
from hub.engine.idempotency import Fresh, Idempotency, OtherBody, Running, Stored


async def test_the_same_request_gets_the_stored_answer(store: Store) -> None:
    records = Idempotency(store)
    assert await records.reserve("k1", "key", "d", "holder-1") == Fresh()
    assert await records.reserve("k1", "key", "d", "holder-2") == Running()
    assert await records.reserve("k1", "key", "d", "holder-1") == Fresh(), "a call repeated after a lost answer"
    assert await records.reserve("k1", "key", "other", "holder-2") == OtherBody()
    await records.complete("k1", "key", "holder-1", 202, b"{}")
    assert await records.reserve("k1", "key", "d", "holder-2") == Stored(202, b"{}")


async def test_of_many_at_once_one_is_fresh(store: Store) -> None:
    records = Idempotency(store)
    answers = await asyncio.gather(*(records.reserve("k1", "key", "d", f"h{n}") for n in range(30)))
    assert answers.count(Fresh()) == 1
    assert answers.count(Running()) == 29


async def test_credentials_do_not_share_keys(store: Store) -> None:
    records = Idempotency(store)
    assert await records.reserve("k1", "key", "d", "h") == Fresh()
    assert await records.reserve("k2", "key", "other", "h") == Fresh()


async def test_a_lease_that_ran_out_lets_the_same_request_resume(store: Store) -> None:
    records = Idempotency(store)
    await records.reserve("k1", "key", "d", "h1")
    await store.command("HSET", store.keys.idempotency("k1", "key"), "lease_ms", 1)
    assert await records.reserve("k1", "key", "d", "h2") == Fresh()
    assert 86_000 < await store.command("TTL", store.keys.idempotency("k1", "key")) <= 86_400


async def test_only_the_holder_completes_or_frees_a_key(store: Store) -> None:
    """A request that outlived its lease must not leave its answer for another one."""
    records = Idempotency(store)
    await records.reserve("k1", "key", "d", "late")
    await store.command("HSET", store.keys.idempotency("k1", "key"), "lease_ms", 1)
    assert await records.reserve("k1", "key", "d", "now") == Fresh()
    await records.complete("k1", "key", "late", 202, b"late")
    await records.release("k1", "key", "late")
    assert await records.reserve("k1", "key", "d", "third") == Running()
    await records.release("k1", "key", "now")
    await records.complete("k1", "key", "now", 202, b"too late")
    assert await records.reserve("k1", "key", "other", "third") == Fresh()
