"""The outer door: Host, Origin, and what is open to everybody."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from .calling import NOBODY, ORIGIN, Api, ApiHub, problem

FOREIGN = "https://evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:80", "[::1]", "[::1]:8080", "hub.example"),
        *("hub.example:8443", "crm.example"),
    ],
)
async def test_our_own_names_are_answered(hub: ApiHub, host: str) -> None:
    async with Api(hub) as api:
        assert (await api.get("/livez", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "hub.example.evil.example", "", "[", "a b"),
        *("localhost@evil.example", "10.0.0.1"),
    ],
)
async def test_any_other_host_is_refused_before_anything_else(hub: ApiHub, host: str) -> None:
    async with Api(hub) as api:
        problem(await api.get("/livez", headers={"Host": host}), 400, "bad_host")


async def test_the_address_that_the_connection_came_in_on_is_ours(hub: ApiHub) -> None:
    async with Api(hub, host="10.1.2.3") as api:
        assert (await api.get("/livez")).status_code == 200


def test_a_socket_under_another_host_is_refused(hub: ApiHub) -> None:
    client = TestClient(hub.app(), base_url="http://127.0.0.1")
    with (
        pytest.raises(Exception) as raised,  # noqa: PT011, what it is depends on what the server can say
        client.websocket_connect("/v1/ws", headers={"Host": "evil.example"}),
    ):
        pass
    refusal: Any = raised.value
    assert isinstance(refusal, WebSocketDisconnect) or refusal.status_code == 400


@pytest.mark.parametrize("origin", [ORIGIN, "http://127.0.0.1", "https://127.0.0.1"])
async def test_pages_of_allowed_origins_and_our_own_may_call(acme: Api, origin: str) -> None:
    asked = await acme.call("OPTIONS", "/v1/inbox/read", by=NOBODY, headers={"Origin": origin, **PREFLIGHT})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == origin
    assert asked.headers["access-control-allow-headers"] == "authorization,idempotency-key"
    assert "PATCH" in asked.headers["access-control-allow-methods"]
    answer = await acme.get("/v1/inbox", by=acme.user("ann"), headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "Idempotent-Replayed" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    refused = await acme.get("/v1/inbox", by=NOBODY, headers={"Origin": origin})
    assert refused.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    "origin", [FOREIGN, "null", "http://crm.example", f"{ORIGIN}.evil.example", "http://127.0.0.1:99"]
)
async def test_other_pages_may_not_read_what_we_answer(acme: Api, origin: str) -> None:
    asked = await acme.call("OPTIONS", "/v1/inbox/read", by=NOBODY, headers={"Origin": origin, **PREFLIGHT})
    problem(asked, 403, "forbidden")
    answer = await acme.get("/v1/inbox", by=acme.user("ann"), headers={"Origin": origin})
    for response in (asked, answer):
        assert "access-control-allow-origin" not in response.headers
    assert answer.headers["vary"] == "Origin"


async def test_operations_are_open_and_say_when_the_hub_is_not_ready(api: Api) -> None:
    assert (await api.get("/livez", by=NOBODY)).json() == {"status": "alive"}
    assert (await api.get("/readyz", by=NOBODY)).status_code == 200
    metrics = await api.get("/metrics", by=NOBODY)
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "# TYPE" in metrics.text
    api.hub.is_ready = False
    problem(await api.get("/readyz", by=NOBODY), 503, "unavailable")
    assert (await api.get("/livez", by=NOBODY)).status_code == 200


async def test_head_is_get_without_a_body(acme: Api) -> None:
    answer = await acme.call("HEAD", "/v1/groups")
    assert (answer.status_code, answer.content) == (200, b"")
