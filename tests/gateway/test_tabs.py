"""Several tabs of one person, over several gateways: who shows the pop-ups, and what closes where."""

import asyncio
from typing import Any

from .conftest import PATIENCE, World


def ids(frame: dict[str, Any], field: str = "popups") -> list[str]:
    return [entry["id"] for entry in frame[field]]


async def test_R_18_the_pop_up_goes_to_the_active_tab_on_whatever_gateway(world: World) -> None:
    other = await world.edge()
    a = await world.tab(tab="A1", state="visible")
    b = await world.tab(tab="B1", state="focused", edge=other)
    assert await a.hear() == {"op": "elected", "elected": False, "popups": []}
    id = await world.post("ann")
    assert ((await a.hear("notify"))["popup"], (await b.hear("notify"))["popup"]) == (False, True)
    await b.say("shown", ids=[id])
    await b.say("state", state="hidden")
    assert ids(await a.hear("elected")) == [id]
    assert (await b.hear("elected"))["elected"] is False


async def test_R_23_closing_many_in_one_tab_closes_them_in_all(world: World) -> None:
    other = await world.edge()
    a = await world.tab()
    b = await world.tab(tab="B1", state="hidden", edge=other)
    posted = [await world.post("ann") for _ in range(20)]
    for tab in (a, b):
        assert [(await tab.hear("notify"))["entry"]["id"] for _ in range(20)] == posted
    await a.say("dismiss", ids=[*posted, "nobody-s"], ref="shift")
    closed, ack = await a.hear_all("dismissed", "ack")
    assert ack == {"op": "ack", "ref": "shift", "changed": posted, "unknown": ["nobody-s"], "unread": 0}
    assert await b.hear() == closed == {"op": "dismissed", "seq": 21, "ids": posted, "unread": 0}
    await b.say("dismiss", ids=posted, ref=2)
    assert (await b.hear("ack"))["changed"] == [], "closing again changes nothing"


async def test_reading_up_to_a_number_leaves_pop_ups_open(world: World) -> None:
    tab = await world.tab()
    posted = [await world.post("ann") for _ in range(3)]
    for _ in posted:
        await tab.hear("notify")
    await tab.say("read", up_to=2, ref=1)
    read, ack = await tab.hear_all("read", "ack")
    assert (ack["changed"], ack["unread"]) == (posted[:2], 1)
    assert read == {"op": "read", "seq": 4, "up_to": 2, "unread": 1}
    await tab.connection.close()
    assert ids(await (await world.open()).hello(tab="A2")) == posted


async def test_an_offer_nobody_takes_goes_to_the_next_tab_on_another_gateway(world: World) -> None:
    other = await world.edge()
    silent = await world.tab()
    next_one = await world.tab(tab="B1", state="hidden", edge=other)
    id = await world.post("ann")
    assert (await silent.hear("notify"))["popup"] is True
    assert (await next_one.hear("notify"))["popup"] is False
    assert ids(await next_one.hear("elected")) == [id]
    assert (await silent.hear("elected"))["elected"] is False
    await next_one.say("shown", ids=[id])
    await silent.say("pong")
    assert ids(await silent.hear("elected")) == [id], "it speaks, so it counts again; and it is the focused one"


async def test_an_only_tab_that_did_not_answer_is_offered_again_when_it_speaks(world: World) -> None:
    tab = await world.tab()
    id = await world.post("ann")
    await tab.hear("notify")
    assert (await tab.hear("elected"))["elected"] is False
    await tab.say("pong")
    assert ids(await tab.hear("elected")) == [id]


async def test_taken_pop_ups_are_not_offered_again(world: World) -> None:
    a, b = await world.tab(), await world.tab(tab="B1", state="hidden")
    id = await world.post("ann")
    await a.hear("notify")
    await a.say("shown", ids=[id])
    await b.hear("notify")
    while world.first.gateway.roster.people["ann"].has_offer:
        await asyncio.sleep(0.1)
    last = await world.post("ann")
    assert [(await tab.hear("notify"))["entry"]["id"] for tab in (a, b)] == [last, last]


async def test_faded_counts_from_the_elected_tab_only(world: World) -> None:
    a, b = await world.tab(), await world.tab(tab="B1", state="hidden")
    id = await world.post("ann")
    await a.hear("notify")
    await b.hear("notify")
    await a.say("shown", ids=[id])
    for tab in (b, a):
        await tab.say("faded", ids=[id])
        await tab.say("dismiss", ids=[], ref=1)
        await tab.hear("ack")
        popups = await world.first.store.redis.zcard(world.first.store.keys.person("acme", "ann")[6])
        assert popups == (1 if tab is b else 0)
    assert (await (await world.open()).hello(tab="C1"))["unread"] == 1, "its entry stays unread"


async def test_a_closed_tab_hands_its_pop_ups_on(world: World) -> None:
    a, b = await world.tab(), await world.tab(tab="B1", state="hidden")
    id = await world.post("ann", sticky=True)
    await a.hear("notify")
    await a.say("shown", ids=[id])
    await b.hear("notify")
    await a.connection.close()
    assert ids(await b.hear("elected")) == [id]


async def test_the_same_tab_id_again_supersedes_wherever_it_is(world: World) -> None:
    other = await world.edge()
    old = await world.tab()
    new = await world.tab(edge=other)
    assert await old.is_closed_with() == 4505
    await world.post("ann")
    assert (await new.hear("notify"))["popup"] is True


async def test_one_tab_too_many(world: World) -> None:
    edge = await world.edge(tabs_per_user=2)
    kept = [await world.tab(tab=f"T{number}", edge=edge) for number in range(2)]
    await kept[0].hear("elected")
    tab = await world.open(edge)
    await tab.say("hello", token=tab.token("ann"), tab="T3", state="focused", after=None)
    assert await tab.is_closed_with() == 4504
    again = await world.open(edge)
    assert (await again.hello(tab="T1"))["elected"] is True, "a tab that comes back is not one more"
    await kept[0].connection.close()
    while len(await edge.tabs.of("acme", "ann")) > 1:
        await asyncio.sleep(0.05)
    await world.tab(tab="T3", edge=edge)


async def test_the_tabs_of_a_gateway_that_died_are_nobody_s(world: World) -> None:
    other = await world.edge()
    await world.tab(edge=other)
    survivor = await world.tab(tab="B1", state="hidden")
    id = await world.post("ann", sticky=True)
    assert (await survivor.hear("notify"))["popup"] is False
    await other.gateway.pulse.stop()
    await other.gateway.bells.stop()
    frame = await survivor.hear("elected")
    assert (frame["elected"], ids(frame)) == (True, [id])


async def test_a_gateway_that_stood_still_reports_its_tabs_anew(world: World) -> None:
    edge = world.first
    tab = await world.tab(state="visible")
    await edge.store.redis.hdel(edge.store.keys.person("acme", "ann")[0], "tab:A1")
    await edge.store.redis.delete(edge.store.keys.account("acme", "leases"))
    async with asyncio.timeout(PATIENCE):
        while not await edge.tabs.of("acme", "ann"):
            await asyncio.sleep(0.1)
    assert [seat["state"] for seat in await edge.tabs.of("acme", "ann")] == ["visible"]
    await world.post("ann")
    assert (await tab.hear("notify"))["popup"] is True


async def test_a_page_of_people_each_get_their_own_numbers(world: World) -> None:
    people = [f"u{number}" for number in range(10)]
    for user in people:
        await world.user(user)
    tabs = {user: await world.tab(user) for user in people}
    await world.post("u3")
    assert (await tabs["u3"].hear("notify"))["seq"] == 1
    first = await world.post(*people, channel="all")
    for index, user in enumerate(people):
        frame = await tabs[user].hear("notify")
        assert (frame["seq"], frame["unread"]) == ((2, 2) if user == "u3" else (1, 1))
        assert frame["entry"]["id"] == first.removesuffix("-0") + f"-{index}"


async def test_msgpack_says_the_same(world: World) -> None:
    plain = await world.open()
    packed = await world.open(subprotocols=["hub.v1+msgpack"])
    assert packed.packed
    welcomes = [await plain.hello(), await packed.hello(tab="P1", state="hidden")]
    assert welcomes[0].keys() == welcomes[1].keys()
    id = await world.post("ann", body="Grüße")
    notified = await plain.hear("notify"), await packed.hear("notify")
    assert notified[1] == notified[0] | {"popup": False}
    await packed.say("dismiss", ids=[id], ref=1)
    closed, ack = await packed.hear_all("dismissed", "ack")
    assert ack["changed"] == [id]
    assert await plain.hear() == closed


async def test_large_data_comes_live_and_is_left_out_of_a_snapshot(world: World) -> None:
    tab = await world.tab()
    for data in ({"seconds": 34}, {"much": "x" * 2048}):
        await world.post("ann", data=data)
        assert (await tab.hear("notify"))["entry"]["data"] == data
    assert ["data" in entry for entry in (await (await world.open()).hello(tab="A2"))["inbox"]] == [False, True]
