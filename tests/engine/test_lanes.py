"""The lanes of texts and e-mails: their order, who works them, and how nobody is forgotten."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.engine.connection import Argument, Store
from hub.engine.couriers import Couriers
from hub.engine.deliveries import Deliveries, Outcome
from hub.engine.log import Log

from .conftest import people
from .sending import NOW, REFUSED, SENT, append, begin, finish, lane_of, mail, only, text_to

pytestmark = pytest.mark.usefixtures("acme")


# Order


async def test_a_lane_goes_in_the_order_of_what_happened(log: Log, deliveries: Deliveries) -> None:
    for base, at in (("h2", 200), ("h1", 200), ("h3", 100)):
        await append(log, base, mail("ann"), at=at)
    assert await finish(deliveries, await lane_of(deliveries, "ann")) == ["h3-0", "h1-0", "h2-0"]


async def test_what_waits_for_the_end_of_quiet_hours_lets_the_urgent_pass(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann", not_before_ms=90_000))
    row = await only(deliveries)
    assert (row.state, row.reason, row.due) == ("queued", "quiet_hours", 90_000)
    assert await deliveries.claim("email", NOW, 9) == []
    await append(log, "h2", mail("ann", urgent=True))
    assert await finish(deliveries, await lane_of(deliveries, "ann")) == ["h2-0"]
    assert await deliveries.claim("email", 89_999, 9) == []
    assert await finish(deliveries, await lane_of(deliveries, "ann", now=90_000), now=90_000) == ["h1-0"]
    assert (await only(deliveries)).reason == "assigned_user"


async def test_a_retry_holds_its_lane_and_no_other(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"), text_to("ann"), mail("bob", 1))
    later = Outcome("queued", "timeout", hold_ms=61_000)
    assert await finish(deliveries, await lane_of(deliveries, "ann"), later) == ["h1-0"]
    await append(log, "h2", mail("ann"), at=2_000)
    assert await deliveries.claim("email", 60_999, 9) == [], "what came later waits behind it"
    assert await finish(deliveries, await lane_of(deliveries, "ann", "text")) == ["h1-0"]
    assert await finish(deliveries, await lane_of(deliveries, "ann", now=61_000), now=61_000) == ["h1-0", "h2-0"]


async def test_what_is_put_off_alone_lets_the_others_pass(log: Log, deliveries: Deliveries) -> None:
    for base in ("h1", "h2"):
        await append(log, base, mail("ann"))
    lane = await lane_of(deliveries, "ann")
    job = await begin(deliveries, lane)
    await deliveries.settle(job, Outcome("queued", "quiet_hours", due_ms=9_000, tried=False), NOW)
    row = await only(deliveries)
    assert (row.reason, row.attempts, row.due) == ("quiet_hours", 0, 9_000)
    assert await finish(deliveries, lane) == ["h2-0"]
    assert await finish(deliveries, await lane_of(deliveries, "ann", now=9_000), now=9_000) == ["h1-0"]


# Leases


async def test_a_lane_is_worked_by_one_at_a_time(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"), mail("bob", 1))
    lane = await lane_of(deliveries, "ann")
    assert await deliveries.claim("email", NOW, 9) == []
    await append(log, "h2", mail("ann"))
    assert await deliveries.claim("email", NOW, 9) == [], "its holder sees what comes"
    assert await finish(deliveries, lane) == ["h1-0", "h2-0"]


async def test_a_claim_takes_no_more_than_it_can_work(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", *(mail(f"user{n}", n) for n in range(50)))
    sizes = [len(await deliveries.claim("email", NOW, most)) for most in (1, 9, 99)]
    assert sizes == [1, 9, 40]


async def test_accounts_share_what_can_be_claimed(store: Store, log: Log, deliveries: Deliveries) -> None:
    await people(store, "wes", account="west")
    await append(log, "h1", *(mail(f"user{n}", n) for n in range(50)))
    await append(log, "h2", mail("wes"), account="west")
    assert {lane.account for lane in await deliveries.claim("email", NOW, 4)} == {"acme", "west"}


async def test_a_lease_that_ran_out_is_taken_over_and_its_holder_has_no_say(
    log: Log, deliveries: Deliveries, hasty: Deliveries
) -> None:
    await append(log, "h1", mail("ann"))
    dead = await lane_of(hasty, "ann")
    lost = await begin(hasty, dead)
    lane = await lane_of(deliveries, "ann")
    assert await hasty.next(dead, NOW) is None
    assert await hasty.take(dead, "h1-0", NOW) == "lost"
    for outcome in (REFUSED, Outcome("queued", "timeout", hold_ms=NOW + 1), Outcome("skipped", "inactive")):
        assert await hasty.settle(lost, outcome, NOW) is None
    job = await begin(deliveries, lane)
    assert job.attempt == 2, "the attempt that nobody saw the end of counts"
    assert await deliveries.settle(job, SENT, NOW) == "sent"


async def test_what_a_late_holder_has_sent_is_not_sent_again(
    log: Log, deliveries: Deliveries, hasty: Deliveries
) -> None:
    await append(log, "h1", mail("ann"), counted=True)
    late = await begin(hasty, await lane_of(hasty, "ann"))
    lane = await lane_of(deliveries, "ann")
    assert await hasty.settle(late, SENT, NOW) == "sent"
    assert await finish(deliveries, lane) == []
    assert (await log.receipts("acme", "h1")).emailed == 1


async def test_what_a_late_holder_has_sent_is_not_sent_by_who_had_it_in_hand(
    log: Log, deliveries: Deliveries, hasty: Deliveries
) -> None:
    await append(log, "h1", mail("ann"))
    late = await begin(hasty, await lane_of(hasty, "ann"))
    lane = await lane_of(deliveries, "ann")
    id = await deliveries.next(lane, NOW)
    assert id == "h1-0"
    await hasty.settle(late, SENT, NOW)
    assert await deliveries.take(lane, id, NOW) == "gone"


async def test_what_is_sent_stays_sent_whatever_the_other_holder_says(
    log: Log, deliveries: Deliveries, hasty: Deliveries
) -> None:
    await append(log, "h1", mail("ann"), counted=True)
    late = await begin(hasty, await lane_of(hasty, "ann"))
    job = await begin(deliveries, await lane_of(deliveries, "ann"))
    for attempt, outcome in ((late, SENT), (job, REFUSED), (job, SENT)):
        assert await deliveries.settle(attempt, outcome, NOW) == "sent"
    assert (await log.receipts("acme", "h1")).emailed == 1
    assert await deliveries.dead("acme", 9) == []


async def test_a_renewed_lease_is_not_taken_over(log: Log, deliveries: Deliveries, hasty: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    lane = await lane_of(hasty, "ann")
    await deliveries.renew([lane])
    assert await deliveries.claim("email", NOW, 9) == []
    assert await finish(hasty, lane) == ["h1-0"]


# The index of accounts


async def test_an_account_raised_while_it_was_looked_at_is_not_forgotten(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann", not_before_ms=50_000))
    ((account, number),) = await log.couriers.due("email", 50_000)
    await append(log, "h2", mail("bob", not_before_ms=50_000))
    await log.couriers.rest("email", account, number, None)
    assert [lane.user for lane in await deliveries.claim("email", 50_000, 9)] == ["ann", "bob"]


class Interrupted(Store):
    """Lets a courier look at everything just before each append."""

    async def call(self, operation: str, keys: Sequence[str], *arguments: Argument) -> Any:
        if operation == "append":
            assert await Deliveries(self, Couriers(self)).claim("email", NOW, 9) == []
        return await super().call(operation, keys, *arguments)


async def test_a_courier_that_looks_between_the_raise_and_the_append_forgets_nobody(
    server_url: str, store: Store, deliveries: Deliveries
) -> None:
    interrupted = Interrupted(server_url, prefix=store.keys.prefix)
    await interrupted.open()
    await append(Log(interrupted), "h1", mail("ann"))
    await interrupted.ping()  # the second raise travels with it
    await interrupted.close()
    assert [lane.user for lane in await deliveries.claim("email", NOW, 9)] == ["ann"]


async def test_an_account_rests_until_something_is_due_and_goes_when_nothing_is_left(
    log: Log, deliveries: Deliveries
) -> None:
    await append(log, "h1", mail("ann"))
    await append(log, "h2", mail("ann", not_before_ms=50_000))
    await finish(deliveries, await lane_of(deliveries, "ann"))
    assert await deliveries.left(NOW) == 1, "nobody looked yet"
    await deliveries.claim("email", NOW, 9)
    assert [await deliveries.left(now) for now in (NOW, 49_999, 50_000)] == [0, 0, 1]
    await finish(deliveries, await lane_of(deliveries, "ann", now=50_000), now=50_000)
    await deliveries.claim("email", 50_000, 9)
    assert await deliveries.left(10**15) == 0


async def test_an_account_that_was_lost_sight_of_is_found_again(store: Store, log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    await store.command("DEL", *store.keys.couriers("email"))
    assert await deliveries.claim("email", NOW, 9) == []
    await deliveries.raise_again("acme", NOW)
    assert [lane.user for lane in await deliveries.claim("email", NOW, 9)] == ["ann"]
