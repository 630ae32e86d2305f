"""A store of its own for every test: a real server, and a prefix that nobody else uses. Every test runs on both
servers."""

import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub.engine.connection import Store
from hub.engine.log import Happening, Log, Recipient
from hub.engine.rows import Record
from hub.engine.tabs import Seat, Tabs


@pytest.fixture(params=["store_url", "redis7_url"])
def server_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest_asyncio.fixture
async def store(server_url: str) -> AsyncIterator[Store]:
    store = Store(server_url, prefix=f"t{secrets.token_hex(4)}")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def log(store: Store) -> Log:
    return Log(store)


@pytest.fixture
def tabs(store: Store) -> Tabs:
    return Tabs(store, "gateway-1")


def happening(base: str = "h1", at: int = 1_000, **fields: object) -> Happening:
    record = Record(b'{"type":"voicemails","title":"New voicemail"}', {"all_of_type": "You get them all."})
    return Happening(base, "acme", record, at, 0, **fields)  # type: ignore[arg-type]


def recipients(*users: str, channel: str = "t:voicemails") -> list[Recipient]:
    return [Recipient(user, i, "all_of_type", channel) for i, user in enumerate(users)]


def seat(user: str, tab: str, connection: str | None = None) -> Seat:
    return Seat("acme", user, tab, connection or f"connection-of-{tab}")
