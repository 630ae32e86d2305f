"""Ring groups: the users behind a line (A-04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api.directory_models import RingGroupBody
from hub.api.groups import check_members
from hub.api.reach import Reach
from hub.api.rooted import Resource
from hub.core.directory import RingGroup


async def complete(reach: Reach, body: RingGroupBody, before: RingGroup | None, root: str) -> Mapping[str, Any]:
    """Check the members."""
    await check_members(reach, body.members, before.members if before else (), root)
    return {}


RING_GROUPS = Resource(RingGroup, RingGroupBody, "ring group", "ring-groups", complete)
ROUTES = RING_GROUPS.routes()
