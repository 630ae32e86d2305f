"""What others did in one's accounts: a list, newest first, and the one way to add to it."""

from __future__ import annotations

from typing import Any

from hub.api.auth import DIRECTORY_READ
from hub.api.call import Answer, Call
from hub.api.directory_models import AuditAnswer
from hub.api.models import AccountPageQuery
from hub.api.paging import listed, read_cursor, write_cursor
from hub.api.route import Route
from hub.core.broadcasts import NOTICES


async def note(call: Call, account: str, action: str, actor: str | None = None, **what: Any) -> None:
    """Keep that the caller did something in an account; with an `actor`, that a key did it for them."""
    by = {} if actor in (None, call.caller.name) else {"by": call.caller.name}
    await call.hub.audit.record(account, call.hub.clock.now(), actor or call.caller.name, action, **what, **by)


async def index(call: Call) -> Answer:
    """List the records of the visible accounts, or of one."""
    query, reach = call.query, call.reach
    before = read_cursor(query.cursor, str)[0] if query.cursor else None
    accounts = [query.account] if query.account else reach.accounts()
    if reach.caller.is_operator and not query.account:
        accounts.append(NOTICES)
    found = await call.hub.audit.page(accounts, before, query.limit + 1, call.hub.clock.now())
    items = found[: query.limit]
    return Answer(listed(items, write_cursor([items[-1]["id"]]) if len(found) > len(items) else None))


ROUTES = [
    Route("GET", "/v1/audit", index, DIRECTORY_READ, "Read who did what", query=AccountPageQuery, answer=AuditAnswer)
]
