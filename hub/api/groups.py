"""User groups, whom broadcasts go to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.api.directory_models import GroupBody
from hub.api.reach import Reach
from hub.api.rooted import Resource
from hub.core.directory import Group


async def complete(reach: Reach, body: GroupBody, before: Group | None, root: str) -> Mapping[str, Any]:
    """Check the members."""
    await check_members(reach, body.members, before.members if before else (), root)
    return {}


async def check_members(reach: Reach, members: Sequence[str], before: Iterable[str], root: str) -> None:
    """Raise 422 for a new member who is no user in the tree."""
    known = set(before)
    await reach.users({f"members[{i}]": user for i, user in enumerate(members) if user not in known}, root)


GROUPS = Resource(Group, GroupBody, "group", "groups", complete)
ROUTES = GROUPS.routes()
