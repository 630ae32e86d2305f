"""One process that serves: uvicorn with the hub's protocol class, drained before it is closed.

A worker of several is `python -m hub.app.serving LISTENER LIFELINE`, two inherited descriptors. Through the lifeline
it gets its settings, so that no secret stands in its arguments or environment. Only the supervisor holds the
other end: when that closes, the supervisor is dead, and the worker stops listening, drains and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import pickle
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import FrameType
from typing import NoReturn

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from hub.app import logs
from hub.engine.connection import Unavailable, Unsuitable
from hub.settings import Settings, bare

PROTOCOL = "hub.gateway.protocol:HubProtocol"
BACKLOG = 4096  # connections waiting to be accepted when every tab comes back at once
REQUEST_SECONDS = 5  # after draining, for requests that are still being answered
SLACK_SECONDS = 5.0  # beyond HUB_DRAIN_SECONDS, until a drain that hangs is given up
LOOK_SECONDS = 0.05

log = structlog.get_logger("hub.app.serving")


def calm_collector() -> None:
    """Have the garbage collector look less often, and never at what lives as long as the process.

    Each frame makes short-lived lists, which count as young objects; by default every 700 of them cause a search, and
    with many tabs a full one takes tens of milliseconds. Nothing on the fast lane makes cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class HubServer(uvicorn.Server):
    """A uvicorn server that sends its tabs elsewhere, then closes. A second Ctrl-C ends it at once.

    `life` is what it serves: entered before it listens, so that a start that fails has accepted nobody.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        life: AbstractAsyncContextManager[object],
        drain: Callable[[], Awaitable[None]],
        seconds: float,
    ) -> None:
        super().__init__(config)
        self._life = life
        self._drain = drain
        self._drain_seconds = seconds + SLACK_SECONDS
        self.lifeline: int | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end. Unlike uvicorn's own, it does not raise the signal again afterwards: the exit is 0."""
        self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to live, then listen, and watch the supervisor if there is one; exits with 3 when that fails."""
        try:
            await self._life.__aenter__()
        except (Unavailable, Unsuitable) as error:
            _give_up(str(error))
        try:
            for listener in sockets or ():
                listener.listen(BACKLOG)  # uvloop only logs when this fails, and goes on without
        except OSError as error:  # another bound the address in the same moment, and was faster
            await self._life.__aexit__(None, None, None)
            _give_up(f"cannot listen on {self.config.host} port {self.config.port}: {error.strerror or error}")
        await super().startup(sockets)
        calm_collector()
        if self.lifeline is not None:
            asyncio.get_running_loop().add_reader(self.lifeline, self._orphaned)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain while still answering, close as uvicorn does, and end the life of what was served."""
        if self.lifeline is not None:
            asyncio.get_running_loop().remove_reader(self.lifeline)
        draining = asyncio.ensure_future(self._drain_in_time())
        while not draining.done() and not self.force_exit:
            await asyncio.wait((draining,), timeout=LOOK_SECONDS)
        draining.cancel()
        await super().shutdown(sockets)
        if not self.force_exit:
            await self._life.__aexit__(None, None, None)

    def _orphaned(self) -> None:
        """Give the port free at once for the next supervisor, then end."""
        assert self.lifeline is not None
        asyncio.get_running_loop().remove_reader(self.lifeline)
        log.warning("the supervisor is gone; draining")
        for server in self.servers:
            server.close()
        self.should_exit = True

    async def _drain_in_time(self) -> None:
        try:
            async with asyncio.timeout(self._drain_seconds):
                await self._drain()
        except Exception:
            log.exception("draining failed; closing without it")


def _give_up(reason: str) -> NoReturn:
    print(f"hub: {bare(reason)}", file=sys.stderr, flush=True)
    sys.exit(STARTUP_FAILURE)


def config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Choose how uvicorn runs: our protocol class, no pings, no compression and no access log of its own."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws=PROTOCOL,
        ws_max_size=settings.message_limit,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        lifespan="off",  # HubServer sees to it
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=REQUEST_SECONDS,
    )


def serve(settings: Settings, listener: socket.socket, *, demo: bool = False, lifeline: int | None = None) -> None:
    """Serve until a signal comes, or the supervisor dies; exits with 3 when the hub cannot start."""
    from hub.app.composition import create_app  # counters are made on import, after the supervisor said where they live

    app = create_app(settings, demo=demo)
    life = app.router.lifespan_context(app)
    server = HubServer(config(app, settings), life, app.state.hub.drain, settings.drain_seconds)
    server.lifeline = lifeline
    server.run(sockets=[listener])


def echo(settings: Settings, listener: socket.socket) -> None:
    """Serve a bare WebSocket echo at `/`."""
    from hub.gateway.echo import create_echo_app

    async def nothing() -> None:
        """An echo has nobody to send elsewhere."""

    app = create_echo_app(settings.message_limit, settings.tab_buffer)
    HubServer(config(app, settings), contextlib.nullcontext(), nothing, 0).run(sockets=[listener])


def work(listener: int, lifeline: int) -> None:
    """Be one worker of several."""
    with open(lifeline, "rb", buffering=0, closefd=False) as pipe:
        settings, demo = pickle.load(pipe)
    logs.configure(settings.log_level)
    with contextlib.closing(socket.socket(fileno=listener)) as listening:
        serve(settings, listening, demo=demo, lifeline=lifeline)


if __name__ == "__main__":
    work(int(sys.argv[1]), int(sys.argv[2]))
