"""Log-in-as: what the target sees, without being one of the target's tabs (C-15, AMB-16, AMB-17)."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from .conftest import TabClient, World


@pytest_asyncio.fixture
async def olga(world: World) -> World:
    await world.user("olga", roles=("admin",))
    return world


async def look(world: World, target: str = "ann", actor: str = "olga", tab: str = "V1", **fields: Any) -> TabClient:
    view = await world.open()
    await view.say(
        "hello", token=view.token(target, actor=actor), tab=tab, state="focused", **{"after": None, **fields}
    )
    return view


async def test_C_15_a_view_sees_what_the_target_sees_and_shows_no_pop_ups(olga: World) -> None:
    first = await olga.post("ann")
    view = await look(olga)
    welcome = await view.hear("welcome")
    assert (welcome["user"], welcome["elected"], welcome["popups"], welcome["unread"]) == ("ann", False, [], 1)
    assert [entry["id"] for entry in welcome["inbox"]] == [first]
    tab = await olga.tab(state="hidden")
    id = await olga.post("ann")
    seen, shown = await view.hear("notify"), await tab.hear("notify")
    assert (seen["entry"]["id"], seen["popup"], shown["popup"]) == (id, False, True)
    await tab.say("dismiss", ids=[id], ref=1)
    assert (await view.hear("dismissed"))["ids"] == [id]


async def test_AMB_17_what_a_view_closes_stays_open_for_the_target(olga: World) -> None:
    tab, view = await olga.tab(), await look(olga)
    await view.hear("welcome")
    id = await olga.post("ann")
    await view.hear("notify")
    await tab.hear("notify")
    await view.say("dismiss", ids=[id], ref="v")
    assert await view.hear() == {"op": "ack", "ref": "v", "changed": [id], "unknown": [], "unread": 1}
    for said in ("shown", "faded"):
        await view.say(said, ids=[id])
    await view.say("state", state="hidden")
    last = await olga.post("ann")
    assert (await tab.hear())["entry"]["id"] == last, "the target heard nothing of it"
    assert [seat["tab"] for seat in await olga.first.tabs.of("acme", "ann")] == ["A1"]


async def test_a_view_recovers_like_a_tab(olga: World) -> None:
    await olga.tab()
    view = await look(olga)
    welcome = await view.hear("welcome")
    await view.connection.close()
    ids = [await olga.post("ann") for _ in range(2)]
    view = await look(olga, after={"epoch": welcome["epoch"], "seq": welcome["seq"]})
    assert (await view.hear("welcome"))["recovered"] is True
    assert [(await view.hear("notify"))["entry"]["id"] for _ in ids] == ids


@pytest.mark.parametrize("roles", [("agent",), ("manager",), ("billing_admin",)])
async def test_who_is_no_admin_may_not_look(world: World, roles: tuple[str, ...]) -> None:
    await world.user("olga", roles=roles)
    assert await (await look(world)).is_closed_with() == 4503


async def test_an_admin_of_another_tree_may_not_look(world: World) -> None:
    await world.user("olga", "elsewhere", roles=("admin",))
    assert await (await look(world)).is_closed_with() == 4503
    assert await (await look(world, actor="nobody")).is_closed_with() == 4503


@pytest.mark.parametrize("change", [{"roles": ("agent",)}, {"active": False}])
async def test_a_view_ends_when_its_actor_loses_the_right(olga: World, change: dict[str, Any]) -> None:
    tab, view = await olga.tab(), await look(olga)
    await view.hear("welcome")
    await olga.user("olga", **change)
    assert await view.is_closed_with() == 4503
    id = await olga.post("ann")
    assert (await tab.hear("notify"))["entry"]["id"] == id
    assert olga.first.gateway.views._open == {}


async def test_an_actor_s_own_tabs_are_their_own(olga: World) -> None:
    own, view = await olga.tab("olga"), await look(olga)
    await view.hear("welcome")
    hers = await olga.post("olga")
    assert (await own.hear("notify"))["popup"] is True
    await olga.post("ann")
    assert (await view.hear("notify"))["entry"]["id"] != hers
    await asyncio.sleep(0)
