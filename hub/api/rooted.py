"""Objects whose ids are unique within a root account: where one lies, and who may see it (protocol.md 2).

The operator sees every root account, so an id alone may name several; `?root=` says which one is meant.
"""

from __future__ import annotations

from typing import TypeVar

from hub.api.call import Call
from hub.api.entity import taken
from hub.api.problem import Problem, invalid, not_found
from hub.api.reach import Reach
from hub.core.directory import Contact, Group

Object = TypeVar("Object", Contact, Group)


def name(kind: type[Contact] | type[Group]) -> str:
    """Name a kind as people do."""
    return "contact" if kind is Contact else "group"


async def find(call: Call, kind: type[Object]) -> Object:
    """Find the object of the path; raise 404 outside the tree, 409 where two root accounts share the id."""
    found = await _candidates(call, kind)
    if len(found) > 1:
        raise Problem("ambiguous_id", f"Several root accounts have a {name(kind)} {call.id}: add ?root=ACCOUNT.")
    visible = [value for value in found if call.reach.sees(value.account)]
    if not visible:
        raise not_found(f"{name(kind)} {call.id}")
    return visible[0]


async def find_for_put(call: Call, kind: type[Object]) -> Object | None:
    """Keep a person from learning of, or writing to, what lies outside their accounts; keys are told by `store`."""
    if call.caller.user is None:
        return None
    found = await _candidates(call, kind)
    return await find(call, kind) if found else None


async def check_place(reach: Reach, kind: type[Object], id: str, account: str, root: str | None = None) -> str:
    """Return the root account under which an object belongs; raise 409 when its id is taken there, unseen."""
    reach.account(account)
    belongs = reach.tree.root(account)
    if reach.caller.is_operator and root not in (None, belongs):
        raise invalid(("account", f"does not lie under the root account {root}"))
    before = await reach.hub.directory.get(kind, belongs, id)
    if before is not None and reach.tree.get(before.account) and not reach.sees(before.account):
        raise taken(name(kind), id)
    return belongs


async def _candidates(call: Call, kind: type[Object]) -> list[Object]:
    directory, reach = call.hub.directory, call.reach
    if reach.caller.account is not None:
        root = reach.tree.root(reach.caller.account)
    elif call.query.root:
        root = call.query.root
    else:
        return list((await directory.find(kind, call.id)).values())
    found = await directory.get(kind, root, call.id)
    return [found] if found is not None else []
