"""A gateway died with the pop-ups of many people: each of the others' tabs gets them, however much that is."""

import asyncio
from typing import Any

from hub.engine.tabs import Seat, Tabs

from .conftest import TabClient, World

OPEN = 40  # pop-ups of each, of 4 KB: together more than one step offers again


async def hear_both(tab: TabClient) -> tuple[dict[str, Any], dict[str, Any]]:
    elected, notify = await tab.hear_all("elected", "notify")
    return elected, notify


async def test_R_19_every_tab_gets_the_pop_ups_of_its_user_when_a_gateway_died(world: World) -> None:
    people = ["ann", "bob", "cy", "dan", "eve"]
    dead = Tabs(world.first.store, "dead")
    tabs = []
    for user in people:
        await world.user(user)
        seat = Seat("acme", user, "old", f"connection-of-{user}")
        assert await dead.attach(seat, "focused", None, limit=32, oldest=0, epoch="e")
        tabs.append(await world.tab(user, "new", "hidden"))
    ids = [await world.post(*people, channel="t:voicemails", body="x" * 4_000, sticky=True) for _ in range(OPEN)]
    for tab in tabs:
        assert {(await tab.hear("notify"))["popup"] for _ in range(OPEN)} == {False}
    await dead.leave("acme")
    ids.append(await world.post(*people, channel="t:voicemails", sticky=True))
    for place, (elected, notify) in enumerate(await asyncio.gather(*map(hear_both, tabs))):
        shown = {entry["id"] for entry in elected["popups"]} | ({notify["entry"]["id"]} if notify["popup"] else set())
        assert elected["elected"] is True
        assert shown == {f"{id[:-1]}{place}" for id in ids}
        assert notify["seq"] == OPEN + 1
