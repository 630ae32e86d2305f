"""The part of openapi.json that says what a webhook is sent, and what it may answer."""

from __future__ import annotations

from typing import Any

from hub.api.components import reference
from hub.api.webhook_models import TOLD

WORDS = {
    "notification.created": "A user got a notification",
    "notification.dismissed": "A user closed a notification for good",
    "delivery.failed": "A text or an e-mail was given up",
    "broadcast.finished": "A broadcast reached everybody it will reach",
    "ping": "A webhook is tried out",
}
HEADERS = {
    "webhook-id": "the same for every attempt at a message",
    "webhook-timestamp": "when this attempt was made, in seconds since 1970",
    "webhook-signature": "one for each secret that signs, separated by spaces",
}


def webhooks() -> dict[str, Any]:
    """Describe every message by its type."""
    return {name: {"post": _operation(name)} for name in TOLD}


def _operation(name: str) -> dict[str, Any]:
    properties = {"type": {"const": name}, "timestamp": {"type": "string", "format": "date-time"}}
    schema = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {**properties, "data": reference(TOLD[name].__name__)},
    }
    parameters = [
        {"name": header, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
        for header, words in HEADERS.items()
    ]
    return {
        "summary": WORDS[name],
        "parameters": parameters,
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "it was taken"},
            "410": {"description": "nothing is to be sent here any more: the webhook is disabled"},
            "default": {"description": "it is sent again"},
        },
    }
