"""The daily cap through deaths and retries: nothing is lost, nothing is sent twice, and no day has too many."""

import contextlib
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgpack
import pytest
import pytest_asyncio

from hub.core.daily import day_of
from hub.core.directory import User
from hub.core.jobs import Later, Sent, Verdict
from hub.core.mail import Letter
from hub.core.preferences import Preferences
from hub.engine import summaries
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.directory import Directory

from .town import Scripted, Town, open_town, titles

MONDAY = datetime.fromisoformat("2027-03-15T08:00+00:00").timestamp()
TYPES = ("voicemails", "new_lead")


@pytest_asyncio.fixture
async def town(store_url: str) -> AsyncIterator[Town]:
    async with open_town(store_url) as town:
        await wants(town, "ann", 1)
        yield town


async def wants(town: Town, user: str, cap: int) -> None:
    types = {type: {"email": True} for type in TYPES}
    await town.directory.put_preferences("acme", user, Preferences(types=types, daily_cap=cap))


class Killed(Exception):
    """The process ended here."""


class Mortal(Store):
    """The store as a process sees it that is killed at its n-th step: before it, or after it and without the answer."""

    def __init__(self, store: Store, left: int, *, after: bool) -> None:
        self.__dict__ = store.__dict__  # one connection, and one queue of calls
        self.life = {"left": left, "after": after}

    async def call(self, operation: str, *arguments: Any) -> Any:
        self.life["left"] -= 1
        left, after = self.life["left"], self.life["after"]
        if left < 0 or (left == 0 and not after):
            raise Killed
        answer = await super().call(operation, *arguments)
        if left == 0:
            raise Killed
        return answer


async def lapse(town: Town) -> None:
    """Let every lease run out."""
    leases = town.store.keys.lanes("acme", "email")[1]
    for user, packed in (await town.store.command("HGETALL", leases)).items():
        await town.store.command("HSET", leases, user, msgpack.packb({**msgpack.unpackb(packed), "e": 0}))


async def live_and_die(town: Town, mail: Scripted, left: int, *, after: bool) -> bool:
    """Have a courier work until it is killed; tell whether it was."""
    store = Mortal(town.store, left, after=after)
    doomed = replace(town, store=store, directory=Directory(store), deliveries=Deliveries(store, town.log.couriers))
    courier = doomed.courier(email=mail)
    with contextlib.suppress(Killed):
        await courier.settle()
    await courier.stop()
    await lapse(town)
    return store.life["left"] <= 0


async def inherit(town: Town, mail: Scripted) -> None:
    """Have another courier do what is left."""
    heir = town.courier(email=mail, chance=lambda: 1.0)
    await heir.settle()
    await heir.stop()


async def is_concluded(town: Town) -> bool:
    """Tell whether ann's summary has a verdict."""
    packed = await town.store.command("HGET", town.store.keys.letters("acme", "ann")[0], "voicemails")
    return "v" in msgpack.unpackb(packed)


@pytest.mark.parametrize("after", [False, True])
async def test_E_21_whenever_a_courier_is_killed_the_cap_holds_and_the_summary_comes(town: Town, after: bool) -> None:
    """The first one dies at its n-th step on Sunday, the next one at its n-th step on Monday morning."""
    summary = "3 notifications of the type “Voicemails”"
    step, was_killed = 0, True
    while was_killed:
        step += 1
        user = f"u{step}"
        await town.settled(user)
        await wants(town, user, 1)
        town.clock.freeze(MONDAY - 20 * 3_600)
        mail, first = Scripted(), town.happened
        bases = [await town.tell(user) for _ in range(4)]
        was_killed = await live_and_die(town, mail, step, after=after)
        await inherit(town, mail)
        singles = [letter.subject for letter in mail.taken]
        assert set(singles) == set(titles(first + 1)), step
        town.clock.freeze(MONDAY)
        was_killed = await live_and_die(town, mail, step, after=after) or was_killed
        await inherit(town, mail)
        summed = mail.taken[len(singles) :]
        assert {letter.subject for letter in summed} == {summary}, step
        assert max(len(singles), len(summed)) <= 2
        assert len({letter.headers["Message-ID"] for letter in summed}) == 1, "a repetition is known as one"
        assert [(await town.only(base)).state for base in bases] == ["sent"] * 4, step
        assert await town.store.command("EXISTS", town.store.keys.letters("acme", user)[1]) == 0
        assert await town.store.command("EXISTS", town.store.keys.lane("acme", "email", user)) == 0
    assert step > 10


async def test_E_21_a_verdict_that_is_known_is_never_asked_for_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the pages of what a verdict means: the rest is done by the next, and nothing is sent."""
    monkeypatch.setattr(summaries, "PAGE", 2)
    mail = Scripted()
    bases = [await town.tell("ann") for _ in range(8)]
    await inherit(town, mail)
    town.clock.freeze(MONDAY)
    left = 9
    while not await is_concluded(town):
        left += 1
        await live_and_die(town, mail, left, after=True)
    await live_and_die(town, mail, 6, after=True)  # claimed, next, begun, who it is for (2), one page
    assert Counter([(await town.only(base)).state for base in bases]) == {"sent": 3, "queued": 5}
    sent = len(mail.taken)
    late = await town.tell("ann")
    await inherit(town, mail)
    assert {(await town.only(base)).state for base in [*bases, late]} == {"sent"}
    assert [letter.subject for letter in mail.taken[sent:]] == titles(9)


@dataclass
class Moody(Scripted):
    """A mail server that often says to come again, and notes when it took what."""

    town: Town | None = None
    chance: random.Random = field(default_factory=random.Random)
    took: list[tuple[float, Letter]] = field(default_factory=list)

    async def send(self, message: Any, /) -> Verdict:
        assert self.town is not None
        if self.chance.random() < 0.2:
            return Later("timeout")
        self.took.append((self.town.clock.now(), message))
        return Sent()


ZONES = {"ann": "America/New_York", "bob": "Asia/Kathmandu", "cy": "Pacific/Auckland"}


@pytest.mark.parametrize("seed", range(4))
async def test_E_21_no_day_has_more_than_the_cap_and_one_summary_and_everything_comes_once(
    town: Town, seed: int
) -> None:
    chance, caps = random.Random(seed), {"ann": 1, "bob": 2, "cy": 4}
    for user, zone in ZONES.items():
        await town.directory.put_user(User(user, "acme", email=f"{user}@acme.example", time_zone=zone))
        await wants(town, user, caps[user])
    mail = Moody(town=town, chance=chance)
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for _ in range(40):
        for _ in range(chance.choice([0, 0, 1, 3, 9])):
            user, type = chance.choice(list(ZONES)), chance.choice(TYPES)
            await town.tell(user, type=type, title=type)
            wanted[user][f"{type} {town.happened}"] += 1
        couriers = [town.courier(email=mail, chance=chance.random) for _ in range(2)]
        for courier in couriers:
            await courier.settle()
            await courier.stop()
        town.clock.advance(chance.choice([60, 900, 3_600, 7_200, 20_000]))
    for _ in range(30):
        town.clock.advance(7_200)
        await inherit(town, mail)
    days: Counter[tuple[str, str, str]] = Counter()
    came: dict[str, Counter[str]] = defaultdict(Counter)
    for at, letter in mail.took:
        user = letter.to.partition("@")[0]
        named = [line for line in letter.text.splitlines() if line.partition(" ")[0] in TYPES]
        type = named[0].partition(" ")[0]
        days[user, type, day_of(ZoneInfo(ZONES[user]), at)] += 1
        came[user].update(set(named))
    assert came == wanted
    assert all(count <= caps[user] + 1 for (user, _, _), count in days.items()), days
    assert any(count == caps[user] + 1 for (user, _, _), count in days.items()), "it was tried"
