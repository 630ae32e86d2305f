"""A store of its own for every test: a real server, and a prefix that nobody else uses. Every test runs on both
servers."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import msgpack
import pytest
import pytest_asyncio

from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.doorbells import Doorbells
from hub.engine.log import First, Happening, Log, Marker, Recipient
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


@pytest_asyncio.fixture
async def acme(store: Store) -> None:
    """Have the people of the tests be in acme, as far as the Functions look."""
    await people(store, "ann", "bob", "cy", *(f"user{n}" for n in range(50)))


async def people(store: Store, *users: str, account: str = "acme") -> None:
    """Put users into an account: nothing is appended for anybody else."""
    documents = [word for user in users for word in (user, "{}")]
    for start in range(0, len(documents), 10_000):
        await store.command("HSET", store.keys.account(account, "users"), *documents[start : start + 10_000])


READ_WHOLE: dict[bytes, tuple[str | int, ...]] = {
    b"hash": ("HGETALL",),
    b"zset": ("ZRANGE", 0, -1, "WITHSCORES"),
    b"list": ("LRANGE", 0, -1),
    b"set": ("SMEMBERS",),
    b"string": ("GET",),
}


async def everything(store: Store) -> dict[str, str]:
    """Read every key of a test with all that is in it."""
    found, cursor = dict[str, str](), b"0"
    while True:
        cursor, names = await store.command("SCAN", cursor, "MATCH", f"{store.keys.prefix}:*", "COUNT", 1000)
        for name in names:
            command, *more = READ_WHOLE[await store.command("TYPE", name)]
            found[name.decode()] = repr(await store.command(command, name, *more))
        if int(cursor) == 0:
            return found


def naming(kept: dict[str, str], word: str) -> set[str]:
    """Tell which keys say a word, in their names or in what they hold."""
    return {name for name, value in kept.items() if word in name or word in value}


@pytest.fixture
def log(store: Store) -> Log:
    return Log(store)


@pytest.fixture
def deliveries(store: Store, log: Log) -> Deliveries:
    return Deliveries(store, log.couriers)


@pytest.fixture
def hasty(store: Store, log: Log) -> Deliveries:
    """Give one whose leases run out at once, as if it had died after each claim."""
    return Deliveries(store, log.couriers, lease_ms=0)


@pytest.fixture
def tabs(store: Store) -> Tabs:
    return Tabs(store, "gateway-1")


class Ear:
    """Hears what a gateway would hear, and can wait for it."""

    def __init__(self, store: Store) -> None:
        self.messages: asyncio.Queue[tuple[str, dict[str, object]]] = asyncio.Queue()
        self.gaps: asyncio.Queue[None] = asyncio.Queue()
        self.bells = Doorbells(store, "gateway-1", self._take, lambda: self.gaps.put_nowait(None))
        self.keys = store.keys

    def _take(self, channel: bytes, message: bytes) -> None:
        self.messages.put_nowait((channel.decode(), msgpack.unpackb(message)))

    async def listen(self, *suffixes: str) -> None:
        await self.bells.subscribe([self.keys.channel("acme", suffix) for suffix in suffixes])


@pytest_asyncio.fixture
async def ear(store: Store) -> AsyncIterator[Ear]:
    ear = Ear(store)
    await ear.bells.start()
    yield ear
    await ear.bells.stop()


def happening(base: str = "h1", at: int = 1_000, account: str = "acme", **fields: object) -> Happening:
    record = Record(b'{"type":"voicemails","title":"New voicemail"}', {"all_of_type": "You get them all."})
    return Happening(base, account, record, at, 0, **fields)  # type: ignore[arg-type]


def recipients(*users: str, channel: str = "t:voicemails") -> list[Recipient]:
    return [Recipient(user, i, "all_of_type", channel) for i, user in enumerate(users)]


def marked(event: str, digest: str = "d", answer: bytes = b"{}") -> First:
    return First(Marker(event, digest, answer))


def seat(user: str, tab: str, connection: str | None = None) -> Seat:
    return Seat("acme", user, tab, connection or f"connection-of-{tab}")
