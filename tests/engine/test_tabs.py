"""Attaching, election, offers and leases, decided by the real store."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.tabs import Tab, TabState, elect
from hub.engine.connection import Store
from hub.engine.log import Log
from hub.engine.tabs import Attached, Tabs

from .conftest import happening, recipients, seat

pytestmark = pytest.mark.usefixtures("acme")


async def attach(tabs: Tabs, user: str, tab: str, state: str = "hidden", **fields: object) -> Attached:
    options = {"after": None, "limit": 32, "oldest": 0, "epoch": "epoch"} | fields
    after = options.pop("after")
    attached = await tabs.attach(
        seat(user, tab, fields.get("connection")),
        state,
        after,
        **{  # type: ignore[arg-type]
            name: value for name, value in options.items() if name != "connection"
        },
    )  # type: ignore[arg-type]
    assert attached is not None
    return attached


async def elected(tabs: Tabs, user: str = "ann") -> str | None:
    return next((tab["tab"] for tab in await tabs.of("acme", user) if tab["elected"]), None)


async def end_lease(store: Store, gateway: str) -> None:
    """Let a gateway's lease have run out a second ago, as if it had been killed."""
    seconds, _ = await store.command("TIME")
    await store.command("HSET", store.keys.account("acme", "leases"), gateway, (int(seconds) - 1) * 1000)


async def test_AMB_44_focused_beats_visible_beats_hidden(tabs: Tabs) -> None:
    for name, state in (("A", "hidden"), ("B", "visible"), ("C", "focused"), ("D", "hidden")):
        await attach(tabs, "ann", name, state)
    assert await elected(tabs) == "C"
    await tabs.report(seat("ann", "C"), "hidden")
    assert await elected(tabs) == "B"
    await tabs.report(seat("ann", "B"), "frozen")
    assert await elected(tabs) == "D", "hello counts as activity, and D came last"


async def test_R_19_with_all_tabs_hidden_it_is_the_one_used_last(tabs: Tabs) -> None:
    await attach(tabs, "ann", "A")
    await attach(tabs, "ann", "B")
    for state in ("focused", "hidden"):
        await tabs.report(seat("ann", "A"), state)
    assert await elected(tabs) == "A"


async def test_acting_again_in_a_focused_tab_wins_over_another_focused_one(tabs: Tabs) -> None:
    await attach(tabs, "ann", "A", "focused")
    await attach(tabs, "ann", "B", "focused")
    assert await elected(tabs) == "B"
    await tabs.report(seat("ann", "A"), "focused")
    assert await elected(tabs) == "A"


async def test_a_frozen_tab_alone_is_never_elected(tabs: Tabs) -> None:
    await attach(tabs, "ann", "A", "focused")
    await tabs.report(seat("ann", "A"), "frozen")
    assert await elected(tabs) is None
    await tabs.report(seat("ann", "A"), "hidden")
    assert await elected(tabs) == "A"


async def test_AMB_45_open_popups_are_handed_to_whoever_is_elected(tabs: Tabs, log: Log) -> None:
    await log.append(happening("h1", sticky=True), recipients("ann"), "e")
    await log.append(happening("h2", sticky=True), recipients("ann"), "e")
    first = await attach(tabs, "ann", "A", "focused")
    assert [entry.id for entry in first.popups] == ["h1-0", "h2-0"]
    assert (await attach(tabs, "ann", "B")).popups == ()


async def test_only_the_holder_of_the_offer_can_answer_or_fade_it(tabs: Tabs, log: Log) -> None:
    await attach(tabs, "ann", "A", "focused")
    await attach(tabs, "ann", "B")
    await log.append(happening("h1"), recipients("ann"), "e")
    assert await tabs.faded(seat("ann", "B"), ["h1-0"]) == 0
    assert await tabs.shown(seat("ann", "B"), ["h1-0"]) == 0
    assert await tabs.shown(seat("ann", "A"), ["h1-0"]) == 1
    assert await tabs.faded(seat("ann", "A"), ["h1-0"]) == 1
    assert (await log.missed("acme", "ann", 0)).unread == 1, "faded entries stay unread"


async def test_AMB_39_a_sticky_popup_does_not_fade(tabs: Tabs, log: Log) -> None:
    await attach(tabs, "ann", "A", "focused")
    await log.append(happening("h1", sticky=True), recipients("ann"), "e")
    assert await tabs.faded(seat("ann", "A"), ["h1-0"]) == 0
    assert len((await log.missed("acme", "ann", 0)).popups) == 1


async def until_overdue(tabs: Tabs, *users: str) -> None:
    """Ask as a gateway would: again when the store says an offer is overdue."""
    for _ in range(3):
        wait = max(await tabs.offer("acme", list(users)))
        if wait == 0:
            return
        await asyncio.sleep(wait / 1000)


async def test_an_unanswered_offer_goes_to_the_next_and_the_silent_tab_counts_as_frozen(tabs: Tabs, log: Log) -> None:
    await attach(tabs, "ann", "A", "hidden")
    await attach(tabs, "ann", "B", "focused")
    await log.append(happening("h1"), recipients("ann"), "e")
    wait = (await tabs.offer("acme", ["ann"]))[0]
    assert 0 < wait <= 1500
    assert await elected(tabs) == "B"
    await asyncio.sleep(wait / 1000)
    await tabs.offer("acme", ["ann"])
    assert await elected(tabs) == "A"
    await tabs.report(seat("ann", "B"), "focused")
    assert await elected(tabs) == "B", "speaking ends the silence"


async def test_nobody_answers_and_nobody_is_elected_until_one_speaks(tabs: Tabs, log: Log) -> None:
    await attach(tabs, "ann", "A", "focused")
    await log.append(happening("h1", sticky=True), recipients("ann"), "e")
    await until_overdue(tabs, "ann")
    assert await elected(tabs) is None
    await tabs.report(seat("ann", "A"), "focused")
    assert await elected(tabs) == "A"
    assert (await tabs.offer("acme", ["ann"]))[0] > 0, "the open pop-up is offered anew"


async def test_an_answered_offer_is_never_made_again(tabs: Tabs, log: Log) -> None:
    await attach(tabs, "ann", "A", "focused")
    await attach(tabs, "ann", "B")
    await log.append(happening("h1"), recipients("ann"), "e")
    await tabs.shown(seat("ann", "A"), ["h1-0"])
    assert await tabs.offer("acme", ["ann"]) == [0]
    assert await elected(tabs) == "A"


async def test_the_tabs_of_a_dead_gateway_are_ghosts(store: Store, tabs: Tabs, log: Log) -> None:
    other = Tabs(store, "gateway-2")
    await attach(tabs, "ann", "A", "hidden")
    await attach(other, "ann", "B", "focused")
    assert await elected(tabs) == "B"
    await end_lease(store, "gateway-2")
    lapsed, dead = await tabs.renew("acme")
    assert (lapsed, dead) == (False, ["gateway-2"])
    await tabs.offer("acme", ["ann"])
    assert [tab["tab"] for tab in await tabs.of("acme", "ann")] == ["A"]
    assert await elected(tabs) == "A"
    assert (await other.renew("acme"))[0], "it learns that it was taken for dead"


async def test_ghosts_do_not_count_towards_the_limit(store: Store, tabs: Tabs) -> None:
    dead = Tabs(store, "gateway-2")
    await attach(dead, "ann", "X")
    await attach(dead, "ann", "Y")
    assert await tabs.attach(seat("ann", "A"), "hidden", None, limit=2, oldest=0, epoch="e") is None
    await end_lease(store, "gateway-2")
    assert await tabs.attach(seat("ann", "A"), "hidden", None, limit=2, oldest=0, epoch="e") is not None


async def test_a_tab_id_that_connects_again_takes_its_seat_over(tabs: Tabs) -> None:
    await attach(tabs, "ann", "A", connection="c1")
    await attach(tabs, "ann", "A", connection="c2")
    assert not await tabs.report(seat("ann", "A", "c1"), "focused")
    await tabs.detach(seat("ann", "A", "c1"))
    assert len(await tabs.of("acme", "ann")) == 1
    await tabs.detach(seat("ann", "A", "c2"))
    assert await tabs.of("acme", "ann") == []


async def test_attach_recovers_exactly_what_was_missed(tabs: Tabs, log: Log) -> None:
    first = await attach(tabs, "ann", "A")
    for base in ("h1", "h2"):
        await log.append(happening(base), recipients("ann"), "e")
    back = await attach(tabs, "ann", "A", after=(first.tail.epoch, 1), connection="c2")
    assert back.changes is not None
    assert [change.seq for change in back.changes] == [2]
    assert (await attach(tabs, "ann", "B", after=("another", 1))).changes is None
    assert (await attach(tabs, "ann", "C", after=(first.tail.epoch, 9))).changes is None


TABS = st.lists(
    st.tuples(
        st.sampled_from(["focused", "visible", "hidden", "frozen"]), st.sampled_from(["focused", "hidden", None])
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=TABS)
async def test_the_store_elects_as_the_rule_says(tabs: Tabs, steps: list[tuple[str, str | None]]) -> None:
    """core.tabs.elect is the readable twin of the Lua one: both must name the same tab after any history."""
    user = f"u{hash(tuple(steps)) & 0xFFFFFF}"
    for i, (state, later) in enumerate(steps):
        await attach(tabs, user, f"T{i}", state)
        if later:
            await tabs.report(seat(user, f"T{i}"), later)
    stored = await tabs.raw("acme", user)
    model = elect(
        [
            Tab(id, TabState[tab["s"].upper()], tab["a"], tab["c"], bool(tab.get("z")), tab["g"], True)
            for id, tab in stored.items()
        ]
    )
    assert await elected(tabs, user) == (model.id if model else None)


async def test_many_sticky_popups_do_not_keep_new_timed_ones_from_the_next_tab(tabs: Tabs, log: Log) -> None:
    for n in range(120):
        await log.append(happening(f"h{n:03}", sticky=n < 119), recipients("ann"), "e")
    popups = [entry.id for entry in (await attach(tabs, "ann", "A", "focused")).popups]
    assert (len(popups), popups[0], popups[-1]) == (50, "h070-0", "h119-0")
