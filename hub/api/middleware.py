"""The outer door: Host against DNS rebinding, Origin for browsers.

A page elsewhere can make a browser send any request to this address, under that page's own host name; so a Host
that is not ours is refused. Which pages may read the answers is CORS; there are no cookies, so nothing else
needs guarding. Bodies are bounded where they are read (decoding.read_body).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.needs import Hub, Settings
from hub.api.problem import Problem
from hub.core.origin import is_allowed

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY = "*"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
EXPOSED = "Idempotent-Replayed, Retry-After"
PREFLIGHT_SECONDS = "600"
USUAL_HEADERS = "Authorization, Content-Type, Idempotency-Key"


def middleware(hub: Hub) -> list[Middleware]:
    """List the middleware of the application, outermost first."""
    return [Middleware(HostGuard, settings=hub.settings), Middleware(Cors, settings=hub.settings)]


def host_name(host: str) -> str:
    """Return a Host value without its port, in lower case; empty when it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class HostGuard:
    """Answers 400 `bad_host` to a Host that is none of ours, over HTTP and WebSocket alike."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.allowed = frozenset(allowed_hosts(settings))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_ours(scope):
            await self.app(scope, receive, send)
            return
        response = Problem("bad_host", "This Host is not answered here.").response()
        if scope["type"] == "http":
            await response(scope, receive, send)
        elif "websocket.http.response" in scope.get("extensions", {}):
            await receive()
            await response(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    def _is_ours(self, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "").lower()
        name = host_name(host)
        if not name:
            return False
        server = scope.get("server")
        bound = server[0] if server else None  # reached by its own address: no foreign name, no rebinding
        return ANY in self.allowed or host in self.allowed or name in self.allowed or name == bound


def allowed_hosts(settings: Settings) -> Iterable[str]:
    """List the host names that are ours."""
    yield from LOOPBACK
    yield settings.host.lower()
    for host in settings.allowed_hosts:
        yield host.lower().strip("[]")
    for origin in filter(None, (*settings.allowed_origins, settings.public_url)):
        yield host_name(urlsplit(origin).netloc)


class Cors:
    """Lets pages of allowed origins, and of the hub's own, call the API; others get no permission to read."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.allowed = settings.allowed_origins
        self.own = settings.public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin")
        if origin is None:
            await self.app(scope, receive, send)
            return
        allowed = is_allowed(origin, headers.get("host", ""), self.allowed, self.own)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(origin, headers, allowed)(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mark(MutableHeaders(scope=message), origin, allowed)
            await send(message)

        await self.app(scope, receive, send_marked)

    def _preflight(self, origin: str, headers: Headers, allowed: bool) -> ASGIApp:
        if not allowed:
            return Problem("forbidden", f"Pages of {origin} may not call this hub.").response()
        permission = {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": headers.get("access-control-request-headers", USUAL_HEADERS),
            "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        }
        response = Response(status_code=204, headers=permission)
        _mark(response.headers, origin, allowed)
        return response


def _mark(headers: MutableHeaders, origin: str, allowed: bool) -> None:
    if "Origin" not in headers.get("vary", ""):
        headers.add_vary_header("Origin")
    if allowed:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = EXPOSED
