"""A bare echo on the hub's own protocol class, for WebSocket conformance suites (`hub echo`)."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from hub.gateway.protocol import BINARY, TEXT, Connection, Outbox, frame


class Echo(Connection):
    """Send back what comes."""

    __slots__ = ()

    def received(self, data: bytes, is_text: bool) -> None:
        """Answer with the same message."""
        self.owe(frame(data, TEXT if is_text else BINARY))


def create_echo_app(message_limit: int = 65_536, buffer_limit: int = 1_048_576) -> Starlette:
    """Build an application that echoes at `/`; to be served with ``ws=HubProtocol``. Limits are in bytes."""

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        websocket.scope["extensions"]["hub"].adopt(Echo(Outbox(message_limit, buffer_limit)))

    return Starlette(routes=[WebSocketRoute("/", echo)])
