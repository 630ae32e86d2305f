"""Large audiences and large recalls: what one worker cannot do, it leaves to its lease, and goes on."""

import asyncio

import msgpack

from hub.engine.broadcasts import Broadcasts
from hub.engine.connection import Store
from hub.engine.log import Happening, Log, Marker, Recipient
from hub.engine.plans import Part, Plans, Publication
from hub.engine.queue import Queue, Work
from hub.engine.rows import Record
from hub.metrics import NOTIFICATIONS
from hub.workers.router import Router

from .conftest import CROWD, SENT_MS, send


def counted() -> float:
    samples = (sample for metric in NOTIFICATIONS.collect() for sample in metric.samples)
    return float(next(sample.value for sample in samples if sample.name.endswith("_total")))


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


class HeldUp(Plans):
    """Plans that do not get on with `h1` until they may."""

    def __init__(self, store: Store, log: Log) -> None:
        super().__init__(store, log)
        self.begun, self.may = asyncio.Event(), asyncio.Event()

    async def resume(self, account: str, base: str, claim: str = "") -> int:
        if base == "h1":
            self.begun.set()
            await self.may.wait()
        return await super().resume(account, base, claim)


class Unheard(Queue):
    """A queue whose claims are carried out, but answered late."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.claimed, self.may = asyncio.Event(), asyncio.Event()

    async def claim(self, most: int = 4) -> list[Work]:
        found = await super().claim(most)
        self.claimed.set()
        await self.may.wait()
        return found


async def publish(plans: Plans, base: str) -> None:
    told = [Recipient(user, n, "all_of_type", "all") for n, user in enumerate(CROWD)]
    happening = Happening(base, "acme", Record(b"{}", {"all_of_type": "You get them all."}), SENT_MS, 0)
    await plans.publish(Publication([Part(happening, told)], Marker(base, "d")), "e")


async def test_a_piece_that_takes_long_holds_up_no_other(store: Store, log: Log) -> None:
    plans = HeldUp(store, log)
    router = Router(plans, Broadcasts(store, log, plans))
    router.start()
    await publish(plans, "h1")
    await plans.begun.wait()
    for base in ("h2", "h3"):
        await publish(plans, base)
        while await plans.is_open("acme", base):
            await asyncio.sleep(0.02)
    assert await plans.is_open("acme", "h1")
    plans.may.set()
    await router.settle()
    await router.stop()
    assert not await plans.is_open("acme", "h1")


async def test_what_a_stopped_worker_was_at_is_there_for_another_at_once(store: Store, log: Log) -> None:
    plans = HeldUp(store, log)
    router = Router(plans, Broadcasts(store, log, plans))
    router.start()
    await publish(plans, "h1")
    await plans.begun.wait()
    assert await plans.queue.claim() == [], "it is leased"
    await router.stop()
    assert await plans.queue.claim() == [Work("append", "acme", "h1")]


async def test_work_that_is_handed_out_as_the_worker_stops_is_given_back(store: Store, log: Log, plans: Plans) -> None:
    plans.queue = queue = Unheard(store)
    await publish(plans, "h1")
    router = Router(plans, Broadcasts(store, log, plans))
    router.start()
    await queue.claimed.wait()
    stopping = asyncio.create_task(router.stop())
    await asyncio.sleep(0)
    queue.may.set()
    await stopping
    assert await Queue(store).claim() == [Work("append", "acme", "h1")]
