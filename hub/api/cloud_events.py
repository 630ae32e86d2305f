"""CloudEvents 1.0, structured, binary and batched, turned into the events that producers post.

Attributes give `type`, `id` and `occurred_at`, `data` (or `data_base64`, JSON inside) the other fields; extension
attributes are ignored. A `type` inside `data` may only repeat the attribute. In a batch each event is judged by itself.
`source` and `id` together make it one event, so the marker under which it is stored holds both.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from hub.api.components import each_alone
from hub.api.decoding import read_json
from hub.api.fields import is_id
from hub.api.manners import Manners
from hub.api.problem import Problem, invalid

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("specversion", "type", "source", "id")
TEXT = {"type": "string", "minLength": 1}
CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "required": list(REQUIRED),
    "properties": {
        "specversion": {"const": "1.0"},
        "type": TEXT,
        "source": TEXT,
        "id": TEXT,
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "description": "the other fields of an event"},
        "data_base64": {"type": "string", "contentEncoding": "base64", "description": "instead of `data`"},
    },
}


class EventForms(Manners):
    """Events come as themselves, or as CloudEvents."""

    def contents(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Add the CloudEvents to the JSON."""
        batch = {"schema": each_alone(CLOUD_EVENT)}
        return {**super().contents(schema), STRUCTURED: {"schema": CLOUD_EVENT}, BATCH: batch}


class Incoming(NamedTuple):
    """An event as JSON, and the marker that makes it one event (empty: its id); or why it is none."""

    value: Any
    marker: str = ""
    problem: Problem | None = None


def unwrap(headers: Mapping[str, str], value: Any) -> Incoming | list[Incoming]:
    """Return the event or events inside; raise 422 for a malformed CloudEvent."""
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == BATCH:
        if not isinstance(value, list):
            raise invalid(("", "a batch is a JSON array"))
        return [_judged(one) for one in value]
    if content_type == STRUCTURED:
        return _unwrapped(value)
    if "ce-specversion" in headers or "ce-id" in headers:
        attributes = {name: headers.get(f"ce-{name}") for name in (*REQUIRED, "time")}
        given = {name: unquote(text) for name, text in attributes.items() if text is not None}
        return _unwrapped({**given, "data": value})
    return [Incoming(one) for one in value] if isinstance(value, list) else Incoming(value)


def _judged(value: Any) -> Incoming:
    try:
        return _unwrapped(value)
    except Problem as problem:
        return Incoming(None, problem=problem)


def _unwrapped(value: Any) -> Incoming:
    if not isinstance(value, dict):
        raise invalid(("", "must be a JSON object"))
    for name in REQUIRED:
        if not isinstance(value.get(name), str) or not value[name]:
            raise invalid((name, "is required of a CloudEvent"))
    if value["specversion"] != "1.0":
        raise invalid(("specversion", "must be 1.0"))
    data = _data(value)
    if data.get("type", value["type"]) != value["type"]:
        raise invalid(("data.type", f"differs from the CloudEvent's own type {value['type']}"))
    id = value["id"] if is_id(value["id"]) else f"ce-{_hash(value['id'])}"
    time = {"occurred_at": value["time"]} if "time" in value else {}
    fields = {"type": value["type"], "id": id, **time, **data}
    return Incoming(fields, f"{fields['id']}#{_hash(value['source'])}")


def _data(value: dict[str, Any]) -> dict[str, Any]:
    """Return the payload, which JSON producers may also send as base64 (CloudEvents JSON format 3.1)."""
    name, data = "data", value.get("data", {})
    if "data_base64" in value:
        if "data" in value:
            raise invalid(("data_base64", "cannot stand beside `data`"))
        name, data = "data_base64", _decoded(value["data_base64"])
    if not isinstance(data, dict):
        raise invalid((name, "must be a JSON object"))
    return data


def _decoded(text: Any) -> Any:
    try:
        return read_json(base64.b64decode(text, validate=True))
    except (TypeError, ValueError, Problem):
        raise invalid(("data_base64", "must be JSON in base64")) from None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
