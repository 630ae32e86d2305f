"""Log-in-as: what the target sees, in a session that elects and closes for itself (C-15, C-16, AMB-16, AMB-17)."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from .conftest import Edge, TabClient, World


@pytest_asyncio.fixture
async def olga(world: World) -> World:
    await world.user("olga", roles=("admin",))
    return world


async def look(
    world: World, target: str = "ann", actor: str = "olga", tab: str = "V1", edge: Edge | None = None, **fields: Any
) -> TabClient:
    """Open a view that has said hello."""
    view = await world.open(edge)
    token = view.token(target, actor=actor)
    await view.say("hello", token=token, tab=tab, **{"state": "focused", "after": None, **fields})
    return view


async def view_of(world: World, *args: Any, **fields: Any) -> TabClient:
    """Open a view that has been welcomed."""
    view = await look(world, *args, **fields)
    await view.hear("welcome")
    return view


def ids(frame: dict[str, Any], field: str = "popups") -> list[str]:
    return [entry["id"] for entry in frame[field]]


def shown(frame: dict[str, Any]) -> tuple[str, bool, int]:
    """Say what a notify showed: which entry, whether as a pop-up, and how many are unread."""
    assert frame["op"] == "notify", frame
    return frame["entry"]["id"], frame["popup"], frame["unread"]


async def test_C_15_a_view_shows_what_the_target_sees_and_their_open_pop_ups(olga: World) -> None:
    tab = await olga.tab(state="hidden")
    first = await olga.post("ann")
    assert shown(await tab.hear()) == (first, True, 1)
    view = await look(olga)
    welcome = await view.hear("welcome")
    assert (welcome["user"], welcome["elected"], welcome["unread"], welcome["seq"]) == ("ann", True, 1, 1)
    assert ids(welcome) == ids(welcome, "inbox") == [first]
    second = await olga.post("ann")
    assert shown(await tab.hear()) == (second, True, 2), "the target's own tab is elected as before"
    assert shown(await view.hear()) == (second, True, 2)
    await tab.say("dismiss", ids=[first], ref=1)
    assert await view.hear() == {"op": "dismissed", "seq": 3, "ids": [first], "unread": 1}


async def test_AMB_17_a_view_elects_among_its_own_tabs_over_all_gateways(olga: World) -> None:
    other = await olga.edge()
    tab = await olga.tab(state="hidden")
    a = await view_of(olga, tab="V1")
    id = await olga.post("ann")
    assert shown(await a.hear()) == (id, True, 1)
    await a.say("shown", ids=[id])
    b = await look(olga, tab="V2", edge=other)
    welcome = await b.hear("welcome")
    assert (welcome["elected"], ids(welcome)) == (True, [id]), "the tab that came last is the active one"
    assert await a.hear() == {"op": "elected", "elected": False, "popups": []}
    await b.say("shown", ids=[id])
    second = await olga.post("ann")
    assert (shown(await a.hear()), shown(await b.hear())) == ((second, False, 2), (second, True, 2))
    await b.say("shown", ids=[second])
    await b.say("state", state="hidden")
    assert ids(await a.hear("elected")) == [id, second]
    assert await b.hear() == {"op": "elected", "elected": False, "popups": []}
    await a.connection.close()
    assert ids(await b.hear("elected")) == [id, second]
    assert [shown(await tab.hear()) for _ in range(2)] == [(id, True, 1), (second, True, 2)]
    assert [seat["tab"] for seat in await olga.first.tabs.of("acme", "ann")] == ["A1"]


async def test_AMB_17_what_a_view_closes_stays_open_for_the_target(olga: World) -> None:
    tab, view = await olga.tab(), await view_of(olga)
    id = await olga.post("ann", sticky=True)
    for told in (view, tab):
        assert shown(await told.hear()) == (id, True, 1)
        await told.say("shown", ids=[id])
    await view.say("dismiss", ids=[id, "nobody-s"], ref="v")
    closed, ack = await view.hear_all("dismissed", "ack")
    assert ack == {"op": "ack", "ref": "v", "changed": [id], "unknown": ["nobody-s"], "unread": 0}
    assert closed == {"op": "dismissed", "ids": [id], "unread": 0}, "no number: the log does not move"
    await view.say("dismiss", ids=[id], ref="again")
    assert (await view.hear("ack"))["changed"] == []
    last = await olga.post("ann")
    assert shown(await tab.hear()) == (last, True, 2), "the target heard nothing of it, and lost nothing"
    assert shown(await view.hear()) == (last, True, 1)
    assert ids(await (await olga.open()).hello(tab="A2")) == [id, last]


async def test_AMB_17_what_a_view_closed_is_closed_in_all_its_tabs_and_after_it_came_back(olga: World) -> None:
    other = await olga.edge()
    a, b = await view_of(olga, tab="V1"), await view_of(olga, tab="V2", state="hidden", edge=other)
    gone, kept = await olga.post("ann", sticky=True), await olga.post("ann", sticky=True)
    for view in (a, b):
        assert [(await view.hear("notify"))["entry"]["id"] for _ in range(2)] == [gone, kept]
    await a.say("dismiss", ids=[gone], ref=1)
    await a.hear_all("dismissed", "ack")
    assert await b.hear() == {"op": "dismissed", "ids": [gone], "unread": 1}
    await b.say("read", ids=[kept], ref=2)
    read, ack = await b.hear_all("read", "ack")
    assert (read, ack["changed"]) == ({"op": "read", "ids": [kept], "unread": 0}, [kept])
    assert await a.hear() == read
    for view in (a, b):
        await view.connection.close()
    welcome = await (await look(olga, tab="V3", edge=other)).hear("welcome")
    assert (ids(welcome), welcome["unread"]) == ([kept], 0), "read leaves pop-ups open"
    assert [entry["state"] for entry in welcome["inbox"]] == ["read", "read"]
    own = await (await olga.open()).hello()
    assert (ids(own), own["unread"]) == ([gone, kept], 2)


async def test_AMB_17_reading_up_to_a_number_counts_for_the_view_only(olga: World) -> None:
    view = await view_of(olga)
    posted = [await olga.post("ann") for _ in range(3)]
    for _ in posted:
        await view.hear("notify")
    await view.say("read", up_to=2, ref=1)
    read, ack = await view.hear_all("read", "ack")
    assert (ack["changed"], ack["unread"]) == (posted[:2], 1)
    assert read == {"op": "read", "up_to": 2, "unread": 1}
    tab = await olga.tab()
    await tab.say("read", ids=posted[1:], ref=1)
    assert (await tab.hear_all("read", "ack"))[1]["unread"] == 1
    assert await view.hear() == {"op": "read", "seq": 4, "ids": posted[1:], "unread": 0}


async def test_a_view_that_comes_back_recovers_and_hears_what_its_session_put_away(olga: World) -> None:
    a = await view_of(olga, tab="V1")
    first = await olga.post("ann")
    seq = (await a.hear("notify"))["seq"]
    epoch = (await (await look(olga, tab="V2", state="hidden")).hear("welcome"))["epoch"]
    await a.connection.close()
    b = await view_of(olga, tab="V3")
    await b.say("dismiss", ids=[first], ref=1)
    await b.hear_all("dismissed", "ack")
    second = await olga.post("ann")
    a = await look(olga, tab="V1", after={"epoch": epoch, "seq": seq})
    welcome = await a.hear("welcome")
    assert (welcome["recovered"], welcome["unread"], ids(welcome)) == (True, 1, [second])
    assert shown(await a.hear()) == (second, False, 1)
    assert await a.hear() == {"op": "dismissed", "ids": [first], "unread": 1}


async def test_AMB_17_two_actors_at_once_are_two_sessions(olga: World) -> None:
    await olga.user("oscar", roles=("admin",))
    hers, his = await view_of(olga), await view_of(olga, actor="oscar")
    id = await olga.post("ann")
    for view in (hers, his):
        assert shown(await view.hear()) == (id, True, 1)
        await view.say("shown", ids=[id])
    await hers.say("dismiss", ids=[id], ref=1)
    await hers.hear_all("dismissed", "ack")
    second = await olga.post("ann")
    assert (shown(await hers.hear()), shown(await his.hear())) == ((second, True, 1), (second, True, 2))


async def test_AMB_17_views_take_no_place_among_the_tabs_of_the_target(world: World) -> None:
    edge = await world.edge(tabs_per_user=2)
    await world.user("olga", roles=("admin",))
    for name in ("V1", "V2"):
        await view_of(world, tab=name, edge=edge)
    assert await (await look(world, tab="V3", edge=edge)).is_closed_with() == 4504, "their own number is bounded too"
    for name in ("A1", "A2"):
        await world.tab(tab=name, edge=edge)


async def test_a_view_s_tab_id_connects_once(olga: World) -> None:
    tab, old = await olga.tab(tab="X"), await view_of(olga, tab="X")
    await view_of(olga, tab="X")
    assert await old.is_closed_with() == 4505
    id = await olga.post("ann")
    assert shown(await tab.hear()) == (id, True, 1)


async def test_an_offer_that_a_view_s_tab_does_not_take_goes_to_the_next_one(olga: World) -> None:
    other = await olga.edge()
    tab = await olga.tab()
    silent = await view_of(olga, tab="V1")
    next_one = await view_of(olga, tab="V2", state="hidden", edge=other)
    id = await olga.post("ann", sticky=True)
    assert shown(await tab.hear()) == (id, True, 1)
    await tab.say("shown", ids=[id])
    assert shown(await silent.hear()) == (id, True, 1)
    assert shown(await next_one.hear()) == (id, False, 1)
    assert ids(await next_one.hear("elected")) == [id]
    await next_one.say("shown", ids=[id])
    assert (await silent.hear("elected"))["elected"] is False
    await silent.say("pong")
    assert ids(await silent.hear("elected")) == [id], "it speaks, so it counts again; and it is the focused one"


async def test_what_fades_in_a_view_fades_there_only(olga: World) -> None:
    view = await view_of(olga)
    id = await olga.post("ann")
    await view.hear("notify")
    await view.say("faded", ids=[id])
    await view.say("read", ids=[], ref=1)
    assert (await view.hear("ack"))["unread"] == 1
    assert ids(await (await look(olga, tab="V2")).hear("welcome")) == []
    assert ids(await (await olga.open()).hello()) == [id]


async def test_C_15_a_user_without_a_log_gets_one_when_looked_at(olga: World) -> None:
    view = await look(olga)
    welcome = await view.hear("welcome")
    assert welcome["epoch"]
    assert welcome["seq"] == 0
    id = await olga.post("ann")
    assert shown(await view.hear()) == (id, True, 1)
    assert (await (await olga.open()).hello())["epoch"] == welcome["epoch"]


async def test_C_16_an_actor_s_own_things_do_not_come_along(olga: World) -> None:
    own, view = await olga.tab("olga"), await view_of(olga)
    hers = await olga.post("olga")
    assert shown(await own.hear()) == (hers, True, 1)
    id = await olga.post("ann")
    assert shown(await view.hear()) == (id, True, 1)


@pytest.mark.parametrize("roles", [("agent",), ("manager",), ("billing_admin",)])
async def test_AMB_16_who_is_no_admin_may_not_look(world: World, roles: tuple[str, ...]) -> None:
    await world.user("olga", roles=roles)
    assert await (await look(world)).is_closed_with() == 4503


async def test_AMB_16_an_admin_of_another_tree_may_not_look(world: World) -> None:
    await world.user("olga", "elsewhere", roles=("admin",))
    assert await (await look(world)).is_closed_with() == 4503
    assert await (await look(world, actor="nobody")).is_closed_with() == 4503


@pytest.mark.parametrize("change", [{"roles": ("agent",)}, {"active": False}])
async def test_AMB_16_a_view_ends_when_its_actor_loses_the_right(olga: World, change: dict[str, Any]) -> None:
    tab, view = await olga.tab(), await view_of(olga)
    await olga.user("olga", **change)
    assert await view.is_closed_with() == 4503
    id = await olga.post("ann")
    assert shown(await tab.hear()) == (id, True, 1)
    assert olga.first.gateway.views.count() == 0


async def test_a_view_ends_when_its_target_is_deactivated(olga: World) -> None:
    view = await view_of(olga)
    await olga.user("ann", active=False)
    assert await view.is_closed_with() == 4503


async def test_a_view_without_a_tab_of_the_target_beside_it_keeps_up(olga: World) -> None:
    """Nothing piles up for a person of whom only views are here, and an own tab joins in at the head."""
    view = await view_of(olga)
    posted = [await olga.post("ann") for _ in range(5)]
    assert [(await view.hear("notify"))["entry"]["id"] for _ in posted] == posted
    assert olga.first.gateway.roster.people["ann"].held == []
    tab = await olga.tab()
    last = await olga.post("ann")
    assert (shown(await tab.hear())[:2], shown(await view.hear())[:2]) == ((last, True), (last, True))


async def test_a_view_looks_again_when_the_bus_was_away(olga: World) -> None:
    other = await olga.edge()
    a, b = await view_of(olga, tab="V1"), await view_of(olga, tab="V2", state="hidden", edge=other)
    first = await olga.post("ann")
    for view in (a, b):
        await view.hear("notify")
    assert other.gateway.bells._line is not None
    other.gateway.bells._line.drop()
    while other.gateway.bells._line is not None:  # deaf from here on
        await asyncio.sleep(0)
    second = await olga.post("ann")
    await a.say("dismiss", ids=[first], ref=1)
    heard = [await b.hear() for _ in range(2)]
    assert sorted(frame["op"] for frame in heard) == ["dismissed", "notify"]
    assert next(frame for frame in heard if frame["op"] == "dismissed")["ids"] == [first]
    assert next(frame for frame in heard if frame["op"] == "notify")["entry"]["id"] == second


async def test_a_view_ends_when_its_target_moves(olga: World) -> None:
    view = await view_of(olga)
    await olga.user("ann", "elsewhere")
    assert await view.is_closed_with() == 4003
    assert await (await look(olga)).is_closed_with() == 4503, "no longer in the actor's account tree"


async def test_a_view_in_msgpack_hears_the_same(olga: World) -> None:
    view = await olga.open(subprotocols=["hub.v1+msgpack"])
    await view.say("hello", token=view.token("ann", actor="olga"), tab="V1", state="focused", after=None)
    await view.hear("welcome")
    id = await olga.post("ann")
    assert shown(await view.hear()) == (id, True, 1)
    await view.say("dismiss", ids=[id], ref=1)
    closed, _ = await view.hear_all("dismissed", "ack")
    assert closed == {"op": "dismissed", "ids": [id], "unread": 0}
