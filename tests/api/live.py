"""A whole hub in process, as the composition root builds it: the API, and tabs on a real port."""

import contextlib
import secrets
from typing import Any

from starlette.applications import Starlette
from websockets.asyncio.client import connect

from hub.app.composition import Hub, create_app
from hub.settings import Settings
from tests.gateway.conftest import TabClient, served

from .calling import OPERATOR_KEY, SECRET, Api


class LiveHub:
    """Carries the application that `Api` mounts, and everything else of its hub."""

    def __init__(self, url: str, **settings: Any) -> None:
        usual = {"prefix": f"t{secrets.token_hex(4)}", "jwt_secret": (SECRET,), "operator_key": OPERATOR_KEY}
        self._app = create_app(Settings(redis_url=url, durability="process", test_mode=True, **{**usual, **settings}))
        self._hub: Hub = self._app.state.hub

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hub, name)

    def app(self) -> Starlette:
        return self._app


class LiveApi(Api):
    """The operator's view of a live hub, whose people can open tabs."""

    def __init__(self, hub: Any, port: int, stack: contextlib.AsyncExitStack) -> None:
        super().__init__(hub)
        self.port = port
        self._stack = stack

    async def tab(self, user: str, id: str = "A1") -> tuple[TabClient, dict[str, Any]]:
        """Open a focused tab of a user; return it and its welcome."""
        tab = await self.open()
        return tab, await tab.hello(user, id)

    async def open_view(self, user: str, actor: str) -> TabClient:
        """Open a tab of a log-in-as session."""
        tab = await self.open()
        await tab.hello(token=self.user(user, actor).credential)
        return tab

    async def open(self, **options: Any) -> TabClient:
        """Open a WebSocket, and say nothing yet."""
        connection = await self._stack.enter_async_context(connect(f"ws://127.0.0.1:{self.port}/v1/ws", **options))
        return TabClient(connection, lambda user: self.user(user).credential)


@contextlib.asynccontextmanager
async def live(url: str, **settings: Any) -> Any:
    """Start a live hub and stop it."""
    async with contextlib.AsyncExitStack() as stack:
        hub = LiveHub(url, **settings)
        await hub.start()
        stack.push_async_callback(hub.stop)
        port = await stack.enter_async_context(served(hub.app()))
        yield await stack.enter_async_context(LiveApi(hub, port, stack))
