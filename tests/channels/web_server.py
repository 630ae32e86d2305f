"""A real HTTP server on loopback: it answers what it is told, counts what comes, hangs and hangs up."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from tests.channels.certificates import Certificate


@dataclass
class Asked:
    """Hold one request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client: tuple[str, int]

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), strict_parsing=True, keep_blank_values=True)


@dataclass
class WebServer:
    """Answer every request alike: `status`, `answer` and `headers` can be changed at any time."""

    status: int = 200
    answer: object = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    hangs_up: bool = False
    asked: list[Asked] = field(default_factory=list)
    certificate: Certificate | None = None
    names: list[str | None] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._released = asyncio.Event()
        self._open: set[asyncio.BaseTransport] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["WebServer"]:
        app = Starlette(routes=[Route("/{path:path}", self._take, methods=["GET", "POST"])])
        config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
        config.load()
        state = ServerState()
        open_transports = self._open

        class Counted(config.http_protocol_class):  # type: ignore[name-defined,misc]
            def connection_made(self, transport: asyncio.Transport) -> None:
                open_transports.add(transport)
                super().connection_made(transport)

        server = await asyncio.get_running_loop().create_server(
            lambda: Counted(config=config, server_state=state, app_state={}), "127.0.0.1", 0, ssl=self._context()
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self._released.set()
            server.close()
            self._hang_up()
            await server.wait_closed()
            await asyncio.gather(*state.tasks, return_exceptions=True)

    def _context(self) -> ssl.SSLContext | None:
        if self.certificate is None:
            return None
        context = self.certificate.server()
        context.sni_callback = lambda _, name, __: self.names.append(name)
        return context

    def _hang_up(self) -> None:
        for transport in self._open:
            if isinstance(abort := getattr(transport, "abort", None), object) and abort:
                abort()
        self._open.clear()

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        client = (request.client.host, request.client.port) if request.client else ("", 0)
        self.asked.append(Asked(request.method, request.url.path, dict(request.headers), body, client))
        if self.hangs:
            await self._released.wait()
        if self.hangs_up:
            self._hang_up()
        if isinstance(self.answer, bytes):
            return Response(self.answer, self.status, self.headers)
        return JSONResponse(self.answer, self.status, self.headers)
