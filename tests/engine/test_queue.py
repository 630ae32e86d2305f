"""Work is queued before what it is about is there, so who looks too early must not take it out."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from hub.core.broadcasts import Broadcast
from hub.engine.broadcasts import Broadcasts
from hub.engine.connection import Store
from hub.engine.log import Log, Marker, Recipient
from hub.engine.plans import Part, Plans, Publication
from hub.engine.queue import Queue, Work

from .conftest import happening, people

PLAN = Work("append", "acme", "h1")
CROWD = [f"u{n}" for n in range(600)]
LATER = "2027-03-14T13:00:00.000Z"


@pytest.fixture
def queue(store: Store) -> Queue:
    return Queue(store)


@pytest_asyncio.fixture
async def plans(store: Store, log: Log) -> Plans:
    await people(store, *CROWD)
    return Plans(store, log)


async def publish(plans: Plans) -> None:
    told = [Recipient(user, n, "all_of_type", "t:voicemails") for n, user in enumerate(CROWD)]
    await plans.publish(Publication([Part(happening("h1"), told)], Marker("evt-1", "d")), "e")


async def lapse(store: Store, work: Work) -> None:
    """Let the lease of a writer run out who is slow."""
    await store.command("ZADD", store.keys.work("queue"), 1, str(work))


class EarlyPlans(Plans):
    """The plans of a worker who looks before the writer has written, and acts upon it afterwards."""

    meanwhile: Callable[[], Awaitable[None]]

    async def _head(self, work: Work) -> Any:
        found = await super()._head(work)
        await self.meanwhile()
        return found


class EarlyBroadcasts(Broadcasts):
    """The same of recalls."""

    meanwhile: Callable[[], Awaitable[None]]

    async def get(self, account: str, id: str) -> Broadcast | None:
        found = await super().get(account, id)
        await self.meanwhile()
        return found


async def test_a_committed_plan_stays_queued_whoever_looked_before_it_was_written(
    store: Store, log: Log, queue: Queue, plans: Plans
) -> None:
    await queue.lease(PLAN)
    await lapse(store, PLAN)
    (claimed,) = await queue.claim()
    worker = EarlyPlans(store, log)
    worker.meanwhile = lambda: publish(plans)
    assert await worker.resume(claimed.account, claimed.id, claimed.claim) == 0
    (again,) = await queue.claim()
    assert await plans.resume(again.account, again.id, again.claim) == 500
    assert [tail.seq for tail in await log.tails("acme", CROWD[-100:])] == [1] * 100
    assert await queue.left() == 0


async def test_a_recall_stays_queued_whoever_looked_before_it_was_marked(
    store: Store, log: Log, queue: Queue, plans: Plans
) -> None:
    sent = Broadcast(
        id="h1", account="acme", type="group_broadcast", title="Note", message="Hi", body="Hi", by="mia", at=LATER,
        recipients=len(CROWD), parts=(("acme", "h1"),),
    )  # fmt: skip
    broadcasts, worker = Broadcasts(store, log, plans), EarlyBroadcasts(store, log, plans)
    await broadcasts.put(sent)
    await lapse(store, Work("recall", "acme", "h1"))
    (claimed,) = await queue.claim()

    async def recall() -> None:
        await broadcasts.recall(sent, LATER)

    worker.meanwhile = recall
    assert await worker.resume(claimed.account, claimed.id, claimed.claim) == 0
    assert await queue.claim() == [Work("recall", "acme", "h1")]


async def test_work_of_which_nothing_was_found_is_forgotten(store: Store, queue: Queue, plans: Plans) -> None:
    await lapse(store, PLAN)
    (claimed,) = await queue.claim()
    assert await plans.resume("acme", "h1", claimed.claim) == 0
    assert await queue.left() == 0


async def test_what_is_queued_for_the_very_millisecond_of_a_claim_is_queued_anew(store: Store, queue: Queue) -> None:
    await lapse(store, PLAN)
    (claimed,) = await queue.claim()
    for due in (int(float(claimed.claim)), int(float(claimed.claim)) + 1):
        await store.command("ZADD", store.keys.work("queue"), due, str(PLAN))
        await queue.forget(claimed)
        assert await queue.left() == 1
    await queue.forget(replace(claimed, claim=""))
    assert await queue.left() == 1, "who claimed nothing forgets nothing"


async def test_what_is_given_back_is_there_at_once_and_only_if_it_is_left(store: Store, queue: Queue) -> None:
    await queue.lease(PLAN)
    assert await queue.claim() == []
    await queue.give_back(PLAN)
    assert await queue.claim() == [PLAN]
    await queue.done(PLAN)
    await queue.give_back(PLAN)
    assert await queue.left() == 0
