"""Lists of contacts and groups: what lies in the caller's tree, by root account and id."""

from __future__ import annotations

import asyncio

from hub.api.call import Answer, Call
from hub.api.paging import listed, page
from hub.api.rooted import Object
from hub.core.directory import as_document


async def rooted_list(call: Call, kind: type[Object]) -> Answer:
    """List the visible objects of a kind, or those of one account."""
    reach, account = call.reach, call.query.account
    starts = [account] if account else [reach.caller.account] if reach.caller.account else reach.tree.roots()
    roots = sorted({reach.tree.root(start) for start in starts})
    found = await asyncio.gather(*(call.hub.directory.all(kind, root) for root in roots))
    values = [
        (f"{root} {value.id}", value)
        for root, values in zip(roots, found, strict=True)
        for value in values
        if (value.account == account if account else reach.sees(value.account))
    ]
    items, cursor = page(sorted(values, key=_place), _place, call.query)
    return Answer(listed([as_document(value) for _, value in items], cursor))


def _place(item: tuple[str, object]) -> str:
    return item[0]
