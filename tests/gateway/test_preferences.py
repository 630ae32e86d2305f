"""Which channels a gateway listens to: filtered by what people chose, swapped on the open socket (D-02)."""

import asyncio

from hub.core.directory import Group

from .conftest import PATIENCE, World


async def listened(world: World) -> set[str]:
    """Name the channels that the store has a listener for, without the probe."""
    redis, prefix = world.first.store.redis, world.first.store.keys.prefix
    channels = await redis.execute_command("PUBSUB", "SHARDCHANNELS", f"{prefix}:{{acme}}:*")
    return {channel.decode().rpartition("}:")[2] for channel in channels}


async def test_D_01_a_connected_tab_is_subscribed_to_its_channels(world: World) -> None:
    assert await listened(world) == set()
    await world.first.directory.put("acme", Group("sales", "acme", members=("ann",)))
    await world.first.directory.put("acme", Group("support", "acme", members=("bob",)))
    await world.tab()
    channels = await listened(world)
    assert {"u:ann", "all", "g:sales", "t:voicemails", "t:new_lead"} <= channels
    assert not {"g:support", "u:bob", "t:mention"} & channels, "what names people goes to their own channel"


async def test_D_02_a_changed_preference_changes_the_channels_of_the_open_socket(world: World) -> None:
    await world.prefer("ann", voicemails={"system": False})
    tab, second = await world.tab(), await world.tab(tab="B1", state="hidden")
    assert "t:voicemails" not in await listened(world)
    await world.prefer("ann", voicemails={"system": True}, new_lead={"system": True, "au": True})
    for client in (tab, second):
        changed = await client.hear("preferences")
        assert changed["preferences"]["types"]["voicemails"]["system"] is True
        assert changed["preferences"]["types"]["new_lead"]["au"] is True
    assert "t:voicemails" in await listened(world)
    person = world.first.gateway.roster.people["ann"]
    assert world.first.store.keys.channel("acme", "t:new_lead") not in person.channels, "released, a minute late"
    id = await world.post("ann", channel="t:voicemails")
    assert (await tab.hear("notify"))["entry"]["id"] == id


async def test_what_was_written_while_the_channels_were_swapped_is_read_from_the_log(world: World) -> None:
    await world.prefer("ann", voicemails={"system": False})
    tab = await world.tab()
    unheard = await world.post("ann", channel="t:voicemails")
    await world.prefer("ann", voicemails={"system": True})
    heard = {}
    while "notify" not in heard:
        frame = await tab.hear()
        heard[frame["op"]] = frame
    assert heard["notify"]["entry"]["id"] == unheard


async def test_a_lost_change_of_preferences_is_found_by_its_generation(world: World) -> None:
    tab = await world.tab()
    person = world.first.gateway.roster.people["ann"]
    gateway = world.first.gateway
    heard = gateway.bells._on_message
    gateway.bells._on_message = lambda channel, data: None  # type: ignore[method-assign]
    await world.prefer("ann", voicemails={"system": False})
    await asyncio.sleep(0.2)
    gateway.bells._on_message = heard  # type: ignore[method-assign]
    assert world.first.store.keys.channel("acme", "t:voicemails") in person.channels
    await gateway.pulse.compare_now()
    assert (await tab.hear("preferences"))["preferences"]["types"]["voicemails"]["system"] is False
    assert world.first.store.keys.channel("acme", "t:voicemails") not in person.channels


async def test_the_last_tab_takes_the_person_along(world: World) -> None:
    tabs = [await world.tab(tab=f"T{number}") for number in range(2)]
    gateway = world.first.gateway
    assert gateway.tabs() == 2
    for tab in tabs:
        assert "ann" in gateway.roster.people
        await tab.connection.close()
    async with asyncio.timeout(PATIENCE):
        while gateway.roster.people or gateway.tabs():
            await asyncio.sleep(0.05)
    assert gateway.roster.accounts == {}
