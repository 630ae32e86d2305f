"""A gateway under test: the real store, the real protocol class on a real port, and tabs that speak over sockets."""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import msgpack
import pytest
import pytest_asyncio
import uvicorn
import uvloop
import websockets
from starlette.applications import Starlette
from starlette.types import ASGIApp
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection

from hub.core.catalogue import load
from hub.core.directory import Account, User
from hub.core.preferences import Preferences
from hub.engine.clock import Clock
from hub.engine.connection import Store
from hub.engine.directory import Directory
from hub.engine.identity import Credentials, Identity
from hub.engine.log import Happening, Log, Recipient
from hub.engine.rows import Record
from hub.engine.tabs import Tabs
from hub.gateway import Gateway, HubProtocol
from hub.settings import Settings

PATIENCE = 10.0  # seconds until a test gives up; no test asserts how long something took
SECRET = "s" * 32


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the loop that serves in production; what depends on the loop's transports, on the plain one too."""
    plain = {"asyncio": asyncio.new_event_loop} if item.path.stem in ("test_protocol", "test_conformance") else {}
    return {"uvloop": uvloop.new_event_loop, **plain}


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application with the hub's protocol class on a free port."""
    config = uvicorn.Config(app, ws=HubProtocol, http="httptools", lifespan="off", log_config=None)
    config.load()
    state = ServerState()

    def protocol() -> asyncio.Protocol:
        made: asyncio.Protocol = config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg]
        return made

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.shutdown()


class TabClient:
    """A browser tab: says things and hears frames, in order."""

    def __init__(self, connection: ClientConnection, token: Callable[..., str]) -> None:
        self.connection = connection
        self.token = token
        self.packed = connection.subprotocol == "hub.v1+msgpack"

    async def say(self, op: str, **fields: Any) -> None:
        said = {"op": op, **fields}
        await self.connection.send(msgpack.packb(said) if self.packed else json.dumps(said))

    async def hello(self, user: str = "ann", tab: str = "A1", state: str = "focused", **fields: Any) -> dict[str, Any]:
        """Say hello and return the welcome."""
        await self.say("hello", **{"token": self.token(user), "tab": tab, "state": state, "after": None, **fields})
        return await self.hear("welcome")

    async def hear(self, op: str | None = None) -> dict[str, Any]:
        """Return the next frame, which is of this op."""
        data = await asyncio.wait_for(self.connection.recv(), PATIENCE)
        frame = self.read(data)
        assert op is None or frame["op"] == op, frame
        return frame

    def read(self, data: bytes | str) -> dict[str, Any]:
        """Decode a message, which is of the tab's subprotocol."""
        assert isinstance(data, bytes) is self.packed
        frame: dict[str, Any] = msgpack.unpackb(data) if isinstance(data, bytes) else json.loads(data)
        return frame

    async def hear_all(self, *ops: str) -> list[dict[str, Any]]:
        """Return as many frames as named, which have these ops in any order; sorted as named."""
        heard = [await self.hear() for _ in ops]
        assert sorted(frame["op"] for frame in heard) == sorted(ops), heard
        return sorted(heard, key=lambda frame: ops.index(frame["op"]))

    async def is_closed_with(self) -> int:
        """Wait for the end and return its close code."""
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(self.connection.recv(), PATIENCE)
        code = self.connection.close_code
        assert code is not None
        return code


class Edge(SimpleNamespace):
    """One gateway on a port, and the parts that it is made of."""

    gateway: Gateway
    store: Store
    directory: Directory
    log: Log
    tabs: Tabs
    identity: Identity
    clock: Clock
    port: int

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/ws"


class World:
    """An installation: one store, any number of gateways, accounts and users."""

    def __init__(self, url: str, stack: contextlib.AsyncExitStack) -> None:
        self._url = url
        self._stack = stack
        self._prefix = f"t{secrets.token_hex(4)}"
        self._posted = 0
        self.edges: list[Edge] = []

    async def edge(self, **settings: Any) -> Edge:
        """Start one more gateway."""
        store = Store(self._url, self._prefix)
        await store.open()
        clock = Clock()
        identity = Identity(store, clock, Credentials("operator", (SECRET,)))
        await identity.open()
        edge = Edge(
            settings=Settings(redis_url=self._url, jwt_secret=(SECRET,), operator_key="operator", **settings),
            catalogue=load(),
            store=store,
            directory=Directory(store),
            log=Log(store),
            tabs=Tabs(store, secrets.token_hex(4)),
            identity=identity,
            clock=clock,
        )
        edge.gateway = Gateway(edge)
        await edge.gateway.start()
        self._stack.push_async_callback(store.close)
        self._stack.push_async_callback(edge.gateway.stop)
        edge.port = await self._stack.enter_async_context(served(Starlette(routes=edge.gateway.routes())))
        self.edges.append(edge)
        return edge

    @property
    def first(self) -> Edge:
        return self.edges[0]

    async def user(self, id: str, account: str = "acme", **fields: Any) -> User:
        """Put a user, and their account."""
        await self.first.directory.put_account(Account(account))
        user = User(id, account, **fields)
        await self.first.directory.put_user(user)
        return user

    async def open(self, edge: Edge | None = None, **options: Any) -> TabClient:
        """Open a WebSocket, and say nothing yet."""
        edge = edge or self.first
        connection = await self._stack.enter_async_context(websockets.connect(edge.url, **options))
        return TabClient(connection, lambda user, **more: edge.identity.mint(user, 3600, **more))

    async def tab(
        self, user: str = "ann", tab: str = "A1", state: str = "focused", edge: Edge | None = None
    ) -> TabClient:
        """Open a tab that has been welcomed."""
        client = await self.open(edge)
        await client.hello(user, tab, state)
        return client

    async def post(self, *users: str, channel: str = "", account: str = "acme", **fields: Any) -> str:
        """Append a happening for these users and return the id of the first one's notification."""
        self._posted += 1
        base = f"{self._posted:026d}"
        shared = {
            "event": None, "type": "voicemails", "title": "New voicemail", "body": "", "account": account,
            "at": "2027-03-14T12:00:00Z", "sticky": False, "important": False, "sample": False, **fields,
        }  # fmt: skip
        record = Record(json.dumps(shared, separators=(",", ":")).encode(), {"all_of_type": "You get them all."})
        happening = Happening(base, account, record, int(time.time() * 1000), 0, sticky=shared["sticky"])
        told = [Recipient(user, i, "all_of_type", channel or f"u:{user}") for i, user in enumerate(users)]
        await self.first.log.append(happening, told, secrets.token_hex(4))
        return f"{base}-0"

    async def prefer(self, user: str, **types: dict[str, bool]) -> None:
        """Have a user choose."""
        await self.first.directory.put_preferences("acme", user, Preferences(types=types))


@pytest_asyncio.fixture
async def world(store_url: str) -> AsyncIterator[World]:
    """Start a world with one gateway, and Ann in it."""
    async with contextlib.AsyncExitStack() as stack:
        world = World(store_url, stack)
        await world.edge()
        await world.user("ann")
        yield world


class Deaf:
    """Loses the next messages of one kind, for one gateway."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        self.kind = ""
        self.lost = asyncio.Event()
        bells = world.first.gateway.bells
        heard: Callable[[bytes, bytes], None] = bells._on_message

        def on_message(channel: bytes, data: bytes) -> None:
            if not self.left or msgpack.unpackb(data)["k"] != self.kind:
                heard(channel, data)
                return
            self.left -= 1
            if not self.left:
                self.lost.set()

        monkeypatch.setattr(bells, "_on_message", on_message)

    def lose(self, kind: str, count: int = 1) -> None:
        self.left, self.kind = count, kind
        self.lost.clear()


@pytest.fixture
def deaf(world: World, monkeypatch: pytest.MonkeyPatch) -> Deaf:
    return Deaf(world, monkeypatch)


@pytest.fixture
def patience() -> float:
    """Say how long a test waits before it gives up."""
    return PATIENCE
