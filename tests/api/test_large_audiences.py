"""One tenant's large audience holds up nobody else, fits into memory, and keeps the order of a bulk."""

import asyncio
import gc
from collections.abc import Iterable
from typing import Any

import orjson
import pytest_asyncio

from hub.api.parts import Decided
from hub.api.publishing import LARGE, Posted, decided, identified, surveyed
from hub.core.directory import Account, User, as_document
from hub.core.events import Event
from hub.core.routing import Decision, Reason
from hub.core.turns import TURN
from hub.engine.log import Appended, Happening
from hub.engine.plans import Plans, Publication
from hub.engine.rows import Record

from .calling import Api

BIG = LARGE + 100


async def settle_in(api: Api, account: str, users: Iterable[str]) -> None:
    """Have many people move in at once."""
    store, name = api.hub.store, api.hub.store.keys.account(account, "users")
    ids = list(users)
    documents = [word for id in ids for word in (id, orjson.dumps(as_document(User(id, account))))]
    await store.command("HSET", name, *documents)
    await store.command("HSET", store.keys.directory("users"), *(word for id in ids for word in (id, account)))
    first = await store.command("ZCARD", f"{name}:changes") + 1
    await store.command("ZADD", f"{name}:changes", *(word for n, id in enumerate(ids, first) for word in (n, id)))


@pytest_asyncio.fixture
async def big(acme: Api) -> Api:
    await acme.put("/v1/accounts/big", {"name": "Big"})
    await settle_in(acme, "big", (f"u{n}" for n in range(BIG)))
    return acme


async def test_who_is_served_here_too_is_served_between_two_turns(big: Api) -> None:
    rounds = 0

    async def go_round() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    tree = await big.hub.directory.tree()
    account = tree.get("big") or Account("big")
    posted = identified(Posted(Event("voicemails", "big"), account), 1.0)
    (scene,) = await surveyed(big.hub, tree, [posted])
    others = asyncio.create_task(go_round())
    publication = await decided(big.hub, posted, scene)
    others.cancel()
    assert publication.size == BIG
    assert rounds >= 3 * (BIG // TURN), "telling, sending and storing take so many turns each"


async def test_who_leaves_meanwhile_does_not_disturb_it(big: Api) -> None:
    tree = await big.hub.directory.tree()
    posted = identified(Posted(Event("voicemails", "big"), tree.get("big") or Account("big")), 1.0)
    (scene,) = await surveyed(big.hub, tree, [posted])
    deciding = asyncio.create_task(decided(big.hub, posted, scene))
    await asyncio.sleep(0)
    for id in list(scene.members["big"]):
        del scene.members["big"][id]  # type: ignore[attr-defined]  # as a roster does that is read anew
    assert (await deciding).size == BIG


class Watched(Plans):
    """Plans that count, whenever something is stored, how many large publications there are at that moment."""

    def __init__(self, api: Api) -> None:
        super().__init__(api.hub.store, api.hub.log)
        self.alive = list[int]()
        self.alone = list[bool]()

    async def publish(self, publication: Publication, epoch: str) -> Appended:
        gc.collect()
        self.alive.append(sum(isinstance(one, Publication) and one.size > LARGE for one in gc.get_objects()))
        self.alone.append(self.large.locked())
        return await super().publish(publication, epoch)


async def test_of_large_audiences_one_at_a_time_is_in_memory(big: Api) -> None:
    plans = big.hub.plans = Watched(big)
    event = {"type": "voicemails", "account": "big"}
    bulk, *single = await asyncio.gather(
        big.post("/v1/events", [event, event, event]), *(big.post("/v1/events", event) for _ in range(2))
    )
    assert [one["status"] for one in bulk.json()["results"]] == [202] * 3
    assert {one.status_code for one in single} == {202}
    assert (plans.alive, plans.alone) == ([1] * 5, [True] * 5)


async def test_small_events_wait_for_no_large_one(big: Api) -> None:
    async with big.hub.plans.large:
        answer = await big.post("/v1/events", {"type": "voicemails", "account": "acme", "contact": "c7"})
    assert answer.status_code == 202


async def test_a_bulk_keeps_its_order_also_where_many_are_only_noted(acme: Api) -> None:
    await settle_in(acme, "acme", (f"u{n}" for n in range(1_300)))
    await acme.patch("/v1/accounts/acme/defaults", {"types": {"voicemails": {"system": False, "au": False}}})
    chosen = {"types": {"voicemails": {"system": True}}}
    assert (await acme.patch("/v1/users/ann/preferences", chosen, by=acme.user("ann"))).status_code == 200
    first = {"type": "voicemails", "account": "acme", "title": "first"}
    second = {"type": "mention", "account": "acme", "title": "second", "users": ["ann"]}
    results = (await acme.post("/v1/events", [first, second, first])).json()["results"]
    assert [one["body"]["recipients"] for one in results] == [1, 1, 1]
    assert [one["title"] for one in await acme.inbox("ann")] == ["first", "second", "first"]


async def test_a_large_event_in_a_bulk_is_stored_in_its_place(big: Api) -> None:
    def named(title: str) -> dict[str, Any]:
        return {"type": "mention", "account": "big", "title": title, "users": ["u0"]}

    large = {"type": "voicemails", "account": "big", "title": "large"}
    results = (await big.post("/v1/events", [named("a"), large, named("b")])).json()["results"]
    assert [one["body"]["recipients"] for one in results] == [1, None, 1]
    assert [one["title"] for one in reversed(await big.inbox("u0"))] == ["a", "large", "b"]


def test_what_is_stored_is_made_in_turns() -> None:
    decisions = [Decision(f"u{n}", "acme", "custom", n % 2 == 0, Reason.NAMED) for n in range(3 * TURN)]
    work, sizes = Decided(list(enumerate(decisions))).parting(Happening("h1", "acme", Record(b"{}", {}), 1, 0)), []
    while True:
        try:
            sizes.append(next(work))
        except StopIteration as end:
            part = end.value
            break
    assert sizes == [TURN] * 3
    assert (len(part.recipients), len(part.skipped)) == (3 * TURN // 2, 3 * TURN // 2)
