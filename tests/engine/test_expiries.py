"""What is to expire: nothing that cannot be withdrawn, or never came to be, holds up the rest."""

from datetime import UTC, datetime

import pytest

from hub.core.broadcasts import Broadcast
from hub.engine.broadcasts import DUE, Broadcasts
from hub.engine.connection import Store
from hub.engine.log import Log
from hub.engine.plans import Plans

pytestmark = pytest.mark.usefixtures("acme")
SENT = "2027-03-14T12:00:00.000Z"
SENT_S = datetime(2027, 3, 14, 12, tzinfo=UTC).timestamp()
SENT_MS = int(SENT_S * 1000)


@pytest.fixture
def broadcasts(store: Store, log: Log) -> Broadcasts:
    return Broadcasts(store, log, Plans(store, log))


async def keep(broadcasts: Broadcasts, id: str, due_ms: int) -> None:
    await broadcasts.expire_at("acme", id, due_ms)
    await broadcasts.put(
        Broadcast(
            id=id, account="acme", type="group_broadcast", title="Note", message="Hi", body="Hi", by="mia", at=SENT,
            recipients=0, parts=(("acme", id),),
        )
    )  # fmt: skip


async def expired(broadcasts: Broadcasts, *ids: str) -> list[bool]:
    found = [await broadcasts.get("acme", id) for id in ids]
    return [one is not None and one.expired for one in found]


async def test_E_23_what_was_never_sent_starves_nothing(store: Store, broadcasts: Broadcasts) -> None:
    for n in range(2 * DUE + 1):
        await broadcasts.expire_at("acme", f"never{n}", SENT_MS + n)
    await keep(broadcasts, "late", SENT_MS + 9_999)
    assert await broadcasts.expire_due(SENT_S + 10) == 1
    assert await expired(broadcasts, "late") == [True]
    expiries = store.keys.work("expiries")
    assert await store.command("ZCARD", expiries) == 2 * DUE + 1, "they may still come"
    assert await broadcasts.expire_due(SENT_S + 3_700) == 0
    assert not await store.command("EXISTS", expiries)


async def test_E_23_what_cannot_be_read_here_stops_no_other_and_waits(store: Store, broadcasts: Broadcasts) -> None:
    documents = store.keys.account("acme", "broadcasts")
    await broadcasts.expire_at("acme", "strange", SENT_MS)
    await store.command("HSET", documents, "strange", b"what is this?")
    await keep(broadcasts, "plain", SENT_MS + 1)
    assert await broadcasts.expire_due(SENT_S + 1) == 1
    assert await expired(broadcasts, "plain") == [True]
    assert await broadcasts.expire_due(SENT_S + 9_999) == 0, "a hub that can read it may come, however late"
    await keep(broadcasts, "strange", SENT_MS)
    assert await broadcasts.expire_due(SENT_S + 10_000) == 1
    assert await expired(broadcasts, "strange") == [True]
