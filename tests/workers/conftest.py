"""A store of its own for every test, with people in an account, and what workers are made of."""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from hub.core.broadcasts import Broadcast
from hub.engine.broadcasts import Broadcasts, write_broadcast
from hub.engine.connection import Store
from hub.engine.log import Happening, Log, Marker, Recipient
from hub.engine.plans import Part, Plans, Publication
from hub.engine.rows import Record
from tests.channels.mail_server import MailServer
from tests.channels.web_server import WebServer

SENT = "2027-03-14T12:00:00Z"
SENT_MS = 1_805_025_600_000
CROWD = [f"u{n}" for n in range(700)]


@pytest_asyncio.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, prefix=f"t{secrets.token_hex(4)}")
    await store.open()
    documents = [word for user in CROWD for word in (user, f'{{"id":"{user}","account":"acme"}}')]
    await store.command("HSET", store.keys.account("acme", "users"), *documents)
    yield store
    await store.close()


@pytest.fixture
def log(store: Store) -> Log:
    return Log(store)


@pytest.fixture
def plans(store: Store, log: Log) -> Plans:
    return Plans(store, log)


@pytest.fixture
def broadcasts(store: Store, log: Log, plans: Plans) -> Broadcasts:
    return Broadcasts(store, log, plans)


async def send(plans: Plans, users: Sequence[str], account: str = "acme") -> Broadcast:
    """Send a broadcast whose home is an account to users of acme."""
    parts = (("acme", "h1"),) if account == "acme" else ((account, "h1"), ("acme", "h2"))
    sent = Broadcast(
        id="h1", account=account, type="group_broadcast", title="Note", message="Hi", body="Hi", by="mia", at=SENT,
        recipients=len(users), parts=parts,
    )  # fmt: skip
    told = [Recipient(user, n, "group_member", "all") for n, user in enumerate(users)]
    record = Record(b"{}", {"group_member": "You belong."})
    happenings = [Happening(base, place, record, SENT_MS, 0, sticky=True, counted=True) for place, base in parts]
    publication = Publication(
        [Part(happening, told if happening.account == "acme" else ()) for happening in happenings],
        Marker("broadcast:h1", "d"),
        ("h1", write_broadcast(sent)),
    )
    await plans.publish(publication, "e")
    return sent


@pytest_asyncio.fixture(params=["store_url", "redis7_url"])
async def town(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Open a town whose people are sent texts and e-mails."""
    from .town import open_town  # which is made of what stands here

    async with open_town(request.getfixturevalue(request.param)) as town:
        yield town


@pytest.fixture
def server() -> Iterator[MailServer]:
    """Start a real mail server."""
    with MailServer().running() as server:
        yield server


@pytest_asyncio.fixture(params=["store_url", "redis7_url"])
async def exchange(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Open a town whose webhooks are heard."""
    from .hooks import open_exchange  # the town is made of what stands here

    async with open_exchange(request.getfixturevalue(request.param)) as exchange:
        yield exchange


@pytest_asyncio.fixture
async def web() -> AsyncIterator[WebServer]:
    """Start a real receiver."""
    async with WebServer().running() as server:
        yield server
