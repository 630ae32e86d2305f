"""Lanes of webhooks by turns: a slow receiver costs nobody anything, and who stops leaves nothing behind."""

import asyncio
from typing import Any

import pytest

from hub.channels.webhooks import Hook
from hub.core.directory import Account, User
from hub.engine.couriers import WEBHOOK
from hub.engine.lanes import Lane
from hub.engine.turns import BUSY_SECONDS, FULL_SECONDS, Turns
from hub.workers.desk import Desk, Desks
from hub.workers.webhooks import SLOTS_OF_ONE
from tests.channels.web_server import WebServer

from .hooks import Exchange, ids

MANY = 60


async def below_acme(exchange: Exchange, count: int) -> None:
    """Have something happen in so many accounts below acme."""
    directory = exchange.town.directory
    for n in range(count):
        await directory.put_account(Account(f"a{n}", parent="acme"))
        await directory.put_user(User(f"of-{n}", f"a{n}"))


async def leased(exchange: Exchange, count: int) -> int:
    store = exchange.town.store
    names = [store.keys.lanes(f"a{n}", WEBHOOK)[1] for n in range(count)]
    return sum([int(await store.command("HLEN", name)) for name in names])


async def test_only_so_many_lanes_of_a_webhook_are_taken_and_who_waits_is_not_asked_again_and_again(
    exchange: Exchange, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await below_acme(exchange, MANY)
    await exchange.hook(web)
    for n in range(MANY):
        await exchange.notify(f"of-{n}", account=f"a{n}")
    desk, looks = exchange.desk(), list[str]()
    call, send, goes = exchange.town.store.call, Hook.send, asyncio.Event()

    async def counting(operation: str, *asked: Any) -> Any:
        if operation == "due_lanes":
            looks.append(operation)
        return await call(operation, *asked)

    async def waiting(self: Hook, *asked: Any) -> Any:
        await goes.wait()
        return await send(self, *asked)

    monkeypatch.setattr(exchange.town.store, "call", counting)
    monkeypatch.setattr(Hook, "send", waiting)
    for _ in range(20):
        await desk.take_up()
    assert (len(desk.working), await leased(exchange, MANY)) == (SLOTS_OF_ONE, SLOTS_OF_ONE)
    assert len(looks) <= MANY + 20 * SLOTS_OF_ONE, "each once, and those that are worked now and then"
    goes.set()
    await exchange.settle(desk)
    assert set(ids(web).values()) == {1}
    assert len(ids(web)) == MANY


async def test_who_stops_begins_nothing_more_and_keeps_no_lane_from_others(exchange: Exchange, web: WebServer) -> None:
    await below_acme(exchange, MANY)
    await exchange.hook(web)
    for n in range(MANY):
        await exchange.notify(f"of-{n}", account=f"a{n}")
    running = exchange.courier()
    running.start()
    while len(web.asked) < SLOTS_OF_ONE:
        await asyncio.sleep(0.001)
    await running.stop()
    assert await leased(exchange, MANY) == 0
    await exchange.settle()
    assert set(ids(web).values()) == {1}
    assert len(ids(web)) == MANY


async def test_more_accounts_than_are_read_at_a_time_are_all_seen(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.engine.couriers.LOOK", 10)
    couriers = exchange.town.log.couriers
    names = [f"a{n:02}" for n in range(25)]
    for name in names:
        await couriers.tell(name)
    assert sorted(account for account, _ in await couriers.due(WEBHOOK, 0)) == names


async def test_one_channel_whose_leases_cannot_be_renewed_does_not_keep_the_others_from_it(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first desk is the one that fails."""
    renewed = asyncio.Event()

    class Lanes:
        lease_ms = 10

        def __init__(self, is_broken: bool) -> None:
            self.is_broken = is_broken
            self.couriers = exchange.town.log.couriers

        async def renew(self, lanes: list[Lane]) -> None:
            if self.is_broken:
                raise OSError
            renewed.set()

    pair = [Desk(WEBHOOK, 1, Lanes(is_broken), exchange.town.clock) for is_broken in (True, False)]  # type: ignore[arg-type]
    desks = Desks(pair, exchange.town.clock)
    desks._keep_leases()
    await renewed.wait()
    await desks.stop()


# Turns


def test_an_account_is_worth_a_look_again_when_something_changed() -> None:
    now = [0.0]
    turns = Turns(1, lambda: now[0])
    assert turns.take("wh-1")
    assert not turns.take("wh-1")
    turns.pass_over("west", b"1", ["wh-1"])
    turns.pass_over("far", b"1")
    assert not turns.is_worth_a_look("west", b"1")
    assert turns.is_worth_a_look("west", b"2"), "something came"
    now[0] = BUSY_SECONDS
    assert turns.is_worth_a_look("far", b"1"), "whoever was at it may have died"
    assert not turns.is_worth_a_look("west", b"1")
    turns.leave(Lane("acme", WEBHOOK, "wh-1", "h"))
    assert not turns.is_worth_a_look("west", b"1")
    turns.offer()
    assert turns.is_worth_a_look("west", b"1"), "it has a turn"
    assert turns.take("wh-1")
    turns.pass_over("west", b"1", ["wh-1"])
    turns.offer()
    assert not turns.is_worth_a_look("west", b"1")
    now[0] += FULL_SECONDS
    assert turns.is_worth_a_look("west", b"1")
