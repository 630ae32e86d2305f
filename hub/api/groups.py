"""User groups: PUT, PATCH, GET, DELETE and the list of those a caller sees."""

from __future__ import annotations

import asyncio

from hub.api.auth import DIRECTORY, SHARED_READ
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.entity import check_id, merged, patched, shown, to_stored, whole
from hub.api.listing import rooted_list
from hub.api.models import AccountPageQuery, GroupBody, RootQuery
from hub.api.reach import Reach
from hub.api.rooted import check_place, find, find_for_put
from hub.api.route import Route
from hub.core.directory import Group
from hub.engine.directory import Held


async def existing(call: Call) -> Group:
    """Find the group of the path; raise 404."""
    return await find(call, Group)


async def replaceable(call: Call) -> Group | None:
    """Find the group that a person's PUT would replace."""
    return await find_for_put(call, Group)


async def store(
    reach: Reach, id: str, body: GroupBody, root: str | None = None, held: Held[Group] | None = None
) -> Group:
    """Check and keep a group."""
    check_id(id, body)
    belongs = await check_place(reach, Group, id, body.account, root)
    await asyncio.gather(*(reach.user(member, belongs, f"members[{i}]") for i, member in enumerate(body.members)))
    group = to_stored(Group, id, body)
    await reach.hub.directory.put(belongs, group, held)
    return group


async def put(call: Call) -> Answer:
    """Create or replace."""
    return whole(await store(call.reach, call.id, call.body, call.query.root))


async def patch(call: Call) -> Answer:
    """Merge."""
    root = call.reach.tree.root(call.target.account)

    async def write(held: Held[Group]) -> Group:
        return await store(call.reach, call.id, patched(GroupBody, held.value, call.body), root, held)

    return whole(await merged(call, lambda: call.hub.directory.held(Group, call.id, root), write))


async def delete(call: Call) -> Answer:
    """Remove."""
    await call.hub.directory.delete(Group, call.reach.tree.root(call.target.account), call.id)
    return NO_CONTENT


async def index(call: Call) -> Answer:
    """List groups."""
    return await rooted_list(call, Group)


ITEM, LIST = "/v1/groups/{id}", "/v1/groups"
ROUTES = [
    Route(
        "PUT", ITEM, put, DIRECTORY, "Create or replace a group",
        replaceable, GroupBody, query=RootQuery, answer=GroupBody,
    ),
    Route(
        "PATCH", ITEM, patch, DIRECTORY, "Change a group",
        existing, GroupBody, merges=True, query=RootQuery, answer=GroupBody,
    ),
    Route("GET", ITEM, shown, SHARED_READ, "Read a group", existing, query=RootQuery, answer=GroupBody),
    Route("DELETE", ITEM, delete, DIRECTORY, "Remove a group", existing, query=RootQuery, status=204),
    Route("GET", LIST, index, SHARED_READ, "List groups", query=AccountPageQuery, answer=GroupBody),
]  # fmt: skip
