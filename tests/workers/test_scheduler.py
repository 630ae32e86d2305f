"""What is due by business time: expiry, and retention of everything that an account keeps."""

import asyncio

from hub.core.broadcasts import NOTICES
from hub.core.directory import Account
from hub.engine.audit import Audit
from hub.engine.broadcasts import Broadcasts
from hub.engine.clock import Clock
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.directory import Directory
from hub.engine.log import Happening, Log, Outgoing
from hub.engine.plans import Plans
from hub.engine.queue import Work
from hub.engine.rows import Record
from hub.workers.scheduler import Scheduler

from .conftest import CROWD, SENT_MS, send

DAY = 86_400


def make(store: Store, log: Log, broadcasts: Broadcasts, at: float) -> tuple[Scheduler, Clock]:
    clock = Clock()
    clock.freeze(at)
    deliveries = Deliveries(store, log.couriers)
    return Scheduler(Directory(store), log, broadcasts, deliveries, Audit(store), clock), clock


async def test_E_23_a_broadcast_expires_when_business_time_says_so(
    store: Store, log: Log, plans: Plans, broadcasts: Broadcasts
) -> None:
    scheduler, clock = make(store, log, broadcasts, SENT_MS / 1000)
    await broadcasts.expire_at("acme", "h1", SENT_MS + 60_000)
    await send(plans, CROWD[:3])
    await scheduler.settle()
    assert (await log.inbox("acme", "u0", "all", 9, None, 0)).unread == 1
    clock.advance(60)
    await scheduler.settle()
    assert (await log.inbox("acme", "u0", "all", 9, None, 0)).unread == 0
    kept = await broadcasts.get("acme", "h1")
    assert kept is not None
    assert kept.expired


async def test_a_running_scheduler_looks_for_what_expires(
    store: Store, log: Log, plans: Plans, broadcasts: Broadcasts
) -> None:
    scheduler, clock = make(store, log, broadcasts, SENT_MS / 1000)
    await broadcasts.expire_at("acme", "h1", SENT_MS + 60_000)
    await send(plans, CROWD[:3])
    scheduler.start()
    clock.advance(60)
    while (await log.inbox("acme", "u0", "all", 9, None, 0)).unread:
        await asyncio.sleep(0.02)
    await scheduler.stop()


async def test_a_large_one_that_expires_is_left_to_the_router(
    store: Store, log: Log, plans: Plans, broadcasts: Broadcasts
) -> None:
    scheduler, _ = make(store, log, broadcasts, SENT_MS / 1000 + 60)
    await broadcasts.expire_at("acme", "h1", SENT_MS + 60_000)
    await send(plans, CROWD)
    await scheduler.settle()
    assert Work("recall", "acme", "h1") in await plans.queue.claim()


async def test_E_13_a_system_notice_is_kept_as_long_as_anybody_keeps_theirs(
    store: Store, log: Log, plans: Plans, broadcasts: Broadcasts
) -> None:
    scheduler, clock = make(store, log, broadcasts, SENT_MS / 1000)
    await Directory(store).put_account(Account("acme", retention_days=200))
    await send(plans, CROWD[:3], NOTICES)
    clock.advance(199 * DAY)
    await scheduler.settle()
    assert await broadcasts.get(NOTICES, "h1") is not None
    assert (await log.inbox("acme", "u0", "all", 9, None, 0)).unread == 1
    clock.advance(2 * DAY)
    await scheduler.settle()
    assert await broadcasts.all(NOTICES) == []
    assert await log.decisions("acme", "h2") == []
    assert await log.recent(NOTICES, 9, None) == await log.recent("acme", 9, None) == []


async def test_an_account_that_the_couriers_lost_sight_of_is_found_again(
    store: Store, log: Log, broadcasts: Broadcasts
) -> None:
    scheduler, _ = make(store, log, broadcasts, SENT_MS / 1000)
    await Directory(store).put_account(Account("acme"))
    record, sent = Record(b"{}", {}), [Outgoing("u0", 0, "email", "u0@acme.example", "named")]
    await log.append(Happening("h1", "acme", record, SENT_MS, 0), [], "e", outgoing=sent)
    await store.command("UNLINK", *store.keys.couriers("email"))
    await scheduler.settle()
    assert [lane.user for lane in await Deliveries(store, log.couriers).claim("email", SENT_MS, 9)] == ["u0"]
