"""The door: `GET /v1/ws`. What is refused is refused before the upgrade, as HTTP; then the tab lives on alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import orjson
import structlog
from starlette.responses import Response
from starlette.websockets import WebSocket

from hub.core.origin import is_allowed
from hub.core.wire import MSGPACK, SUBPROTOCOLS
from hub.gateway.protocol import HubProtocol
from hub.gateway.tab import Tab

PATH = "/v1/ws"
RETRY_SECONDS = 2
WARNING_SECONDS = 60.0  # between two warnings of refused origins
LONGEST_ORIGIN = 200  # characters of one that is named; anybody may send any

_JOURNAL = structlog.get_logger("hub.gateway")


class Endpoint:
    """Checks, accepts, hands over."""

    def __init__(
        self,
        allowed_origins: Sequence[str],
        public_url: str | None,
        is_open: Callable[[], bool],
        welcome: Callable[[HubProtocol, bool], Tab],
    ) -> None:
        self._allowed_origins = allowed_origins
        self._public_url = public_url
        self._is_open = is_open
        self._welcome = welcome
        self._refused = 0
        self._warned_at = float("-inf")

    async def answer(self, websocket: WebSocket) -> None:
        """Answer one upgrade request."""
        headers = websocket.headers
        if not self._is_open():
            retry = {"Retry-After": str(RETRY_SECONDS)}
            await websocket.send_denial_response(problem(503, "unavailable", "This hub takes no tabs now.", retry))
        elif not is_allowed(headers.get("origin"), headers.get("host", ""), self._allowed_origins, self._public_url):
            self._warn(headers.get("origin", ""))
            await websocket.send_denial_response(problem(403, "forbidden", "This page's origin is not allowed."))
        else:
            subprotocol = choose(websocket.scope["subprotocols"])
            await websocket.accept(subprotocol)
            self._welcome(websocket.scope["extensions"]["hub"], subprotocol == MSGPACK)

    def _warn(self, origin: str) -> None:
        """Name an origin that is refused, at most once a minute: it is a missing setting more often than an attack."""
        self._refused += 1
        now = asyncio.get_running_loop().time()
        if now < self._warned_at + WARNING_SECONDS:
            return
        _JOURNAL.warning(
            "a page's origin is not allowed; if it is yours, add it to HUB_ALLOWED_ORIGINS",
            origin=origin[:LONGEST_ORIGIN],
            refused=self._refused,
        )
        self._refused, self._warned_at = 0, now


def choose(offered: Sequence[str]) -> str | None:
    """Take the first subprotocol that is ours; without one JSON is spoken, and none is named."""
    return next((name for name in offered if name in SUBPROTOCOLS), None)


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Write a refusal (RFC 9457)."""
    titles = {403: "Forbidden", 503: "Service Unavailable"}
    document = {"title": titles[status], "status": status, "code": code, "detail": detail}
    return Response(orjson.dumps(document), status, dict(headers or {}), "application/problem+json")
