"""Lines: the accounts' own phone numbers, personal or with a ring group behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api.directory_models import LineBody
from hub.api.problem import invalid
from hub.api.reach import Reach
from hub.api.rooted import Resource
from hub.core.directory import Line


async def complete(reach: Reach, body: LineBody, before: Line | None, root: str) -> Mapping[str, Any]:
    """Check who is behind the line: an owner or a ring group, not both; a line may wait for either."""
    if body.owner is not None and body.ring_group is not None:
        raise invalid(("ring_group", "a line has an owner or a ring group, not both"))
    if body.owner not in (None, before.owner if before else None):
        await reach.user(body.owner or "", root, "owner")
    if body.ring_group not in (None, before.ring_group if before else None):
        await reach.ring_group(body.ring_group or "", root, "ring_group")
    return {}


LINES = Resource(Line, LineBody, "line", "lines", complete)
ROUTES = LINES.routes()
