"""An open socket follows the directory: groups, roles, defaults, moves and endings take effect at once."""

import asyncio
from typing import Any

import pytest

from hub.core.directory import Account, Group, User
from hub.core.preferences import Defaults
from hub.engine.connection import Unavailable
from hub.engine.directory import Directory

from .conftest import PATIENCE, Deaf, TabClient, World
from .test_views import look, shown, view_of


def channels(world: World, user: str = "ann") -> set[str]:
    """Name the channels that a person is told over."""
    person = world.first.gateway.roster.people[user]
    return {channel.rpartition("}:")[2] for channel in person.channels}


async def hears(world: World, tab: TabClient, channel: str, user: str = "ann") -> None:
    """Let something come over a channel, and hear it; it may be read from the log while channels are swapped."""
    id = await world.post(user, channel=channel)
    assert (await tab.hear("notify"))["entry"]["id"] == id


async def listening(world: World, channel: str, user: str = "ann", *, wanted: bool = True) -> None:
    """Wait until a person is told over a channel, or no longer."""
    async with asyncio.timeout(PATIENCE):
        while (channel in channels(world, user)) is not wanted:
            await asyncio.sleep(0.02)


async def test_a_group_joined_and_left_is_heard_on_the_open_socket(world: World) -> None:
    directory = world.first.directory
    tab = await world.tab()
    await directory.put("acme", Group("sales", "acme", members=("ann", "bob")))
    await listening(world, "g:sales")
    await hears(world, tab, "g:sales")
    await directory.put("acme", Group("sales", "acme", members=("bob",)))
    await listening(world, "g:sales", wanted=False)
    await directory.put("acme", Group("sales", "acme", members=("ann",)))
    await listening(world, "g:sales")
    await directory.delete(Group, "acme", "sales")
    await listening(world, "g:sales", wanted=False)


async def test_what_came_while_a_group_was_joined_is_read_from_the_log(world: World) -> None:
    tab = await world.tab()
    await world.first.directory.put("acme", Group("sales", "acme", members=("ann",)))
    await hears(world, tab, "g:sales")


async def test_a_group_of_another_account_of_the_tree_is_heard_in_ones_own(world: World) -> None:
    await world.user("wes", "west")
    await world.first.directory.put_account(Account("west", parent="acme"))
    tab = await world.tab("wes")
    await world.first.directory.put("acme", Group("sales", "acme", members=("wes",)))
    await listening(world, "g:sales", "wes")
    id = await world.post("wes", channel="g:sales", account="west")
    assert (await tab.hear("notify"))["entry"]["id"] == id


async def test_a_group_changed_by_a_process_that_died_before_it_said_so_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await world.tab()
    elsewhere = Directory(world.first.store)

    async def dies(users: object) -> None:
        raise Unavailable("cut off")

    monkeypatch.setattr(elsewhere, "touch_anywhere", dies)
    with pytest.raises(Unavailable):
        await elsewhere.put("acme", Group("sales", "acme", members=("ann",)))
    assert "g:sales" not in channels(world)
    await world.first.gateway.pulse.compare_now()
    await listening(world, "g:sales")
    await hears(world, tab, "g:sales")


async def test_a_group_joined_without_a_word_of_the_bus_is_found(world: World, deaf: Deaf) -> None:
    tab = await world.tab()
    deaf.lose("profile")
    await world.first.directory.put("acme", Group("sales", "acme", members=("ann",)))
    await asyncio.wait_for(deaf.lost.wait(), PATIENCE)
    await world.first.gateway.pulse.compare_now()
    await listening(world, "g:sales")
    await hears(world, tab, "g:sales")


async def test_a_changed_role_is_told_with_the_preferences_that_follow_from_it(world: World) -> None:
    tab, view = await world.tab(), None
    await world.user("olga", roles=("admin",))
    view = await view_of(world)
    await world.user("ann", roles=("agent", "admin"))
    for client in (tab, view):
        frame = await client.hear("preferences")
        assert frame["roles"] == ["agent", "admin"]
        assert "users_sync_report" in frame["preferences"]["types"]
    await world.user("ann", name="Ann", roles=("agent", "admin"))
    await world.prefer("ann", new_lead={"system": False})
    assert set(await tab.hear("preferences")) == {"op", "preferences"}, "roles only when they changed"


async def test_E_13_a_salesperson_is_told_of_their_own_contacts_only(world: World) -> None:
    tab = await world.tab()
    assert "t:new_lead" in channels(world)
    await world.user("ann", roles=("salesperson",))
    assert (await tab.hear("preferences"))["roles"] == ["salesperson"]
    assert {"t:new_lead", "t:voicemails"} & channels(world) == set()
    assert "t:client_export" in channels(world), "about no contact"
    await world.user("ann", roles=("salesperson", "manager"))
    await tab.hear("preferences")
    assert "t:new_lead" in channels(world)


async def test_E_21_a_default_of_the_account_reaches_who_never_chose(world: World) -> None:
    await world.user("bob")
    await world.prefer("bob", voicemails={"system": True})
    other = await world.edge()
    ann, bob = await world.tab(), await world.tab("bob", edge=other)
    await world.first.directory.put_defaults(
        "acme", Defaults({"voicemails": {"system": False}, "new_lead": {"au": True}})
    )
    told = (await ann.hear("preferences"))["preferences"]["types"]
    assert (told["voicemails"]["system"], told["new_lead"]["au"]) == (False, True)
    assert {"t:voicemails", "t:new_lead"} & channels(world) == set()
    told = (await bob.hear("preferences"))["preferences"]["types"]
    assert (told["voicemails"]["system"], told["new_lead"]["au"]) == (True, True)
    await world.first.directory.put_defaults("acme", Defaults())
    await ann.hear("preferences")
    await hears(world, ann, "t:voicemails")


async def test_a_default_changed_without_a_word_of_the_bus_is_found_once(world: World, deaf: Deaf) -> None:
    await world.user("bob")
    tab = await world.tab()
    deaf.lose("defaults")
    await world.first.directory.put_defaults("acme", Defaults({"voicemails": {"system": False}}))
    await asyncio.wait_for(deaf.lost.wait(), PATIENCE)
    await world.tab("bob")  # who comes now knows; who was here does not
    assert "t:voicemails" in channels(world)
    for _ in range(2):
        await world.first.gateway.pulse.compare_now()
    assert (await tab.hear("preferences"))["preferences"]["types"]["voicemails"]["system"] is False
    id = await world.post("ann")
    assert (await tab.hear("notify"))["entry"]["id"] == id


@pytest.mark.parametrize(
    ("change", "code"), [({"account": "other"}, 4003), ({"active": False}, 4503)], ids=["moved", "deactivated"]
)
async def test_who_is_moved_or_deactivated_is_sent_away(world: World, change: dict[str, Any], code: int) -> None:
    tab, second = await world.tab(), await world.tab(tab="B1", state="hidden", edge=await world.edge())
    await world.user("ann", **change)
    assert [await client.is_closed_with() for client in (tab, second)] == [code, code]
    again = await world.open()
    if code == 4003:
        assert (await again.hello(after={"epoch": "e", "seq": 1}))["recovered"] is False
    else:
        await again.say("hello", token=again.token("ann"), tab="A1", state="focused", after=None)
        assert await again.is_closed_with() == 4503


async def test_who_is_deleted_is_sent_away(world: World) -> None:
    await world.first.directory.put("acme", Group("sales", "acme", members=("ann",)))
    tab = await world.tab()
    await world.first.directory.delete_user("ann")
    assert await tab.is_closed_with() == 4503
    assert await world.first.directory.get(Group, "acme", "sales") == Group("sales", "acme")


async def test_who_is_disconnected_is_sent_away_and_may_come_back(world: World) -> None:
    other = await world.edge()
    tabs = [await world.tab(), await world.tab(tab="B1", state="hidden", edge=other)]
    assert await other.directory.disconnect("acme", "ann") == 2
    assert [await tab.is_closed_with() for tab in tabs] == [4503, 4503]
    again = await world.tab()
    id = await world.post("ann")
    assert (await again.hear("notify"))["entry"]["id"] == id


async def test_a_disconnection_that_the_bus_lost_is_found(world: World, deaf: Deaf) -> None:
    tab = await world.tab()
    deaf.lose("ended")
    assert await world.first.directory.disconnect("acme", "ann") == 1
    await asyncio.wait_for(deaf.lost.wait(), PATIENCE)
    await world.first.gateway.pulse.compare_now()
    assert await tab.is_closed_with() == 4503


async def test_the_sessions_of_a_disconnected_actor_end_and_nobody_else_s(world: World) -> None:
    await world.user("olga", roles=("admin",))
    tab, own, view = await world.tab(), await world.tab("olga"), await view_of(world)
    assert await world.first.directory.disconnect("acme", "olga") == 1
    assert [await own.is_closed_with(), await view.is_closed_with()] == [4503, 4503]
    id = await world.post("ann")
    assert shown(await tab.hear()) == (id, True, 1)
    view = await look(world)
    await view.hear("welcome")
    await world.first.directory.disconnect("acme", "ann")
    assert [await tab.is_closed_with(), await view.is_closed_with()] == [4503, 4503]


async def test_an_account_that_moves_takes_its_actors_rights_along(world: World) -> None:
    directory = world.first.directory
    await directory.put_account(Account("top"))
    await directory.put_user(User("olga", "top", roles=("admin",)))
    await directory.put_account(Account("acme", parent="top"))
    view = await view_of(world)
    await directory.put_account(Account("acme"))
    await world.first.gateway.pulse.compare_now()
    assert await view.is_closed_with() == 4503
