"""The bad days: processes are killed with -9 while events flow, and the promises hold.

In each: every acknowledged event is in the log of exactly the right users exactly once, numbers have no gap (the
client in processes.py fails on one), and a pop-up is announced once.
"""

import asyncio
import json
import os
import signal
from collections.abc import Callable

from websockets.exceptions import WebSocketException

from hub.engine.connection import Store
from hub.engine.log import Happening, Log, Recipient
from hub.engine.rows import Record

from .processes import Api, HubProcess, StoreProcess, Tab, once

StartHub = Callable[..., HubProcess]


async def flow(api: Api, first: int, last: int) -> list[str]:
    """Post numbered events one after the other until each is acknowledged."""
    ids = [f"evt-{n:03}" for n in range(first, last)]
    for id in ids:
        await api.insist(id)
    return ids


async def follow(tab: Tab, hubs: list[HubProcess], stop: asyncio.Event) -> None:
    """Come back whenever the connection ends, to the next hub that answers, as a browser does."""
    turn = 0
    while not stop.is_set():
        if tab.closed is not None:
            turn += 1
            try:
                await tab.open(hubs[turn % len(hubs)])
            except (OSError, AssertionError, WebSocketException):
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.02)


async def test_a_gateway_killed_while_events_flow(outside_store: StoreProcess, start_hub: StartHub) -> None:
    one, two = start_hub(store=outside_store), start_hub(store=outside_store)
    async with Api(one) as api:
        await api.seed("ann", "bob")
        tabs = [
            await Tab("ann", "A").open(one, "visible"),
            await Tab("ann", "B").open(two, "focused"),
            await Tab("bob", "C").open(two),
        ]
        stop = asyncio.Event()
        followers = [asyncio.create_task(follow(tab, [two, one], stop)) for tab in tabs]
        flowing = asyncio.create_task(flow(api, 0, 60))
        await tabs[1].until(lambda: len(tabs[1].entries) >= 20, "some events")
        two.kill()
        ids = await flowing
        for tab in tabs:
            await tab.until_event(*ids)
        stop.set()
        await asyncio.gather(*followers)
        for user in ("ann", "bob"):
            assert await api.log_of(user) == ids
        once(tabs[:2])
        for tab in tabs:
            await tab.close()


async def test_the_store_killed_while_events_flow(outside_store: StoreProcess, start_hub: StartHub) -> None:
    hub = start_hub(store=outside_store)
    async with Api(hub) as api:
        await api.seed("ann")
        tab = await Tab("ann", "A").open(hub, "focused")
        stop = asyncio.Event()
        follower = asyncio.create_task(follow(tab, [hub], stop))
        flowing = asyncio.create_task(flow(api, 0, 60))
        await tab.until(lambda: len(tab.entries) >= 20, "some events")
        outside_store.kill()
        await asyncio.sleep(0.3)
        outside_store.start()
        ids = await flowing
        await tab.until_event(*ids)
        stop.set()
        await follower
        assert await api.log_of("ann") == ids
        once([tab])
        await tab.close()


async def test_everything_killed_and_started_again_on_the_embedded_store(start_hub: StartHub) -> None:
    first = start_hub()
    async with Api(first) as api:
        await api.seed("ann", "bob")
        ids = await flow(api, 0, 10)
        await api.client.patch("/v1/users/bob/preferences", json={"types": {"voicemails": {"system": False}}})
        tab = await Tab("ann", "A").open(first, "focused")
        await tab.say("dismiss", ids=list(tab.entries)[:4], ref=1)
        await tab.until(lambda: any(frame["op"] == "ack" for frame in tab.frames), "the ack")
    first.kill()
    second = start_hub()
    async with Api(second) as api:
        assert await api.log_of("ann") == ids
        back = await tab.open(second, "focused")
        welcome = [frame for frame in back.frames if frame["op"] == "welcome"][-1]
        assert (welcome["recovered"], welcome["unread"]) == (True, 6)
        await flow(api, 10, 12)
        await back.until_event("evt-010", "evt-011")
        assert await api.log_of("bob") == ids, "what bob chose was kept"
        once([back])
        await back.close()


async def test_a_killed_bus_connection_loses_nothing(outside_store: StoreProcess, start_hub: StartHub) -> None:
    hub, store = start_hub(store=outside_store), Store(outside_store.url)
    async with Api(hub) as api:
        await api.seed("ann")
        tab = await Tab("ann", "A").open(hub, "focused")
        flowing = asyncio.create_task(flow(api, 0, 40))
        for _ in range(5):
            await store.command("CLIENT", "KILL", "TYPE", "pubsub")
            await asyncio.sleep(0.05)
        ids = await flowing
        await tab.until_event(*ids)
        assert await api.log_of("ann") == ids
        once([tab])
        await tab.close()
    await store.close()


async def test_the_last_message_before_a_silence_is_lost_and_found(
    outside_store: StoreProcess, start_hub: StartHub
) -> None:
    """The append is published where nobody listens, as if its message had been lost; no other one follows it."""
    hub, store = start_hub(store=outside_store), Store(outside_store.url)
    await store.open()
    async with Api(hub) as api:
        await api.seed("ann")
        tab = await Tab("ann", "A").open(hub, "focused")
        await flow(api, 0, 1)
        await tab.until_event("evt-000")
        body = {"event": "lost", "type": "voicemails", "title": "Lost", "body": "", "account": "acme"}
        body |= {"at": "2026-01-01T00:00:00Z", "sticky": False, "important": False, "sample": False}
        lost = Happening("zzz", "acme", Record(json.dumps(body).encode(), {"r": "why"}), 4_000_000_000_000, 0)
        await Log(store).append(lost, [Recipient("ann", 0, "r", "u:nobody")], "e")
        await tab.until_event("lost")
        await tab.until(lambda: "zzz-0" in tab.screen, "its pop-up")
        once([tab])
        await tab.close()
    await store.close()


async def test_two_gateways_behave_as_one(outside_store: StoreProcess, start_hub: StartHub) -> None:
    one, two = start_hub(store=outside_store), start_hub(store=outside_store)
    async with Api(one) as api:
        await api.seed("ann")
        a, b = await Tab("ann", "A").open(one, "focused"), await Tab("ann", "B").open(two)
        assert (a.elected, b.elected) == (True, False)
        ids = await flow(api, 0, 3)
        for tab in (a, b):
            await tab.until_event(*ids)
        await a.until(lambda: len(a.screen) == 3, "three pop-ups")
        assert not b.screen
        await b.say("state", state="focused")
        await b.until(lambda: len(b.screen) == 3, "the pop-ups to move")
        await a.until(lambda: not a.elected and not a.screen, "the pop-ups to leave")
        await b.say("dismiss", ids=sorted(b.screen), ref="all")
        await b.until(lambda: not b.screen and any(frame.get("ref") == "all" for frame in b.frames), "the ack")
        await a.until(lambda: a.frames[-1]["op"] == "dismissed" and a.unread == 0, "the dismissal")
        for tab in (a, b):
            await tab.close()


async def test_a_tab_and_its_gateway_die_between_offer_and_shown(
    outside_store: StoreProcess, start_hub: StartHub
) -> None:
    one, two = start_hub(store=outside_store), start_hub(store=outside_store)
    async with Api(one) as api:
        await api.seed("ann")
        survivor, victim = Tab("ann", "A"), Tab("ann", "B", answers=False)
        await survivor.open(one)
        await victim.open(two, "focused")
        await api.insist("evt-1")
        await victim.until(lambda: bool(victim.offered), "the offer")
        two.kill()
        await survivor.until(lambda: bool(survivor.screen), "the pop-up to be offered again")
        assert survivor.elected
        assert survivor.offered == [], "it came with `elected`, without a number of its own"


async def test_a_tab_dies_between_offer_and_shown(start_hub: StartHub) -> None:
    hub = start_hub()
    async with Api(hub) as api:
        await api.seed("ann")
        survivor, victim = Tab("ann", "A"), Tab("ann", "B", answers=False)
        await survivor.open(hub)
        await victim.open(hub, "focused")
        await api.insist("evt-1")
        await victim.until(lambda: bool(victim.offered), "the offer")
        victim.vanish()
        await survivor.until(lambda: bool(survivor.screen), "the pop-up to move")
        await survivor.close()


async def test_D_02_a_preference_changed_while_connected(outside_store: StoreProcess, start_hub: StartHub) -> None:
    one, two = start_hub(store=outside_store), start_hub(store=outside_store)
    async with Api(two) as api:
        await api.seed("ann", "bob")
        tab = await Tab("bob", "A").open(one, "focused")
        expected = []
        for n, on in enumerate([True, False, True, False, True]):
            await api.client.patch("/v1/users/bob/preferences", json={"types": {"voicemails": {"system": on}}})
            await api.insist(f"evt-{n}")
            expected += [f"evt-{n}"] if on else []
        await tab.until_event(*expected)
        assert await api.log_of("bob") == expected
        assert [frame["op"] for frame in tab.frames].count("preferences") == 5
        once([tab])
        await tab.close()


async def test_the_same_event_posted_many_times_at_once(outside_store: StoreProcess, start_hub: StartHub) -> None:
    one, two = start_hub(store=outside_store), start_hub(store=outside_store)
    async with Api(one) as here, Api(two) as there:
        await here.seed("ann")
        tab = await Tab("ann", "A").open(one, "focused")
        answers = await asyncio.gather(*(api.event("evt-1") for api in (here, there) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
        other = await here.event("evt-1", title="Another body")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        await tab.until_event("evt-1")
        assert await here.log_of("ann") == ["evt-1"]
        once([tab])
        await tab.close()


async def test_the_same_event_posted_again_after_a_time_out(outside_store: StoreProcess, start_hub: StartHub) -> None:
    """The store stands still, the producer gives up waiting, and comes again: it is one event."""
    hub = start_hub(store=outside_store)
    async with Api(hub) as api:
        await api.seed("ann")
        tab = await Tab("ann", "A").open(hub, "focused")
        assert outside_store.pid
        os.kill(outside_store.pid, signal.SIGSTOP)
        posts = [asyncio.create_task(api.event("evt-1")) for _ in range(3)]
        await asyncio.sleep(0.2)
        for post in posts:
            post.cancel()
        os.kill(outside_store.pid, signal.SIGCONT)
        await api.insist("evt-1")
        await tab.until_event("evt-1")
        assert await api.log_of("ann") == ["evt-1"]
        once([tab])
        await tab.close()


async def test_a_client_that_never_reads_hurts_nobody(start_hub: StartHub) -> None:
    hub = start_hub(HUB_TAB_BUFFER="65536")
    async with Api(hub) as api:
        await api.seed("ann", "bob")
        stalled, good = Tab("ann", "S", answers=False), Tab("bob", "G")
        await stalled.open(hub, "hidden")
        await good.open(hub, "focused")
        assert stalled._reader
        assert stalled._line
        stalled._line.transport.pause_reading()
        large = "x" * 9_000
        ids = [f"evt-{n:03}" for n in range(900)]
        for start in range(0, len(ids), 100):
            events = [
                {"type": "voicemails", "account": "acme", "id": id, "body": large} for id in ids[start : start + 100]
            ]
            for half in (events[:50], events[50:]):
                answer = await api.client.post("/v1/events", json=half)
                assert all(result["status"] == 202 for result in answer.json()["results"])
        await good.until_event(*ids)
        gone = [tab async for tab in left(api)]
        assert gone == [1], "the stalled tab was aborted, the other lives"
        stalled._line.transport.resume_reading()
        await stalled.until(lambda: stalled.closed is not None, "the stalled tab to hear of it")
        await stalled.open(hub)
        assert await api.log_of("ann") == ids
        await good.close()


async def left(api: Api):  # type: ignore[no-untyped-def]
    """Yield the number of open tabs once it is 1."""
    for _ in range(200):
        metrics = (await api.client.get("/metrics")).text
        counts = [line for line in metrics.splitlines() if line.startswith("hub_tabs ")]
        if counts and float(counts[0].rpartition(" ")[2]) == 1:
            yield 1
            return
        await asyncio.sleep(0.1)


async def test_a_graceful_stop_sends_the_tabs_elsewhere(outside_store: StoreProcess, start_hub: StartHub) -> None:
    one, two = start_hub(store=outside_store), start_hub(store=outside_store)
    async with Api(two) as api:
        await api.seed("ann")
        tab = await Tab("ann", "A").open(one, "focused")
        assert await asyncio.to_thread(one.stop) == 0
        await tab.until(lambda: tab.closed is not None, "the close")
        assert tab.closed == 4000
        bye = next(frame for frame in tab.frames if frame["op"] == "bye")
        assert (bye["code"], bye["reconnect"]) == (4000, True)
        assert bye["delay_ms"][0] <= bye["delay_ms"][1]
        await tab.open(two, "focused")
        await api.insist("evt-1")
        await tab.until_event("evt-1")
        await tab.close()


async def test_workers_are_one_hub_and_a_killed_one_is_replaced(start_hub: StartHub) -> None:
    hub = start_hub("--workers", "2")
    async with Api(hub) as api:
        await api.seed("ann")
        tabs = [await Tab("ann", f"T{n}").open(hub, "focused" if n == 5 else "hidden") for n in range(6)]
        await api.insist("evt-1")
        for tab in tabs:
            await tab.until_event("evt-1")
        assert [bool(tab.screen) for tab in tabs] == [False] * 5 + [True]
        workers = hub.workers()
        os.kill(workers[0], signal.SIGKILL)
        await asyncio.sleep(0.5)
        for tab in tabs:
            if tab.closed is not None:
                await tab.open(hub)
        await api.insist("evt-2")
        for tab in tabs:
            await tab.until_event("evt-2")
        once(tabs)
        for tab in tabs:
            await tab.close()
