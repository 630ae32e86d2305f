"""Appending, marking and reading back, on the real store."""

import asyncio

import orjson
import pytest

from hub.engine.connection import Store
from hub.engine.log import Considered, Happening, Log, Skipped
from hub.engine.rows import Marked, Notified, Record
from hub.engine.tabs import Tabs

from .conftest import everything, happening, marked, naming, recipients, seat

pytestmark = pytest.mark.usefixtures("acme")


async def append(log: Log, base: str, *users: str, **fields: object) -> int:
    return (await log.append(happening(base, **fields), recipients(*users), "epoch")).count


async def test_numbers_have_no_gap_and_ids_are_per_user(log: Log) -> None:
    for base in ("h1", "h2", "h3"):
        assert await append(log, base, "ann", "bob") == 2
    missed = await log.missed("acme", "bob", 0)
    assert missed.changes is not None
    assert [(change.seq, change.entry.id) for change in missed.changes if isinstance(change, Notified)] == [
        (1, "h1-1"), (2, "h2-1"), (3, "h3-1"),
    ]  # fmt: skip
    assert missed.tail.seq == 3
    assert missed.unread == 3


async def test_a_page_appended_twice_is_there_once(log: Log) -> None:
    assert await append(log, "h1", "ann", "bob") == 2
    assert await append(log, "h1", "ann", "bob", "cy") == 1
    assert [tail.seq for tail in await log.tails("acme", ["ann", "bob", "cy"])] == [1, 1, 1]


async def test_a_page_appended_concurrently_is_there_once(log: Log) -> None:
    counts = await asyncio.gather(*(append(log, "h1", "ann", "bob") for _ in range(20)))
    assert sum(counts) == 2
    assert (await log.inbox("acme", "ann", "all", 50, None, 0)).unread == 1


async def test_an_event_id_makes_one_event_whoever_sends_it(log: Log) -> None:
    first = await log.append(happening("h1"), recipients("ann"), "e", (), marked("evt-1", "d1", b'{"n":1}'))
    again = await log.append(happening("h2"), recipients("ann"), "e", (), marked("evt-1", "d1"))
    assert (first.count, first.earlier) == (1, None)
    assert (again.count, again.earlier) == (0, ("d1", b'{"n":1}'))
    assert await log.accepted("acme", "evt-1") == ("d1", b'{"n":1}')
    assert await log.accepted("acme", "evt-2") is None


async def test_an_event_id_holds_in_its_account_only(log: Log) -> None:
    await log.append(happening("h1"), recipients("ann"), "e", (), marked("evt-1"))
    assert await log.accepted("other", "evt-1") is None


async def test_AMB_47_dismissing_is_idempotent_and_takes_one_number(log: Log) -> None:
    await append(log, "h1", "ann", "bob")
    await append(log, "h2", "ann")
    result = await log.mark("acme", "ann", "dismissed", ["h1-0", "h2-0", "stranger"], None, "e")
    assert (result.changed, result.unknown, result.unread, result.seq) == (("h1-0", "h2-0"), ("stranger",), 0, 3)
    again = await log.mark("acme", "ann", "dismissed", ["h1-0", "h2-0"], None, "e")
    assert (again.changed, again.unknown, again.seq) == ((), (), 3)
    assert (await log.inbox("acme", "bob", "unread", 50, None, 0)).unread == 1


async def test_dismissing_what_is_read_still_closes_its_popup(log: Log) -> None:
    await append(log, "h1", "ann", sticky=True)
    await log.mark("acme", "ann", "read", ["h1-0"], None, "e")
    assert [entry.state for entry in (await log.missed("acme", "ann", 0)).popups] == ["read"]
    assert (await log.mark("acme", "ann", "dismissed", ["h1-0"], None, "e")).changed == ("h1-0",)
    assert (await log.missed("acme", "ann", 0)).popups == ()


async def test_read_up_to_leaves_what_came_later(log: Log) -> None:
    for base in ("h1", "h2", "h3"):
        await append(log, base, "ann")
    result = await log.mark("acme", "ann", "read", None, 2, "e")
    assert (result.changed, result.unread) == (("h1-0", "h2-0"), 1)
    changes = (await log.missed("acme", "ann", 3)).changes
    assert changes == (Marked(4, "read", None, 2),)


async def test_archive_and_restore_move_an_entry_out_and_back(log: Log) -> None:
    await append(log, "h1", "ann")
    await append(log, "h2", "ann")
    assert (await log.mark("acme", "ann", "archived", ["h1-0"], None, "e")).unread == 1
    assert [entry.id for entry in (await log.inbox("acme", "ann", "all", 50, None, 0)).entries] == ["h2-0"]
    archived = (await log.inbox("acme", "ann", "archived", 50, None, 0)).entries
    assert [(entry.id, entry.state) for entry in archived] == [("h1-0", "archived")]
    await log.mark("acme", "ann", "restored", ["h1-0"], None, "e")
    entries = (await log.inbox("acme", "ann", "all", 50, None, 0)).entries
    assert [(entry.id, entry.state) for entry in entries] == [("h2-0", "unread"), ("h1-0", "read")]


async def test_pages_of_the_inbox_join_without_overlap(log: Log) -> None:
    for n in range(7):
        await append(log, f"h{n}", "ann")
    ids, before = [], None
    while True:
        page = await log.inbox("acme", "ann", "all", 3, before, 0)
        ids += [entry.id for entry in page.entries]
        before = page.before
        if before is None:
            break
    assert ids == [f"h{n}-0" for n in reversed(range(7))]


async def test_an_inbox_page_that_ends_exactly_has_no_next(log: Log) -> None:
    for n in range(3):
        await append(log, f"h{n}", "ann")
    assert (await log.inbox("acme", "ann", "all", 3, None, 0)).before is None
    assert (await log.inbox("acme", "nobody", "all", 3, None, 0)).entries == ()


async def test_recovery_holds_300_changes_and_not_301(log: Log) -> None:
    for n in range(301):
        await append(log, f"h{n:03}", "ann")
    within = (await log.missed("acme", "ann", 1)).changes
    assert within is not None
    assert len(within) == 300
    assert (await log.missed("acme", "ann", 0)).changes is None


async def test_recovery_is_bounded_in_bytes(log: Log) -> None:
    large = b'{"title":"' + b"x" * 50_000 + b'"}'
    for n in range(6):
        page = happening(f"h{n}")
        await log.append(type(page)(page.base, "acme", type(page.record)(large, {}), 1, 0), recipients("ann"), "e")
    assert (await log.missed("acme", "ann", 0)).changes is None
    assert (await log.missed("acme", "ann", 3)).changes is not None


async def test_a_number_beyond_the_head_is_not_recovered(log: Log) -> None:
    await append(log, "h1", "ann")
    assert (await log.missed("acme", "ann", 5)).changes is None


async def test_retention_lowers_unread_and_closes_popups_without_a_change(log: Log, tabs: Tabs) -> None:
    await append(log, "h1", "ann", at=1_000, sticky=True)
    await append(log, "h2", "ann", at=9_000, sticky=True)
    await log.sweep("acme", ["ann"], 5_000)
    missed = await log.missed("acme", "ann", 2)
    assert (missed.unread, missed.tail.seq, [entry.id for entry in missed.popups]) == (1, 2, ["h2-0"])
    assert await log.record("acme", "h1") is None
    attached = await tabs.attach(seat("ann", "A"), "focused", ("epoch", 0), limit=9, oldest=5_000, epoch="e")
    assert attached is not None
    assert attached.changes is None, "the log names what is gone, so the tab needs a snapshot"
    assert [entry.id for entry in attached.inbox] == ["h2-0"]


async def test_retention_leaves_nothing_of_a_happening(store: Store, log: Log) -> None:
    old = happening("h1", at=1_000, counted=True)
    await log.append(old, recipients("ann"), "e", [Skipped("bob", 1, "type_off")], marked("evt-1"))
    await log.append(happening("h2", at=9_000), recipients("cy"), "e", (), marked("evt-2"))
    assert await log.sweep("acme", ["ann"], 5_000) == 2
    assert await log.accepted("acme", "evt-1") is None
    assert await log.accepted("acme", "evt-2") is not None
    assert naming(await everything(store), "h1") == {store.keys.person("acme", "ann")[1]}, "the log's numbers stay"


async def test_a_sweep_of_many_goes_on_until_all_is_gone(log: Log) -> None:
    await asyncio.gather(*(log.append(happening(f"h{n}"), [], "e", (), marked(f"evt-{n}")) for n in range(450)))
    assert await log.sweep("acme", [], 5_000) == 450
    assert await log.recent("acme", 10, None) == []


async def test_an_event_that_reaches_nobody_is_still_one_event(log: Log) -> None:
    nobody = [Skipped("ann", 0, "type_off")]
    assert (await log.append(happening("h1"), [], "e", nobody, marked("evt-1"))).count == 0
    assert await log.accepted("acme", "evt-1") is not None
    assert await log.decisions("acme", "h1") == [Considered(0, "ann", "type_off")]
    assert await log.recent("acme", 10, None) == [("h1", "evt-1", 1000.0)]


async def test_decisions_are_read_from_behind_a_place_on(log: Log) -> None:
    skipped = [Skipped(f"user{n}", n, "type_off") for n in range(2, 9)]
    await log.append(happening("h1"), recipients("ann", "bob"), "e", skipped)
    assert [one.user for one in await log.decisions("acme", "h1", 1, 3)] == ["user2", "user3", "user4"]
    assert await log.decision("acme", "h1", 1) == Considered(1, "bob", "all_of_type")
    assert await log.decision("acme", "h1", 9) is None
    assert await log.decisions("acme", "h2") == []


async def test_nothing_is_written_of_who_is_not_in_the_account(store: Store, log: Log) -> None:
    """A page may come after its users were erased: their logs must not come back."""
    page = recipients("gone", "ann")
    assert (await log.append(happening("h1"), page, "e", [Skipped("lost", 2, "type_off")])).count == 1
    assert await log.decisions("acme", "h1") == [Considered(1, "ann", "all_of_type")]
    assert not naming(await everything(store), "gone")


async def test_a_late_page_leaves_nothing_in_an_account_that_is_gone(store: Store, log: Log) -> None:
    before = await everything(store)
    elsewhere = happening("h1", account="gone", counted=True)
    assert (await log.append(elsewhere, recipients("ann"), "e")).count == 0
    assert await everything(store) == before


async def test_C_19_an_entry_is_listed_under_the_account_that_it_is_of(log: Log) -> None:
    await log.append(happening("h1", origin="west"), recipients("ann"), "e")
    await log.append(happening("h2"), recipients("ann"), "e")
    pages = [await log.inbox("acme", "ann", "all", 9, None, 0, origin=origin) for origin in ("west", "acme")]
    assert [[entry.id for entry in page.entries] for page in pages] == [["h1-0"], ["h2-0"]]


async def test_large_data_is_whole_in_frames_and_lists_and_left_out_of_snapshots(log: Log, tabs: Tabs) -> None:
    """Fine print 8: a returning tab is not drowned by its own snapshot; `data` over 2 KiB is read over HTTP."""
    body = orjson.dumps({"type": "voicemails", "data": {"x": "y" * 9_000}})
    await log.append(Happening("h1", "acme", Record(body, {"r": "why"}), 1, 0, sticky=True), recipients("ann"), "e")
    assert (await log.record("acme", "h1")) == Record(body, {"r": "why"})
    assert [entry.body for entry in (await log.inbox("acme", "ann", "all", 9, None, 0)).entries] == [body]
    changes = (await log.missed("acme", "ann", 0)).changes
    assert changes is not None
    assert [change.entry.body for change in changes if isinstance(change, Notified)] == [body]
    attached = await tabs.attach(seat("ann", "A"), "focused", None, limit=9, oldest=0, epoch="e")
    assert attached is not None
    slim = b'{"type":"voicemails"}'
    assert [entry.body for entry in (*attached.inbox, *attached.popups)] == [slim, slim]


async def test_a_huge_inbox_is_read_in_steps_and_ends_with_one_mark(log: Log) -> None:
    """One step never holds the store up for more than 1,000 entries, nor a tab with more than their ids."""
    await asyncio.gather(*(append(log, f"h{n:04}", "ann") for n in range(2100)))
    result = await log.mark("acme", "ann", "read", None, 2100, "e")
    assert (len(result.changed), result.unread, result.seq) == (2100, 0, 2103)
    changes = (await log.missed("acme", "ann", 2100)).changes
    assert changes is not None
    sizes = [(len(change.ids or ()), change.up_to) for change in changes if isinstance(change, Marked)]
    assert sizes == [(1000, None), (1000, None), (0, 2100)]
