"""Deliveries are found by how they stand: in every state that they come to, and wherever they came from."""

import msgpack
import pytest

from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries, Outcome
from hub.engine.erasure import Erasure
from hub.engine.log import SWEPT_KEYS, Log, Outgoing
from hub.engine.summaries import Summaries

from .sending import NOW, REFUSED, SENT, append, begin, finish, lane_of, mail, text_to
from .test_summaries import MORNING, TYPE, send_all

pytestmark = pytest.mark.usefixtures("acme")

STATES = ("queued", "sent", "skipped")


async def found(deliveries: Deliveries) -> set[tuple[str, str, str]]:
    """List what is found, by channel and state."""
    return {
        (channel, state, id)
        for channel in ("text", "email")
        for state in STATES
        for id in await deliveries.standing("acme", channel, state, 999)
    }


async def kept(store: Store, *bases: str) -> set[tuple[str, str, str]]:
    """List what there is, failed ones left out."""
    rows = set()
    for base in bases:
        fields = await store.command("HGETALL", store.keys.deliveries("acme", base))
        for field, packed in fields.items():
            if not field.startswith(b"@"):
                index, channel = field.decode().split(":")
                rows.add((channel, msgpack.unpackb(packed)["s"], f"{base}-{index}"))
    return {row for row in rows if row[1] != "failed"}


async def test_every_delivery_is_found_by_its_channel_and_state(store: Store, log: Log, deliveries: Deliveries) -> None:
    nothing = Outgoing("bob", 1, "text", None, "type_off")

    async def check(*rows: tuple[str, str, str]) -> None:
        assert await found(deliveries) == await kept(store, "h1", "h2") == set(rows)

    for _ in range(2):
        await append(
            log, "h1", text_to("ann"), mail("ann"), nothing, mail("bob", 1), Outgoing("zoe", 2, "text", None, "x")
        )
        skipped = ("text", "skipped", "h1-1")
        anns, bobs = ("email", "queued", "h1-0"), ("email", "queued", "h1-1")
        await check(("text", "queued", "h1-0"), skipped, anns, bobs)
    lane = await lane_of(deliveries, "ann", "text")
    await deliveries.settle(await begin(deliveries, lane), Outcome("queued", "timeout", hold_ms=2_000), NOW)
    await check(("text", "queued", "h1-0"), skipped, anns, bobs)
    assert await deliveries.next(lane, NOW) is None
    await finish(deliveries, await lane_of(deliveries, "ann", "text", 2_000), SENT, 2_000)
    texted = ("text", "sent", "h1-0")
    await check(texted, skipped, anns, bobs)
    lanes = {lane.user: lane for lane in await deliveries.claim("email", NOW, 9)}
    await finish(deliveries, lanes["ann"], REFUSED)
    await check(texted, skipped, bobs)
    assert await deliveries.retry("acme", "h1-0:email", NOW) is False, "which is no id of a notification"
    await store.command("HSET", store.keys.account("acme", "recalls"), "h1", 1)
    await finish(deliveries, lanes["bob"])
    await check(texted, skipped, ("email", "skipped", "h1-1"))
    await append(log, "h2", mail("ann"), text_to("bob", 1))
    await check(texted, skipped, ("email", "skipped", "h1-1"), ("email", "queued", "h2-0"), ("text", "queued", "h2-1"))
    await Erasure(store).user("acme", "bob")
    await check(texted, ("email", "queued", "h2-0"))
    await log.sweep("acme", [], NOW + 1)
    await check()


async def test_a_dead_letter_that_is_queued_again_is_found_again(log: Log, deliveries: Deliveries) -> None:
    base = "00000000000000000000000001"
    await append(log, base, text_to("ann"))
    sent = Outcome("sent", reference="SM1")
    lane = await lane_of(deliveries, "ann", "text")
    await deliveries.settle(await begin(deliveries, lane), sent, NOW)
    assert await deliveries.standing("acme", "text", "sent", 9) == [f"{base}-0"]
    await deliveries.reports.take("SM1", "handset_unreachable", NOW)
    assert await found(deliveries) == set()
    assert await deliveries.retry("acme", f"{base}-0:text", NOW)
    assert await found(deliveries) == {("text", "queued", f"{base}-0")}


async def test_what_is_kept_longer_is_found_as_before(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    await append(log, "h12", mail("ann"), at=9_000)
    await log.sweep("acme", [], 5_000)
    assert await deliveries.standing("acme", "email", "queued", 9) == ["h12-0"]


async def test_they_are_listed_newest_first_from_behind_one_on(log: Log, deliveries: Deliveries) -> None:
    for n in range(5):
        await append(log, f"h{n}", mail("ann"), text_to("ann"))
    first = await deliveries.standing("acme", "email", "queued", 3)
    assert first == ["h4-0", "h3-0", "h2-0"]
    assert await deliveries.standing("acme", "email", "queued", 3, before=first[-1]) == ["h1-0", "h0-0"]
    assert await deliveries.standing("acme", "email", "sent", 3) == []


async def test_an_erased_account_leaves_none(store: Store, log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    await Erasure(store).account("acme")
    assert await found(deliveries) == set()


async def test_what_goes_with_a_summary_is_found_like_all_else(store: Store, log: Log, deliveries: Deliveries) -> None:
    summaries, bases = Summaries(store, log.couriers), ("h1", "h2", "h3", "h4")
    lane = await send_all(log, deliveries, summaries, *bases)
    assert await found(deliveries) == await kept(store, *bases)
    assert await deliveries.next(lane, NOW) is None
    await store.command("HSET", store.keys.account("acme", "recalls"), "h3", 1)
    lane = await lane_of(deliveries, "ann", now=MORNING)
    summary = await summaries.begin(lane, TYPE, MORNING)
    assert summary
    assert await summaries.take(summary, 9, MORNING)
    assert await deliveries.standing("acme", "email", "skipped", 9) == ["h3-0"]
    await summaries.conclude(summary, SENT, "2027-03-15", MORNING)
    await summaries.finish(summary, MORNING * 2, MORNING)
    assert await deliveries.standing("acme", "email", "sent", 9) == ["h4-0", "h2-0", "h1-0"]
    assert await found(deliveries) == await kept(store, *bases)


# Accounts that are older than the index


HOUR_MS = 3_600_000


async def age(store: Store) -> None:
    """Leave what a hub without the index leaves: one that lacks deliveries and has others as they stood before."""
    name = store.keys.account("acme", "states")
    await store.command("UNLINK", name)
    await store.command("ZADD", name, 0, "email queued h1-0")
    await store.command("ZADD", store.keys.work("libraries"), 1, "hub_older")


async def test_an_index_is_whole_once_all_was_gone_through_without_a_hub_of_another_version(
    store: Store, log: Log, deliveries: Deliveries
) -> None:
    assert await deliveries.index.is_whole("acme"), "nothing happened yet"
    await append(log, "h1", mail("ann"), text_to("bob", 1))
    await finish(deliveries, await lane_of(deliveries, "ann"))
    await append(log, "h2", *(mail(f"u{n}", n) for n in range(3)))
    await age(store)
    index = Deliveries(store, log.couriers).index
    assert not await index.is_whole("acme")
    for now in (NOW, NOW + 1):
        await index.fill("acme", now)
        assert await found(deliveries) == await kept(store, "h1", "h2")
        assert not await index.is_whole("acme"), "an older hub may still be at work"
    await age(store)
    await store.command("ZADD", store.keys.account("acme", "states"), 0, f"#filled {NOW}")
    await index.fill("acme", NOW + HOUR_MS)
    assert await found(deliveries) == await kept(store, "h1", "h2")
    assert await index.is_whole("acme")
    await age(store)
    assert await index.is_whole("acme"), "once and for all"


async def test_where_no_other_version_ever_was_an_index_is_whole_at_the_first_look(
    store: Store, log: Log, deliveries: Deliveries
) -> None:
    await append(log, "h1", mail("ann"))
    await deliveries.index.fill("acme", NOW)
    assert await deliveries.index.is_whole("acme")
    assert await found(deliveries) == {("email", "queued", "h1-0")}


async def test_a_sweep_takes_out_of_the_index_only_so_much_at_once(store: Store, log: Log) -> None:
    """What was sent to thousands is forgotten in several calls; what is kept longer stays."""
    for n in range(3):
        await append(log, f"h{n}")
        members = (word for index in range(4_000) for word in (0, f"email sent h{n}-{index}"))
        await store.command("ZADD", store.keys.account("acme", "states"), *members)
    await append(log, "h12", mail("ann"), at=9_000)
    name = store.keys.account("acme", "states")
    asked = [store.keys.account("acme", kind) for kind in SWEPT_KEYS]
    asked += [store.keys.decisions("acme", "h0"), store.keys.deliveries("acme", "h0")]
    assert await store.call("sweep", asked, "h0 ") == 0
    assert await store.command("ZCARD", name) == 12_001 - 2_500
    assert await log.sweep("acme", [], 5_000) == 3
    assert await store.command("ZRANGE", name, 0, -1) == [b"email queued h12-0"]
