"""Audiences of any size, and what a crash between two pages leaves."""

import pytest

from hub.engine.connection import Store
from hub.engine.log import Log, Recipient
from hub.engine.plans import INLINE, Plans

from .conftest import happening


@pytest.fixture
def plans(store: Store, log: Log) -> Plans:
    return Plans(store, log)


def audience(size: int) -> list[Recipient]:
    return [Recipient(f"u{n}", n, "all_of_type", "t:voicemails") for n in range(size)]


async def heads(log: Log, size: int) -> list[int]:
    users = [f"u{n}" for n in range(size)]
    return [tail.seq for n in range(0, size, 100) for tail in await log.tails("acme", users[n : n + 100])]


@pytest.mark.parametrize("size", [0, 1, 100, 101, 250, INLINE])
async def test_up_to_500_are_told_before_the_answer(plans: Plans, log: Log, size: int) -> None:
    appended = await plans.publish([(happening("h1", event="evt-1", digest="d"), audience(size))], "e")
    assert appended.count == size
    assert await heads(log, size) == [1] * size
    assert await plans.left() == 0


async def test_a_large_audience_is_left_to_the_workers(plans: Plans, log: Log) -> None:
    await plans.publish([(happening("h1", event="evt-1", digest="d"), audience(INLINE + 1))], "e")
    assert await plans.left() == 1
    for account, base in await plans.claim():
        await plans.resume(account, base)
    assert await heads(log, INLINE + 1) == [1] * (INLINE + 1)
    assert await plans.left() == 0


async def test_a_crash_between_two_pages_is_resumed_and_nobody_is_told_twice(plans: Plans, log: Log) -> None:
    await plans.publish([(happening("h1", event="evt-1", digest="d"), audience(700))], "e")
    await log.append(happening("h1"), audience(700)[100:200], "e")
    assert await plans.resume("acme", "h1") == 500
    assert await plans.resume("acme", "h1") == 0
    assert await heads(log, 700) == [1] * 700


async def test_claimed_work_is_not_handed_out_twice_while_its_lease_runs(plans: Plans) -> None:
    await plans.publish([(happening("h1"), audience(501))], "e")
    assert await plans.claim() == [("acme", "h1")]
    assert await plans.claim() == []
    assert await plans.left() == 1


async def test_a_repeated_event_queues_nothing(plans: Plans) -> None:
    await plans.publish([(happening("h1", event="evt-1", digest="d"), audience(101))], "e")
    again = await plans.publish([(happening("h2", event="evt-1", digest="d"), audience(600))], "e")
    assert again.earlier is not None
    assert await plans.left() == 0


async def test_AMB_08_users_told_under_another_type_are_told_in_the_same_plan(plans: Plans, log: Log) -> None:
    """Their entries have another body, so another base; a crash after the first part leaves the plan for it."""
    parts = [(happening("h1", event="evt-1", digest="d"), audience(2)), (happening("h2"), audience(3)[2:])]
    assert (await plans.publish(parts, "e")).count == 3
    assert await heads(log, 3) == [1, 1, 1]
    assert [entry.id for entry in (await log.inbox("acme", "u2", "all", 9, None, 0)).entries] == ["h2-2"]


async def test_a_first_page_repeated_after_a_lost_answer_knows_itself(plans: Plans, log: Log) -> None:
    """The append ran, its answer was lost, the store's client sent it again: nobody is left out for that."""
    whole = audience(250)
    lost = happening("h1", event="evt-1", digest="d")
    await log.append(lost, whole[:100], "e")
    appended = await plans.publish([(lost, whole)], "e")
    assert appended.earlier is None
    assert await heads(log, 250) == [1] * 250
    assert await plans.left() == 0
