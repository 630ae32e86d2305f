"""What a tab missed, and what the bus lost: the log has it, in order, once."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from hub.gateway.fanout import Fanout

from .conftest import PATIENCE, Deaf, TabClient, World


def after(welcome: dict[str, Any], seq: int | None = None) -> dict[str, Any]:
    return {"epoch": welcome["epoch"], "seq": welcome["seq"] if seq is None else seq}


async def numbers(tab: TabClient, count: int) -> list[int]:
    return [(await tab.hear())["seq"] for _ in range(count)]


async def test_a_returning_tab_gets_exactly_what_it_missed(world: World) -> None:
    tab = await world.open()
    welcome = await tab.hello()
    ids = [await world.post("ann", body=str(i)) for i in range(3)]
    await tab.connection.close()
    tab = await world.open()
    welcome = await tab.hello(after=after(welcome, 1))
    assert (welcome["seq"], welcome["recovered"], welcome["unread"], "inbox" in welcome) == (3, True, 3, False)
    assert [entry["id"] for entry in welcome["popups"]] == ids, "open pop-ups are shown again"
    missed = [await tab.hear("notify"), await tab.hear("notify")]
    assert [(frame["seq"], frame["popup"], frame["unread"]) for frame in missed] == [(2, False, 3), (3, False, 3)]
    assert [frame["entry"]["id"] for frame in missed] == ids[1:]
    await world.post("ann")
    assert (await tab.hear("notify"))["seq"] == 4


@pytest.mark.parametrize("change", [{"epoch": "another"}, {"seq": 99}])
async def test_a_tab_of_another_epoch_or_future_gets_a_snapshot(world: World, change: dict[str, Any]) -> None:
    tab = await world.open()
    welcome = await tab.hello()
    ids = [await world.post("ann") for _ in range(2)]
    again = await world.open()
    welcome = await again.hello(tab="A2", after=after(welcome) | change)
    assert (welcome["seq"], welcome["recovered"]) == (2, False)
    assert [entry["id"] for entry in welcome["inbox"]] == ids[::-1], "newest first"


async def test_more_than_300_missed_frames_are_a_snapshot_of_50(world: World) -> None:
    tab = await world.open()
    welcome = await tab.hello()
    await tab.connection.close()
    for _ in range(301):
        await world.post("ann")
    tab = await world.open()
    welcome = await tab.hello(after=after(welcome))
    assert (welcome["recovered"], welcome["seq"], welcome["unread"], len(welcome["inbox"])) == (False, 301, 301, 50)
    tab = await world.open()
    welcome = await tab.hello(tab="A2", after=after(welcome, 1))
    assert welcome["recovered"] is True
    assert await numbers(tab, 300) == list(range(2, 302))


async def test_a_tab_that_arrives_in_a_storm_misses_nothing_and_gets_nothing_twice(world: World) -> None:
    first = await world.tab()
    posting = asyncio.create_task(storm(world, 100))
    for number in range(5):
        tab = await world.open()
        welcome = await tab.hello(tab=f"B{number}", state="hidden")
        assert await numbers(tab, 100 - welcome["seq"]) == list(range(welcome["seq"] + 1, 101))
    await posting
    assert await numbers(first, 100) == list(range(1, 101))


async def storm(world: World, count: int) -> None:
    for _ in range(count):
        await world.post("ann")


async def test_a_lost_message_is_found_by_the_next_number(world: World, deaf: Deaf) -> None:
    a, b = await world.tab(), await world.tab(tab="B1", state="hidden")
    deaf.lose("notify", 2)
    lost = [await world.post("ann") for _ in range(2)]
    seen = await world.post("ann")
    for tab in (a, b):
        assert [(await tab.hear("notify"))["entry"]["id"] for _ in range(2)] == lost
    offered = await a.hear_all("notify", "elected")
    assert offered[0]["entry"]["id"] == seen
    assert [entry["id"] for entry in offered[1]["popups"]] == [*lost, seen], "their pop-ups are not lost either"
    assert (await b.hear("notify"))["seq"] == 3
    await world.post("ann")
    assert (await a.hear("notify"))["popup"] is True


async def test_a_lost_last_message_is_found_by_the_tail_check(world: World, deaf: Deaf) -> None:
    tab = await world.tab()
    deaf.lose("notify")
    id = await world.post("ann")
    await world.first.gateway.pulse.compare_now()
    assert (await tab.hear("notify"))["entry"]["id"] == id
    assert [entry["id"] for entry in (await tab.hear("elected"))["popups"]] == [id]


async def test_a_lost_election_is_found_before_anybody_is_offered_a_pop_up(world: World, deaf: Deaf) -> None:
    a, b = await world.tab(), await world.tab(tab="B1", state="hidden")
    first = await world.post("ann")
    for tab in (a, b):
        await tab.hear("notify")
    await a.say("dismiss", ids=[first], ref=1)
    await a.hear_all("ack", "dismissed")
    await b.hear("dismissed")
    deaf.lose("elected")
    await b.say("state", state="focused")
    await asyncio.wait_for(deaf.lost.wait(), PATIENCE)
    id = await world.post("ann")
    told_a, told_b = [await a.hear(), await a.hear()], [await b.hear(), await b.hear()]
    assert [frame for frame in told_a if frame["op"] == "elected"] == [
        {"op": "elected", "elected": False, "popups": []}
    ]
    assert not any(frame.get("popup") for frame in told_a)
    assert [entry["id"] for frame in told_b for entry in frame.get("popups", ())] == [id]


async def test_after_the_bus_was_away_the_log_is_read(world: World) -> None:
    tab = await world.tab()
    store = world.first.store.redis
    await store.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    ids = [await world.post("ann") for _ in range(3)]
    heard = {}
    while len(heard) < 3:
        frame = await tab.hear()
        if frame["op"] == "notify":
            heard[frame["seq"]] = frame["entry"]["id"]
    assert heard == dict(enumerate(ids, 1))


async def test_a_store_that_lost_writes_begins_a_new_epoch_and_every_tab_comes_back(world: World) -> None:
    tab = await world.open()
    welcome = await tab.hello()
    await world.post("ann")
    await tab.hear("notify")
    keys = world.first.store.keys.person("acme", "ann")
    await world.first.store.redis.hset(keys[0], "epoch", "after-the-crash")
    await world.first.gateway.pulse.compare_now()
    assert await tab.is_closed_with() == 4003
    tab = await world.open()
    again = await tab.hello(after=after(welcome))
    assert (again["epoch"], again["recovered"]) == ("after-the-crash", False)


async def watch(tab: TabClient, seen: list[dict[str, Any]], last: int) -> None:
    """Collect what a tab hears until a number, taking every pop-up it is offered."""
    while not seen or seen[-1].get("seq") != last:
        seen.append(frame := await tab.hear())
        if frame.get("popup"):
            await tab.say("shown", ids=[frame["entry"]["id"]])
        elif frame["op"] == "elected" and frame["popups"]:
            await tab.say("shown", ids=[entry["id"] for entry in frame["popups"]])


async def test_with_a_bus_that_loses_every_fifth_message_each_tab_still_hears_everything_once_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    await world.edge()
    for edge in world.edges:
        heard = edge.gateway.bells._on_message

        def on_message(channel: bytes, data: bytes, heard: Callable[[bytes, bytes], None] = heard) -> None:
            if chance.random() > 0.2:
                heard(channel, data)

        monkeypatch.setattr(edge.gateway.bells, "_on_message", on_message)
    seen: dict[str, list[dict[str, Any]]] = {f"T{number}": [] for number in range(4)}
    watching = []
    for number, name in enumerate(seen):
        tab = await world.tab(tab=name, state="hidden", edge=world.edges[number % 2])
        watching.append(asyncio.create_task(watch(tab, seen[name], 121)))
    for number in range(1, 121):
        id = await world.post("ann")
        if number % 3 == 0:
            await asyncio.sleep(0)
    monkeypatch.undo()
    await world.first.log.mark("acme", "ann", "dismissed", [id], None, "epoch")
    await asyncio.gather(*watching)
    for frames in seen.values():
        assert [frame["seq"] for frame in frames if "seq" in frame] == list(range(1, 122))
    shown = [frame["entry"]["id"] for frames in seen.values() for frame in frames if frame.get("popup")]
    assert len(shown) == len(set(shown)), "a pop-up is offered in one tab at most"


async def test_what_the_bus_carries_by_mistake_is_passed_over(world: World) -> None:
    tab = await world.tab()
    fanout = world.first.gateway.bells._on_message
    assert isinstance(getattr(fanout, "__self__", None), Fanout)
    channel = world.first.store.keys.channel("acme", "u:ann")
    for junk in (b"", b"\xc1", b"text", b"\x80", b"\x81\xa1k\xa6notify", b"\x81\xa1k\xa7unheard"):
        await world.first.store.command("SPUBLISH", channel, junk)
    await world.post("ann")
    assert (await tab.hear("notify"))["seq"] == 1
