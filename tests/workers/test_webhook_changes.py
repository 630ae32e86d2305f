"""Webhooks, accounts and people that change while something is on its way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.channels.webhooks import Hook
from hub.core.directory import Account, User
from hub.core.jobs import PAUSES
from hub.core.webhooks import Webhook
from hub.engine.couriers import WEBHOOK
from hub.engine.messages import AGAIN_MS
from tests.channels.web_server import WebServer

from .hooks import Exchange, heard, titles

DAY, HOUR = 86_400, 3_600


async def change(exchange: Exchange, spread: bool = True, **fields: Any) -> Webhook:
    webhooks = exchange.town.directory.webhooks
    changed = await webhooks.rewrite("wh-1", lambda one: one.changed(**fields))
    assert changed is not None
    if spread:
        await exchange.listening.spread("wh-1")
    return changed


# Accounts and people


async def test_C_18_what_happens_in_an_account_that_moved_away_is_not_told_whoever_knows_of_that_yet(
    exchange: Exchange, web: WebServer
) -> None:
    await exchange.hook(web)
    directory = exchange.town.directory
    await directory.put_account(Account("west", parent="globex"), places=True)
    await exchange.notify("wes", account="west", title="secret")
    await exchange.settle()
    assert heard(web) == []
    await exchange.listening.place("west")
    exchange.town.clock.advance(AGAIN_MS / 1000)
    await exchange.settle()
    assert heard(web) == []


async def test_what_an_account_that_came_back_has_to_tell_is_told(exchange: Exchange, web: WebServer) -> None:
    """It is back before anybody wrote down that it was away."""
    await exchange.hook(web)
    directory = exchange.town.directory
    await exchange.notify("wes", account="west")
    for parent in ("globex", "acme"):
        await directory.put_account(Account("west", parent=parent), places=True)
        await exchange.settle()
    await exchange.listening.place("west")
    exchange.town.clock.advance(AGAIN_MS / 1000)
    await exchange.settle()
    assert titles(web) == ["1"]


async def test_what_happened_to_who_moved_since_is_told_and_of_who_was_erased_since_is_not(
    exchange: Exchange, web: WebServer
) -> None:
    await exchange.hook(web)
    directory = exchange.town.directory
    for user in ("ann", "bob"):
        await exchange.notify(user)
        await directory.put_user(User(user, "west"))
    await directory.delete_user("bob")
    await exchange.settle()
    assert [one["data"]["user"] for one in heard(web)] == ["ann"]


# Webhooks


@pytest.mark.parametrize("is_spread_first", [True, False])
async def test_one_that_is_off_and_on_again_is_told_what_waits_whoever_saw_it_off(
    exchange: Exchange, web: WebServer, is_spread_first: bool
) -> None:
    await exchange.hook(web)
    await exchange.notify("ann")
    now_ms = int(exchange.town.clock.now() * 1000)
    (lane,) = await exchange.messages.claim(WEBHOOK, now_ms, 9)
    id = await exchange.messages.next(lane, now_ms)
    assert id
    await change(exchange, active=False, spread=False)  # as a desk reads it
    await change(exchange, active=True, spread=is_spread_first)
    assert await exchange.messages.take(lane, id, now_ms, None) == "resting"
    await exchange.listening.spread("wh-1")
    exchange.town.clock.advance(AGAIN_MS / 1000)
    await exchange.settle()
    assert titles(web) == ["1"]


async def test_who_read_a_webhook_before_it_changed_tells_it_nothing(exchange: Exchange, web: WebServer) -> None:
    made = await exchange.hook(web)
    await exchange.notify("ann")
    now_ms = int(exchange.town.clock.now() * 1000)
    (lane,) = await exchange.messages.claim(WEBHOOK, now_ms, 9)
    id = await exchange.messages.next(lane, now_ms)
    changed = await change(exchange, url=f"http://127.0.0.1:{web.port}/new")
    assert await exchange.messages.take(lane, id or "", now_ms, made.version) == "changed"
    assert not isinstance(await exchange.messages.take(lane, id or "", now_ms, changed.version), str)


async def test_after_its_url_was_changed_nothing_goes_to_the_old_one(exchange: Exchange, web: WebServer) -> None:
    for n in range(12):
        await exchange.town.directory.put_account(Account(f"a{n}", parent="acme"))
        await exchange.town.directory.put_user(User(f"of-{n}", f"a{n}"))
    async with WebServer(hangs=True).running() as old:
        await exchange.hook(old)
        for n in range(12):
            await exchange.notify(f"of-{n}", account=f"a{n}")
        running = exchange.courier()
        running.start()
        while len(old.asked) < 4:
            await asyncio.sleep(0.02)
        await change(exchange, url=f"http://127.0.0.1:{web.port}/new")
        before = len(old.asked)
    while len(web.asked) < 12 - before:
        await asyncio.sleep(0.02)
    await running.stop()
    assert len(old.asked) == before


async def during_an_attempt(monkeypatch: pytest.MonkeyPatch, do: Callable[[], Awaitable[object]]) -> None:
    """Have something done while the next attempt is under way."""
    send, is_done = Hook.send, []

    async def then_do(self: Hook, *asked: Any) -> Any:
        verdict = await send(self, *asked)
        if not is_done:
            is_done.append(True)
            await do()
        return verdict

    monkeypatch.setattr(Hook, "send", then_do)


async def test_one_that_was_mended_during_a_failing_attempt_is_told_at_once(
    exchange: Exchange, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with WebServer(status=500).running() as broken:
        await exchange.hook(broken)
        await exchange.notify("ann")
        url = f"http://127.0.0.1:{web.port}/mended"
        await during_an_attempt(monkeypatch, lambda: change(exchange, url=url, active=True))
        await exchange.settle()
    assert titles(web) == ["1"]


# Patience


async def test_one_that_is_turned_on_again_has_three_days_anew(exchange: Exchange, web: WebServer) -> None:
    made, webhooks = await exchange.hook(web), exchange.town.directory.webhooks
    web.status = 500
    for _ in range(4):
        await exchange.notify("ann")
        await exchange.settle()
        exchange.town.clock.advance(DAY)
    found = await webhooks.get(made.id)
    assert found is not None
    assert found.state == "disabled"
    turned_on = await change(exchange, active=True)
    assert (await webhooks.health([turned_on]))[0].failing_since is None
    for state in ("active", "active", "active", "disabled"):
        await exchange.settle()
        found = await webhooks.get(made.id)
        assert found is not None
        assert found.state == state
        await exchange.notify("ann")
        exchange.town.clock.advance(DAY)


async def test_a_change_of_one_that_is_on_does_not_begin_its_patience_anew(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web)
    web.status = 500
    await exchange.notify("ann")
    await exchange.settle()
    changed = await change(exchange, description="x", active=True)
    (health,) = await exchange.town.directory.webhooks.health([changed])
    assert health.failing_since == int(exchange.town.clock.now() * 1000)


async def test_neither_a_ping_nor_a_message_that_is_at_fault_itself_counts_against_a_receiver(
    exchange: Exchange, web: WebServer
) -> None:
    made, webhooks = await exchange.hook(web), exchange.town.directory.webhooks
    web.status = 500
    assert await exchange.messages.ping("acme", made.id, "p1", int(exchange.town.clock.now() * 1000))
    await exchange.settle()
    await exchange.notify("ann", title="x" * 300_000)
    await exchange.settle()
    reasons = [row["reason"] for row in await webhooks.attempts(made)]
    assert reasons == ["payload_too_large", "http_500"]
    assert (await webhooks.health([made]))[0].failing_since is None
    await exchange.notify("ann")
    await exchange.settle()
    exchange.town.clock.advance(PAUSES[0])
    assert (await webhooks.health([made]))[0].failing_since is not None
