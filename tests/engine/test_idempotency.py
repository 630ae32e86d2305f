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
    await records.complete("k1", "key", 202, b"{}")
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
