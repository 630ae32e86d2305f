"""Users: PUT, PATCH, GET, DELETE and the list of an account's or of all visible ones."""

from __future__ import annotations

import asyncio

from hub.api.audit import note
from hub.api.auth import ADMINISTRATION, DIRECTORY, DIRECTORY_READ, USER_READ
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.directory_models import DisconnectAnswer, UserBody
from hub.api.entity import check_id, merged, patched, shown, taken, to_stored, whole
from hub.api.fields import RESERVED_ID
from hub.api.models import AccountPageQuery
from hub.api.paging import listed, page
from hub.api.problem import not_found
from hub.api.reach import Reach
from hub.api.route import Route
from hub.core.directory import User, as_document
from hub.engine.directory import Changed, Held, Taken


async def existing(call: Call) -> User:
    """Find the user of the path, `me` being the token's own; raise 404."""
    return await named(call, call.id)


async def named(call: Call, id: str) -> User:
    """Find a user by id, `me` being the token's own; raise 404 outside the caller's tree."""
    own = call.caller.user
    if own is not None and id in (RESERVED_ID, own.id):
        return own
    found = await call.hub.directory.user(id)
    if found is None or not call.reach.sees(found.account):
        raise not_found(f"user {id}")
    return found


async def replaceable(call: Call) -> User | None:
    """Find the user that a PUT replaces, if any; who may not put users is never told that a foreign one exists."""
    found = await call.hub.directory.user(call.id)
    if found is None or (DIRECTORY.admits(call.caller) and not call.reach.sees(found.account)):
        return found
    return await existing(call)


async def store(reach: Reach, id: str, body: UserBody, held: Held[User] | None = None) -> User:
    """Check and keep a user; another account in the same tree is a move. Raise 409 for an id taken elsewhere."""
    check_id(id, body)
    reach.account(body.account)
    user = to_stored(User, id, body)
    try:
        await reach.hub.directory.put_user(user, held, reach.sees)
    except Taken:
        raise taken("user", id) from None
    except Changed:
        await reach.refresh()
        reach.account(body.account)  # it may have been removed meanwhile
        raise
    return user


async def erasable(call: Call) -> User:
    """Find the user of the path, or who was being erased when that was cut off: the next to ask finishes it."""
    left = await call.hub.directory.erased_in(call.id)
    if left is not None and call.reach.sees(left):
        return await call.hub.directory.user(call.id) or User(call.id, left)
    return await existing(call)


async def put(call: Call) -> Answer:
    """Create, replace or move."""
    return whole(await store(call.reach, call.id, call.body))


async def patch(call: Call) -> Answer:
    """Merge."""
    id = call.target.id

    async def write(held: Held[User]) -> User:
        return await store(call.reach, id, patched(UserBody, held.value, call.body), held)

    return whole(await merged(call, lambda: call.hub.directory.held_user(id), write))


async def delete(call: Call) -> Answer:
    """Erase the user with their inbox and preferences; their tabs are closed."""
    await call.hub.directory.delete_user(call.target.id)
    return NO_CONTENT


async def disconnect(call: Call) -> Answer:
    """Close every tab of the user, and every log-in-as session of theirs; their clients stay away (4503)."""
    user = call.target
    await note(call, user.account, "disconnected", user=user.id)
    return Answer({"tabs": await call.hub.directory.disconnect(user.account, user.id)})


async def index(call: Call) -> Answer:
    """List users by id."""
    accounts = [call.query.account] if call.query.account else call.reach.accounts()
    found = await asyncio.gather(*(call.hub.directory.users(account) for account in accounts))
    users = sorted((user for users in found for user in users), key=lambda user: user.id)
    items, cursor = page(users, lambda user: user.id, call.query)
    return Answer(listed([as_document(user) for user in items], cursor))


ITEM, LIST = "/v1/users/{id}", "/v1/users"
ROUTES = [
    Route("PUT", ITEM, put, DIRECTORY, "Create, replace or move a user", replaceable, UserBody, answer=UserBody),
    Route("PATCH", ITEM, patch, DIRECTORY, "Change a user", existing, UserBody, merges=True, answer=UserBody),
    Route("GET", ITEM, shown, USER_READ, "Read a user", existing, answer=UserBody),
    Route("DELETE", ITEM, delete, DIRECTORY, "Remove a user", erasable, status=204),
    Route(
        "POST", f"{ITEM}/disconnect", disconnect, ADMINISTRATION, "Close a user's tabs",
        existing, answer=DisconnectAnswer,
    ),
    Route("GET", LIST, index, DIRECTORY_READ, "List users", query=AccountPageQuery, answer=UserBody),
]  # fmt: skip
