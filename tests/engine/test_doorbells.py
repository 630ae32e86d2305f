"""The bus on the real store: what is lost is noticed."""

import asyncio

import pytest

from hub.core.directory import Account, User
from hub.engine.connection import Store
from hub.engine.directory import Directory
from hub.engine.log import Log

from .conftest import Ear, happening, recipients

pytestmark = pytest.mark.usefixtures("acme")


async def test_D_01_a_page_is_one_message_a_channel_with_the_body_once(ear: Ear, log: Log) -> None:
    await ear.listen("t:voicemails", "u:ann")
    page = [*recipients("bob", "cy"), *recipients("ann", channel="u:ann")]
    await log.append(happening("h1"), page, "e")
    heard = dict([await ear.messages.get(), await ear.messages.get()])
    shared = heard[ear.keys.channel("acme", "t:voicemails")]
    assert [row[0] for row in shared["users"]] == ["bob", "cy"]  # type: ignore[attr-defined]
    own = heard[ear.keys.channel("acme", "u:ann")]
    assert [row[:4] for row in own["users"]] == [["ann", 0, 1, 1]]  # type: ignore[attr-defined]


async def test_nobody_hears_a_channel_they_did_not_ask_for(ear: Ear, log: Log) -> None:
    await ear.listen("u:ann")
    await log.append(happening("h1"), recipients("bob", channel="u:bob"), "e")
    await log.append(happening("h2"), recipients("ann", channel="u:ann"), "e")
    assert (await ear.messages.get())[1]["base"] == "h2"
    assert ear.messages.empty()


async def test_a_killed_bus_connection_comes_back_and_tells_of_the_gap(ear: Ear, store: Store, log: Log) -> None:
    await ear.listen("u:ann")
    assert await store.command("CLIENT", "KILL", "TYPE", "pubsub") >= 1
    await ear.gaps.get()
    await log.append(happening("h1"), recipients("ann", channel="u:ann"), "e")
    assert (await ear.messages.get())[1]["base"] == "h1"


async def test_subscribing_while_the_bus_is_down_is_confirmed_once_it_is_back(ear: Ear, store: Store, log: Log) -> None:
    await ear.listen("u:bob")
    await store.command("CLIENT", "KILL", "TYPE", "pubsub")
    await asyncio.gather(*(ear.listen(f"u:user{n}") for n in range(50)))
    await log.append(happening("h1"), recipients("user49", channel="u:user49"), "e")
    assert (await ear.messages.get())[1]["base"] == "h1"


async def test_a_channel_is_kept_while_one_of_two_still_wants_it(ear: Ear, log: Log) -> None:
    await ear.listen("u:ann")
    await ear.listen("u:ann")
    ear.bells._let_go([ear.keys.channel("acme", "u:ann")])
    await log.append(happening("h1"), recipients("ann", channel="u:ann"), "e")
    assert (await ear.messages.get())[1]["base"] == "h1"
    ear.bells._let_go([ear.keys.channel("acme", "u:ann")])
    await ear.listen("u:bob")
    await log.append(happening("h2"), recipients("ann", channel="u:ann"), "e")
    await log.append(happening("h3"), recipients("bob", channel="u:bob"), "e")
    assert (await ear.messages.get())[1]["base"] == "h3"


async def test_the_probe_shows_that_the_bus_hears(ear: Ear) -> None:
    await ear.listen("u:ann")
    assert ear.bells.healthy


async def test_D_02_a_changed_preference_and_profile_ring(ear: Ear, store: Store) -> None:
    directory = Directory(store)
    await ear.listen("u:zoe")
    await directory.put_account(Account("acme"))
    await directory.put_user(User("zoe", "acme"))
    assert (await ear.messages.get())[1]["k"] == "profile"
    await directory.put_preferences("acme", "zoe", await directory.preferences("acme", "zoe"))
    assert (await ear.messages.get())[1]["k"] == "preferences"


async def test_a_store_that_hangs_up_at_once_is_tried_until_it_stays(store: Store, log: Log) -> None:
    """`maxclients` reached: the store accepts and closes. The bus must come back when there is room again."""
    room = int((await store.redis.config_get("maxclients"))["maxclients"])
    await store.ping()
    await store.redis.config_set("maxclients", 1)
    ear = Ear(store)
    try:
        await ear.bells.start()
        await asyncio.sleep(0.3)
    finally:
        await store.redis.config_set("maxclients", room)
    await asyncio.wait_for(ear.listen("u:ann"), 20)
    await log.append(happening("h1"), recipients("ann", channel="u:ann"), "e")
    assert (await ear.messages.get())[1]["base"] == "h1"
    await ear.bells.stop()
