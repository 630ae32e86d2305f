"""What the daily cap keeps in the store: who may count, and whose word on a summary holds."""

import pytest

from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries, Job, Lane, Outcome
from hub.engine.log import Log
from hub.engine.summaries import Days, Summaries, Summary, type_of

from .conftest import everything, naming
from .sending import NOW, REFUSED, SENT, append, begin, lane_of, mail, only

pytestmark = pytest.mark.usefixtures("acme")

MORNING, TYPE = 70_000, "voicemails"
LATER = Outcome("queued", "timeout", hold_ms=MORNING + 60_000)


@pytest.fixture
def summaries(store: Store, log: Log) -> Summaries:
    return Summaries(store, log.couriers)


async def count(summaries: Summaries, job: Job, cap: int = 1, day: str = "2027-03-14") -> bool:
    return await summaries.count(job, TYPE, cap, Days(day, "2027-03-16", MORNING), NOW)


async def send_all(log: Log, deliveries: Deliveries, summaries: Summaries, *bases: str) -> Lane:
    """Append e-mails to Ann, and send the first of them; the lane stays leased."""
    for base in bases:
        await append(log, base, mail("ann"))
    lane = await lane_of(deliveries, "ann")
    for base in bases:
        job = await begin(deliveries, lane)
        assert job.base == base
        if await count(summaries, job):
            await deliveries.settle(job, SENT, NOW)
    return lane


async def begun(summaries: Summaries, lane: Lane) -> Summary:
    summary = await summaries.begin(lane, TYPE, MORNING)
    assert summary is not None
    return summary


async def taken(summaries: Summaries, summary: Summary) -> list[str]:
    batch = await summaries.take(summary, 9, MORNING)
    assert batch is not None
    return [one.id for one in batch.taken]


async def states(deliveries: Deliveries, *bases: str) -> list[str]:
    return [(await only(deliveries, base)).state for base in bases]


async def test_E_21_what_is_too_much_leaves_the_lane_and_its_summary_comes_in(
    log: Log, deliveries: Deliveries, summaries: Summaries
) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2", "h3")
    assert await deliveries.next(lane, MORNING - 1) is None
    assert await deliveries.claim("email", MORNING - 1, 9) == []
    lane = await lane_of(deliveries, "ann", now=MORNING)
    id = await deliveries.next(lane, MORNING)
    assert id is not None
    assert (type_of(id), type_of("h1-0")) == (TYPE, None)
    row = await only(deliveries, "h2")
    assert (row.state, row.reason, row.attempts, row.due) == ("queued", "daily_cap", 0, MORNING)


async def test_a_repeated_count_is_the_same_count(log: Log, deliveries: Deliveries, summaries: Summaries) -> None:
    for base in ("h1", "h2"):
        await append(log, base, mail("ann"))
    lane = await lane_of(deliveries, "ann")
    first = await begin(deliveries, lane)
    assert [await count(summaries, first) for _ in range(3)] == [True] * 3
    await deliveries.settle(first, SENT, NOW)
    second = await begin(deliveries, lane)
    assert [await count(summaries, second) for _ in range(3)] == [False] * 3
    assert (await only(deliveries, "h2")).attempts == 0
    assert not await count(summaries, first), "it is sent already"


async def test_E_21_whoever_lost_the_lane_counts_nothing_and_keeps_nothing(
    store: Store, log: Log, hasty: Deliveries, summaries: Summaries
) -> None:
    await append(log, "h1", mail("ann"))
    stale = await begin(hasty, await lane_of(hasty, "ann"))
    heir = await begin(hasty, await lane_of(hasty, "ann"))
    before = await everything(store)
    assert not await count(summaries, stale)
    assert await everything(store) == before
    assert await count(summaries, heir)


async def test_the_word_of_who_lost_the_lane_counts_only_where_it_was_sent(
    log: Log, deliveries: Deliveries, summaries: Summaries
) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2", "h3")
    await deliveries.next(lane, NOW)
    hasty = Deliveries(summaries._store, log.couriers, lease_ms=0)
    dead = await lane_of(hasty, "ann", now=MORNING)
    first = await begun(summaries, dead)
    assert await taken(summaries, first) == ["h2-0", "h3-0"]
    heir = await lane_of(deliveries, "ann", now=MORNING)
    assert await summaries.conclude(first, LATER, "2027-03-15", MORNING) is None
    assert await summaries.begin(dead, TYPE, MORNING) is None
    assert await summaries.take(first, 9, MORNING) is None
    assert await summaries.conclude(first, SENT, "2027-03-15", MORNING) == "sent"
    assert await summaries.finish(first, MORNING * 2, MORNING) == 0, "that is for who holds the lane"
    again = await begun(summaries, heir)
    assert again.is_ended
    assert await summaries.finish(again, MORNING * 2, MORNING) == 2
    assert await states(deliveries, "h2", "h3") == ["sent"] * 2
    assert await deliveries.next(heir, MORNING * 9) is None


@pytest.mark.parametrize("has_taken", [False, True])
async def test_that_it_was_sent_is_true_whoever_says_it_also_after_another_began(
    log: Log, deliveries: Deliveries, summaries: Summaries, has_taken: bool
) -> None:
    """What came in between was not in it, and waits for another day."""
    lane = await send_all(log, deliveries, summaries, "h1", "h2", "h3")
    first = await begun(summaries, lane)
    await taken(summaries, first)
    await append(log, "h4", mail("ann"))
    assert not await count(summaries, await begin(deliveries, lane, NOW))
    second = await begun(summaries, lane)
    assert (second.name, second.attempt, second.since) == (first.name, 2, MORNING)
    assert [await summaries.stands(one) for one in (first, second)] == [False, True]
    assert not has_taken or await taken(summaries, second) == ["h2-0", "h3-0", "h4-0"]
    assert await summaries.conclude(first, LATER, "2027-03-15", MORNING) is None
    for _ in range(2):
        assert await summaries.conclude(first, SENT, "2027-03-15", MORNING) == "sent"
    assert not await summaries.stands(second)
    ended = await begun(summaries, lane)
    assert ended.is_ended
    assert await summaries.finish(ended, MORNING * 2, MORNING) == 2
    assert await states(deliveries, "h2", "h3", "h4") == ["sent", "sent", "queued"]
    assert await summaries.conclude(first, SENT, "2027-03-15", MORNING) is None, "it is closed"


async def test_what_two_sent_is_sent(log: Log, deliveries: Deliveries, summaries: Summaries) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2", "h3")
    first = await begun(summaries, lane)
    await taken(summaries, first)
    await append(log, "h4", mail("ann"))
    assert not await count(summaries, await begin(deliveries, lane, NOW))
    second = await begun(summaries, lane)
    await taken(summaries, second)
    assert await summaries.conclude(first, SENT, "2027-03-15", MORNING) == "sent"
    for outcome in (SENT, LATER):
        assert await summaries.conclude(second, outcome, "2027-03-15", MORNING) == "sent", "what is said stays said"
    assert await summaries.finish(second, MORNING * 2, MORNING) == 3
    assert await deliveries.next(lane, MORNING * 9) is None


async def test_a_word_on_a_summary_of_another_day_is_not_heard(
    log: Log, deliveries: Deliveries, summaries: Summaries
) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2")
    first = await begun(summaries, lane)
    await taken(summaries, first)
    assert await summaries.conclude(first, REFUSED, "2027-03-15", MORNING) == "failed"
    await summaries.finish(first, MORNING * 2, MORNING)
    await append(log, "h3", mail("ann"))
    assert not await count(summaries, await begin(deliveries, lane, NOW))
    second = await begun(summaries, lane)
    assert await summaries.conclude(first, SENT, "2027-03-15", MORNING) is None
    assert await summaries.stands(second)


async def test_what_was_no_attempt_begins_no_patience(log: Log, deliveries: Deliveries, summaries: Summaries) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2")
    looked = await begun(summaries, lane)
    put_off = Outcome("queued", due_ms=MORNING * 2, tried=False)
    assert await summaries.conclude(looked, put_off, "2027-03-15", MORNING) == "queued"
    tried = await summaries.begin(lane, TYPE, MORNING * 2)
    assert tried
    assert (tried.attempt, tried.since) == (1, MORNING * 2)


async def test_what_came_in_after_it_was_written_waits_for_another_day(
    log: Log, deliveries: Deliveries, summaries: Summaries
) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2", "h3")
    summary = await begun(summaries, lane)
    assert await taken(summaries, summary) == ["h2-0", "h3-0"]
    await append(log, "h4", mail("ann"))
    assert not await count(summaries, await begin(deliveries, lane, NOW))
    await summaries.conclude(summary, SENT, "2027-03-15", MORNING)
    assert await summaries.finish(summary, MORNING * 2, MORNING) == 2
    assert await states(deliveries, "h2", "h3", "h4") == ["sent", "sent", "queued"]
    assert await deliveries.next(lane, MORNING) is None
    lane = await lane_of(deliveries, "ann", now=MORNING * 2)
    summary = await begun(summaries, lane)
    assert (summary.last_day, summary.attempt) == ("2027-03-15", 1)
    assert await taken(summaries, summary) == ["h4-0"]


async def test_a_failed_attempt_holds_the_lane_and_counts(
    log: Log, deliveries: Deliveries, summaries: Summaries
) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2", "h3")
    summary = await begun(summaries, lane)
    await taken(summaries, summary)
    for _ in range(2):
        assert await summaries.conclude(summary, LATER, "2027-03-15", MORNING) == "queued"
    assert await deliveries.next(lane, MORNING + 59_999) is None
    lane = await lane_of(deliveries, "ann", now=MORNING + 60_000)
    assert (await begun(summaries, lane)).attempt == 2


async def test_what_retention_took_is_in_no_summary(
    store: Store, log: Log, deliveries: Deliveries, summaries: Summaries
) -> None:
    lane = await send_all(log, deliveries, summaries, "h1", "h2", "h3")
    await log.sweep("acme", [], NOW + 1)
    summary = await begun(summaries, lane)
    assert await taken(summaries, summary) == []
    await summaries.conclude(summary, Outcome("skipped", tried=False), "2027-03-15", MORNING)
    await summaries.finish(summary, MORNING * 2, MORNING)
    assert await deliveries.next(lane, MORNING * 9) is None
    assert not naming(await everything(store), "h2")
