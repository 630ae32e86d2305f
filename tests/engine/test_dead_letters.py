"""Texts and e-mails that were given up, erased or swept away, and calls that are repeated."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from hub.engine.connection import Argument, Store
from hub.engine.deliveries import Deliveries, Outcome
from hub.engine.erasure import Erasure
from hub.engine.log import Log, Outgoing

from .conftest import everything, naming
from .sending import NOW, REFUSED, SENT, append, begin, finish, lane_of, mail, only, text_to

pytestmark = pytest.mark.usefixtures("acme")


DEAD = "00000000000000000000000001"


async def give_up(log: Log, deliveries: Deliveries) -> str:
    await append(log, DEAD, mail("ann"))
    await finish(deliveries, await lane_of(deliveries, "ann"), REFUSED)
    (letter,) = await deliveries.dead("acme", 9)
    assert letter.at == NOW
    return letter.id


async def test_E_22_what_is_given_up_is_kept_and_can_be_tried_again(log: Log, deliveries: Deliveries) -> None:
    id = await give_up(log, deliveries)
    assert id == f"{DEAD}-0:email"
    row = await only(deliveries, DEAD)
    assert (row.state, row.reason, row.attempts) == ("failed", "mailbox_unknown", 1)
    assert await deliveries.retry("acme", id, 7_000)
    assert await deliveries.dead("acme", 9) == []
    assert not await deliveries.retry("acme", id, 7_000), "it is none any more"
    lane = await lane_of(deliveries, "ann", now=7_000)
    job = await begin(deliveries, lane, 7_000)
    assert (job.attempt, job.since) == (1, 7_000), "it has all its attempts again"
    await deliveries.settle(job, SENT, 7_000)
    assert (await only(deliveries, DEAD)).attempts == 2


async def test_a_dropped_dead_letter_cannot_be_tried_again(log: Log, deliveries: Deliveries) -> None:
    id = await give_up(log, deliveries)
    assert await deliveries.drop("acme", id)
    assert await deliveries.drop("acme", id), "a repeated call finds it done"
    assert await deliveries.dead("acme", 9) == []
    assert not await deliveries.retry("acme", id, NOW)
    assert (await only(deliveries, DEAD)).state == "failed", "what became of it stays known"


@pytest.mark.parametrize("id", ["", ":", "email", f"{DEAD}-0:text", f"{DEAD}-7:email", f"{DEAD}:email", "x-0:email"])
async def test_what_is_no_dead_letter_is_neither_tried_nor_dropped(log: Log, deliveries: Deliveries, id: str) -> None:
    await give_up(log, deliveries)
    assert not await deliveries.retry("acme", id, NOW)
    assert not await deliveries.drop("acme", id)


async def test_what_waits_is_no_dead_letter(log: Log, deliveries: Deliveries) -> None:
    await append(log, DEAD, mail("ann"))
    assert not await deliveries.retry("acme", f"{DEAD}-0:email", NOW)
    assert not await deliveries.drop("acme", f"{DEAD}-0:email")


async def test_dead_letters_are_listed_newest_first_page_by_page(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"), mail("bob", 1), mail("cy", 2))
    for now, lane in enumerate(await deliveries.claim("email", NOW, 9), NOW):
        await finish(deliveries, lane, REFUSED, now)
    first = await deliveries.dead("acme", 2)
    rest = await deliveries.dead("acme", 2, before=first[-1].at)
    assert [letter.at for letter in (*first, *rest)] == [NOW + 2, NOW + 1, NOW]


# Forgotten


async def test_erasing_a_user_leaves_nothing_of_what_was_or_is_to_be_sent(
    store: Store, log: Log, deliveries: Deliveries
) -> None:
    await append(log, "h1", mail("ann"), text_to("ann"), mail("bob", 1))
    await append(log, "h2", mail("ann", 4), Outgoing("ann", 4, "text", None, "type_off"))
    lane = await lane_of(deliveries, "ann")
    job = await begin(deliveries, lane)
    await deliveries.settle(job, REFUSED, NOW)
    job = await begin(deliveries, lane)
    await store.command("HDEL", store.keys.account("acme", "users"), "ann")
    await Erasure(store).user("acme", "ann")
    assert naming(await everything(store), "ann") == set()
    assert await deliveries.settle(job, REFUSED, NOW) is None
    assert await deliveries.settle(job, SENT, NOW) is None
    assert await deliveries.next(lane, NOW) is None
    assert naming(await everything(store), "ann") == set(), "who was at it writes nothing back"
    assert [row.user for row in await deliveries.of("acme", "h1", [0, 1])] == ["bob"]


async def test_erasing_an_account_leaves_nothing_of_its_deliveries(
    store: Store, log: Log, deliveries: Deliveries
) -> None:
    await append(log, "h1", mail("ann"), text_to("ann"), mail("bob", 1), text_to("bob", 1))
    await finish(deliveries, await lane_of(deliveries, "ann"), REFUSED)
    for user in ("ann", "bob"):
        await Erasure(store).user("acme", user)
    await Erasure(store).account("acme")
    kinds = ("deliveries", "lane", "lanes", "lane-leases", "lane-holds", "dead")
    slot = f"{store.keys.prefix}:{{acme}}:"
    assert [name for name in await everything(store) if name.removeprefix(slot).split(":")[0] in kinds] == []


async def test_retention_takes_deliveries_and_dead_letters_with_their_happening(
    store: Store, log: Log, deliveries: Deliveries
) -> None:
    await append(log, "h1", mail("ann"), mail("bob", 1), counted=True)
    await append(log, "h2", mail("cy"), at=9_000)
    await finish(deliveries, await lane_of(deliveries, "ann"), REFUSED)
    await log.sweep("acme", ["ann", "bob"], 5_000)
    assert await deliveries.of("acme", "h1", [0, 1]) == []
    assert await deliveries.dead("acme", 9) == []
    assert [row.user for row in await deliveries.of("acme", "h2", [0])] == ["cy"]
    assert await store.command("HLEN", store.keys.account("acme", "receipts")) == 0


async def test_what_retention_took_before_it_was_sent_is_passed_over(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    await append(log, "h2", mail("ann"), at=9_000)
    await log.sweep("acme", ["ann"], 5_000)
    assert await finish(deliveries, await lane_of(deliveries, "ann", now=9_000), now=9_000) == ["h2-0"]


# Calls that are repeated, because an answer was lost


class Repeating(Store):
    """Runs every Function twice, and gives the second answer."""

    async def call(self, operation: str, keys: Sequence[str], *arguments: Argument) -> Any:
        await super().call(operation, keys, *arguments)
        return await super().call(operation, keys, *arguments)


@pytest_asyncio.fixture
async def repeating(server_url: str, store: Store) -> AsyncIterator[Store]:
    twice = Repeating(server_url, prefix=store.keys.prefix)
    await twice.open()
    yield twice
    await twice.close()


async def test_every_step_may_be_repeated(repeating: Store) -> None:
    log = Log(repeating)
    deliveries = Deliveries(repeating, log.couriers)
    await append(log, DEAD, mail("ann"), counted=True)
    assert await finish(deliveries, await lane_of(deliveries, "ann"), Outcome("queued", "timeout", hold_ms=2_000))
    assert (await only(deliveries, DEAD)).attempts == 1
    lane = await lane_of(deliveries, "ann", now=2_000)
    await deliveries.settle(
        await begin(deliveries, lane, 2_000), Outcome("queued", "quiet_hours", due_ms=3_000, tried=False), 2_000
    )  # fmt: skip
    assert (await only(deliveries, DEAD)).attempts == 1
    assert await finish(deliveries, lane, now=2_000) == []
    assert await finish(deliveries, await lane_of(deliveries, "ann", now=3_000), REFUSED, 3_000) == [f"{DEAD}-0"]
    assert await deliveries.retry("acme", f"{DEAD}-0:email", 4_000)
    assert await finish(deliveries, await lane_of(deliveries, "ann", now=4_000), SENT, 4_000) == [f"{DEAD}-0"]
    row = await only(deliveries, DEAD)
    assert (row.state, row.attempts) == ("sent", 3)
    assert (await log.receipts("acme", DEAD)).emailed == 1
