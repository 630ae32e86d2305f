"""Texts and e-mails are queued with their happening, and not sent where that changed meanwhile."""

import pytest

from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries, Delivery, Outcome
from hub.engine.erasure import Erasure
from hub.engine.log import Log, Marker, Outgoing, Receipts
from hub.engine.plans import Part, Plans, Publication, cut_outgoing

from .conftest import everything, happening, marked, naming, people, recipients
from .sending import NOW, REFUSED, SENT, append, finish, lane_of, mail, only, text_to

pytestmark = pytest.mark.usefixtures("acme")


# Queued with the happening


async def test_C_12_what_goes_out_is_queued_in_the_step_that_appends(log: Log, deliveries: Deliveries) -> None:
    skipped = Outgoing("bob", 1, "email", None, "not_assigned_user")
    await log.append(happening("h1"), recipients("ann"), "e", (), None, [mail("ann"), text_to("ann"), skipped])
    rows = await deliveries.of("acme", "h1", [0, 1])
    assert [(row.user, row.channel, row.state, row.reason, row.to, row.attempts) for row in rows] == [
        ("ann", "text", "queued", "assigned_user", "+15550100", 0),
        ("ann", "email", "queued", "assigned_user", "ann@acme.example", 0),
        ("bob", "email", "skipped", "not_assigned_user", None, 0),
    ]
    for channel in ("text", "email"):
        assert log.couriers.waiting[channel].is_set()
        assert [lane.user for lane in await deliveries.claim(channel, NOW, 9)] == ["ann"]


async def test_a_repeated_page_never_sends_again_what_was_sent(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"), mail("bob", 1))
    lane = await lane_of(deliveries, "ann")
    await finish(deliveries, lane)
    await append(log, "h1", mail("ann"), mail("bob", 1))
    assert await only(deliveries) == Delivery(
        0, "email", "ann", "ann@acme.example", "sent", "assigned_user", 1, NOW
    )  # fmt: skip
    assert await deliveries.claim("email", NOW, 9) == [], "ann's is sent, bob's is leased"


async def test_a_repeated_page_resets_no_attempts(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    lane = await lane_of(deliveries, "ann")
    await finish(deliveries, lane, Outcome("queued", "timeout", hold_ms=NOW + 60_000))
    await append(log, "h1", mail("ann"))
    row = await only(deliveries)
    assert (row.state, row.reason, row.attempts, row.due) == ("queued", "timeout", 1, NOW + 60_000)
    assert await deliveries.claim("email", NOW + 59_999, 9) == []


async def test_nothing_is_queued_for_who_is_not_in_the_account(store: Store, log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ghost"), Outgoing("shade", 1, "text", None, "type_off"))
    kept = await everything(store)
    assert not naming(kept, "ghost") | naming(kept, "shade")
    assert await deliveries.claim("email", NOW, 9) == []
    assert await deliveries.left(NOW) == 0, "the courier that looked put the account off"


async def test_nothing_is_queued_after_a_recall(store: Store, log: Log, deliveries: Deliveries) -> None:
    await store.command("HSET", store.keys.account("acme", "recalls"), "h1", 1)
    await append(log, "h1", mail("ann"), Outgoing("bob", 1, "text", None, "type_off"))
    assert await deliveries.of("acme", "h1", [0, 1]) == []
    assert await deliveries.claim("email", NOW, 9) == []


async def test_an_event_that_was_accepted_before_queues_nothing(log: Log, deliveries: Deliveries) -> None:
    for base in ("h1", "h2"):
        await log.append(happening(base), [], "e", (), marked("evt-1"), [mail("ann")])
    lane = await lane_of(deliveries, "ann")
    assert await finish(deliveries, lane) == ["h1-0"]


@pytest.mark.parametrize("size", [1, 100, 101, 350])
async def test_plans_carry_what_goes_out(store: Store, log: Log, deliveries: Deliveries, size: int) -> None:
    users = [f"p{n}" for n in range(size)]
    await people(store, *users)
    sent = [mail(user, n) for n, user in enumerate(users)]
    skipped = [Outgoing(user, n, "text", None, "type_off") for n, user in enumerate(users)]
    plans = Plans(store, log)
    await plans.publish(Publication([Part(happening("h1"), [], (), [*sent, *skipped])], Marker("evt-1", "d")), "e")
    rows = await deliveries.of("acme", "h1", range(size))
    assert len(rows) == 2 * size
    assert {row.state for row in rows if row.channel == "email"} == {"queued"}
    assert await plans.queue.left() == 0


async def test_more_than_500_who_get_only_an_email_are_left_to_the_workers(
    store: Store, log: Log, deliveries: Deliveries
) -> None:
    users = [f"p{n}" for n in range(501)]
    await people(store, *users)
    plans = Plans(store, log)
    part = Part(happening("h1"), [], (), [mail(user, n, not_before_ms=5_000) for n, user in enumerate(users)])
    await plans.publish(Publication([part], Marker("evt-1", "d")), "e")
    assert len(await deliveries.of("acme", "h1", range(501))) == 100
    await plans.resume("acme", "h1")
    rows = await deliveries.of("acme", "h1", range(501))
    assert [(row.user, row.due) for row in rows] == [(user, 5_000) for user in users]


def test_a_page_holds_100_to_send_or_1000_to_skip() -> None:
    sent = [mail(f"u{n}", n) for n in range(150)]
    skipped = [Outgoing(f"u{n}", n, "text", None, "type_off") for n in range(1_200)]
    assert [len(piece) for piece in cut_outgoing(sent)] == [100, 50]
    assert [len(piece) for piece in cut_outgoing(skipped)] == [1_000, 200]
    assert [len(piece) for piece in cut_outgoing([*sent[:50], *skipped[:501]])] == [550, 1]


async def test_A_41_a_sample_is_read_from_the_first(log: Log) -> None:
    await log.append(happening("h1", sample=True), recipients("ann"), "e")
    page = await log.inbox("acme", "ann", "all", 9, None, 0)
    assert [(entry.id, entry.state) for entry in page.entries] == [("h1-0", "read")]
    assert page.unread == 0
    assert [entry.id for entry in (await log.missed("acme", "ann", 0)).popups] == ["h1-0"]


# Not sent after all


async def test_what_was_recalled_meanwhile_is_not_sent(store: Store, log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    lane = await lane_of(deliveries, "ann")
    await store.command("HSET", store.keys.account("acme", "recalls"), "h1", 1)
    assert await deliveries.take(lane, "h1-0", NOW) == "skipped"
    row = await only(deliveries)
    assert (row.state, row.reason, row.attempts) == ("skipped", "recalled", 0)
    assert await finish(deliveries, lane) == []


async def test_who_left_meanwhile_is_not_sent_to_and_who_erases_them_says_what_becomes_of_it(
    store: Store, log: Log, deliveries: Deliveries
) -> None:
    await append(log, "h1", mail("ann"))
    lane = await lane_of(deliveries, "ann")
    await store.command("HDEL", store.keys.account("acme", "users"), "ann")
    assert await deliveries.take(lane, "h1-0", NOW) == "gone"
    assert (await only(deliveries)).state == "queued"
    await Erasure(store).user("acme", "ann", NOW + 9)
    row = await only(deliveries)
    assert (row.state, row.reason, row.to, row.at) == ("skipped", "moved", None, NOW + 9)
    await Erasure(store).user("acme", "ann")
    assert await deliveries.of("acme", "h1", [0]) == []


# Receipts


async def test_R_13_each_email_of_a_broadcast_counts_once(log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"), mail("bob", 1), mail("cy", 2), text_to("ann"), counted=True)
    for lane in await deliveries.claim("email", NOW, 9):
        await finish(deliveries, lane, REFUSED if lane.user == "cy" else SENT)
    await finish(deliveries, await lane_of(deliveries, "ann", "text"))
    assert await log.receipts("acme", "h1") == Receipts(0, 0, 0, emailed=2)


async def test_what_keeps_no_receipts_counts_nothing(store: Store, log: Log, deliveries: Deliveries) -> None:
    await append(log, "h1", mail("ann"))
    await finish(deliveries, await lane_of(deliveries, "ann"))
    assert not await store.command("EXISTS", store.keys.account("acme", "receipts"))
