"""CloudEvents 1.0, structured, binary and batched, turned into the events that producers post.

Attributes give `type`, `id` and `occurred_at`, `data` the other fields; extension attributes are ignored.
`source` and `id` together make it one event, so the marker under which it is stored holds both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from hub.api.fields import is_id
from hub.api.problem import invalid

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("specversion", "type", "source", "id")


class Incoming(NamedTuple):
    """An event as JSON, and the marker that makes it one event (empty: its id)."""

    value: Any
    marker: str = ""


def unwrap(headers: Mapping[str, str], value: Any) -> Incoming | list[Incoming]:
    """Return the event or events inside; raise 422 for a malformed CloudEvent."""
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == BATCH:
        if not isinstance(value, list):
            raise invalid(("", "a batch is a JSON array"))
        return [_unwrapped(one, f"[{i}]") for i, one in enumerate(value)]
    if content_type == STRUCTURED:
        return _unwrapped(value)
    if "ce-specversion" in headers or "ce-id" in headers:
        attributes = {name[3:]: unquote(text) for name, text in headers.items() if name.startswith("ce-")}
        return _unwrapped({**attributes, "data": value})
    return [Incoming(one) for one in value] if isinstance(value, list) else Incoming(value)


def _unwrapped(value: Any, place: str = "") -> Incoming:
    if not isinstance(value, dict):
        raise invalid((place, "must be a JSON object"))
    for name in REQUIRED:
        if not isinstance(value.get(name), str) or not value[name]:
            raise invalid((f"{place}.{name}".lstrip("."), "is required of a CloudEvent"))
    if value["specversion"] != "1.0":
        raise invalid((f"{place}.specversion".lstrip("."), "must be 1.0"))
    data = value.get("data", {})
    if not isinstance(data, dict):
        raise invalid((f"{place}.data".lstrip("."), "must be a JSON object"))
    id = value["id"] if is_id(value["id"]) else f"ce-{_hash(value['id'])}"
    time = {"occurred_at": value["time"]} if "time" in value else {}
    fields = {"type": value["type"], "id": id, **time, **data}
    return Incoming(fields, f"{fields['id']}#{_hash(value['source'])}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
