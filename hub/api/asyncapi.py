"""asyncapi.json, made from the very types that decode what tabs say and shape what the hub says (protocol.md 7).

Directions are the hub's: it receives what a tab sends. `read` is said by both, so names carry who says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from inspect import getdoc
from typing import Any, NamedTuple, get_args, get_type_hints

from pydantic import TypeAdapter

import hub
from hub.core import frames, wire

ADDRESS = "/v1/ws"
CHANNEL = "#/channels/tab"
SCHEMAS = "#/components/schemas/"
MEDIA_TYPES = {wire.JSON: "application/json", wire.MSGPACK: "application/msgpack"}
ABOUT = (
    "One connection per browser tab, one object with `op` per message. A tab says `hello` first, with a user token, "
    "which never travels in the URL. A browser's Origin must be one that the hub allows. There is no compression."
)


class Said(NamedTuple):
    """One operation: who says it, its `op`, and the type of the message."""

    by: str
    op: str
    kind: type[Any]

    @property
    def name(self) -> str:
        """Return the name of the message in the document."""
        return f"{self.by}.{self.op}"


@cache
def document() -> dict[str, Any]:
    """Describe the WebSocket as AsyncAPI 3.0."""
    said = [*_said("tab", wire.Message), *_said("hub", frames.Frame)]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Notification hub", "version": hub.__version__, "description": ABOUT},
        "defaultContentType": MEDIA_TYPES[wire.JSON],
        "channels": {"tab": _channel(said)},
        "operations": {
            "hearTab": _operation("receive", "What a tab says.", [one for one in said if one.by == "tab"]),
            "tellTab": _operation("send", "What the hub says.", [one for one in said if one.by == "hub"]),
        },
        "components": {"messages": {one.name: _message(one) for one in said}, "schemas": _schemas(said)},
    }


def _said(by: str, union: Any) -> Iterator[Said]:
    """Go through a union of messages; one that is several operations (`dismissed`, `recalled`) comes once for each."""
    for kind in get_args(union):
        for op in get_args(get_type_hints(kind)["op"]):
            yield Said(by, op, kind)


def _channel(said: list[Said]) -> dict[str, Any]:
    subprotocol = {
        "type": "string",
        "enum": list(wire.SUBPROTOCOLS),
        "default": wire.JSON,
        "description": f"{wire.JSON}: text frames; {wire.MSGPACK}: binary frames, the same structures.",
    }
    headers = {"type": "object", "properties": {"Sec-WebSocket-Protocol": subprotocol}}
    return {
        "address": ADDRESS,
        "description": ABOUT,
        "messages": {one.name: {"$ref": f"#/components/messages/{one.name}"} for one in said},
        "bindings": {"ws": {"method": "GET", "headers": headers, "bindingVersion": "0.1.0"}},
        "x-subprotocols": MEDIA_TYPES,
        "x-close-codes": [
            {"code": int(code), "meaning": code.explanation or "an internal fault", "reconnect": code.reconnect}
            for code in wire.CloseCode
        ],
    }


def _operation(action: str, summary: str, said: list[Said]) -> dict[str, Any]:
    messages = [{"$ref": f"{CHANNEL}/messages/{one.name}"} for one in said]
    return {"action": action, "channel": {"$ref": CHANNEL}, "summary": summary, "messages": messages}


def _message(one: Said) -> dict[str, Any]:
    """Describe one operation; where its type has several, the payload says which one this is."""
    this = {"type": "object", "required": ["op"], "properties": {"op": {"const": one.op}}}
    payload = {"allOf": [{"$ref": SCHEMAS + one.kind.__name__}, this]}
    return {"name": one.op, "summary": (getdoc(one.kind) or "").partition("\n")[0], "payload": payload}


def _schemas(said: list[Said]) -> dict[str, Any]:
    kinds = dict.fromkeys(one.kind for one in said)
    adapters = [(kind.__name__, "validation", TypeAdapter(kind)) for kind in kinds]
    _, schema = TypeAdapter.json_schemas(adapters, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    return dict(schema["$defs"])
