"""Large audiences and large recalls: what one worker cannot do, it leaves to its lease, and goes on."""

import asyncio

import msgpack

from hub.engine.broadcasts import Broadcasts
from hub.engine.connection import Store
from hub.engine.log import Log
from hub.engine.plans import Plans
from hub.metrics import NOTIFICATIONS
from hub.workers.router import Router

from .conftest import CROWD, send


def counted() -> float:
    return next(sample.value for sample in NOTIFICATIONS.collect()[0].samples if sample.name.endswith("_total"))


async def test_D_05_a_large_broadcast_and_its_recall_are_worked_off(
    log: Log, plans: Plans, broadcasts: Broadcasts
) -> None:
    router, before = Router(plans, broadcasts), counted()
    sent = await send(plans, CROWD)
    await router.settle()
    assert (await broadcasts.receipts(sent)).delivered == len(CROWD)
    assert counted() - before == len(CROWD) - 100, "the first page is counted by who posted it"
    await broadcasts.recall(sent, sent.at)
    await router.settle()
    assert await plans.queue.left() == 0
    assert {tail.seq for tail in await log.tails("acme", CROWD[-100:])} == {2}
    assert (await log.inbox("acme", CROWD[-1], "all", 9, None, 0)).entries == ()


async def test_work_of_a_newer_hub_does_not_stop_the_others(
    store: Store, log: Log, plans: Plans, broadcasts: Broadcasts
) -> None:
    await store.command("HSET", store.keys.plan("acme", "strange"), "head", msgpack.packb({"v": 99}))
    for member in ("append/acme/strange", "fold/acme/h9", "what is this?"):
        await store.command("ZADD", store.keys.work("queue"), 1, member)
    await send(plans, CROWD)
    router = Router(plans, broadcasts)
    router.start()
    while (await log.tails("acme", [CROWD[-1]]))[0].seq == 0:
        await asyncio.sleep(0.02)
    while await plans.queue.left() > 3:
        await asyncio.sleep(0.02)
    await router.stop()
    assert await store.command("EXISTS", store.keys.plan("acme", "strange"))
