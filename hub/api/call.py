"""What travels behind the door: a request that was let in, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request

from hub.api.auth import Caller
from hub.api.needs import Hub
from hub.api.reach import Reach


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: a JSON value, or bytes that are JSON already; None is an empty body."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def content(self) -> bytes:
        """Return the body as bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


NO_CONTENT = Answer(status=204)


@dataclass(slots=True)
class Call:
    """One request behind the door: who calls, what they see, what they mean, what they sent."""

    hub: Hub
    request: Request
    caller: Caller
    reach: Reach
    query: Any = None
    target: Any = None
    body: Any = None
    raw: bytes = b""

    @property
    def id(self) -> str:
        """Return the id in the path."""
        return str(self.request.path_params["id"])
