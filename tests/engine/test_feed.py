"""What happens is told to whoever listens, in the very step in which it happens; else nothing is kept of it."""

from typing import Any

import msgpack
import pytest

from hub.core.broadcasts import Broadcast
from hub.core.webhooks import CREATED, DISMISSED, FAILED, FINISHED
from hub.engine.broadcasts import write_broadcast
from hub.engine.connection import Store
from hub.engine.couriers import WEBHOOK
from hub.engine.deliveries import Deliveries
from hub.engine.lanes import Outcome
from hub.engine.log import Log, Marker, Recipient
from hub.engine.messages import Messages
from hub.engine.plans import Part, Plans, Publication
from hub.engine.views import ViewLog

from .conftest import everything, happening, marked, naming, people, recipients
from .hearing import SENT, listen, told, waiting
from .sending import REFUSED, append, finish, lane_of, mail, text_to
from .test_plans import DyingLog, Killed
from .test_views import OLGA

pytestmark = pytest.mark.usefixtures("acme")
BASE = "0" * 26
SENT_AT = "2027-03-14T12:00:00.000Z"


@pytest.fixture
def messages(store: Store, log: Log) -> Messages:
    return Messages(store, log.couriers)


# What is told


async def test_nobody_listening_leaves_nothing(store: Store, log: Log) -> None:
    await log.append(happening(), recipients("ann"), "e")
    await log.mark("acme", "ann", "dismissed", ["h1-0"], None, "e")
    assert not naming(await everything(store), "messages")
    assert await log.couriers.left(WEBHOOK, 0) == 0


async def test_a_page_makes_a_message_for_each_user_and_each_who_listens(
    store: Store, log: Log, messages: Messages
) -> None:
    await listen(messages, "wh-1", "wh-2")
    for _ in range(2):
        await log.append(happening(), recipients("ann", "bob", "ghost"), "e")
    names = ("msg_h1-0_created", "msg_h1-1_created")
    assert await waiting(store) == [(hook, name) for hook in ("wh-1", "wh-2") for name in names]
    assert log.couriers.waiting[WEBHOOK].is_set()
    found = await told(messages)
    assert [(one.lane.user, one.fact.user, one.fact.reason, one.fact.at_ms) for one in found] == [
        (hook, user, "all_of_type", 1_000) for hook in ("wh-1", "wh-2") for user in ("ann", "bob")
    ]
    assert await waiting(store) == []


async def test_each_listens_to_what_it_says(store: Store, log: Log, messages: Messages) -> None:
    await listen(messages, "wh-1", events=(DISMISSED,))
    await log.append(happening(), recipients("ann"), "e")
    await log.mark("acme", "ann", "read", ["h1-0"], None, "e")
    await log.mark("acme", "ann", "dismissed", ["h1-0"], None, "e")
    assert await waiting(store) == [("wh-1", "msg_h1-0_dismissed")]


async def test_a_dismissal_is_told_once_and_with_everything_up_to_a_number(
    store: Store, log: Log, messages: Messages
) -> None:
    for base in ("h1", "h2", "h3"):
        await log.append(happening(base), recipients("ann"), "e")
    await listen(messages, "wh-1")
    await log.mark("acme", "ann", "dismissed", ["h2-0"], None, "e")
    for _ in range(2):
        await log.mark("acme", "ann", "dismissed", None, 3, "e")
    await log.mark("acme", "ann", "archived", ["h1-0"], None, "e")
    assert [name for _, name in await waiting(store)] == [f"msg_h{n}-0_dismissed" for n in (2, 1, 3)]
    (first, *_) = await told(messages)
    assert (first.fact.event, first.fact.user, first.fact.reason) == (DISMISSED, "ann", "all_of_type")


async def test_AMB_17_what_a_log_in_as_session_dismisses_is_not_told(
    store: Store, log: Log, messages: Messages
) -> None:
    await log.append(happening(), recipients("ann"), "e")
    await listen(messages, "wh-1")
    await ViewLog(store).put_away(OLGA, "dismissed", ["h1-0"], None)
    assert await waiting(store) == []


async def test_a_delivery_is_told_when_it_is_given_up_and_not_before(
    store: Store, log: Log, messages: Messages, deliveries: Deliveries
) -> None:
    await listen(messages, "wh-1", events=(FAILED,))
    await append(log, BASE, mail("ann"))
    await finish(deliveries, await lane_of(deliveries, "ann"), Outcome("queued", "timeout", hold_ms=9_000))
    assert await waiting(store) == []
    await finish(deliveries, await lane_of(deliveries, "ann", now=9_000), REFUSED, now=9_000)
    (message,) = await told(messages)
    assert (message.fact.channel, message.fact.to, message.fact.why) == ("email", "ann@acme.example", "mailbox_unknown")
    assert (message.fact.attempts, message.fact.message) == (2, f"msg_{BASE}-0_email_2_failed")
    assert await deliveries.retry("acme", f"{BASE}-0:email", 9_000)
    await finish(deliveries, await lane_of(deliveries, "ann", now=9_000), REFUSED, now=9_000)
    assert await waiting(store) == [("wh-1", f"msg_{BASE}-0_email_3_failed")], "another failure has another name"


async def test_a_text_that_its_provider_reports_as_lost_is_told(
    store: Store, log: Log, messages: Messages, deliveries: Deliveries
) -> None:
    await listen(messages, "wh-1", events=(FAILED,))
    await append(log, BASE, text_to("ann"))
    await finish(deliveries, await lane_of(deliveries, "ann", "text"), Outcome("sent", reference="SM1"))
    for _ in range(2):
        await deliveries.reports.take("SM1", "number_unknown", 2_000)
    (message,) = await told(messages)
    assert (message.fact.channel, message.fact.why, message.fact.at_ms) == ("text", "number_unknown", 2_000)


# Broadcasts


async def send(log: Log, size: int, *, recalled: bool = False) -> None:
    users = [f"p{n}" for n in range(size)]
    await people(log.store, *users)
    sent = Broadcast(
        id="h1", account="acme", type="group_broadcast", title="Note", message="Hi", body="Hi", by="mia", at=SENT_AT,
        recipients=size, parts=(("acme", "h1"),),
    )  # fmt: skip
    audience = [Recipient(user, n, "group_member", "all") for n, user in enumerate(users)]
    if recalled:
        await log.store.command("HSET", log.store.keys.account("acme", "recalls"), "h1", 1)
    publication = Publication(
        [Part(happening("h1", counted=True), audience)], Marker("broadcast:h1", "d"), ("h1", write_broadcast(sent))
    )
    await Plans(log.store, log).publish(publication, "e")


@pytest.mark.parametrize("size", [0, 1, 100, 101, 350])
async def test_D_05_a_broadcast_is_through_when_the_last_has_it(
    store: Store, log: Log, messages: Messages, size: int
) -> None:
    await listen(messages, "wh-1", events=(FINISHED,))
    await send(log, size)
    (message,) = await told(messages)
    assert (message.fact.id, message.fact.delivered, message.fact.message) == ("h1", size, "msg_h1_finished")


async def test_a_broadcast_that_is_left_to_the_workers_is_through_when_they_are(
    store: Store, log: Log, messages: Messages
) -> None:
    await listen(messages, "wh-1", events=(FINISHED,))
    await send(log, 700)
    assert await waiting(store) == []
    for _ in range(2):
        await Plans(store, log).resume("acme", "h1")
    (message,) = await told(messages)
    assert message.fact.delivered == 700


@pytest.mark.parametrize("dies_at", [1, 3, 5])
async def test_a_broadcast_whose_sender_dies_is_told_of_once(
    store: Store, log: Log, messages: Messages, dies_at: int
) -> None:
    await listen(messages, "wh-1", events=(CREATED, FINISHED))
    with pytest.raises(Killed):
        await send(DyingLog(store, dies_at, after=True), 450)
    await Plans(store, log).resume("acme", "h1")
    names = [name for _, name in await waiting(store)]
    assert len(names) == len(set(names)) == 451
    assert names[-1] == "msg_h1_finished"


async def test_a_plan_that_is_no_broadcast_finishes_in_silence(store: Store, log: Log, messages: Messages) -> None:
    await listen(messages, "wh-1", events=(FINISHED,))
    users = [f"p{n}" for n in range(150)]
    await people(store, *users)
    await Plans(store, log).publish(Publication([Part(happening(), recipients(*users))], Marker("evt-1", "d")), "e")
    assert await waiting(store) == []


# Bounds


async def test_of_more_than_there_is_room_for_the_oldest_are_dropped_and_counted(
    store: Store, log: Log, messages: Messages
) -> None:
    await listen(messages, "wh-1", "wh-2")
    await log.append(happening("h0"), recipients("ann"), "e")
    await fill(store, "wh-1", 9_999)
    await log.append(happening("h1"), recipients("ann", "bob", "cy"), "e")
    assert await messages.count("acme", "wh-1") == (10_000, 0)
    assert await messages.count("acme", "wh-2") == (4, 0), "each has room of its own"
    (lane,) = [lane for lane in await messages.claim(WEBHOOK, 0, 9) if lane.user == "wh-1"]
    first = await messages.take(lane, await messages.next(lane, 0) or "", 0, 0)
    assert not isinstance(first, str)
    assert (first.dropped, first.fact.id) == (3, "f3-0")
    await messages.settle(first, SENT, 0)
    following = await messages.take(lane, await messages.next(lane, 0) or "", 0, 0)
    assert not isinstance(following, str)
    assert following.dropped == 0, "it was told"


async def fill(store: Store, hook: str, count: int) -> None:
    """Have so many messages wait for a webhook, which nobody could tell from real ones."""
    keys, members, facts = store.keys, list[Any](), list[Any]()
    number = int(await store.command("HINCRBY", keys.account("acme", "messages:facts"), "#", count)) - count
    for n in range(1, count + 1):
        member = f"{hook} {number + n:016}"
        fact = {"t": CREATED, "at": 1_000, "n": 0, "id": f"f{n}-0", "u": "ann", "r": "r"}
        members += (0, member)
        facts += (member, msgpack.packb(fact))
        if n < 9:
            await store.command("HSET", keys.account("acme", "notifications"), f"f{n}", "{}\n{}")
    await store.command("ZADD", keys.account("acme", "messages"), *members)
    await store.command("HSET", keys.account("acme", "messages:facts"), *facts)


async def test_what_was_given_up_is_kept_for_the_newest_thousand(store: Store, log: Log, messages: Messages) -> None:
    await listen(messages, "wh-1")
    dead = store.keys.account("acme", "messages:dead")
    for hook in ("wh-0", "wh-1"):
        await store.command("ZADD", dead, *(word for n in range(1_000) for word in (0, f"{hook} {-n:016}")))
    await log.append(happening(), recipients("ann"), "e")
    await told(messages, 5_000, Outcome("failed", "http_500"))
    for hook in ("wh-0", "wh-1"):
        assert await messages.count("acme", hook) == (0, 1_000), "each has room of its own"
    assert (await store.command("ZRANGE", dead, -1, -1))[0] == b"wh-1 0000000000000001"


async def test_messages_of_what_an_account_no_longer_keeps_are_swept(
    store: Store, log: Log, messages: Messages
) -> None:
    await listen(messages, "wh-1", "wh-2")
    for base, at in (("h1", 1_000), ("h2", 2_000)):
        await log.append(happening(base, at), recipients("ann"), "e", (), marked(base))
    lane, other = sorted(await messages.claim(WEBHOOK, 0, 9), key=lambda lane: lane.user)
    message = await messages.take(lane, await messages.next(lane, 0) or "", 0, 0)
    assert not isinstance(message, str)
    await messages.settle(message, Outcome("failed", "http_500"), 1_500)
    assert await messages.count("acme", "wh-1") == (1, 1)
    assert await messages.sweep("acme", 1_000) == 0
    assert await messages.sweep("acme", 1_400) == 2, "one was given up, and one waits for the other"
    assert [name for _, name in await waiting(store)] == ["msg_h2-0_created"] * 2
    assert other.user == "wh-2"
