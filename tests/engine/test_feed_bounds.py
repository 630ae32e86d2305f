"""What it costs that somebody listens, and what stops no Function half way."""

import msgpack
import pytest

from hub.core.webhooks import DISMISSED, FINISHED, MOST_HEARING
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.log import Log
from hub.engine.messages import Messages
from hub.engine.plans import Plans

from .conftest import happening, people, recipients
from .hearing import listen, told
from .sending import REFUSED, append, finish, lane_of, mail
from .test_feed import BASE, send

pytestmark = pytest.mark.usefixtures("acme")


@pytest.fixture
def messages(store: Store, log: Log) -> Messages:
    return Messages(store, log.couriers)


@pytest.mark.parametrize("by_ids", [True, False])
async def test_a_dismissal_of_many_is_told_a_hundred_at_a_time(
    store: Store, log: Log, messages: Messages, monkeypatch: pytest.MonkeyPatch, by_ids: bool
) -> None:
    for n in range(250):
        await log.append(happening(f"h{n}"), recipients("ann"), "e")
    await listen(messages, "wh-1", events=(DISMISSED,))
    made, call = list[int](), store.call

    async def counting(operation: str, *asked: object) -> object:
        answer = await call(operation, *asked)  # type: ignore[arg-type]
        if operation == "mark":
            made.append(int(answer[-1]))
        return answer

    monkeypatch.setattr(store, "call", counting)
    ids = [*(f"h{n}-0" for n in range(250)), "unknown-0"] if by_ids else None
    result = await log.mark("acme", "ann", "dismissed", ids, None if by_ids else 10**9, "e")
    assert (len(result.changed), result.unknown) == (250, ("unknown-0",) if by_ids else ())
    assert (max(made), sum(made)) == (100, 250)
    assert await messages.count("acme", "wh-1") == (250, 0)


async def test_a_page_for_as_many_as_may_listen_is_told_whole(store: Store, log: Log, messages: Messages) -> None:
    users = [f"p{n}" for n in range(100)]
    await people(store, *users)
    names = [f"wh-{n}" for n in range(MOST_HEARING)]
    await listen(messages, *names)
    await log.append(happening(), recipients(*users), "e")
    assert [await messages.count("acme", name) for name in names] == [(100, 0)] * MOST_HEARING


FOREIGN = [msgpack.packb({"v": 1, "events": ["delivery.failed"]}), msgpack.packb([1]), b"\xc1 no pack", b""]


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_what_another_version_says_of_who_listens_stops_nothing_half_way(
    store: Store, log: Log, messages: Messages, deliveries: Deliveries, foreign: bytes
) -> None:
    await listen(messages, "wh-1")
    await store.command("HSET", store.keys.account("acme", "hooks"), "wh-9", foreign)
    await append(log, BASE, mail("ann"))
    await finish(deliveries, await lane_of(deliveries, "ann"), REFUSED)
    (dead,) = await store.command("ZRANGE", store.keys.account("acme", "dead"), 0, -1)
    assert dead.decode().startswith(BASE)
    await log.append(happening(), recipients("bob"), "e")
    await log.mark("acme", "bob", "dismissed", ["h1-0"], None, "e")
    await send(log, 150)
    assert (await messages.count("acme", "wh-9"))[0] == 0
    assert (await messages.count("acme", "wh-1"))[0] > 3


async def test_D_05_who_begins_to_listen_while_a_broadcast_is_finished_hears_how_many_got_it(
    store: Store, log: Log, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = Plans._delivered

    async def then_listen(plans: Plans, account: str, base: str) -> int:
        found = await count(plans, account, base)
        await listen(messages, "wh-1", events=(FINISHED,))
        return found

    monkeypatch.setattr(Plans, "_delivered", then_listen)
    await send(log, 150)
    (message,) = await told(messages)
    assert message.fact.delivered == 150
