"""The product itself: one `hub serve --role gateway` on the servers' core, and one whole hub beside the clients.

The whole hub fills the directory, takes events and works; it holds no tabs. So what is measured is the gateway alone,
the part that the other peers are. Before the tabs come, one event is posted in an account of its own and its page is
read off the bus: that captured record is what every peer is fed with.
"""

from __future__ import annotations

import http.client
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jwt
from redis import Redis

from bench.bus import Happening, happening_of
from bench.measure import CLIENT_CORE
from bench.peers.running import Running, server
from bench.store import HOST, Store, free_port
from bench.tab import Greeting, ServerFailed

ACCOUNT, MODEL = "bench", "model"
GROUP, BYSTANDER = "everyone", "bystander"
TYPE = "client_update"
CHANNEL = "hub:{%s}:t:" + TYPE
EVENT = {
    "type": TYPE,
    "title": "Client updated: Eve Martin",
    "body": "The phone number and the e-mail address of Eve Martin were changed by an import.",
    "url": "https://crm.example/contacts/c7",
}
TOKEN_SECONDS = 6 * 3600
LINES_A_REQUEST = 1000
ANSWER_SECONDS = 60.0


@contextmanager
def run(store: Store, users: Sequence[str]) -> Iterator[Running]:
    """Run a gateway and a whole hub on the store, with these users in one account."""
    api_port, gateway_port, secret = free_port(), free_port(), secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        settings = _settings(store, folder, secret)
        with server(_serve(api_port, "all"), api_port, settings, core=CLIENT_CORE) as whole:
            api = Api(api_port, settings["HUB_OPERATOR_KEY"])
            api.fill(users)
            happening = capture(api, store)
            with server(_serve(gateway_port, "gateway"), gateway_port, settings) as gateway:
                yield Running(
                    name="hub",
                    port=gateway_port,
                    processes=[gateway.pid],
                    channel=CHANNEL % ACCOUNT,
                    greetings=[_greeting(user, secret) for user in users],
                    behind=[whole.pid],
                    post=api.event,
                    happening=happening,
                )


@dataclass(frozen=True, slots=True)
class Broadcasting:
    """A whole hub with a large group, some of whose members have tabs, and one bystander outside the group."""

    address: tuple[str, int]
    processes: list[int]
    greetings: list[Greeting]
    bystander: Greeting
    members: int
    api: Api

    def broadcast(self) -> str:
        """Send a broadcast to the group; return its id."""
        body = {"message": "The office closes at five today.", "groups": [GROUP], "account": ACCOUNT}
        return str(self.api.call("POST", "/v1/broadcasts", body)["id"])

    def is_paged(self, id: str) -> bool:
        """Tell whether the broadcast is written into every member's log."""
        return bool(self.api.read(f"/v1/broadcasts/{id}")["delivered"] == self.members)

    def tell_bystander(self) -> None:
        """Post an event for the bystander alone; the answer means stored."""
        self.api.call("POST", "/v1/events", {"type": "mention", "account": ACCOUNT, "users": [BYSTANDER]})


@contextmanager
def broadcasting(store: Store, members: Sequence[str], connected: int) -> Iterator[Broadcasting]:
    """Run one whole hub on the store, with these members in one account and one group."""
    port, secret = free_port(), secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        settings = _settings(store, folder, secret)
        with server(_serve(port, "all"), port, settings) as whole:
            api = Api(port, settings["HUB_OPERATOR_KEY"])
            api.fill([*members, BYSTANDER])
            api.load([json.dumps({"kind": "group", "id": GROUP, "account": ACCOUNT, "members": list(members)})])
            greetings = [_greeting(user, secret) for user in members[:connected]]
            yield Broadcasting((HOST, port), [whole.pid], greetings, _greeting(BYSTANDER, secret), len(members), api)


def _settings(store: Store, folder: str, secret: str) -> dict[str, str]:
    return {
        "HUB_REDIS_URL": store.url,
        "HUB_DURABILITY": "process",
        "HUB_DATA_DIR": folder,
        "HUB_JWT_SECRET": secret,
        "HUB_OPERATOR_KEY": secrets.token_hex(16),
        "HUB_LOG_LEVEL": "warning",
    }


def _serve(port: int, role: str) -> list[str]:
    return [sys.executable, "-m", "hub.cli", "serve", "--host", HOST, "--port", str(port), "--role", role]


def _greeting(user: str, secret: str) -> Greeting:
    token = jwt.encode({"sub": user, "exp": int(time.time()) + TOKEN_SECONDS}, secret, algorithm="HS256")
    hello = {"op": "hello", "token": token, "tab": f"tab-{user}", "state": "focused", "after": None}
    return Greeting("/v1/ws", "hub.v1+json", json.dumps(hello).encode())


def capture(api: Api, store: Store) -> Happening:
    """Post one event to an account with one user, and read what the hub puts on the bus for it."""
    api.call("PUT", f"/v1/accounts/{MODEL}", {"name": MODEL})
    api.call("PUT", f"/v1/users/{MODEL}", {"account": MODEL, "name": MODEL})
    with Redis(port=store.port) as line, line.pubsub() as bell:
        bell.ssubscribe(CHANNEL % MODEL)
        api.event(1, MODEL)
        for message in bell.listen():
            if message["type"] == "smessage":
                return happening_of(message["data"], ACCOUNT)
    raise ServerFailed("the hub published nothing")


class Api:
    """The hub's HTTP interface, as the operator."""

    def __init__(self, port: int, key: str) -> None:
        self._line = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
        self._headers = {"Authorization": f"Bearer {key}"}

    def call(self, method: str, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Send one JSON request."""
        return self._send(method, path, json.dumps(document), "application/json")

    def fill(self, users: Sequence[str]) -> None:
        """Make the account and its users."""
        self.call("PUT", f"/v1/accounts/{ACCOUNT}", {"name": ACCOUNT})
        self.load([json.dumps({"kind": "user", "id": user, "account": ACCOUNT, "name": user}) for user in users])

    def load(self, lines: Sequence[str]) -> None:
        """Load directory objects, one a line."""
        for start in range(0, len(lines), LINES_A_REQUEST):
            part = "\n".join(lines[start : start + LINES_A_REQUEST])
            answer = self._send("POST", "/v1/directory", part, "application/x-ndjson")
            if answer["errors"]:
                raise ServerFailed(f"the directory refused {answer['errors'][0]}")

    def read(self, path: str) -> dict[str, Any]:
        """Ask for something."""
        return self._send("GET", path, "", "application/json")

    def event(self, number: int, account: str = ACCOUNT) -> None:
        """Post the `number`-th event; the answer means stored, not yet delivered."""
        self.call("POST", "/v1/events", {**EVENT, "account": account, "id": f"evt-{number:012d}"})

    def _send(self, method: str, path: str, body: str, kind: str) -> dict[str, Any]:
        try:
            self._line.request(method, path, body.encode(), {**self._headers, "Content-Type": kind})
            answer = self._line.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ServerFailed(f"{method} {path}: {error}") from error
        if answer.status >= 300:
            raise ServerFailed(f"{method} {path}: {answer.status} {said[:500]!r}")
        found: dict[str, Any] = json.loads(said)
        return found
