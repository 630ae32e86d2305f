"""Desks of webhooks that are killed at every step, one after the other.

Every message arrives, in order; it arrives again only where its desk died after it was taken and before that was
recorded.
"""

import random
from collections import Counter

import pytest

from hub.engine.messages import Messages
from tests.channels.web_server import WebServer

from .dying import STEPS, Killed, Mortal
from .hooks import Exchange, heard, ids, titles


class Dying(Mortal, Messages):
    """Messages of a process that is killed."""

    def __init__(self, exchange: Exchange, at: str = "", left: int = 10**9) -> None:
        super().__init__(exchange.town.store, exchange.town.log.couriers, lease_ms=60_000)
        self.die(at, left)


@pytest.mark.parametrize("step", STEPS)
async def test_whoever_is_killed_at_any_step_everything_arrives_and_never_again_once_it_is_recorded(
    exchange: Exchange, web: WebServer, step: str
) -> None:
    await exchange.hook(web)
    for _ in range(3):
        await exchange.notify("ann")
    with pytest.raises(Killed):
        await exchange.settle(exchange.desk(Dying(exchange, step)))
    assert titles(web) == (["1"] if "record" in step else [])
    await exchange.lapse()
    await exchange.settle()
    assert titles(web) == [*(["1"] if step == "before record" else []), "1", "2", "3"]
    assert await exchange.waiting() == (0, 0)


@pytest.mark.parametrize("seed", range(4))
async def test_desks_that_die_anywhere_one_after_the_other_leave_nothing_and_repeat_only_what_they_had_to(
    exchange: Exchange, web: WebServer, seed: int
) -> None:
    chance, unsaid, told = random.Random(seed), Counter[str](), list[str]()
    await exchange.hook(web)
    for _ in range(4):
        told += await exchange.notify("ann", "bob")
        told += await exchange.notify("wes", account="west")
    for _ in range(8):
        mortal = Dying(exchange, left=chance.randint(1, 25))
        try:
            await exchange.settle(exchange.desk(mortal))
        except Killed:
            assert mortal.is_killed
        unsaid.update(message.fact.message for message in mortal.unsaid)
        await exchange.lapse("acme", "west")
    await exchange.settle()
    assert ids(web) == Counter(f"msg_{id}_created" for id in told) + unsaid
    for account in ("acme", "west"):
        numbers = [one["data"]["notification"]["id"] for one in heard(web) if one["data"]["account"] == account]
        assert list(dict.fromkeys(numbers)) == sorted(set(numbers))
