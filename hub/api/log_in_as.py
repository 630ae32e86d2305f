"""Log-in-as: a token with which an admin looks through a user's eyes, or an account owner's (C-17, AMB-16).

Nobody gets one that is not in the audit, so the record comes first.
"""

from __future__ import annotations

import math

from hub.api.audit import note
from hub.api.auth import ADMINISTRATION
from hub.api.call import Answer, Call
from hub.api.directory_models import LogInAsAnswer, LogInAsBody
from hub.api.problem import Problem, invalid, unknown_reference
from hub.api.route import Route
from hub.core.acting import may_act
from hub.core.directory import User
from hub.core.frames import moment
from hub.core.tokens import ACTING_LIFETIME


async def create(call: Call) -> Answer:
    """Make a token for a session of one hour; what it may do ends when its actor loses the right."""
    body: LogInAsBody = call.body
    actor = await _actor(call, body)
    target = await _target(call, body)
    if not may_act(actor, target, call.reach.tree):
        raise _out_of_reach(body, actor, target)
    now = call.hub.clock.now()
    ends = math.floor(now) + ACTING_LIFETIME
    await note(call, target.account, "log_in_as", actor.id, user=target.id, expires_at=moment(ends))
    token = call.hub.identity.mint(target.id, ends - now, actor.id)
    return Answer({"token": token, "expires_at": moment(ends)})


async def _actor(call: Call, body: LogInAsBody) -> User:
    """Find who looks: the person who calls, or whom a key names."""
    own = call.caller.user
    if own is not None:
        if body.actor not in (None, own.id):
            raise invalid(("actor", "only a key may say that somebody else looks"))
        return own
    if body.actor is None:
        raise invalid(("actor", "a key says who looks"))
    return await _visible(call, "actor", body.actor)


async def _target(call: Call, body: LogInAsBody) -> User:
    if body.user is not None:
        field, target = "user", await _visible(call, "user", body.user)
    else:
        field, target = "account", await _owner(call, body.account or "")
    if not target.active:
        raise invalid((field, f"{target.id} is not active"))
    return target


async def _owner(call: Call, account: str) -> User:
    owner = call.reach.account(account).owner
    found = await call.hub.directory.user(owner) if owner else None
    if found is None:
        raise invalid(("account", f"{account} has no owner"))
    return found


async def _visible(call: Call, field: str, id: str) -> User:
    found = await call.hub.directory.user(id)
    if found is None or not call.reach.sees(found.account):
        raise unknown_reference(field, "user", id)
    return found


def _out_of_reach(body: LogInAsBody, actor: User, target: User) -> Problem:
    if not actor.active or not actor.has_role("admin"):
        return invalid(("actor", f"{actor.id} is not an active admin"))
    field, who = ("user", target.id) if body.user else ("account", f"the owner, {target.id},")
    return invalid((field, f"{who} is not in the account tree of {actor.id}"))


ROUTES = [
    Route("POST", "/v1/log-in-as", create, ADMINISTRATION, "Look through a user's eyes",
          body=LogInAsBody, answer=LogInAsAnswer, is_secret=True),
]  # fmt: skip
