"""The catalogue, as one user may see it."""

from __future__ import annotations

from hub.api.answers import TypesAnswer
from hub.api.auth import OWN_READ
from hub.api.call import Answer, Call
from hub.api.models import UserQuery
from hub.api.paging import listed
from hub.api.route import Route
from hub.api.users import named
from hub.core.directory import User


async def meant(call: Call) -> User | None:
    """Find for whom the catalogue is meant; a key that names nobody means the whole."""
    own = call.caller.user
    asked = call.query.user or (own.id if own else None)
    return await named(call, asked) if asked else None


async def index(call: Call) -> Answer:
    """List the types, whole."""
    catalogue, user = call.hub.catalogue, call.target
    kinds = tuple(catalogue) if user is None else catalogue.visible_to(user)
    return Answer(listed([kind.as_document() for kind in kinds], None))


ROUTES = [
    Route(
        "GET", "/v1/types", index, OWN_READ, "List the notification types", meant, query=UserQuery, answer=TypesAnswer
    )
]
