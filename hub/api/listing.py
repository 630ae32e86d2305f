"""Lists of what lies under root accounts: page by page in the order of root account, account and id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple, TypeVar

from hub.api.call import Answer, Call
from hub.api.paging import listed, read_cursor, write_cursor
from hub.core.directory import Contact, Group, Line, RingGroup, as_document
from hub.engine.directory import Place

Object = TypeVar("Object", Contact, Group, RingGroup, Line)
BATCH = 200  # objects read at a time


class Part(NamedTuple):
    """A root account, and those of its accounts that are listed; None for all."""

    root: str
    accounts: frozenset[str] | None


async def rooted_list(call: Call, kind: type[Object], is_shown: Callable[[Object], bool]) -> Answer:
    """List the visible objects of a kind, or those of one account."""
    after = read_cursor(call.query.cursor, str, str, str) if call.query.cursor else None
    found: list[dict[str, Any]] = []
    last = None
    async for root, value in _values(call, kind, after):
        if not call.reach.sees(value.account) or not is_shown(value):
            continue
        if len(found) == call.query.limit:
            return Answer(listed(found, write_cursor(last)))
        found.append(as_document(value))
        last = [root, value.account, value.id]
    return Answer(listed(found, None))


async def _values(call: Call, kind: type[Object], after: list[str] | None) -> AsyncIterator[tuple[str, Object]]:
    size = min(call.query.limit + 1, BATCH)
    for root, accounts in _parts(call):
        if after and root < after[0]:
            continue
        place = Place(*after[1:]) if after and root == after[0] else None
        while values := await call.hub.directory.page(kind, root, accounts, place, size):
            for value in values:
                yield root, value
            place = Place(values[-1].account, values[-1].id)
            size = BATCH


def _parts(call: Call) -> list[Part]:
    """Say where to look: in one account, in all of a root account's tree, or in a branch of it."""
    tree, account, top = call.reach.tree, call.query.account, call.reach.caller.account
    if account:
        return [Part(tree.root(account), frozenset((account,)))]
    if top is None:
        return [Part(root, None) for root in sorted(tree.roots())]
    root = tree.root(top)
    return [Part(root, None if root == top else frozenset((top, *tree.descendants(top))))]
