"""Audiences of any size, over several accounts, and what a crash anywhere on the way leaves."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio

from hub.engine.connection import Store, Unavailable
from hub.engine.log import Appended, Considered, Log, Marker, Recipient, Skipped
from hub.engine.plans import FEW_PAGES, INLINE, Part, Plans, Publication
from hub.engine.queue import Queue, Work

from .conftest import happening, people

pytestmark = pytest.mark.usefixtures("town")
EVENT = Marker("evt-1", "d")
PLAN = Work("append", "acme", "h1")


class Killed(Exception):
    """The process ended here."""


class DyingLog(Log):
    """A log whose process is killed at the n-th append, before it or just after."""

    def __init__(self, store: Store, dies_at: int, *, after: bool = False) -> None:
        super().__init__(store)
        self._left = dies_at
        self._after = after

    async def append(self, *page: Any, **more: Any) -> Appended:
        self._left -= 1
        if self._left == 0 and self._after:
            await super().append(*page, **more)
        if self._left == 0:
            raise Killed
        return await super().append(*page, **more)


@pytest_asyncio.fixture
async def town(store: Store) -> None:
    for account in ("acme", "west", "east"):
        await people(store, *users(1_500, account), account=account)


@pytest.fixture
def plans(store: Store, log: Log) -> Plans:
    return Plans(store, log)


def users(size: int, account: str = "acme") -> list[str]:
    return [f"{account[0]}{n}" for n in range(size)]


def audience(size: int, account: str = "acme") -> list[Recipient]:
    return [Recipient(user, n, "all_of_type", "t:voicemails") for n, user in enumerate(users(size, account))]


def publication(size: int, base: str = "h1", marker: Marker = EVENT, skipped: Sequence[Skipped] = ()) -> Publication:
    return Publication([Part(happening(base), audience(size), skipped)], marker)


def abroad(acme: int = 0, west: int = 0, east: int = 0) -> Publication:
    sizes = {"acme": acme, "west": west, "east": east}
    parts = [
        Part(happening(f"h{n}", account=account), audience(size, account))
        for n, (account, size) in enumerate(sizes.items(), 1)
    ]
    return Publication(parts, EVENT)


async def heads(log: Log, size: int, account: str = "acme") -> list[int]:
    names = users(size, account)
    return [tail.seq for n in range(0, size, 100) for tail in await log.tails(account, names[n : n + 100])]


async def crash(store: Store, log: Log, told: Publication) -> None:
    with pytest.raises(Killed):
        await Plans(store, log).publish(told, "e")


async def lapse(store: Store) -> None:
    """Let every lease run out."""
    queue = store.keys.work("queue")
    for member in await store.command("ZRANGE", queue, 0, -1):
        await store.command("ZADD", queue, 1, member)


async def recover(store: Store) -> int:
    """Do as a worker of another process does."""
    await lapse(store)
    plans = Plans(store, Log(store))
    return sum([await plans.resume(work.account, work.id, work.claim) for work in await plans.queue.claim()])


async def is_tidy(store: Store) -> bool:
    left = await Queue(store).left()
    return left == 0 and not await store.command("EXISTS", store.keys.plan("acme", "h1"))


@pytest.mark.parametrize("size", [0, 1, 100, 101, 250, INLINE])
async def test_up_to_500_are_told_before_the_answer(store: Store, plans: Plans, log: Log, size: int) -> None:
    assert (await plans.publish(publication(size), "e")).count == size
    assert await heads(log, size) == [1] * size
    assert await is_tidy(store)


async def test_a_large_audience_is_left_to_the_workers(store: Store, plans: Plans, log: Log) -> None:
    assert (await plans.publish(publication(INLINE + 1), "e")).count == 100
    assert plans.queue.waiting.is_set()
    assert await plans.queue.claim() == [PLAN]
    assert await plans.resume("acme", "h1") == INLINE - 99
    assert await heads(log, INLINE + 1) == [1] * (INLINE + 1)
    assert await is_tidy(store)


async def test_claimed_work_is_not_handed_out_twice_while_its_lease_runs(plans: Plans) -> None:
    await plans.publish(publication(501), "e")
    assert await plans.queue.claim() == [PLAN]
    assert await plans.queue.claim() == []
    assert await plans.queue.left() == 1


async def test_a_repeated_event_queues_nothing(store: Store, plans: Plans) -> None:
    await plans.publish(publication(101), "e")
    again = await plans.publish(publication(600, "h2"), "e")
    assert again.earlier == ("d", b"{}")
    assert await plans.queue.left() == 0
    assert not await store.command("EXISTS", store.keys.plan("acme", "h2"))


async def test_AMB_08_users_told_under_another_type_are_told_in_the_same_plan(plans: Plans, log: Log) -> None:
    """Their entries have another body, so another base; a crash after the first part leaves the plan for it."""
    parts = [Part(happening("h1"), audience(2)), Part(happening("h2"), audience(3)[2:])]
    assert (await plans.publish(Publication(parts, EVENT), "e")).count == 3
    assert await heads(log, 3) == [1, 1, 1]
    assert [entry.id for entry in (await log.inbox("acme", "a2", "all", 9, None, 0)).entries] == ["h2-2"]


async def test_C_18_one_event_is_told_in_several_accounts(store: Store, plans: Plans, log: Log) -> None:
    assert (await plans.publish(abroad(0, 120, 3), "e")).count == 123
    assert await heads(log, 120, "west") == [1] * 120
    assert await heads(log, 3, "east") == [1] * 3
    assert await log.accepted("acme", "evt-1") is not None
    assert await is_tidy(store)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies_at", [2, 3, 4, 5])
async def test_C_18_a_crash_between_accounts_is_resumed_and_everyone_told_once(
    store: Store, log: Log, dies_at: int, after: bool
) -> None:
    await crash(store, DyingLog(store, dies_at, after=after), abroad(150, 150, 20))
    await recover(store)
    for account, size in (("acme", 150), ("west", 150), ("east", 20)):
        assert await heads(log, size, account) == [1] * size
        assert len(await log.decisions(account, {"acme": "h1", "west": "h2", "east": "h3"}[account])) == size
    assert await is_tidy(store)


async def test_a_worker_that_died_half_way_is_followed_by_another(store: Store, plans: Plans, log: Log) -> None:
    await plans.publish(publication(1_200), "e")
    with pytest.raises(Killed):
        await Plans(store, DyingLog(store, 4, after=True)).resume("acme", "h1")
    assert await recover(store) == 1_200 - 100 - 400, "it begins where the other stood; the page in doubt is repeated"
    assert await heads(log, 1_200) == [1] * 1_200
    assert await plans.resume("acme", "h1") == 0


async def test_two_workers_at_one_plan_tell_everyone_once(store: Store, plans: Plans, log: Log) -> None:
    await plans.publish(publication(1_200), "e")
    counts = await asyncio.gather(*(Plans(store, Log(store)).resume("acme", "h1") for _ in range(3)))
    assert sum(counts) == 1_100
    assert await heads(log, 1_200) == [1] * 1_200
    assert await is_tidy(store)


async def test_a_plan_that_was_never_committed_is_dropped_and_nobody_told(store: Store, log: Log) -> None:
    await crash(store, DyingLog(store, 1), publication(700))
    queue = Queue(store)
    assert await queue.claim() == [], "while its lease runs, the publisher may still commit it"
    assert await recover(store) == 0
    assert await is_tidy(store)
    assert (await heads(log, 700), await log.accepted("acme", "evt-1")) == ([0] * 700, None)
    assert (await Plans(store, log).publish(publication(700, "h2"), "e")).earlier is None, "it can be posted again"


async def test_a_plan_that_was_committed_as_its_process_died_is_worked_off(store: Store, log: Log) -> None:
    await crash(store, DyingLog(store, 1, after=True), publication(700))
    assert await recover(store) == 600
    assert await heads(log, 700) == [1] * 700


class SlowLog(Log):
    """A log whose first append comes after the plan's lease has run out, and a worker has looked at it."""

    async def append(self, *page: Any, **more: Any) -> Appended:
        await recover(self.store)
        return await super().append(*page, **more)


async def test_a_plan_that_lapsed_is_refused_and_nothing_written(store: Store, log: Log) -> None:
    with pytest.raises(Unavailable):
        await Plans(store, SlowLog(store)).publish(publication(300), "e")
    assert (await heads(log, 300), await log.accepted("acme", "evt-1")) == ([0] * 300, None)
    assert await log.decisions("acme", "h1") == []
    assert await is_tidy(store)


class Repeating(Log):
    """A log whose first append is carried out, finished by a worker, and then sent again: its answer was lost."""

    async def append(self, *page: Any, **more: Any) -> Appended:
        if page[4:] and page[4] and page[4].planned:
            await super().append(*page, **more)
            await recover(self.store)
        return await super().append(*page, **more)


async def test_a_first_page_repeated_after_a_lost_answer_knows_itself(store: Store, log: Log) -> None:
    """The append ran and its plan is worked off already: then there is nothing that could have lapsed."""
    appended = await Plans(store, Repeating(store)).publish(publication(250), "e")
    assert appended.earlier is None
    assert await heads(log, 250) == [1] * 250
    assert await is_tidy(store)


async def test_the_broadcast_s_document_comes_with_the_marker(store: Store, plans: Plans, log: Log) -> None:
    document = ("h1", b'{"a":1}')
    await plans.publish(Publication([Part(happening("h1"), audience(1))], EVENT, document), "e")
    await plans.publish(Publication([Part(happening("h2"), audience(1))], EVENT, ("h2", b"{}")), "e")
    assert await store.command("HGETALL", store.keys.account("acme", "broadcasts")) == {b"h1": b'{"a":1}'}


async def test_who_is_not_told_is_noted_page_by_page(store: Store, plans: Plans, log: Log) -> None:
    skipped = [Skipped(user, n, "type_off") for n, user in enumerate(users(1_500)) if n >= 130]
    await plans.publish(publication(130, skipped=skipped), "e")
    assert await is_tidy(store)
    first = await log.decisions("acme", "h1")
    rest = await log.decisions("acme", "h1", first[-1].index)
    assert [one.index for one in first + rest] == list(range(1_500))
    assert rest[-1] == Considered(1_499, "a1499", "type_off")
    assert await heads(log, 131) == [1] * 130 + [0]


async def test_a_few_are_told_at_once_however_many_are_not(store: Store, plans: Plans, log: Log) -> None:
    many = (FEW_PAGES + 5) * 1_000
    await people(store, *(f"n{n}" for n in range(many)))
    skipped = [Skipped(f"n{n}", n + 130, "type_off") for n in range(many)]
    assert (await plans.publish(publication(130, skipped=skipped), "e")).count == 130
    assert await plans.queue.claim() == [PLAN], "who is not told is noted later"
    assert await plans.resume("acme", "h1") == 0
    assert await log.decision("acme", "h1", many + 129) == Considered(many + 129, f"n{many - 1}", "type_off")


async def test_a_plan_outlives_its_user(store: Store, plans: Plans, log: Log) -> None:
    await plans.publish(publication(600), "e")
    await store.command("HDEL", store.keys.account("acme", "users"), "a550")
    assert await plans.resume("acme", "h1") == 499
    assert (await log.tails("acme", ["a550"]))[0].seq == 0


async def test_100000_people_are_told_once_each_and_no_page_is_large(store: Store, plans: Plans, log: Log) -> None:
    size = 100_000
    await people(store, *users(size))
    assert (await plans.publish(publication(size), "e")).count == 100
    pages = await store.command("HGETALL", store.keys.plan("acme", "h1"))
    assert len(pages) == 999 + 3, "and the head, what the pages share, and that it is committed"
    assert max(map(len, pages.values())) < 8 * 1024
    assert await plans.resume("acme", "h1") == size - 100
    assert await heads(log, size) == [1] * size
    last = await log.inbox("acme", f"a{size - 1}", "all", 9, None, 0)
    assert [entry.id for entry in last.entries] == [f"h1-{size - 1}"]
    assert await store.command("ZCARD", store.keys.decisions("acme", "h1")) == size
    assert await is_tidy(store)
