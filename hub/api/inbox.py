"""A user's inbox: what is in it, and dismissing, reading, archiving, restoring."""

from __future__ import annotations

import secrets

import orjson

from hub.api.answers import InboxAnswer, MarkAnswer
from hub.api.auth import OWN, OWN_READ
from hub.api.call import Answer, Call
from hub.api.models import InboxQuery, MarkBody, UserQuery
from hub.api.paging import read_cursor, write_cursor
from hub.api.problem import invalid
from hub.api.route import Route
from hub.api.users import named
from hub.core.directory import User
from hub.core.inbox import entry_json
from hub.engine.log import cutoff
from hub.engine.rows import Entry

OPERATIONS = {"dismiss": "dismissed", "read": "read", "archive": "archived", "restore": "restored"}


async def meant(call: Call) -> User:
    """Find whose inbox is meant: the token's own, or the user that a key names with ?user=."""
    own = call.caller.user
    asked = call.query.user or (own.id if own else None)
    if asked is None:
        raise invalid(("user", "a key says whose inbox it means: ?user=ID"))
    return await named(call, asked)


async def index(call: Call) -> Answer:
    """List entries, newest first, with the unread count."""
    user, query = call.target, call.query
    before = read_cursor(query.cursor, int)[0] if query.cursor else None
    oldest = kept_from(call, user)
    actor = call.caller.actor if call.caller.user and call.caller.user.id == user.id else None
    found = await call.hub.log.inbox(
        user.account, user.id, query.state, query.limit, before, oldest, query.account, actor
    )
    rest = {"next_cursor": write_cursor([found.before]) if found.before else None, "unread": found.unread}
    entries = b",".join(entry_bytes(entry) for entry in found.entries)
    return Answer(b'{"items":[%b],%b' % (entries, orjson.dumps(rest)[1:]))


def entry_bytes(entry: Entry) -> bytes:
    """Write an entry as frames and lists show it."""
    return entry_json(entry.id, entry.state, entry.reason, entry.body)


def kept_from(call: Call, user: User) -> int:
    """Return the moment, in ms of business time, before which the user's account keeps nothing."""
    account = call.reach.tree.get(user.account)
    return cutoff(call.hub.clock.now(), account.retention_days if account else 90)


async def mark(call: Call) -> Answer:
    """Dismiss, read, archive or restore; what is so already is neither changed nor unknown."""
    operation = OPERATIONS[call.request.url.path.rpartition("/")[2]]
    body, user = call.body, call.target
    done = await call.hub.log.mark(user.account, user.id, operation, body.ids, body.up_to, secrets.token_hex(4))
    return Answer({"changed": list(done.changed), "unknown": list(done.unknown), "unread": done.unread})


ROUTES = [
    Route("GET", "/v1/inbox", index, OWN_READ, "Read an inbox", meant, query=InboxQuery, answer=InboxAnswer),
    *(
        Route(
            "POST",
            f"/v1/inbox/{verb}",
            mark,
            OWN,
            f"{verb.capitalize()} entries",
            meant,
            MarkBody,
            query=UserQuery,
            answer=MarkAnswer,
        )
        for verb in OPERATIONS
    ),
]
