"""Large audiences: what one worker cannot do, it leaves to its lease, and goes on."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest_asyncio

from hub.engine.connection import Store
from hub.engine.log import Happening, Log, Recipient
from hub.engine.plans import Plans
from hub.engine.rows import Record
from hub.workers.router import Router


@pytest_asyncio.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, prefix=f"t{secrets.token_hex(4)}")
    await store.open()
    yield store
    await store.close()


async def test_a_plan_of_a_newer_hub_does_not_stop_the_others(store: Store) -> None:
    log = Log(store)
    plans = Plans(store, log)
    await store.command("HSET", store.keys.account("acme", "plans"), "strange", b'{"v":2}')
    await store.command("ZADD", store.keys.work("plans"), 1, "acme/strange")
    audience = [Recipient(f"u{n}", n, "r", "t:voicemails") for n in range(600)]
    await plans.publish([(Happening("h1", "acme", Record(b"{}", {"r": "why"}), 1, 0), audience)], "e")
    router = Router(plans)
    router.start()
    while (await log.tails("acme", ["u599"]))[0].seq == 0:
        await asyncio.sleep(0.02)
    await router.stop()
    assert await plans.left() == 1, "the strange one waits for a hub that knows it"
