"""What `GET /v1/ws` answers to a plain request: that this path speaks WebSocket only (RFC 9110 15.5.22)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.problem import Problem

WEBSOCKET = {"Upgrade": "websocket", "Connection": "Upgrade"}


async def refuse(request: Request) -> Response:
    """Say what is missing."""
    detail = "This path speaks WebSocket: ask for it with `Upgrade: websocket`."
    return Problem("upgrade_required", detail, headers=WEBSOCKET).response()


def routes(path: str) -> list[Route]:
    """List the route, which stands beside that of the WebSocket."""
    return [Route(path, refuse, methods=["GET"])]
