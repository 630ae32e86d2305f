"""A hub of the API's parts only, and a client that says in one line who calls what."""

from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

import httpx2
from starlette.applications import Starlette

from hub import api
from hub.app.composition import keep
from hub.channels.outbox import Outbox
from hub.channels.webhooks import objection
from hub.core.catalogue import load
from hub.engine.audit import Audit
from hub.engine.broadcasts import Broadcasts
from hub.engine.clock import Clock
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.directory import Directory
from hub.engine.idempotency import Idempotency
from hub.engine.identity import Credentials, Identity
from hub.engine.limits import Limits
from hub.engine.listening import Listening
from hub.engine.log import Log
from hub.engine.messages import Messages
from hub.engine.plans import Plans
from hub.workers.courier import Courier, End
from hub.workers.router import Router
from hub.workers.writer import Writer

OPERATOR_KEY = "operator-key-of-the-api-tests"
SECRET = "a-secret-of-the-api-tests-of-32-bytes-or-more"
ORIGIN = "https://crm.example"
SETTINGS = {
    "host": "127.0.0.1",
    "allowed_hosts": ("hub.example",),
    "allowed_origins": (ORIGIN,),
    "public_url": None,
    "sms_url": None,
    "body_limit": 262_144,
    "bulk_body_limit": 1_048_576,
    "bulk_events": 100,
    "rate_limit_keys": 60_000,
    "rate_limit_users": 6_000,
    "test_mode": False,
    "webhook_networks": (),
}


class ApiHub:
    """What `hub.api.needs.Hub` asks for, on a real store."""

    def __init__(self, url: str, prefix: str, settings: Mapping[str, object]) -> None:
        self.settings: Any = SimpleNamespace(**{**SETTINGS, **settings})
        self.catalogue = load()
        self.clock = Clock()
        self.store = Store(url, prefix)
        self.directory = Directory(self.store)
        self.log = Log(self.store, self.clock.now)
        self.plans = Plans(self.store, self.log)
        self.deliveries = Deliveries(self.store, self.log.couriers)
        self.audit = Audit(self.store)
        self.broadcasts = Broadcasts(self.store, self.log, self.plans)
        self.webhooks = self.directory.webhooks
        self.messages = Messages(self.store, self.log.couriers)
        self.listening = Listening(self.directory, self.webhooks, self.messages)
        self.idempotency = Idempotency(self.store)
        self.limits = Limits(self.store, self.settings.rate_limit_keys, self.settings.rate_limit_users)
        self.identity = Identity(self.store, self.clock, Credentials(OPERATOR_KEY, (SECRET,)))
        kept: End = Outbox(partial(keep, self.store), self.clock.now)
        self.ends = {"text": kept, "email": kept}
        self.is_ready = True

    async def open(self) -> None:
        await self.store.open()
        await self.identity.open()

    async def ready(self) -> bool:
        return self.is_ready and await self.store.ping()

    async def objection(self, url: str) -> str | None:
        return await objection(url, self.settings.webhook_networks)

    async def settle(self) -> None:
        await Router(self.plans, self.broadcasts).settle()
        public_url = self.settings.public_url
        writer = Writer(self.catalogue, partial(self.identity.unsubscribe_link, public_url), public_url)
        courier = Courier(self.deliveries, self.directory, writer, self.clock, self.ends, chance=lambda: 1.0)
        await courier.settle()
        await courier.stop()

    def app(self) -> Starlette:
        """Mount the API as the composition root does."""
        app = Starlette(routes=api.routes(self), middleware=api.middleware(self), exception_handlers=api.problems())
        app.state.hub = self
        return app


class Caller(NamedTuple):
    """A credential, as the Authorization header carries it."""

    credential: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credential}"} if self.credential else {}


OPERATOR = Caller(OPERATOR_KEY)
NOBODY = Caller("")


class Api:
    """A client in process. `by` says who calls; the operator, unless told otherwise."""

    def __init__(self, hub: ApiHub, host: str = "127.0.0.1") -> None:
        self.hub = hub
        self._client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=hub.app()), base_url=f"http://{host}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def user(self, id: str, actor: str | None = None) -> Caller:
        """Return a token of a user, or of a log-in-as session."""
        return Caller(self.hub.identity.mint(id, 3600, actor))

    async def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        by: Caller = OPERATOR,
        key: str | None = None,
        content: Any = None,
        headers: Mapping[str, str | bytes] | None = None,
    ) -> httpx2.Response:
        sent: dict[str, Any] = {**by.headers, **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key
        body: dict[str, Any] = {"content": content} if content is not None else {} if json is None else {"json": json}
        return await self._client.request(method, path, headers=sent, **body)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("GET", path, **options)

    async def put(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        return await self.call("PUT", path, json, **options)

    async def patch(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        return await self.call("PATCH", path, json, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> httpx2.Response:
        return await self.call("POST", path, json, **options)

    async def delete(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("DELETE", path, **options)

    async def event(self, type: str = "voicemails", account: str = "acme", **fields: Any) -> httpx2.Response:
        """Post one event as the operator."""
        return await self.post("/v1/events", {"type": type, "account": account, **fields})

    async def outbox(self, channel: str = "", to: str = "") -> list[dict[str, Any]]:
        """Send all that is due; read what went out so far, oldest first."""
        assert (await self.post("/v1/test/settle")).is_success
        path = f"/v1/test/outbox?limit=200&channel={channel}&to={quote(to)}"
        items: list[dict[str, Any]] = (await self.get(path)).json()["items"]
        return items

    async def deliveries(self, event: str, **filters: str) -> list[dict[str, Any]]:
        """List what became of an event."""
        query = urlencode({"event": event, "limit": 200, **filters})
        items: list[dict[str, Any]] = (await self.get(f"/v1/deliveries?{query}")).json()["items"]
        return items

    async def choose(self, user: str, **changes: Any) -> None:
        """Change somebody's preferences."""
        answer = await self.patch(f"/v1/users/{user}/preferences", changes)
        assert answer.status_code == 200, answer.text

    async def inbox(self, user: str) -> list[dict[str, Any]]:
        """Read what lies in somebody's inbox, newest first."""
        items: list[dict[str, Any]] = (await self.get("/v1/inbox?limit=200", by=self.user(user))).json()["items"]
        return items


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is this problem, in the form that every refusal has; return it."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    document: dict[str, Any] = response.json()
    assert (response.status_code, document["code"]) == (status, code), document
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


def fields(document: Mapping[str, Any]) -> list[str]:
    """List the fields that a problem names."""
    return [error["field"] for error in document.get("errors", [])]
