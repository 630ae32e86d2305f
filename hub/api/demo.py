"""The demo: a small CRM page at `/` where a person opens tabs as different users and lets things happen.

It hands out tokens to whoever asks, so its routes exist only under `hub demo`, which listens on loopback. Every POST
must be JSON: a page of another origin cannot send that without asking first, and is never answered.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.api import demo_story, needs
from hub.api.auth import Caller
from hub.api.testing import OUTBOX
from hub.core.catalogue import NotificationType
from hub.core.directory import Contact, Line, User
from hub.core.events import LINE_AUDIENCES
from hub.engine.tabs import Tabs

OPERATOR = Caller("demo")
TOKEN_SECONDS = 3600.0
BODY_LIMIT = 65_536
OUTBOX_SHOWN = 20
OUTBOX_FIELDS = ("channel", "to", "subject", "text", "notification", "at")

_PAGES = Path(__file__).resolve().parent / "demo"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Hub(needs.Hub, Protocol):
    """What the demo needs beside what the API does."""

    @property
    def tabs(self) -> Tabs: ...


class Files(StaticFiles):
    """Serve the page's files, which browsers keep and ask for again by ETag."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: MutableMapping[str, Any],
        status_code: int = 200,
    ) -> Response:
        """Answer with the file, or 304 when the browser has it."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_HEADERS)
        return response


async def seed(hub: Hub) -> None:
    """Fill the directory with the demo's accounts; safe to repeat, and what people chose meanwhile stays."""
    await demo_story.tell(hub.directory)


def routes() -> list[BaseRoute]:
    """List the demo's routes."""
    return [
        Route("/", _page),
        Route("/demo/users", _users),
        Route("/demo/tabs", _tabs),
        Route("/demo/outbox", _outbox),
        Route("/demo/token", _json(_token), methods=["POST"]),
        Route("/demo/events", _json(_events), methods=["POST"]),
        Mount("/demo", app=Files(directory=_PAGES)),
    ]


async def _page(request: Request) -> Response:
    return FileResponse(_PAGES / "index.html", headers=_HEADERS)


async def _users(request: Request) -> Response:
    hub = request.app.state.hub
    people, contacts, lines = await asyncio.gather(
        _people(hub), hub.directory.all(Contact, demo_story.ROOT), hub.directory.all(Line, demo_story.ROOT)
    )
    return _answer(
        {
            "accounts": [_shown(account, "name", "time_zone", "parent") for account in demo_story.ACCOUNTS],
            "users": [_shown(user, "name", "roles", "account") for user in people],
            "types": [_described(kind) for kind in hub.catalogue],
            "contacts": [_shown(one, "name", "assigned_user", "account") for one in sorted(contacts, key=_place)],
            "lines": [_shown(line, "number", "owner", "ring_group", "account") for line in lines],
        }
    )


def _place(contact: Contact) -> tuple[str, int, str]:
    """Sort contacts by their accounts, c9 before c10."""
    return contact.account, len(contact.id), contact.id


def _shown(value: Any, *fields: str) -> dict[str, Any]:
    return {"id": value.id, **{field: getattr(value, field) for field in fields}}


async def _people(hub: Hub) -> list[User]:
    """Read the people of the story as they are now, wherever they work."""
    rosters = await asyncio.gather(*(hub.directory.users(account.id) for account in demo_story.ACCOUNTS))
    known = {user.id: user for roster in rosters for user in roster}
    return [known[user.id] for user in demo_story.USERS if user.id in known]


async def _tabs(request: Request) -> Response:
    hub = request.app.state.hub
    lists = await asyncio.gather(*(hub.tabs.of(user.account, user.id) for user in await _people(hub)))
    return _answer({"tabs": [tab for tabs_of_user in lists for tab in tabs_of_user]})


async def _outbox(request: Request) -> Response:
    """Show the newest e-mails and texts that would have been sent."""
    store = request.app.state.hub.store
    kept = await store.command("LRANGE", store.keys.work(OUTBOX), -OUTBOX_SHOWN, -1)
    messages = (orjson.loads(message) for message in reversed(kept))
    return _answer({"messages": [{name: one[name] for name in OUTBOX_FIELDS} for one in messages]})


async def _token(hub: Hub, body: dict[str, Any]) -> Response:
    user = body.get("user")
    if user not in {known.id for known in demo_story.USERS}:
        return _problem(404, "not_found", "The demo has no such user.")
    return _answer({"token": hub.identity.mint(user, TOKEN_SECONDS)})


async def _events(hub: Hub, body: dict[str, Any]) -> Response:
    # Imported late: the event routes build on most of the API, of which the rest of the demo needs nothing.
    from hub.api.events import post_event

    status, content = await post_event(hub, OPERATOR, body)
    return _answer(content, status)


def _described(kind: NotificationType) -> dict[str, Any]:
    """Tell the form what a type is about and what an event of it needs."""
    return {
        "id": kind.id,
        "title": kind.title,
        "category": kind.category,
        "description": kind.description,
        "sticky": kind.sticky,
        "needs_users": kind.audience in ("addressee", "event_attendees", "group_members", "template_recipients"),
        "needs_line": kind.audience in LINE_AUDIENCES,
        "needs_original_contact": kind.personal_target == "original_contact_assigned_user",
        "example": _example(kind),
    }


def _example(kind: NotificationType) -> dict[str, Any]:
    """Give the fields without which an event of this type would be dropped by rule."""
    example: dict[str, Any] = {}
    if origins := kind.params.get("allowed_origin"):
        example["origin"] = origins[0]
    if flag := kind.params.get("requires_flag"):
        section, name = flag.split(".")
        example["data"] = {section: {name: True}}
    if "min_contacts" in kind.params:
        example["contacts"] = [contact.id for contact in demo_story.CONTACTS]
    if kind.id.endswith("_changed"):
        example["data"] = {"changes": {"status": ["new", "in progress"]}}
    return example


def _json(handler: Callable[[Hub, dict[str, Any]], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Read a JSON object for a handler; refuse what another page could send without asking."""

    async def serve(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _problem(415, "unsupported_media_type", "Send application/json.")
        if int(request.headers.get("content-length", BODY_LIMIT + 1)) > BODY_LIMIT:
            return _problem(413, "too_large", f"At most {BODY_LIMIT} bytes.")
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            return _problem(422, "invalid", "The body must be a JSON object.")
        return await handler(request.app.state.hub, body)

    return serve


def _answer(content: Mapping[str, Any], status: int = 200) -> Response:
    kind = "application/json" if status < 400 else "application/problem+json"
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store"}, kind)


def _problem(status: int, code: str, detail: str) -> Response:
    return _answer({"status": status, "code": code, "title": code.replace("_", " "), "detail": detail}, status)
