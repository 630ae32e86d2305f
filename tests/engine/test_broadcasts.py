"""Broadcasts after they were sent: receipts, recall and expiry, also while they are still on their way."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from hub.core.broadcasts import Broadcast
from hub.engine.broadcasts import Broadcasts, write_broadcast
from hub.engine.connection import Store
from hub.engine.log import Log, Marker, Receipts, Recipient, Skipped
from hub.engine.plans import Part, Plans, Publication
from hub.engine.queue import Work
from hub.engine.rows import Marked
from hub.engine.tabs import Tabs
from hub.engine.views import ViewLog

from .conftest import Ear, everything, happening, naming, people, seat
from .test_tabs import attach
from .test_views import OLGA, look, take, view_seat

pytestmark = pytest.mark.usefixtures("acme")
SENT, LATER = "2027-03-14T12:00:00.000Z", "2027-03-14T13:00:00.000Z"
SENT_S = datetime(2027, 3, 14, 12, tzinfo=UTC).timestamp()
AUDIENCE = ("ann", "bob")


@pytest.fixture
def plans(store: Store, log: Log) -> Plans:
    return Plans(store, log)


@pytest_asyncio.fixture
async def broadcasts(store: Store, log: Log, plans: Plans) -> Broadcasts:
    await people(store, "wes", account="west")
    return Broadcasts(store, log, plans)


def part(base: str, *users: str, account: str = "acme", channel: str = "g:sales") -> Part:
    shared = happening(base, int(SENT_S * 1000), account, sticky=True, counted=True)
    return Part(shared, [Recipient(user, n, "group_member", channel) for n, user in enumerate(users)])


async def send(plans: Plans, *parts: Part, **fields: object) -> Broadcast:
    first = parts[0].happening
    broadcast = Broadcast(
        id=first.base, account=first.account, type="group_broadcast", title="Note", message="<b>Hi</b>", body="Hi",
        by="mia", at=SENT, recipients=sum(len(one.recipients) for one in parts),
        parts=tuple((one.happening.account, one.happening.base) for one in parts), **fields,  # type: ignore[arg-type]
    )  # fmt: skip
    document = (broadcast.id, write_broadcast(broadcast))
    await plans.publish(Publication(parts, Marker(f"broadcast:{broadcast.id}", "d"), document), "e")
    return broadcast


async def inbox(log: Log, user: str, account: str = "acme") -> tuple[list[str], int]:
    page = await log.inbox(account, user, "all", 50, None, 0)
    return [entry.id for entry in page.entries], page.unread


async def test_E_18_a_document_is_kept_as_it_was_sent(broadcasts: Broadcasts, plans: Plans) -> None:
    first = await send(plans, part("h1", *AUDIENCE), groups=("sales",), users=("ann",))
    second = await send(plans, part("h2", "ann"))
    assert await broadcasts.get("acme", "h1") == first
    assert await broadcasts.get("acme", "h3") is None
    assert await broadcasts.all("acme") == [second, first], "the newest first"


async def test_receipts_are_counted_once_per_user_and_step(
    log: Log, broadcasts: Broadcasts, plans: Plans, tabs: Tabs
) -> None:
    await attach(tabs, "ann", "A", "focused")
    sent = await send(plans, part("h1", *AUDIENCE))
    await log.append(part("h1", *AUDIENCE).happening, part("h1", *AUDIENCE).recipients, "e")
    assert await broadcasts.receipts(sent) == Receipts(2, 0, 0)
    for _ in range(3):
        await tabs.shown(seat("ann", "A"), ["h1-0"])
    await attach(tabs, "ann", "B", "focused")
    await tabs.shown(seat("ann", "B"), ["h1-0"])
    assert await broadcasts.receipts(sent) == Receipts(2, 1, 0), "on another tab it is the same person"
    for user in (*AUDIENCE, *AUDIENCE):
        await log.mark("acme", user, "dismissed", [f"h1-{AUDIENCE.index(user)}"], None, "e")
    assert await broadcasts.receipts(sent) == Receipts(2, 1, 2)
    await log.mark("acme", "ann", "archived", ["h1-0"], None, "e")
    await log.mark("acme", "ann", "restored", ["h1-0"], None, "e")
    await log.mark("acme", "ann", "dismissed", None, 99, "e")
    assert await broadcasts.receipts(sent) == Receipts(2, 1, 2)


async def test_only_what_is_counted_has_receipts(store: Store, log: Log, tabs: Tabs) -> None:
    await attach(tabs, "ann", "A", "focused")
    await log.append(happening("h1"), [Recipient("ann", 0, "r", "all")], "e")
    assert await tabs.shown(seat("ann", "A"), ["h1-0"]) == 1
    assert (await log.mark("acme", "ann", "dismissed", ["h1-0"], None, "e")).changed == ("h1-0",)
    assert not await store.command("EXISTS", store.keys.account("acme", "receipts"))


async def test_receipts_that_retention_took_are_not_begun_anew(store: Store, log: Log, plans: Plans) -> None:
    await send(plans, part("h1", *AUDIENCE))
    await log.sweep("acme", [], int(SENT_S * 1000) + 1)
    assert (await log.mark("acme", "ann", "dismissed", ["h1-0"], None, "e")).changed == ("h1-0",)
    assert not await store.command("EXISTS", store.keys.account("acme", "receipts"))


async def test_AMB_17_what_a_log_in_as_session_does_is_in_no_receipt(
    store: Store, broadcasts: Broadcasts, plans: Plans, tabs: Tabs
) -> None:
    seen = await take(tabs, "V", "focused")
    sent = await send(plans, part("h1", "ann"))
    await look(store, seen)
    assert await tabs.shown(view_seat("V"), ["h1-0"]) == 1
    await ViewLog(store).put_away(OLGA, "dismissed", ["h1-0"], None)
    assert await broadcasts.receipts(sent) == Receipts(1, 0, 0)


async def test_recipients_are_listed_over_all_accounts_with_what_became_of_it(
    log: Log, broadcasts: Broadcasts, plans: Plans
) -> None:
    home = part("h1", *AUDIENCE)
    home = Part(home.happening, home.recipients, [Skipped("cy", 2, "inactive")])
    sent = await send(plans, home, part("h2", "wes", account="west"))
    await log.mark("acme", "bob", "dismissed", ["h1-1"], None, "e")
    rows = await broadcasts.recipients(sent)
    assert [(row.account, row.user, row.reason, row.delivered, row.shown, row.dismissed) for row in rows] == [
        ("acme", "ann", "group_member", True, False, False),
        ("acme", "bob", "group_member", True, False, True),
        ("acme", "cy", "inactive", False, False, False),
        ("west", "wes", "group_member", True, False, False),
    ]
    paged, place = [], (0, -1)
    while page := await broadcasts.recipients(sent, place, 1):
        paged += page
        place = (page[-1].part, page[-1].index)
    assert paged == rows


async def test_a_recall_takes_it_from_every_inbox_and_screen(
    log: Log, broadcasts: Broadcasts, plans: Plans, tabs: Tabs
) -> None:
    await attach(tabs, "ann", "A", "focused")
    await log.append(happening("h0"), [Recipient("ann", 0, "r", "all")], "e")
    sent = await send(plans, part("h1", "ann", "bob", "cy"), part("h2", "wes", account="west"))
    await log.mark("acme", "bob", "archived", ["h1-1"], None, "e")
    marked = await broadcasts.recall(sent, LATER)
    assert (marked.recalled_at, marked.expired) == (LATER, False)
    assert await broadcasts.get("acme", "h1") == marked
    assert await inbox(log, "ann") == (["h0-0"], 1)
    assert (await log.inbox("acme", "bob", "archived", 9, None, 0)).entries == ()
    assert await inbox(log, "wes", "west") == ([], 0)
    missed = await log.missed("acme", "ann", 2)
    assert (missed.changes, [entry.id for entry in missed.popups]) == (
        (Marked(3, "recalled", ("h1-0",), None),),
        ["h0-0"],
    )
    assert await plans.queue.left() == 0


async def test_who_missed_both_hears_that_it_is_gone_without_a_snapshot(
    log: Log, broadcasts: Broadcasts, plans: Plans
) -> None:
    sent = await send(plans, part("h1", "ann"))
    await log.append(happening("h2"), [Recipient("ann", 0, "r", "all")], "e")
    await broadcasts.recall(sent, LATER)
    changes = (await log.missed("acme", "ann", 0)).changes
    assert changes is not None
    assert [change.seq for change in changes] == [1, 2, 3]
    assert (changes[0], changes[2]) == (Marked(1, "recalled", ("h1-0",), None), Marked(3, "recalled", ("h1-0",), None))


async def test_AMB_17_a_view_sees_the_withdrawal(
    store: Store, broadcasts: Broadcasts, plans: Plans, tabs: Tabs
) -> None:
    before = await take(tabs, "V", "focused")
    sent = await send(plans, part("h1", "ann"))
    told = await look(store, before)
    assert told.open == {"h1-0"}
    await broadcasts.recall(sent, LATER)
    gone = await look(store, told)
    assert (gone.changes, gone.unread) == ((Marked(2, "recalled", ("h1-0",), None),), 0)
    late = await look(store, before)
    assert late.changes is not None, "a session that looks late is told, not sent away"
    assert (late.open, len(late.changes)) == (frozenset(), 2)
    assert await ViewLog(store).offer(OLGA) == 0, "nobody waits for a word about it"


async def test_a_recall_half_way_through_the_pages_leaves_nobody_with_it(
    store: Store, log: Log, broadcasts: Broadcasts, plans: Plans
) -> None:
    crowd = [f"c{n}" for n in range(750)]
    await people(store, *crowd)
    sent = await send(plans, part("h1", *crowd), part("h2", "wes", account="west"))
    assert [tail.seq for tail in await log.tails("acme", crowd[99:101])] == [1, 0]
    assert await plans.queue.claim() == [Work("append", "acme", "h1")]
    marked = await broadcasts.recall(sent, LATER)
    assert await plans.resume("acme", "h1") == 0, "later pages write nothing"
    assert await plans.queue.claim() == [Work("recall", "acme", "h1")]
    assert await broadcasts.resume("acme", "h1") == 100
    for start in range(0, 750, 100):
        tails = await log.tails("acme", crowd[start : start + 100])
        assert [tail.seq for tail in tails] == [2 if start == 0 else 0] * len(tails)
    assert await inbox(log, "c0") == ([], 0)
    assert (await inbox(log, "wes", "west"), await plans.queue.left()) == (([], 0), 0)
    assert await broadcasts.receipts(marked) == Receipts(100, 0, 0), "it had been delivered to so many"


class Killed(Exception):
    """The process ended here."""


class Dying(Broadcasts):
    """Broadcasts whose process is killed once a recall is marked."""

    async def _entomb(self, *_: object) -> None:
        raise Killed


async def test_a_recall_that_was_cut_off_is_finished_by_a_worker(
    store: Store, log: Log, broadcasts: Broadcasts, plans: Plans
) -> None:
    sent = await send(plans, part("h1", *AUDIENCE))
    with pytest.raises(Killed):
        await Dying(store, log, plans).recall(sent, LATER)
    assert await inbox(log, "ann") == (["h1-0"], 1)
    await store.command("ZADD", store.keys.work("queue"), 1, "recall/acme/h1")
    assert await plans.queue.claim() == [Work("recall", "acme", "h1")]
    assert await broadcasts.resume("acme", "h1") == 2
    assert await broadcasts.resume("acme", "h1") == 0
    assert await inbox(log, "ann") == ([], 0)


async def test_a_recall_that_was_only_queued_does_nothing(
    store: Store, log: Log, broadcasts: Broadcasts, plans: Plans
) -> None:
    await send(plans, part("h1", "ann"))
    await plans.queue.release(Work("recall", "acme", "h1"))
    (claimed,) = await plans.queue.claim()
    assert await broadcasts.resume("acme", "h1", claimed.claim) == 0
    assert (await inbox(log, "ann"), await plans.queue.left()) == ((["h1-0"], 1), 0)


async def test_the_first_recall_s_moment_stays(broadcasts: Broadcasts, plans: Plans) -> None:
    sent = await send(plans, part("h1", "ann"))
    first = await broadcasts.recall(sent, LATER)
    assert await broadcasts.recall(sent, "2028-01-01T00:00:00Z", expired=True) == first


async def test_E_23_it_expires_by_business_time(log: Log, broadcasts: Broadcasts, plans: Plans) -> None:
    await broadcasts.expire_at("acme", "h1", int((SENT_S + 60) * 1000))
    await send(plans, part("h1", "ann"), expires_at="2027-03-14T12:01:00Z")
    assert await broadcasts.expire_due(SENT_S + 59) == 0
    assert await inbox(log, "ann") == (["h1-0"], 1)
    assert await broadcasts.expire_due(SENT_S + 60) == 1
    assert await broadcasts.expire_due(SENT_S + 61) == 0
    assert await inbox(log, "ann") == ([], 0)
    kept = await broadcasts.get("acme", "h1")
    assert kept is not None
    assert (kept.recalled_at, kept.expired) == ("2027-03-14T12:01:00Z", True)


async def test_an_expiry_waits_for_its_broadcast_and_not_for_ever(
    store: Store, broadcasts: Broadcasts, plans: Plans
) -> None:
    """It is noted before the broadcast is sent, so that no crash in between leaves one that never expires."""
    for id in ("h1", "h2"):
        await broadcasts.expire_at("acme", id, int(SENT_S * 1000))
    assert await broadcasts.expire_due(SENT_S + 5) == 0
    await send(plans, part("h1", "ann"))
    assert await broadcasts.expire_due(SENT_S + 6) == 1
    assert await broadcasts.expire_due(SENT_S + 7200) == 0
    assert not await store.command("EXISTS", store.keys.work("expiries"))


async def test_retention_leaves_nothing_of_a_recalled_broadcast_also_where_it_never_came(
    store: Store, log: Log, broadcasts: Broadcasts, plans: Plans
) -> None:
    sent = await send(plans, part("h1", *AUDIENCE))
    afar = Broadcast.from_document(sent.as_document() | {"parts": [["acme", "h1"], ["west", "h2"], ["gone", "h3"]]})
    await broadcasts.put(afar)
    await broadcasts.recall(afar, LATER)
    assert naming(await everything(store), "h2"), "a page may still come"
    assert not naming(await everything(store), "{gone}"), "none can come"
    for account in ("acme", "west"):
        await log.sweep(account, ["ann", "bob", "wes"], int(SENT_S * 1000) + 1)
    kept = await everything(store)
    logs = {store.keys.person("acme", user)[1] for user in AUDIENCE}
    assert (naming(kept, "h1"), naming(kept, "h2")) == (logs, set())


async def test_it_is_withdrawn_on_the_channels_it_came_by_in_one_message_a_page(
    ear: Ear, broadcasts: Broadcasts, plans: Plans
) -> None:
    await ear.listen("g:sales", "u:cy", "u:ann")
    one = part("h1", *AUDIENCE)
    sent = await send(plans, Part(one.happening, [*one.recipients, Recipient("cy", 2, "named", "u:cy")]))
    await broadcasts.recall(sent, LATER)
    heard = [await ear.messages.get() for _ in range(4)]
    assert ear.messages.empty()
    rows = {channel: message["users"] for channel, message in heard if message["k"] == "recall"}
    assert rows == {
        ear.keys.channel("acme", "g:sales"): [["ann", 0, 2, 0], ["bob", 1, 2, 0]],
        ear.keys.channel("acme", "u:cy"): [["cy", 2, 2, 0]],
    }
