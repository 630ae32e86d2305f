"""`hub send`: one event from a shell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.app.operating import RunningHub, count

FLAGS = {  # how `hub send` calls the fields of an event
    "type": "TYPE",
    "users": "--user",
    "url": "--link",
    **{field: f"--{field}" for field in ("account", "contact", "line", "title", "body", "data", "origin", "id")},
}


def send_event(hub: RunningHub, event: Mapping[str, Any]) -> str:
    """Post an event; say what became of it."""
    answer = hub.post("/v1/events", event, FLAGS)
    return f"{answer['id']}: {answer['status']}, {answer.get('reason') or _told(answer['recipients'])}"


def _told(recipients: int | None) -> str:
    if recipients is None:
        return "its audience is so large that it is being worked through"
    return count(recipients, "recipient")
