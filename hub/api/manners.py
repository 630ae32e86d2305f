"""How a route is spoken to: where the credential is, what the body is wrapped in, and how a refusal looks.

Nearly all routes have the hub's own manners. A call that is another product's, so that its clients can go on as they
are, brings that product's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from hub.api.problem import Problem


class Manners:
    """The hub's own: a bearer credential, JSON as it is, problems as they are."""

    scheme = "bearer"  # the security scheme of openapi.json

    def authorization(self, headers: Headers) -> str | None:
        """Return the credential as the Authorization header carries it; None when there is none."""
        return headers.get("authorization")

    async def unwrap(self, headers: Headers, raw: bytes) -> bytes:
        """Take the JSON out of a body; raise 422."""
        return raw

    def refuse(self, problem: Problem) -> Response:
        """Return a problem as the HTTP answer."""
        return problem.response()

    def contents(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Say, for openapi.json, in which forms a body may come; `schema` is that of the JSON in it."""
        return {"application/json": {"schema": schema}}


OURS = Manners()
