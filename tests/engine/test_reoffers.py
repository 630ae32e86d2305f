"""A gateway died with everybody's pop-ups: one step offers so many bytes of them again, and the rest follows."""

import asyncio
import re
from typing import Any

import pytest

from hub.engine.connection import Store
from hub.engine.functions import LIBRARY
from hub.engine.log import Happening, Log
from hub.engine.rows import Record
from hub.engine.tabs import Tabs

from .conftest import Ear, recipients, seat
from .test_tabs import attach, end_lease

pytestmark = pytest.mark.usefixtures("acme")

(BUDGET,) = (int(number) for number in re.findall(r"local REOFFERED_BYTES = (\d+)", LIBRARY))
WORDS = "x" * 4_000
OPEN = 40  # pop-ups of each
PEOPLE = [f"user{n}" for n in range(8)]
WAIT_SECONDS = 5.0


def long(base: str) -> Happening:
    return Happening(base, "acme", Record(b'{"body":"%b"}' % WORDS.encode(), {}), 1_000, 0, sticky=True)


@pytest.fixture
async def bereaved(tabs: Tabs, log: Log, store: Store) -> Tabs:
    """Have everybody's pop-ups in a focused tab of a gateway that died, and a hidden one on another."""
    dead = Tabs(store, "dead")
    for user in PEOPLE:
        await attach(dead, user, "old", "focused")
        await attach(tabs, user, "new")
    for n in range(OPEN):
        await log.append(long(f"h{n}"), recipients(*PEOPLE), "e")
    await end_lease(store, "dead")
    return tabs


async def heard(ear: Ear, count: int) -> list[dict[str, Any]]:
    """Hear what is said of elections, until so many were."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while len(found) < count:
            message: dict[str, Any] = (await ear.messages.get())[1]
            found += [message] if message["k"] in ("elected", "election") else []
    return found


def bytes_of(elections: list[dict[str, Any]]) -> int:
    return sum(len(row[4]) for message in elections for row in message.get("popups", ()))


@pytest.mark.parametrize("by", ["append", "offer"])
async def test_R_19_one_step_offers_at_most_half_a_mebibyte_again_and_the_rest_follows(
    bereaved: Tabs, log: Log, ear: Ear, by: str
) -> None:
    await ear.listen(*(f"u:{user}" for user in PEOPLE))
    if by == "append":
        await log.append(long("last"), recipients(*PEOPLE), "e")
    else:
        assert min(await bereaved.offer("acme", PEOPLE)) > 0, "all are offered, and wait for an answer"
    elections = await heard(ear, len(PEOPLE))
    assert BUDGET / 2 < bytes_of(elections) <= BUDGET
    assert {(message["tab"], message["gen"]) for message in elections} == {("new", 2)}
    assert [message["user"] for message in elections] == PEOPLE
    late = [message["user"] for message in elections if message["k"] == "election"]
    assert PEOPLE[-len(late) :] == late, "what is left out is left out from there on"
    count = OPEN + (by == "append")
    for user in late:
        missed = await log.missed("acme", user, OPEN)
        assert (missed.elected, missed.tail.gen, len(missed.popups)) == ("new", 2, count)
        ids = [entry.id for entry in missed.popups]
        assert await bereaved.shown(seat(user, "new"), ids) == count, "the offer is open, and is answered as any other"


async def test_one_persons_pop_ups_always_fit_into_a_step_of_their_own(bereaved: Tabs, ear: Ear) -> None:
    await ear.listen(*(f"u:{user}" for user in PEOPLE))
    for user in PEOPLE:
        await attach(bereaved, user, "other", "focused")
    assert {message["k"] for message in await heard(ear, len(PEOPLE))} == {"elected"}
