"""Why a connection ends, or never begins: every close code, and what is refused before the upgrade."""

import asyncio
import json
import secrets
from typing import Any

import pytest
import websockets

from hub import metrics
from hub.core.tokens import HubKey, mint
from hub.engine.connection import Unavailable

from .conftest import PATIENCE, SECRET, TabClient, World


async def say_hello(tab: TabClient, token: str, **fields: Any) -> None:
    await tab.say("hello", **{"token": token, "tab": "A1", "state": "focused", "after": None, **fields})


async def refused(world: World, **options: Any) -> websockets.Response:
    with pytest.raises(websockets.InvalidStatus) as raised:
        await world.open(**options)
    return raised.value.response


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://crm.example.evil.example", "http://127.0.0.1:1"]
)
async def test_a_page_from_elsewhere_is_refused_before_the_upgrade(world: World, origin: str) -> None:
    edge = await world.edge(allowed_origins=("https://crm.example",))
    answer = await refused(world, edge=edge, origin=origin)
    assert (answer.status_code, json.loads(answer.body)["code"]) == (403, "forbidden")


@pytest.mark.parametrize("origin", ["https://crm.example", "https://CRM.example:443", None])
async def test_pages_of_allowed_origins_and_clients_without_one_may_connect(world: World, origin: str | None) -> None:
    edge = await world.edge(allowed_origins=("https://crm.example",))
    tab = await world.open(edge, **({"origin": origin} if origin else {}))
    await tab.hello()


async def test_a_page_of_the_hub_itself_may_connect(world: World) -> None:
    tab = await world.open(origin=f"http://127.0.0.1:{world.first.port}")
    await tab.hello()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        (["other"], None),
        (["other", "hub.v1+msgpack", "hub.v1+json"], "hub.v1+msgpack"),
        (["hub.v1+json"], "hub.v1+json"),
    ],
)
async def test_the_first_subprotocol_that_is_ours_is_taken(
    world: World, offered: list[str], chosen: str | None
) -> None:
    tab = await world.open(subprotocols=offered or None)
    assert tab.connection.subprotocol == chosen
    assert (await tab.hello())["op"] == "welcome"


async def test_a_foreign_token_is_refused(world: World) -> None:
    foreign = mint("ann", 3600, HubKey("hub-other", b"f" * 32), world.first.clock.now())
    for token in ("", "nonsense", foreign, world.first.identity.mint("nobody", 3600)):
        tab = await world.open()
        await say_hello(tab, token)
        assert await tab.is_closed_with() == 4500


async def test_an_expired_token_is_told_apart(world: World) -> None:
    tab = await world.open()
    await say_hello(tab, world.first.identity.mint("ann", -61))
    assert await tab.is_closed_with() == 4005


async def test_an_inactive_user_is_refused_and_sent_away(world: World) -> None:
    tab = await world.tab()
    await world.user("ann", active=False)
    assert await tab.is_closed_with() == 4503
    tab = await world.open()
    await say_hello(tab, tab.token("ann"))
    assert await tab.is_closed_with() == 4503


async def test_a_deleted_user_is_sent_away(world: World) -> None:
    tab = await world.tab()
    await world.first.directory.delete_user("ann")
    assert await tab.is_closed_with() == 4503


async def test_a_user_who_moved_comes_back_to_a_new_log(world: World) -> None:
    tab = await world.open()
    welcome = await tab.hello()
    await world.post("ann")
    await tab.hear("notify")
    await world.user("ann", "beta")
    assert await tab.is_closed_with() == 4003
    tab = await world.open()
    again = await tab.hello(after={"epoch": welcome["epoch"], "seq": 1})
    assert (again["recovered"], again["seq"], again["inbox"]) == (False, 0, [])
    assert again["epoch"] != welcome["epoch"]
    await world.post("ann", account="beta")
    assert (await tab.hear("notify"))["seq"] == 1


async def test_a_user_who_was_sent_away_once_and_moves_comes_back_all_the_same(world: World) -> None:
    await world.first.directory.disconnect("acme", "ann")
    tab = await world.tab()
    await world.user("ann", "beta")
    assert await tab.is_closed_with() == 4003


async def test_who_was_sent_away_once_stays_when_that_is_forgotten_before_their_move_is_seen(world: World) -> None:
    store = world.first.store
    await world.first.directory.disconnect("acme", "ann")
    tab = await world.tab()
    await store.command("HDEL", store.keys.person("acme", "ann")[0], "ended")
    await world.user("ann", roles=("admin",))
    assert (await tab.hear("preferences"))["roles"] == ["admin"]
    await world.post("ann")
    await tab.hear("notify")


@pytest.mark.parametrize("first", ['{"op":"pong"}', "nonsense", "{}", '{"op":"hello"}', b"{}", "[]"])
async def test_a_conversation_that_does_not_begin_with_hello(world: World, first: str | bytes) -> None:
    tab = await world.open()
    await tab.connection.send(first)
    assert await tab.is_closed_with() == 4501


async def test_a_second_hello_and_an_unknown_operation(world: World) -> None:
    for said in ({"op": "hello", "token": "t", "tab": "A1", "state": "focused"}, {"op": "unheard"}):
        tab = await world.tab(tab=secrets.token_hex(4))
        await tab.connection.send(json.dumps(said))
        assert await tab.is_closed_with() == 4501


async def test_bad_arguments_are_told_and_the_connection_lives(world: World) -> None:
    tab = await world.tab()
    await tab.say("dismiss", ids=["n1", 2], ref="r")
    error = await tab.hear("error")
    assert (error["ref"], error["code"]) == ("r", "invalid")
    await tab.say("state", state="asleep")
    assert "ref" not in await tab.hear("error")
    await tab.say("dismiss", ids=[], ref=2)
    assert (await tab.hear("ack"))["ref"] == 2


async def test_a_message_that_is_too_long(world: World) -> None:
    tab = await world.tab()
    await tab.connection.send("x" * 65_537)
    assert await tab.is_closed_with() == 1009


async def test_nobody_says_hello(world: World) -> None:
    edge = await world.edge(hello_seconds=0.2)
    assert await (await world.open(edge)).is_closed_with() == 4502


async def test_a_tab_that_does_not_answer_pings(world: World) -> None:
    edge = await world.edge(heartbeat_seconds=0.3, pong_seconds=0.3)
    tab = await world.open(edge)
    assert (await tab.hello())["heartbeat"] == 0.3
    for _ in range(2):
        await tab.hear("ping")
        await tab.say("pong")
    await tab.hear("ping")
    assert await tab.is_closed_with() == 4004


async def test_a_tab_whose_token_ran_out(world: World) -> None:
    clock = world.first.clock
    clock.freeze(clock.now())
    old, fresh = await world.tab(), await world.tab(tab="B1", state="hidden")
    clock.advance(3600 + 59)
    await fresh.say("token", token=fresh.token("ann"))
    await fresh.say("dismiss", ids=[], ref=1)
    while (await fresh.hear())["op"] != "ack":
        continue
    clock.advance(1)
    assert await old.is_closed_with() == 4005
    await fresh.say("dismiss", ids=[], ref=2)
    while (await fresh.hear())["op"] != "ack":
        continue


@pytest.mark.parametrize(("sub", "actor", "code"), [("bob", None, 4500), ("ann", "olga", 4500), ("ann", None, None)])
async def test_a_fresh_token_is_of_the_same_person_and_actor(
    world: World, sub: str, actor: str | None, code: int | None
) -> None:
    tab = await world.tab()
    await tab.say("token", token=world.first.identity.mint(sub, 60, actor))
    if code is not None:
        assert await tab.is_closed_with() == code
    else:
        await tab.say("dismiss", ids=[], ref=1)
        assert (await tab.hear("ack"))["ref"] == 1


async def test_a_tab_that_floods(world: World) -> None:
    tab = await world.tab()
    for _ in range(4000):
        await tab.connection.send('{"op":"pong"}')
    assert await tab.is_closed_with() == 4006


async def test_the_store_goes_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = await world.tab()

    async def away(*_: Any) -> Any:
        raise Unavailable("nobody answers")

    monkeypatch.setattr(world.first.store, "command", away)
    await tab.say("dismiss", ids=["n1"], ref=1)
    assert await tab.is_closed_with() == 4007
    monkeypatch.undo()
    async with asyncio.timeout(PATIENCE):
        while await world.first.tabs.of("acme", "ann"):
            await asyncio.sleep(0.1)


async def test_a_fault_of_ours_is_closed_without_detail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = await world.tab()
    monkeypatch.setattr(world.first.log, "mark", None)
    await tab.say("dismiss", ids=["n1"], ref=1)
    assert await tab.is_closed_with() == 1011
    assert tab.connection.close_reason == ""


async def test_a_tab_that_does_not_read_is_closed_and_comes_back_through_its_log(world: World) -> None:
    edge = await world.edge(tab_buffer=65_536)
    before = metrics.TABS_CLOSED.labels(4002)._value.get()
    slow = await world.open(edge, max_queue=1)
    welcome = await slow.hello()
    quick = await world.tab(tab="B1", state="hidden", edge=edge)
    slow.connection.transport.pause_reading()  # type: ignore[attr-defined]
    posted = 0
    while len(await edge.tabs.of("acme", "ann")) > 1:
        await world.post("ann", body="x" * 30_000)
        posted += 1
        assert posted < 2000
    while (frame := await quick.hear()).get("seq") != posted:
        continue
    assert frame["entry"]["body"]
    assert metrics.TABS_CLOSED.labels(4002)._value.get() > before
    again = await world.open(edge)
    welcome = await again.hello(after={"epoch": welcome["epoch"], "seq": posted - 5})
    assert (welcome["recovered"], welcome["seq"]) == (True, posted)
    slow.connection.transport.abort()


async def test_draining_sends_tabs_elsewhere_in_batches(world: World) -> None:
    edge = await world.edge(drain_seconds=0.5)
    other = await world.edge()
    tabs = [await world.tab(f"user{number}", edge=edge) for number in range(10) if await world.user(f"user{number}")]
    draining = asyncio.create_task(edge.gateway.drain())
    for tab in tabs:
        bye = await tab.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4000, True)
        assert 0 <= bye["delay_ms"][0] < bye["delay_ms"][1] <= 21_000
        assert await tab.is_closed_with() == 4000
    await draining
    assert edge.gateway.ready() is False
    answer = await refused(world, edge=edge)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    async with asyncio.timeout(PATIENCE):
        while await edge.tabs.of("acme", "user0"):
            await asyncio.sleep(0.05)
    await world.tab("user0", edge=other)


async def test_a_gateway_is_ready_when_its_bus_is_heard(world: World) -> None:
    async with asyncio.timeout(PATIENCE):
        while not world.first.gateway.ready():
            await asyncio.sleep(0.1)


def test_the_secret_of_the_tests_is_long_enough() -> None:
    assert len(SECRET) == 32
