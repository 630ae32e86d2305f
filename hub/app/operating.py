"""What an operator does from a shell with a running hub: send an event, ask what it knows.

It goes over HTTP with the operator's key, as everybody's does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx2

from hub.app.listening import local_url
from hub.app.operator_key import read_operator_key
from hub.core.inbox import split_id
from hub.settings import Settings, Unfit, bare

PATIENCE = 30.0  # seconds for an answer
SHOWN_ENTRIES = 10
FLAGS = {  # how `hub send` calls the fields of an event
    "type": "TYPE",
    "users": "--user",
    "url": "--link",
    **{field: f"--{field}" for field in ("account", "contact", "line", "title", "body", "data", "origin", "id")},
}


class Refused(Unfit):
    """The hub answered with a problem; `code` is its name."""

    def __init__(self, problem: Mapping[str, Any], flags: Mapping[str, str]) -> None:
        super().__init__(explain(problem, flags))
        self.code = problem.get("code")


class RunningHub:
    """A hub that runs somewhere, spoken to over HTTP with the operator's key."""

    def __init__(self, settings: Settings, url: str | None = None, key: str | None = None) -> None:
        self.url = (url or local_url(settings)).rstrip("/")
        known = key or read_operator_key(settings)
        if known is None:
            raise Unfit(
                f"no operator key in {settings.data_dir}: run this where hub-data is, or give --data-dir or --key"
            )
        self._headers = {"Authorization": f"Bearer {known}"}

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Ask for something."""
        return self._call("GET", path, {}, params=query)

    def post(self, path: str, body: Mapping[str, Any], flags: Mapping[str, str]) -> dict[str, Any]:
        """Send something; `flags` names the flag that each field of the body came from."""
        return self._call("POST", path, flags, json=body)

    def _call(self, method: str, path: str, flags: Mapping[str, str], **what: Any) -> dict[str, Any]:
        try:
            answer = httpx2.request(method, self.url + path, headers=self._headers, timeout=PATIENCE, **what)
        except httpx2.HTTPError as error:
            raise Unfit(f"no hub answers at {bare(self.url)}: {error}") from error
        try:
            document: dict[str, Any] = answer.json()
        except ValueError:
            raise Unfit(f"{bare(self.url)} is not a hub: it answered {answer.status_code}") from None
        if answer.is_error:
            raise Refused(document, flags)
        return document


def explain(problem: Mapping[str, Any], flags: Mapping[str, str]) -> str:
    """Put a problem document into lines for a person, who knows flags and not fields."""
    fields = [f"  {_flag(error['field'], flags)}: {error['message']}" for error in problem.get("errors", [])]
    detail = "" if fields else f" {problem.get('detail', '')}"
    return "\n".join([f"{problem.get('code', 'error')}:{detail}", *fields])


def _flag(field: str, flags: Mapping[str, str]) -> str:
    """Name the flag and, where its name says more, the field behind it: ``--link (url)``."""
    flag = flags.get(re.split(r"[.\[]", field)[0])
    if flag is None:
        return field
    return flag if flag == f"--{field}" else f"{flag} ({field})"


def send_event(hub: RunningHub, event: Mapping[str, Any]) -> str:
    """Post an event; say what became of it."""
    answer = hub.post("/v1/events", event, FLAGS)
    return f"{answer['id']}: {answer['status']}, {answer.get('reason') or _told(answer['recipients'])}"


def _told(recipients: int | None) -> str:
    if recipients is None:
        return "its audience is so large that it is being worked through"
    return f"{recipients} recipient{'' if recipients == 1 else 's'}"


def inspect_user(hub: RunningHub, id: str) -> list[str]:
    """Say who a user is, what reaches them, and what came last."""
    user = hub.get(f"/v1/users/{_part(id)}")
    preferences = hub.get(f"/v1/users/{_part(id)}/preferences")
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
    found = hub.get(f"/v1/notifications/{_part(id)}")
    about = f" about contact {found['contact']}" if found.get("contact") else ""
    lines = [f"{found['title']} ({found['type']}) of {found['at']} in account {found['account']}{about}"]
    lines += [f"Event: {found['event']}"] if found.get("event") else []
    lines += [f"State: {found['state']}", f"Why: {found['reason']}", "Deliveries:"]
    return lines + [f"  {_delivery(row)}" for row in found["deliveries"]]


def inspect_delivery(hub: RunningHub, id: str) -> list[str]:
    """Say for every user considered for an event whether they were told, over which channel, and why; for the id of a
    notification that of its user alone.

    Raise Unfit when there is none.
    """
    rows = _deliveries_of_notification(hub, id) or _deliveries_of_event(hub, id)
    if not rows:
        raise Unfit(f"no delivery of an event or a notification {id} is known")
    return rows


def _deliveries_of_notification(hub: RunningHub, id: str) -> list[str]:
    if split_id(id) is None:
        return []
    try:
        found = hub.get(f"/v1/notifications/{_part(id)}")
    except Refused as error:
        if error.code == "not_found":
            return []
        raise
    return [f"{found['user']}: {_delivery(row)}" for row in found["deliveries"]]


def _deliveries_of_event(hub: RunningHub, event: str) -> list[str]:
    rows: list[str] = []
    cursor: str | None = None
    while True:
        page = hub.get("/v1/deliveries", event=event, **({"cursor": cursor} if cursor else {}))
        rows += [f"{row['user']}: {_delivery(row)}" for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


def _part(id: str) -> str:
    """Write an id as one part of a path."""
    return quote(id, safe="")


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
