"""`GET /v1/ws` without an upgrade, on a hub that is put together as in production but not started."""

import httpx2
import pytest

from hub.app.composition import create_app
from hub.settings import Settings

from .calling import OPERATOR_KEY, SECRET, problem


def ask(role: str) -> httpx2.AsyncClient:
    settings = Settings(redis_url="unix:///nowhere/socket", jwt_secret=(SECRET,), operator_key=OPERATOR_KEY, role=role)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=create_app(settings)), base_url="http://127.0.0.1")


@pytest.mark.parametrize("role", ["all", "gateway"])
async def test_a_plain_request_is_told_to_upgrade(role: str) -> None:
    async with ask(role) as client:
        answer = await client.get("/v1/ws")
        problem(answer, 426, "upgrade_required")
        assert answer.headers["upgrade"] == "websocket"
        assert answer.headers["connection"].lower() == "upgrade"
        problem(await client.post("/v1/ws"), 405, "method_not_allowed")


async def test_where_no_gateway_is_served_there_is_no_such_path() -> None:
    async with ask("worker") as client:
        problem(await client.get("/v1/ws"), 404, "not_found")
