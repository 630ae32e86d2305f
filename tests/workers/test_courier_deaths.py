"""Couriers that are killed at every step, cut off, stopped, or at work side by side.

Every letter arrives; it arrives once, unless its courier died after the server took it and before that was recorded.
"""

import asyncio
import random
from collections import Counter
from typing import Any

import msgpack
import pytest

from hub.engine.deliveries import Deliveries
from hub.workers import courier as couriers
from hub.workers import desk
from hub.workers.courier import Courier
from tests.channels.mail_server import MailServer

from .dying import STEPS, Killed, Mortal
from .town import Scripted, Town, arrived, mailing, titles


class Dying(Mortal, Deliveries):
    """Deliveries of a process that is killed."""

    def __init__(self, town: Town, at: str = "", left: int = 10**9) -> None:
        super().__init__(town.store, town.log.couriers, lease_ms=60_000)
        self.die(at, left)


async def lapse(town: Town) -> None:
    """Let every lease run out."""
    leases = town.store.keys.lanes("acme", "email")[1]
    for user, packed in (await town.store.command("HGETALL", leases)).items():
        await town.store.command("HSET", leases, user, msgpack.packb({**msgpack.unpackb(packed), "e": 0}))


async def lease_end(town: Town) -> int:
    """Tell until when ann's lane is leased, in ms of the store's clock."""
    packed = await town.store.command("HGET", town.store.keys.lanes("acme", "email")[1], "ann")
    end: int = msgpack.unpackb(packed)["e"]
    return end


async def die(courier: Courier) -> None:
    """Have a courier work until it is dead; what it was saying to the server is still said."""
    with pytest.raises(Killed):
        await courier.settle()
    await courier.stop()


async def inherit(town: Town, **ends: Any) -> None:
    """Have another courier do what is left."""
    await lapse(town)
    heir = town.courier(**ends)
    await heir.settle()
    await heir.stop()


@pytest.mark.parametrize("step", STEPS)
async def test_whoever_is_killed_at_any_step_everything_arrives_and_never_again_once_it_is_recorded(
    town: Town, server: MailServer, step: str
) -> None:
    for _ in range(3):
        await town.tell("ann")
    async with mailing(server) as mailer:
        await die(town.courier(deliveries=Dying(town, step), email=mailer))
        assert arrived(server) == (["ann New voicemail 1"] if "record" in step else [])
        await inherit(town, email=mailer)
    again = titles(1) if step == "before record" else []
    assert arrived(server, "ann") == [*again, *titles(1, 2, 3)]
    rows = [await town.only(f"{n:026}") for n in (1, 2, 3)]
    assert [row.state for row in rows] == ["sent"] * 3


@pytest.mark.parametrize("seed", range(6))
async def test_couriers_that_die_anywhere_one_after_the_other_leave_nothing_and_repeat_only_what_they_had_to(
    town: Town, server: MailServer, seed: int
) -> None:
    chance, unsaid, users = random.Random(seed), Counter[str](), ["ann", "bob", "cy"]
    bases = [await town.tell(*users) for _ in range(5)]
    async with mailing(server) as mailer:
        for _ in range(8):
            mortal = Dying(town, left=chance.randint(1, 25))
            victim = town.courier(deliveries=mortal, email=mailer)
            try:
                await victim.settle()
            except Killed:
                assert mortal.is_killed
            await victim.stop()
            unsaid.update(f"{job.lane.user} {job.id[:26]}" for job in mortal.unsaid)
            await lapse(town)
        await inherit(town, email=mailer)
    wanted = {f"{user} {base}": 1 for user in users for base in bases}
    numbers = dict(zip(titles(*range(1, 6)), bases, strict=True))
    found = Counter(f"{user} {numbers[title]}" for user in users for title in arrived(server, user))
    assert found == Counter(wanted) + unsaid
    for user in users:
        assert list(dict.fromkeys(arrived(server, user))) == titles(*range(1, 6))


async def test_a_delivery_that_ends_its_courier_is_given_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers, "MOST_ATTEMPTS", 3)
    base = await town.tell("ann")
    for _ in range(3):
        await die(town.courier(deliveries=Dying(town, "before send")))
        await lapse(town)
    await inherit(town)
    assert (await town.only(base)).reason == "gave_up"


async def test_a_courier_that_is_cut_off_while_the_server_hangs_leaves_its_lane_to_the_next(
    town: Town, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "STOP_SECONDS", 0.05)
    server.orders.hang_at = "DATA"
    base = await town.tell("ann")
    async with mailing(server) as mailer:
        victim = town.courier(deliveries=Deliveries(town.store, town.log.couriers, lease_ms=400), email=mailer)
        victim.start()
        while "DATA" not in server.commands:
            await asyncio.sleep(0.02)
        await victim.stop()
        server.orders.hang_at = ""
        assert (await town.only(base)).state == "queued"
        heir = town.courier(email=mailer)
        await heir.settle()
        await heir.stop()
    row = await town.only(base)
    assert (row.state, row.attempts) == ("sent", 2)
    assert arrived(server) == ["ann New voicemail 1"]


async def test_a_courier_that_stops_ends_what_it_began_and_gives_the_lane_back(town: Town) -> None:
    mail = Scripted(gate=asyncio.Event())
    for _ in range(3):
        await town.tell("ann")
    first = town.courier(email=mail)
    first.start()
    while not mail.at_once:
        await asyncio.sleep(0.02)
    assert mail.gate is not None
    asyncio.get_running_loop().call_later(0.05, mail.gate.set)
    await first.stop()
    assert len(mail.taken) == 1
    second = town.courier(email=mail)
    await second.settle()
    await second.stop()
    assert [letter.subject for letter in mail.taken] == titles(1, 2, 3), "no lease had to run out"


async def test_two_couriers_at_once_never_send_twice(town: Town, server: MailServer) -> None:
    many = [f"u{n}" for n in range(30)]
    await town.settled(*many)
    async with mailing(server) as one, mailing(server) as other:
        pair = [town.courier(email=mailer) for mailer in (one, other)]
        for courier in pair:
            courier.start()
        for _ in range(5):
            await town.tell(*many)
        while len(server.letters) < 150:
            await asyncio.sleep(0.02)
        await asyncio.gather(*(courier.settle() for courier in pair))
        for courier in pair:
            await courier.stop()
    assert set(Counter(arrived(server)).values()) == {1}
    for user in many:
        assert arrived(server, user) == titles(1, 2, 3, 4, 5)


async def test_a_send_that_takes_longer_than_the_lease_stays_with_its_courier(town: Town) -> None:
    mail = Scripted(gate=asyncio.Event())
    await town.tell("ann")
    pair = [
        town.courier(deliveries=Deliveries(town.store, town.log.couriers, lease_ms=600), email=mail) for _ in range(2)
    ]
    for courier in pair:
        courier.start()
    while not mail.at_once:
        await asyncio.sleep(0.02)
    first = await lease_end(town)
    while await lease_end(town) < first + 1_200:
        await asyncio.sleep(0.02)
    assert mail.gate is not None
    mail.gate.set()
    await pair[1].settle()
    for courier in pair:
        await courier.stop()
    assert (mail.tried, len(mail.taken)) == (1, 1)
