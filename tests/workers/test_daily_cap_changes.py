"""The daily cap where the world does not stand still: zones, clocks, nights, and holders that are slow."""

from datetime import datetime

import pytest_asyncio

from hub.core.changes import QuietHours
from hub.core.directory import User
from hub.core.jobs import Later
from hub.core.preferences import Defaults
from hub.engine.deliveries import Deliveries, Outcome
from hub.engine.directory import Directory
from hub.engine.summaries import Summaries

from .test_daily_cap import MONDAY, SENT, WAITING, left_over, send, states, wants
from .town import Scripted, Town, titles


@pytest_asyncio.fixture
async def town(town: Town) -> Town:
    await wants(town, daily_cap=2)
    return town


async def live_in(town: Town, zone: str) -> None:
    await town.directory.put_user(User("ann", "acme", email="ann@acme.example", time_zone=zone))


async def test_E_21_no_change_of_zone_begins_a_new_day(town: Town) -> None:
    """In Auckland it is Monday; whoever comes from there to New York has that Monday until it is over there too."""
    mail = Scripted()
    for zone in ("Pacific/Auckland", "America/New_York", "Pacific/Auckland", "America/New_York"):
        await live_in(town, zone)
        for _ in range(3):
            await town.tell("ann")
        assert await send(town, mail) == titles(1, 2)
    await send(town, mail, at="2027-03-16T08:00+13:00")
    assert [letter.subject for letter in mail.taken[2:]] == ["10 notifications of the type “Voicemails”"]
    await town.tell("ann")
    assert len(await send(town, mail)) == 3, "Monday goes on"
    await send(town, mail, at="2027-03-16T00:00-04:00")
    await town.tell("ann")
    assert (await send(town, mail))[3:] == titles(14), "and on Tuesday it begins anew"


async def test_a_clock_that_is_set_back_costs_nobody_a_summary(town: Town) -> None:
    mail = Scripted()
    await send(town, mail, at="2031-01-01T12:00+00:00")
    await town.tell("ann")
    await send(town, mail)
    await send(town, mail, at="2027-03-14T12:00+00:00")
    for _ in range(4):
        await town.tell("ann")
    await send(town, mail)
    assert len(mail.taken) == 3
    assert (await send(town, mail, at=MONDAY))[3:] == ["2 notifications of the type “Voicemails”"]


async def test_a_summary_that_waited_for_the_night_to_end_has_all_its_patience(town: Town) -> None:
    """It looks in at eight o'clock and is put off; the first attempt is five hours later."""
    await wants(town, daily_cap=2, quiet_hours=QuietHours("21:00", "13:00", "UTC"))
    mail = Scripted()
    bases = [await town.tell("ann", urgent=False) for _ in range(4)]
    await send(town, mail, at="2027-03-14T14:00+00:00")
    await send(town, mail, at=MONDAY)
    mail = Scripted([Later("timeout")] * 99)
    courier = town.courier(email=mail, chance=lambda: 0.0)
    start = datetime.fromisoformat("2027-03-15T13:00Z").timestamp()
    for minute in range(10):
        town.clock.freeze(start + minute * 60)
        await courier.settle()
    await courier.stop()
    assert (mail.tried, await states(town, *bases[2:])) == (10, [WAITING] * 2)


async def test_a_summary_that_another_sent_meanwhile_is_not_sent_again(town: Town) -> None:
    """The first holder is slow: its lease ends, another begins, and sees just before it sends that it was sent."""
    mail = Scripted()
    bases = [await town.tell("ann") for _ in range(4)]
    await send(town, mail)
    now_ms = int(datetime.fromisoformat(MONDAY).timestamp() * 1000)
    town.clock.freeze(now_ms / 1000)
    summaries, hasty = Summaries(town.store, town.log.couriers), Deliveries(town.store, town.log.couriers, lease_ms=0)
    (lane,) = await hasty.claim("email", now_ms, 9)
    first = await summaries.begin(lane, "voicemails", now_ms)
    assert first
    assert await summaries.take(first, 9, now_ms)

    class Late(Directory):
        """It is asked for what the user chose after the second attempt began."""

        async def defaults(self, account: str) -> Defaults:
            assert await summaries.conclude(first, Outcome("sent"), "2027-03-15", now_ms) == "sent"
            return await super().defaults(account)

    town.directory, mail = Late(town.store), Scripted()
    assert await send(town, mail) == []
    assert await states(town, *bases) == [SENT] * 4
    assert await left_over(town) == 0
