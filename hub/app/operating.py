"""What an operator does from a shell with a running hub: make a token, send an event, ask what it knows.

Events and questions go over HTTP with the operator's key, as everybody's do. A token is made from the key that
the store keeps, since no HTTP call makes one for an arbitrary user.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx2

from hub.app.composition import credentials
from hub.app.operator_key import read_operator_key
from hub.app.supervisor import local_url, store_for
from hub.engine.clock import Clock
from hub.engine.connection import Store, Unavailable, Unsuitable
from hub.engine.directory import Directory
from hub.engine.embedded import running_url
from hub.engine.identity import Identity
from hub.settings import Settings, Unfit

PATIENCE = 30.0  # seconds for an answer
SHOWN_ENTRIES = 10


class RunningHub:
    """A hub that runs somewhere, spoken to over HTTP with the operator's key."""

    def __init__(self, settings: Settings, url: str | None = None, key: str | None = None) -> None:
        self.url = (url or local_url(settings)).rstrip("/")
        known = key or read_operator_key(settings)
        if known is None:
            raise Unfit(f"no operator key: set HUB_OPERATOR_KEY, or run where {settings.data_dir} is the hub's")
        self._headers = {"Authorization": f"Bearer {known}"}

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Ask for something."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send something."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        try:
            answer = httpx2.request(method, self.url + path, headers=self._headers, timeout=PATIENCE, **what)
        except httpx2.HTTPError as error:
            raise Unfit(f"no hub answers at {self.url}: {error}") from error
        try:
            document: dict[str, Any] = answer.json()
        except ValueError:
            raise Unfit(f"{self.url} is not a hub: it answered {answer.status_code}") from None
        if answer.is_error:
            raise Unfit(explain(document))
        return document


def explain(problem: Mapping[str, Any]) -> str:
    """Put a problem document into lines for a person."""
    fields = [f"  {error['field']}: {error['message']}" for error in problem.get("errors", [])]
    detail = "" if fields else f" {problem.get('detail', '')}"
    return "\n".join([f"{problem.get('code', 'error')}:{detail}", *fields])


async def make_token(settings: Settings, user: str, seconds: float, actor: str | None) -> tuple[str, bool]:
    """Make a user's token; tell too whether the hub knows that user and would take it."""
    with _reachable_store(settings) as ready:
        store = Store(str(ready.redis_url), ready.prefix, ready.durability)
        try:
            await store.open()
            identity = Identity(store, Clock(), credentials(ready))
            await identity.open()
            known = await Directory(store).user(user)
            return identity.mint(user, seconds, actor), known is not None and known.active
        except (Unavailable, Unsuitable) as error:
            raise Unfit(str(error)) from error
        finally:
            await store.close()


@contextlib.contextmanager
def _reachable_store(settings: Settings) -> Iterator[Settings]:
    """Use the store that is set, or the one a hub runs here, or run the embedded one for a moment."""
    running = None if settings.redis_url else running_url(settings.data_dir)
    if running:
        yield settings.model_copy(update={"redis_url": running})
        return
    with store_for(settings) as ready:
        yield ready


def inspect_user(hub: RunningHub, id: str) -> list[str]:
    """Say who a user is, what reaches them, and what came last."""
    user = hub.get(f"/v1/users/{quote(id)}")
    preferences = hub.get(f"/v1/users/{quote(id)}/preferences")
    inbox = hub.get("/v1/inbox", user=id, limit=str(SHOWN_ENTRIES))
    state = "" if user.get("active", True) else ", inactive: gets nothing"
    roles = ", ".join(user.get("roles", [])) or "no role"
    lines = [f"{user.get('name') or id} ({id}) in account {user['account']}: {roles}{state}"]
    ways: dict[str, list[str]] = {}
    for type, options in preferences["types"].items():
        ways.setdefault(_channels(options), []).append(type)
    lines += [f"Gets {way}: {', '.join(types)}" for way, types in ways.items()]
    lines.append(f"Unread: {inbox['unread']}. Latest:")
    lines += [f"  {entry['at']} {entry['title']} ({entry['id']}, {entry['state']})" for entry in inbox["items"]]
    return lines


def inspect_notification(hub: RunningHub, id: str) -> list[str]:
    """Say what a notification is, why its user got it, and what became of it on each channel."""
    found = hub.get(f"/v1/notifications/{quote(id)}")
    about = f" about contact {found['contact']}" if found.get("contact") else ""
    lines = [f"{found['title']} ({found['type']}) of {found['at']} in account {found['account']}{about}"]
    lines += [f"Event: {found['event']}"] if found.get("event") else []
    lines += [f"State: {found['state']}", f"Why: {found['reason']}", "Deliveries:"]
    return lines + [f"  {_delivery(row)}" for row in found["deliveries"]]


def inspect_delivery(hub: RunningHub, event: str) -> list[str]:
    """Say for every user considered for an event whether they were told, over which channel, and why.

    Raise Unfit when there was none.
    """
    rows: list[str] = []
    cursor: str | None = None
    while True:
        page = hub.get("/v1/deliveries", event=event, **({"cursor": cursor} if cursor else {}))
        rows += [f"{row['user']}: {_delivery(row)}" for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    if not rows:
        raise Unfit(f"no delivery of an event {event} is known")
    return rows


INSPECT: dict[str, Callable[[RunningHub, str], list[str]]] = {
    "user": inspect_user,
    "notification": inspect_notification,
    "delivery": inspect_delivery,
}


def _delivery(row: Mapping[str, Any]) -> str:
    tries = f", {row['attempts']} attempts" if row["attempts"] > 1 else ""
    return f"{row['channel']} to {row['to']}: {row['state']}, {row['reason']}{tries} ({row['at']})"


def _channels(options: Mapping[str, bool]) -> str:
    names = {"system": "in-app", "text": "text", "email": "e-mail"}
    chosen = [name for option, name in names.items() if options.get(option)]
    if not chosen:
        return "in no way"
    return " and ".join(chosen) + (", only about their own contacts" if options.get("au") else "")
