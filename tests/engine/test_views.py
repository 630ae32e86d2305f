"""Log-in-as sessions in the store: their own election and what they put away, on the target's log (AMB-17)."""

import asyncio

import pytest

from hub.engine.connection import Store
from hub.engine.erasure import Erasure
from hub.engine.log import Log
from hub.engine.tabs import Attached, Away, Seat, Tabs, Viewer
from hub.engine.views import Looked, ViewLog

from .conftest import happening, recipients, seat
from .test_tabs import attach, elected, end_lease

pytestmark = pytest.mark.usefixtures("acme")

OLGA, OSCAR = Viewer("acme", "ann", "olga"), Viewer("acme", "ann", "oscar")


async def post(log: Log, base: str = "h1", **fields: object) -> str:
    await log.append(happening(base, **fields), recipients("ann"), "epoch")
    return f"{base}-0"


def view_seat(tab: str, viewer: Viewer = OLGA) -> Seat:
    return Seat("acme", "ann", tab, f"connection-of-{viewer.actor}-{tab}", viewer.actor)


async def take(tabs: Tabs, tab: str, state: str = "hidden", viewer: Viewer = OLGA) -> Attached:
    attached = await tabs.attach(view_seat(tab, viewer), state, None, limit=32, oldest=0, epoch="new")
    assert attached is not None
    return attached


async def look(store: Store, seen: Attached | Looked, viewer: Viewer = OLGA, after: int | None = None) -> Looked:
    away = seen.away or Away(0, {}, 0)
    return await ViewLog(store).look(viewer, seen.tail.seq if after is None else after, seen.tail.gen, away.rev)


async def test_AMB_17_a_view_elects_among_its_own_tabs(store: Store, log: Log, tabs: Tabs) -> None:
    id = await post(log)
    await attach(tabs, "ann", "A", "visible")
    first = await take(tabs, "V", "focused")
    assert (first.elected, [entry.id for entry in first.popups]) == ("V", [id])
    assert (await take(tabs, "W", "hidden")).elected == "V"
    assert (await take(tabs, "O", "hidden", OSCAR)).elected == "O"
    assert await elected(tabs) == "A"
    assert [tab["tab"] for tab in await tabs.of("acme", "ann")] == ["A"]
    await tabs.detach(view_seat("V"))
    looked = await look(store, first)
    assert (looked.elected, [entry.id for entry in looked.popups or ()]) == ("W", [id])


async def test_C_15_looking_gives_the_target_an_epoch_that_stays(log: Log, tabs: Tabs) -> None:
    assert (await take(tabs, "V")).tail.epoch == "new"
    await post(log)
    assert [(tail.epoch, tail.seq) for tail in await log.tails("acme", ["ann"])] == [("new", 1)]


async def test_AMB_17_what_a_view_puts_away_stays_for_everyone_else(store: Store, log: Log, tabs: Tabs) -> None:
    ids = [await post(log, f"h{i}", sticky=True) for i in range(3)]
    views, seen = ViewLog(store), await take(tabs, "V", "focused")
    await take(tabs, "O", "focused", OSCAR)
    done = await views.put_away(OLGA, "dismissed", [ids[0], ids[0], "h9-0"], None)
    assert (done.changed, done.unknown, done.unread) == ((ids[0],), ("h9-0",), 2)
    assert (await views.put_away(OLGA, "dismissed", [ids[0]], None)).changed == ()
    done = await views.put_away(OLGA, "read", None, 2)
    assert (done.changed, done.unread) == ((ids[1],), 1)
    again = await take(tabs, "V2", "focused")
    assert [entry.id for entry in again.popups] == ids[1:]
    assert [entry.state for entry in again.inbox] == ["unread", "read", "read"]
    looked = await look(store, seen)
    assert (looked.unread, looked.away) == (1, Away(2, {ids[0]: "dismissed"}, 2))
    assert (await look(store, looked)).away is None, "told once"
    for other in (await take(tabs, "O2", "focused", OSCAR), await attach(tabs, "ann", "A", "focused")):
        assert (other.unread, [entry.id for entry in other.popups]) == (3, ids)
    assert (await log.inbox("acme", "ann", "unread", 9, None, 0)).unread == 3


async def test_AMB_17_reading_after_fading_is_both(store: Store, log: Log, tabs: Tabs) -> None:
    await take(tabs, "V", "focused")
    id = await post(log)
    assert await tabs.faded(view_seat("V"), [id]) == 1
    assert await tabs.faded(view_seat("V"), [id]) == 0
    done = await ViewLog(store).put_away(OLGA, "read", [id], None)
    assert (done.changed, done.unread) == ((id,), 0)
    assert (await take(tabs, "W", "focused")).popups == ()
    assert (await attach(tabs, "ann", "A")).popups[0].id == id


async def test_what_the_target_read_meanwhile_counts_once(store: Store, log: Log, tabs: Tabs) -> None:
    seen = await take(tabs, "V")
    ids = [await post(log, f"h{i}") for i in range(2)]
    await ViewLog(store).put_away(OLGA, "read", [ids[0]], None)
    await log.mark("acme", "ann", "read", ids, None, "epoch")
    assert (await look(store, seen)).unread == 0


async def test_what_was_put_away_is_kept_an_hour(store: Store, log: Log, tabs: Tabs) -> None:
    id = await post(log)
    await take(tabs, "V")
    await ViewLog(store).put_away(OLGA, "dismissed", [id], None)
    for key in store.keys.view("acme", "ann", "olga")[::3]:
        assert 3500 < int(await store.command("TTL", key)) <= 3600


async def test_looking_offers_what_came_once(store: Store, log: Log, tabs: Tabs) -> None:
    seen = await take(tabs, "V", "focused")
    id = await post(log, sticky=True)
    looked = await look(store, seen)
    assert (looked.open, looked.popups, looked.wait_ms > 0) == (frozenset([id]), None, True)
    assert await tabs.shown(view_seat("V"), [id]) == 1
    elsewhere = await look(store, seen)
    assert (elsewhere.open, elsewhere.wait_ms) == (frozenset([id]), 0), "another gateway asks later: it is taken"


async def test_a_view_s_tab_that_does_not_answer_is_passed_over(store: Store, log: Log, tabs: Tabs) -> None:
    seen = await take(tabs, "V", "focused")
    await take(tabs, "W")
    await attach(tabs, "ann", "A")
    id = await post(log, sticky=True)
    assert await tabs.shown(seat("ann", "A"), [id]) == 1
    wait = (await look(store, seen)).wait_ms
    while (await look(store, seen, after=1)).elected == "V":
        await asyncio.sleep(wait / 1000)
        wait = await ViewLog(store).offer(OLGA)
    assert (await look(store, seen, after=1)).elected == "W"
    assert await elected(tabs) == "A"


async def test_a_pop_up_closed_before_it_was_taken_makes_no_tab_silent(store: Store, log: Log, tabs: Tabs) -> None:
    seen = await take(tabs, "V", "focused")
    id = await post(log)
    assert (await look(store, seen)).wait_ms > 0
    await log.mark("acme", "ann", "dismissed", [id], None, "epoch")
    assert await ViewLog(store).offer(OLGA) == 0


async def test_the_view_s_tabs_of_a_dead_gateway_are_gone(store: Store, log: Log, tabs: Tabs) -> None:
    other = Tabs(store, "gateway-2")
    await take(other, "V", "focused")
    seen = await take(tabs, "W")
    assert seen.elected == "V"
    await end_lease(store, "gateway-2")
    await ViewLog(store).offer(OLGA)
    assert (await look(store, seen)).elected == "W"


async def test_what_retention_takes_leaves_a_view_too(store: Store, log: Log, tabs: Tabs) -> None:
    ids = [await post(log, f"h{i}", at=1_000 * i, sticky=True) for i in range(2)]
    await take(tabs, "V")
    await ViewLog(store).put_away(OLGA, "read", ids, None)
    attached = await tabs.attach(view_seat("W"), "focused", None, limit=32, oldest=500, epoch="new")
    assert attached is not None
    assert ([entry.id for entry in attached.popups], attached.unread) == ([ids[1]], 0)


async def test_AMB_17_the_inbox_is_the_view_s_own_to_its_actor(store: Store, log: Log, tabs: Tabs) -> None:
    ids = [await post(log, f"h{i}") for i in range(3)]
    await take(tabs, "V")
    await ViewLog(store).put_away(OLGA, "dismissed", [ids[1]], None)
    page = await log.inbox("acme", "ann", "unread", 9, None, 0, actor="olga")
    assert ([entry.id for entry in page.entries], page.unread, page.before) == ([ids[2], ids[0]], 2, None)
    page = await log.inbox("acme", "ann", "all", 2, None, 0, actor="olga")
    assert ([entry.state for entry in page.entries], page.before) == (["unread", "read"], 2)
    assert (await log.inbox("acme", "ann", "unread", 9, None, 0, actor="oscar")).unread == 3


async def test_a_new_log_begins_with_nothing_put_away(store: Store, log: Log, tabs: Tabs) -> None:
    await take(tabs, "V")
    await post(log)
    await ViewLog(store).put_away(OLGA, "read", None, 2**40)
    await Erasure(store).user("acme", "ann")
    await log.append(happening("h2"), recipients("ann"), "another")
    again = await take(tabs, "V")
    assert (again.tail.epoch, again.unread, again.away and again.away.up_to) == ("another", 1, 0)


async def test_reading_up_to_a_number_ahead_leaves_what_comes_unread(store: Store, log: Log, tabs: Tabs) -> None:
    seen = await take(tabs, "V")
    await post(log)
    await ViewLog(store).put_away(OLGA, "read", None, 2**40)
    await post(log, "h2")
    assert (await look(store, seen)).unread == 1


async def test_no_election_has_a_lower_number_when_a_session_was_forgotten(store: Store, tabs: Tabs) -> None:
    before = (await take(tabs, "V")).tail.gen
    await store.command("DEL", *store.keys.view("acme", "ann", "olga"))
    assert (await take(tabs, "V")).tail.gen >= before
