"""High SMS in the store: what append.lua counts is what core/bursts.py says, whoever stores it and however often."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.bursts import CALM, Burst, Source, State
from hub.engine.connection import Store
from hub.engine.log import Appended, First, Log, Marker, Tally
from hub.engine.plans import Part, Plans, Publication

from .conftest import everything, happening, recipients
from .test_plans import DyingLog, Killed, is_tidy, recover

pytestmark = pytest.mark.usefixtures("acme")

BURST = Burst()
NOON = 1_795_521_600_000  # ms
NUMBER = "+15550100001"
EVES = Source("l1", NUMBER)
places: Iterator[int] = count()  # so that no two examples count together


def tally(at: int, source: Source = EVES, fires: bool = False) -> Tally:
    return Tally(source.line, source.number, NOON + at, BURST.more_than, BURST.window_ms, BURST.kept, fires)


async def store_text(log: Log, id: str, text: Tally, base: str = "h") -> Appended:
    """Store a text of nobody's interest, which counts."""
    return await log.append(happening(f"{base}-{id}"), [], "e", first=First(Marker(id, "d"), tally=text))


async def makes_burst(log: Log, id: str, text: Tally) -> bool:
    """Store a text as the API does: first as one like many, and otherwise where it is not."""
    appended = await store_text(log, id, text)
    while appended.fires is not None:
        text = replace(text, fires=appended.fires)
        appended = await store_text(log, id, text)
    return text.fires


async def told(log: Log, *at: int) -> list[int]:
    """Say at which of these texts a burst is told, the first being 1."""
    return [n for n, moment in enumerate(at, 1) if await makes_burst(log, f"e{n}", tally(moment))]


@pytest.mark.parametrize(("last", "expected"), [(0, [16]), (29_999, [16]), (30_000, [16]), (30_001, [])])
async def test_A_35_AMB_34_the_sixteenth_within_30_000_s_is_told(log: Log, last: int, expected: list[int]) -> None:
    assert await told(log, 0, *[last // 2] * 14, last) == expected


async def test_AMB_34_a_flood_is_told_once_and_again_after_it_ebbed(log: Log) -> None:
    flood = range(0, 4_000, 100)
    assert await told(log, *flood, 60_000, *(60_000 + at for at in flood)) == [16, 56]


steps = st.lists(st.sampled_from([0, 0, 1, 1_999, 2_000, 2_001, 4_000, 30_000, 30_001, -1_500, -40_000]), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["l1", "l2"]), steps), min_size=1, max_size=2))
async def test_A_35_A_36_AMB_34_the_store_tells_what_the_rules_say(
    log: Log, texts: list[tuple[str, list[int]]]
) -> None:
    states: dict[Source, State] = {}
    place = next(places)
    for line, gaps in texts:
        source, now = Source(f"{line}-{place}", NUMBER), 0
        for gap in [0] * 13 + gaps:
            now += gap
            states[source], expected = BURST.feed(states.get(source, CALM), (NOON + now) / 1000)
            assert await makes_burst(log, f"e{next(places)}", tally(now, source)) == expected


async def test_AMB_34_two_hubs_count_as_one(log: Log, store: Store) -> None:
    other = Store(store.url, store.keys.prefix)
    await other.open()
    logs = [log, Log(other)]
    try:
        bursts = await asyncio.gather(*(makes_burst(logs[n % 2], f"e{n}", tally(n % 7)) for n in range(40)))
    finally:
        await other.close()
    assert sum(bursts) == 1


async def test_a_repeated_event_does_not_count_again(log: Log) -> None:
    for n in range(15):
        assert not await makes_burst(log, f"e{n}", tally(0))
    for n in range(15):
        again = await store_text(log, f"e{n}", tally(0), "another")
        assert (again.earlier, again.fires) == (("d", b"{}"), None)
    assert (await store_text(log, "e14", tally(0))).fires is None, "its answer was lost"
    assert await makes_burst(log, "e15", tally(0))


async def test_what_is_refused_is_not_written(log: Log, store: Store) -> None:
    for n in range(15):
        await store_text(log, f"e{n}", tally(0))
    before = await everything(store)
    assert (await store_text(log, "e15", tally(0))).fires is True
    assert (await store_text(log, "e16", tally(60_000, fires=True))).fires is False
    assert await everything(store) == before


async def test_A_36_lines_numbers_and_accounts_count_apart(log: Log, store: Store) -> None:
    for n in range(15):
        await makes_burst(log, f"e{n}", tally(0))
    for source in (Source("l2", NUMBER), Source("l1", "+15550100002")):
        assert not await makes_burst(log, f"x-{source}", tally(0, source))
    first = First(Marker("e15", "d"), tally=tally(0))
    assert (await log.append(happening("w1", account="west"), [], "e", first=first)).fires is None
    assert await makes_burst(log, "e16", tally(0))


async def test_what_is_kept_of_a_source_is_bounded_and_ends_by_itself(log: Log, store: Store) -> None:
    await told(log, *range(60))
    name = store.keys.burst("acme", "l1", NUMBER)
    assert await store.command("STRLEN", name) <= 9 * BURST.kept + 3
    assert 3_500 < await store.command("TTL", name) <= 3_600


async def brink(log: Log) -> None:
    """Let one text be missing to a burst."""
    for n in range(15):
        await store_text(log, f"b{n}", tally(0))


def text(base: str = "h", *, alerts: bool = False, event: str = "evt-1") -> Publication:
    """Tell Ann of a text, and Bob of the burst that it makes."""
    parts = [Part(happening(f"{base}1"), recipients("ann"))]
    if alerts:
        parts.append(Part(happening(f"{base}2"), recipients("bob")))
    return Publication(parts, Marker(event, "d"), tally=tally(0, fires=alerts))


@pytest.mark.parametrize(("dies_at", "after"), [(1, False), (1, True), (2, False), (2, True)])
async def test_A_35_whoever_dies_on_the_way_tells_both_or_neither(
    store: Store, log: Log, dies_at: int, after: bool
) -> None:
    """The event is stored with the plan of its alert: a worker finishes it, also if nobody asks again."""
    await brink(log)
    with pytest.raises(Killed):
        await Plans(store, DyingLog(store, dies_at, after=after)).publish(text(alerts=True), "e")
    await recover(store)
    is_stored = dies_at == 2 or after
    tails = await log.tails("acme", ["ann", "bob"])
    assert [tail.seq for tail in tails] == ([1, 1] if is_stored else [0, 0])
    assert (await log.accepted("acme", "evt-1") is not None) == is_stored
    again = await Plans(store, log).publish(text("again", alerts=not is_stored), "e")
    assert (again.earlier is not None, again.fires) == (is_stored, None)
    assert [tail.seq for tail in await log.tails("acme", ["ann", "bob"])] == [1, 1]
    assert await is_tidy(store)


async def test_a_plan_whose_alert_is_not_wanted_any_more_is_dropped(store: Store, log: Log) -> None:
    plans = Plans(store, log)
    assert (await plans.publish(text(), "e")).fires is None
    assert (await plans.publish(text("surplus", alerts=True, event="evt-2"), "e")).fires is False
    assert await is_tidy(store)
    assert [tail.seq for tail in await log.tails("acme", ["ann", "bob"])] == [1, 0]
