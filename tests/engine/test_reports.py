"""What a provider reports of texts that it took over, whichever is first: the report, or the word that it was sent."""

from typing import Any

import pytest

from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries, Job, Outcome
from hub.engine.log import Log

from .conftest import everything
from .sending import NOW, append, begin, lane_of, only, text_to

pytestmark = pytest.mark.usefixtures("acme")

BASE = "00000000000000000000000001"
SENT = Outcome("sent", reference="SM1")
WHY = "handset_unreachable"


async def begun(log: Log, deliveries: Deliveries, now: int = NOW) -> Job:
    """Queue a text to Ann, and hand it over."""
    await append(log, BASE, text_to("ann"))
    return await begin(deliveries, await lane_of(deliveries, "ann", "text", now), now)


async def state(deliveries: Deliveries) -> tuple[str, str, int]:
    row = await only(deliveries, BASE)
    return row.state, row.reason, row.at


async def test_E_22_a_text_that_did_not_arrive_is_a_dead_letter(log: Log, deliveries: Deliveries) -> None:
    job = await begun(log, deliveries)
    assert await deliveries.settle(job, SENT, NOW) == "sent"
    assert await deliveries.reports.take("SM1", WHY, 2_000)
    assert await state(deliveries) == ("failed", WHY, 2_000)
    assert [letter.id for letter in await deliveries.dead("acme", 9)] == [f"{BASE}-0:text"]


async def test_a_report_that_comes_again_changes_nothing(log: Log, deliveries: Deliveries, store: Store) -> None:
    await deliveries.settle(await begun(log, deliveries), SENT, NOW)
    await deliveries.reports.take("SM1", WHY, 2_000)
    before = await everything(store)
    assert not await deliveries.reports.take("SM1", WHY, 3_000)
    assert await everything(store) == before
    assert await deliveries.drop("acme", f"{BASE}-0:text")
    assert not await deliveries.reports.take("SM1", WHY, 3_000)
    assert await deliveries.dead("acme", 9) == [], "what was dropped stays dropped"


async def test_a_report_may_come_before_the_text_is_written_down_as_sent(log: Log, deliveries: Deliveries) -> None:
    job = await begun(log, deliveries)
    assert not await deliveries.reports.take("SM1", WHY, 2_000)
    assert await deliveries.settle(job, SENT, 3_000) == "failed"
    assert await state(deliveries) == ("failed", WHY, 3_000)


async def test_a_report_may_come_while_the_sending_is_being_written_down(
    log: Log, deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, settle = await begun(log, deliveries), deliveries._settle

    async def reported(*words: Any) -> Any:
        assert not await deliveries.reports.take("SM1", WHY, 2_000)
        return await settle(*words)

    monkeypatch.setattr(deliveries, "_settle", reported)
    assert await deliveries.settle(job, SENT, 3_000) == "failed"


async def test_a_report_on_a_courier_that_died_afterwards_counts(log: Log, deliveries: Deliveries) -> None:
    job = await begun(log, deliveries)
    await deliveries.reports.expect("SM1", "acme", job.delivery)
    await deliveries._settle(job, SENT, NOW)
    assert await deliveries.reports.take("SM1", WHY, 2_000)


async def test_a_report_on_what_was_sent_before_says_nothing_of_what_was_sent_since(
    log: Log, deliveries: Deliveries
) -> None:
    job = await begun(log, deliveries)
    await deliveries.settle(job, SENT, NOW)
    assert await deliveries.next(job.lane, NOW) is None, "the lane is given back"
    await deliveries.reports.take("SM1", WHY, 2_000)
    assert await deliveries.retry("acme", f"{BASE}-0:text", 3_000)
    assert not await deliveries.reports.take("SM1", WHY, 3_000)
    job = await begin(deliveries, await lane_of(deliveries, "ann", "text", 3_000), 3_000)
    assert await deliveries.settle(job, Outcome("sent", reference="SM2"), 4_000) == "sent"
    assert not await deliveries.reports.take("SM1", WHY, 5_000)
    assert (await state(deliveries))[0] == "sent"
    assert await deliveries.reports.take("SM2", WHY, 5_000)


@pytest.mark.parametrize("place", ["acme", "west"])
async def test_a_report_on_what_is_not_known_or_not_any_more_does_nothing(
    store: Store, deliveries: Deliveries, place: str
) -> None:
    before = await everything(store)
    assert not await deliveries.reports.take("SM9", WHY, NOW)
    await deliveries.reports.expect("SM9", place, f"{BASE}-0:text")
    assert not await deliveries.reports.take("SM9", WHY, NOW)
    name = store.keys.work("texted:SM9")
    assert set(await everything(store)) - set(before) == {name}
    assert 6 * 86_400 < await store.command("TTL", name) <= 7 * 86_400, "a report makes it no shorter"
