"""Contacts: PUT, PATCH, GET, DELETE and the list of those a caller sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub.api.auth import DIRECTORY, SHARED_READ
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.entity import check_id, merged, patched, shown, to_stored, whole
from hub.api.listing import rooted_list
from hub.api.models import AccountPageQuery, ContactBody, RootQuery
from hub.api.publishing import at_text
from hub.api.reach import Reach
from hub.api.rooted import check_place, find, find_for_put
from hub.api.route import Route
from hub.core.directory import Contact
from hub.engine.directory import Held


async def existing(call: Call) -> Contact:
    """Find the contact of the path; raise 404."""
    return await find(call, Contact)


async def replaceable(call: Call) -> Contact | None:
    """Find the contact that a person's PUT would replace."""
    return await find_for_put(call, Contact)


async def store(
    reach: Reach, id: str, body: ContactBody, root: str | None = None, held: Held[Contact] | None = None
) -> Contact:
    """Check and keep a contact."""
    check_id(id, body)
    belongs = await check_place(reach, Contact, id, body.account, root)
    if body.assigned_user is not None:
        await reach.user(body.assigned_user, belongs, "assigned_user")
    before = held.value if held else await reach.hub.directory.get(Contact, belongs, id)
    contact = replace(to_stored(Contact, id, body), consent=await _consent(reach, body, before, belongs))
    await reach.hub.directory.put(belongs, contact, held)
    return contact


async def _consent(reach: Reach, body: ContactBody, before: Contact | None, root: str) -> Mapping[str, str] | None:
    """Record on what basis texting was turned on, by whom and when (S-02); it holds until texting is turned off."""
    if not body.ok_to_sms:
        return None
    given, kept = body.consent, before.consent if before else None
    if kept and (given is None or (given.basis, given.by) == (kept["basis"], kept["by"])):
        return kept
    if given and given.by is not None:
        await reach.user(given.by, root, "consent.by")
    basis, by = (given.basis, given.by) if given else ("unspecified", None)
    return {"basis": basis, "by": by or reach.caller.id, "at": at_text(reach.hub.clock.now())}


async def put(call: Call) -> Answer:
    """Create or replace."""
    return whole(await store(call.reach, call.id, call.body, call.query.root))


async def patch(call: Call) -> Answer:
    """Merge."""
    root = call.reach.tree.root(call.target.account)

    async def write(held: Held[Contact]) -> Contact:
        return await store(call.reach, call.id, patched(ContactBody, held.value, call.body), root, held)

    return whole(await merged(call, lambda: call.hub.directory.held(Contact, call.id, root), write))


async def delete(call: Call) -> Answer:
    """Remove."""
    await call.hub.directory.delete(Contact, call.reach.tree.root(call.target.account), call.id)
    return NO_CONTENT


async def index(call: Call) -> Answer:
    """List contacts."""
    return await rooted_list(call, Contact)


ITEM, LIST = "/v1/contacts/{id}", "/v1/contacts"
ROUTES = [
    Route(
        "PUT", ITEM, put, DIRECTORY, "Create or replace a contact",
        replaceable, ContactBody, query=RootQuery, answer=ContactBody,
    ),
    Route(
        "PATCH", ITEM, patch, DIRECTORY, "Change a contact",
        existing, ContactBody, merges=True, query=RootQuery, answer=ContactBody,
    ),
    Route("GET", ITEM, shown, SHARED_READ, "Read a contact", existing, query=RootQuery, answer=ContactBody),
    Route("DELETE", ITEM, delete, DIRECTORY, "Remove a contact", existing, query=RootQuery, status=204),
    Route("GET", LIST, index, SHARED_READ, "List contacts", query=AccountPageQuery, answer=ContactBody),
]  # fmt: skip
