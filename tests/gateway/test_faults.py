"""What goes wrong around one tab or one person stays there: the others are told, counted and timed as before."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import websockets
from structlog.testing import capture_logs

from hub.engine import doorbells
from hub.engine.connection import Unavailable
from hub.engine.log import Tail
from hub.engine.tabs import Seat
from hub.gateway import roster
from hub.gateway.protocol import Phase

from .conftest import PATIENCE, Edge, TabClient, World
from .test_recovery import Deaf

UNMASKED = b"\x81\x02hi"


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)


class Gate:
    """Holds calls of a method up until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        real = getattr(owner, name)

        async def held(*arguments: Any, **named: Any) -> Any:
            self.reached.set()
            await self.opened.wait()
            return await real(*arguments, **named)

        monkeypatch.setattr(owner, name, held)

    async def is_reached(self) -> None:
        await asyncio.wait_for(self.reached.wait(), PATIENCE)


@pytest.fixture
def deaf(world: World, monkeypatch: pytest.MonkeyPatch) -> Deaf:
    return Deaf(world, monkeypatch)


# Connections


async def test_a_tab_that_breaks_the_rules_is_told_nothing_more_and_the_others_are(world: World) -> None:
    rude = await world.tab()
    await world.user("bob")
    others = [await world.tab(tab="B1", state="hidden"), await world.tab("bob", tab="C1")]
    person = world.first.gateway.roster.people["ann"]
    tab = person.tabs[0]
    rude.connection.transport.pause_reading()  # type: ignore[attr-defined]
    rude.connection.transport.write(UNMASKED)
    await until(lambda: tab.phase is not Phase.OPEN)
    assert tab not in person.tabs, "though its socket lingers"
    for number in range(3):
        await world.post("ann", "bob", body=str(number))
        for other in others:
            while (frame := await other.hear())["op"] != "notify":
                continue
            assert frame["entry"]["body"] == str(number)
    rude.connection.transport.abort()


async def test_the_seat_of_a_tab_that_breaks_the_rules_is_given_up_at_once(world: World) -> None:
    rude, other = await world.tab(), await world.tab(tab="B1", state="hidden")
    tab = world.first.gateway.roster.people["ann"].tabs[0]
    rude.connection.transport.pause_reading()  # type: ignore[attr-defined]
    rude.connection.transport.write(UNMASKED)
    assert (await other.hear("elected"))["elected"] is True
    assert tab.phase is Phase.ENDING, "its socket lingers"
    rude.connection.transport.abort()


async def test_an_older_connection_of_a_tab_id_ends_though_the_bus_says_nothing(world: World, deaf: Deaf) -> None:
    deaf.lose("superseded")
    old, new = await world.tab(), await world.tab()
    assert await old.is_closed_with() == 4505
    await world.post("ann")
    assert (await new.hear("notify"))["popup"] is True
    assert [tab["tab"] for tab in await world.first.tabs.of("acme", "ann")] == ["A1"]


async def test_a_tab_id_taken_over_elsewhere_unheard_is_found_with_the_lost_election(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await world.edge()
    old = await world.tab()
    monkeypatch.setattr(world.first.gateway.bells, "_on_message", lambda channel, data: None)
    new = await world.tab(edge=other)
    await world.first.gateway.pulse.compare_now()
    assert await old.is_closed_with() == 4505
    monkeypatch.undo()
    await world.post("ann")
    assert (await new.hear("notify"))["popup"] is True


async def test_a_tab_id_taken_over_elsewhere_is_told_by_the_election_too(world: World, deaf: Deaf) -> None:
    other = await world.edge()
    deaf.lose("superseded")
    old = await world.tab()
    new = await world.tab(edge=other)
    assert await old.is_closed_with() == 4505
    await world.post("ann")
    assert (await new.hear("notify"))["popup"] is True


async def test_a_refused_origin_is_named_once_a_minute_with_the_setting(world: World) -> None:
    async def is_refused(origin: str) -> None:
        with pytest.raises(websockets.InvalidStatus):
            await world.open(origin=websockets.Origin(origin))

    with capture_logs() as logs:
        for _ in range(3):
            await is_refused("https://crm.example")
        world.first.gateway._door._warned_at -= 61
        await is_refused("https://" + "x" * 1000)
    assert [(line["log_level"], line["refused"]) for line in logs] == [("warning", 1), ("warning", 3)]
    assert logs[0]["origin"] == "https://crm.example"
    assert "HUB_ALLOWED_ORIGINS" in logs[0]["event"]
    assert len(logs[1]["origin"]) == 200


# Channels


async def counts(edge: Edge, *users: str) -> None:
    """Wait until the bus counts exactly the channels of these people."""
    bells, people = edge.gateway.bells, edge.gateway.roster.people
    wanted = Counter([bells._probe_channel, *(channel for user in users for channel in people[user].channels)])
    await until(lambda: not [task for task in asyncio.all_tasks() if "_refresh" in repr(task)])
    await asyncio.sleep(0.1)
    assert +bells._wanted == wanted


@pytest.mark.parametrize("stage", ["user", "preferences", "groups", "subscribe"])
@pytest.mark.parametrize("comes_back", [False, True])
async def test_channels_are_released_once_when_the_last_tab_leaves_during_a_change(
    world: World, monkeypatch: pytest.MonkeyPatch, stage: str, comes_back: bool
) -> None:
    monkeypatch.setattr(doorbells, "LINGER_SECONDS", 0.0)
    await world.prefer("ann", mention={"system": False}, voicemails={"system": False})
    await world.user("bob")
    bob, tab = await world.tab("bob", tab="B1"), await world.tab()
    edge = world.first
    owner, name = {
        "user": (edge.directory, "user"),
        "preferences": (edge.directory, "preferences"),
        "groups": (edge.gateway.roster.following, "_groups"),
        "subscribe": (edge.gateway.bells, "subscribe"),
    }[stage]
    gate = Gate(monkeypatch, owner, name)
    await world.prefer("ann", voicemails={"system": True}, new_lead={"system": False})
    await gate.is_reached()
    await tab.connection.close()
    await until(lambda: "ann" not in edge.gateway.roster.people)
    gate.opened.set()
    if comes_back:
        await world.tab()
        await counts(edge, "ann", "bob")
    else:
        await counts(edge, "bob")
    await world.post("bob", channel="t:new_lead")
    assert (await bob.hear("notify"))["seq"] == 1


async def test_a_tab_that_the_bus_keeps_waiting_leaves_no_task_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "LISTEN_SECONDS", 0.2)

    async def subscribe(channels: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(world.first.gateway.bells, "subscribe", subscribe)
    tab = await world.open()
    await tab.say("hello", token=tab.token("ann"), tab="A1", state="focused", after=None)
    assert await tab.is_closed_with() == 4007
    await until(lambda: not [task for task in asyncio.all_tasks() if "Roster._listen" in repr(task)])
    assert world.first.gateway.roster.people == {}


# The store


async def test_an_offer_whose_doorbell_was_lost_goes_on_to_the_next_tab(world: World, deaf: Deaf) -> None:
    a, b = await world.tab(), await world.tab(tab="B1", state="hidden")
    deaf.lose("notify")
    id = await world.post("ann")
    await world.first.gateway.pulse.compare_now()
    await a.hear_all("notify", "elected")
    await b.hear("notify")
    assert [entry["id"] for entry in (await b.hear("elected"))["popups"]] == [id]


async def test_a_tab_that_is_still_arriving_can_be_silent(world: World) -> None:
    await world.tab()
    gateway = world.first.gateway
    person = gateway.roster.people["ann"]
    assert person.epoch is not None
    tab = person.tabs.pop()
    person.arriving.append(tab)
    tab.floor = Tail(person.epoch, person.seq + 1, person.gen, person.rev)
    said = {"user": "ann", "gen": person.gen + 1, "tab": "", "popups": [], "silent": "A1"}
    gateway.bells._on_message.__self__._elected("acme", said)  # type: ignore[attr-defined]
    assert tab.session.is_silent


async def test_a_seat_that_could_not_be_given_up_for_whatever_reason_is_given_up_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await world.tab()
    errands = world.first.gateway.errands

    async def fails(seat: Seat) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as broken:
        broken.setattr(world.first.tabs, "detach", fails)
        await tab.connection.close()
        await until(lambda: errands.unfinished)
        await errands.finish()
        assert [seat.tab for seat in errands.unfinished] == ["A1"], "kept for the next time"
    async with asyncio.timeout(PATIENCE):
        while await world.first.tabs.of("acme", "ann"):
            await asyncio.sleep(0.1)


async def test_a_seat_left_while_others_are_given_up_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.first.gateway.pulse.stop()
    errands = world.first.gateway.errands
    seats = [Seat("acme", "ann", f"T{number}", f"c{number}") for number in range(150)]
    late, tried = Seat("acme", "ann", "late", "c"), []

    async def detach(seat: Seat) -> None:
        if not tried:
            errands.unfinished.append(late)
        tried.append(seat)
        if seat is seats[7]:
            raise Unavailable("nobody answers")

    monkeypatch.setattr(world.first.tabs, "detach", detach)
    errands.unfinished = list(seats)
    await errands.finish()
    assert tried == seats
    assert errands.unfinished == [late, seats[7]]
    await errands.finish()
    assert tried[150:] == [late, seats[7]]


async def test_leases_are_renewed_whatever_becomes_of_seats_left_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.tab()
    gate = Gate(monkeypatch, world.first.tabs, "detach")
    world.first.gateway.errands.unfinished.append(Seat("acme", "ann", "T1", "c1"))
    await gate.is_reached()
    renewed = []
    real = world.first.tabs.renew

    async def renew(account: str) -> tuple[bool, list[str]]:
        renewed.append(account)
        return await real(account)

    monkeypatch.setattr(world.first.tabs, "renew", renew)
    await until(lambda: len(renewed) >= 2)
    gate.opened.set()


async def test_pings_go_on_while_the_store_does_not_answer_an_offer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = await world.edge(heartbeat_seconds=0.3, pong_seconds=5)
    tab = await world.tab(edge=edge)
    gate = Gate(monkeypatch, edge.tabs, "offer")
    await world.post("ann")
    heard = asyncio.create_task(pings_after(gate.reached, tab, 3))
    await gate.is_reached()
    await heard
    gate.opened.set()


async def pings_after(event: asyncio.Event, tab: TabClient, count: int) -> None:
    """Answer pings, and hear so many of them after an event."""
    while count:
        if (await tab.hear())["op"] == "ping":
            count -= event.is_set()
            await tab.say("pong")


async def test_the_heads_of_all_accounts_are_read_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tabs = []
    for number in range(4):
        await world.user(f"user{number}", f"account{number}")
        tabs.append(await world.tab(f"user{number}"))
    together, real = asyncio.Barrier(4), world.first.log.tails

    async def tails(account: str, users: list[str]) -> list[Tail]:
        await together.wait()
        return await real(account, users)

    with monkeypatch.context() as lost:
        lost.setattr(world.first.gateway.bells, "_on_message", lambda channel, data: None)
        for number in range(4):
            await world.post(f"user{number}", account=f"account{number}")
        await asyncio.sleep(0.2)
    monkeypatch.setattr(world.first.log, "tails", tails)
    await asyncio.wait_for(world.first.gateway.pulse.compare_now(), PATIENCE)
    for tab in tabs:
        assert (await tab.hear("notify"))["seq"] == 1


async def test_who_waits_while_a_log_cannot_be_read_hears_everything_afterwards(
    world: World, deaf: Deaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await world.tab()
    await world.first.gateway.pulse.stop()  # so that no tail check helps
    asked, answer = asyncio.Event(), asyncio.Event()

    async def missed(*_: Any) -> Any:
        asked.set()
        await answer.wait()
        raise Unavailable("nobody answers")

    with monkeypatch.context() as away:
        away.setattr(world.first.log, "missed", missed)
        deaf.lose("notify")
        for _ in range(2):
            await world.post("ann")
        await asyncio.wait_for(asked.wait(), PATIENCE)
        waiting = await world.open()
        await waiting.say("hello", token=waiting.token("ann"), tab="B1", state="focused", after=None)
        person = world.first.gateway.roster.people["ann"]
        await until(lambda: person.guests == 2)
        await tab.connection.close()
        await until(lambda: not person.everyone)
        answer.set()
        assert (await waiting.hear("welcome"))["seq"] == 2
    await world.post("ann")
    while (frame := await waiting.hear())["op"] != "notify":
        continue
    assert frame["seq"] == 3
