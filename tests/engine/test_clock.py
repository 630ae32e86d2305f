"""Business time in test mode: every process of a hub at the same moment."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from hub.engine.clock import Clock, SharedClock
from hub.engine.connection import Store


@pytest_asyncio.fixture
async def others(store: Store) -> AsyncIterator[tuple[Clock, Clock]]:
    """Give the clocks of two processes on one store."""
    clocks = (Clock(), Clock())
    shared = [SharedClock(store, clock) for clock in clocks]
    for one in shared:
        await one.start()
    yield clocks
    for one in shared:
        await one.stop()


async def follows(clock: Clock, at: float) -> None:
    async with asyncio.timeout(10):
        while clock.now() != at:
            await asyncio.sleep(0.01)


async def test_what_one_process_sets_the_other_follows(others: tuple[Clock, Clock]) -> None:
    one, other = others
    for at in (2_000_000_000.25, 1_000_000_000.0):
        await one.turn_all(at)
        assert one.now() == at
        await follows(other, at)
    await other.turn_all(3_000_000_000.0)
    await follows(one, 3_000_000_000.0)
    changed = asyncio.Event()
    one.on_change.append(changed.set)
    await other.turn_all(None)
    async with asyncio.timeout(10):
        await changed.wait()
    assert one.now() < 3_000_000_000.0


async def test_who_comes_later_is_told_until_it_is_forgotten(store: Store, others: tuple[Clock, Clock]) -> None:
    await others[0].turn_all(2_000_000_000.0)
    late = Clock()
    await SharedClock(store, late).look()
    assert late.now() == 2_000_000_000.0
    await SharedClock(store, late).forget()
    after = Clock()
    await SharedClock(store, after).look()
    assert after.now() != 2_000_000_000.0


async def test_a_clock_that_is_not_shared_turns_alone() -> None:
    clock = Clock()
    await clock.turn_all(2_000_000_000.0)
    assert clock.now() == 2_000_000_000.0
