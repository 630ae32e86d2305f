"""One-time messages to groups and users (R-09 to R-13, D-05): counted before, sent, watched, recalled.

Managers and admins send within their own tree, producers within theirs; the operator anywhere (AMB-40). Who gets it is
decided at that moment, for good: whoever joins a group later does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.api.announcing import (
    Draft,
    announce,
    check_expiry,
    cleaned,
    fingerprint,
    page_of,
    recall,
    recipients_of,
    sent_before,
    shown,
)
from hub.api.auth import BROADCASTS
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.fields import is_id
from hub.api.models import (
    MOST_MEMBERS,
    AccountPageQuery,
    AudienceQuery,
    BroadcastAnswer,
    BroadcastBody,
    PageQuery,
    PreviewAnswer,
    ReachedAnswer,
    SentAnswer,
)
from hub.api.problem import Problem, invalid, not_found, unknown_reference
from hub.api.reach import Reach
from hub.api.route import Route
from hub.api.turns import in_turns
from hub.core.broadcasts import BROADCAST, Broadcast, resolve
from hub.core.directory import Group
from hub.core.personal import sending_beside
from hub.core.routing import Decision, Member


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose broadcast it is, who was considered for it, and those of them who exist."""

    home: str
    decisions: Sequence[Decision]
    members: Mapping[str, Member]

    @property
    def told(self) -> int:
        """Count those who get it."""
        return sum(one.told for one in self.decisions)


async def existing(call: Call) -> Broadcast:
    """Find the broadcast of the path in the caller's tree; raise 404."""
    accounts = call.reach.accounts() if is_id(call.id) else []
    found = await asyncio.gather(*(call.hub.broadcasts.get(account, call.id) for account in accounts))
    broadcast = next((one for one in found if one), None)
    if broadcast is None:
        raise not_found(f"broadcast {call.id}")
    return broadcast


async def preview(call: Call) -> Answer:
    """Count who would get it."""
    groups, users = _ids("groups", call.query.groups), _ids("users", call.query.users)
    if not (groups or users):
        return Answer({"recipients": 0})
    return Answer({"recipients": (await _audience(call.reach, groups, users, call.query.account)).told})


async def post(call: Call) -> Answer:
    """Send a broadcast."""
    return Answer(await send(call, call.body), 202)


async def send(call: Call, body: BroadcastBody) -> dict[str, Any]:
    """Send a broadcast; return its id and how many get it. Refuse it as a whole for any group that is not there."""
    message, digest = cleaned(body.message), fingerprint(body)
    home = _home(call.reach, body.account)
    if home and (answer := await sent_before(call, home, digest)):
        return answer
    check_expiry(call, body.expires_at)
    if not (body.groups or body.users):
        raise invalid(("groups", "name at least one group or user"))
    audience = await _audience(call.reach, body.groups, body.users, body.account)
    kind, now = call.hub.catalogue[BROADCAST], call.hub.clock.now()
    going = sending_beside(kind, audience.decisions, audience.members, call.reach.tree, now)
    draft = Draft(
        home=audience.home,
        kind=kind,
        message=message,
        decisions=audience.decisions,
        errands=await in_turns(going),
        title=body.title,
        url=body.url,
        sender=_sender(call, audience.home),
        expires_at=body.expires_at,
        groups=tuple(body.groups),
        users=tuple(body.users),
    )
    return await announce(call, draft, digest)


async def index(call: Call) -> Answer:
    """List broadcasts, the newest first."""
    accounts = [call.query.account] if call.query.account else call.reach.accounts()
    found = await asyncio.gather(*map(call.hub.broadcasts.all, accounts))
    return Answer(await page_of(call, [one for broadcasts in found for one in broadcasts]))


async def read(call: Call) -> Answer:
    """Show a broadcast and its receipts."""
    return Answer(await shown(call, call.target))


async def recipients(call: Call) -> Answer:
    """List who was considered."""
    return Answer(await recipients_of(call, call.target))


async def delete(call: Call) -> Answer:
    """Recall a broadcast; one that was recalled or has expired stays so."""
    if call.target.recalled_at is None:
        await recall(call, call.target)
    return NO_CONTENT


def _ids(field: str, listed: str) -> list[str]:
    found = list(dict.fromkeys(id for id in listed.split(",") if id))
    if len(found) > MOST_MEMBERS:
        raise invalid((field, f"names more than {MOST_MEMBERS}"))
    return found


def _home(reach: Reach, account: str | None) -> str | None:
    """Say whose the broadcast is; None where that follows from the first group or user (operator only)."""
    caller = reach.caller
    if caller.user is not None:
        if account not in (None, caller.user.account):
            raise invalid(("account", "a person sends in their own account"))
        return caller.user.account
    return reach.account(account).id if account is not None else caller.account


async def _audience(reach: Reach, groups: Sequence[str], users: Sequence[str], account: str | None) -> Audience:
    """Resolve groups and users, all of one tree; raise 422 for any that is not there."""
    home = _home(reach, account)
    places = await reach.hub.directory.accounts_of(users) if users else {}
    found = [await _group(reach, id, home, f"groups[{i}]") for i, id in enumerate(groups[:1])]
    home = home or reach.tree.root(found[0].account if found else _place(reach, places, users, 0))
    root = reach.tree.root(home)
    found += await asyncio.gather(
        *(_group(reach, id, home, f"groups[{i}]") for i, id in enumerate(groups[1:], 1))
    )  # fmt: skip
    for i, user in enumerate(users):
        if reach.tree.root(_place(reach, places, users, i)) != root:
            raise unknown_reference(f"users[{i}]", "user", user)
    members = await _members(reach, root, dict.fromkeys((*(id for group in found for id in group.members), *users)))
    return Audience(home, resolve(BROADCAST, found, users, members).decisions, members)


async def _group(reach: Reach, id: str, home: str | None, field: str) -> Group:
    """Find a group in the tree of an account, or wherever there is one of this id (operator only)."""
    if home is not None:
        group = await reach.hub.directory.get(Group, reach.tree.root(home), id)
        found = [group] if group else []
    else:
        found = list((await reach.hub.directory.find(Group, id)).values())
    if len(found) > 1:
        raise Problem("ambiguous_id", f"Several root accounts have a group {id}: say which `account` is meant.")
    if not found or not reach.sees(found[0].account):
        raise unknown_reference(field, "group", id)
    return found[0]


def _place(reach: Reach, places: Any, users: Sequence[str], i: int) -> str:
    """Name the account of a user that is named alone."""
    account = places.get(users[i])
    if account is None or not reach.sees(account):
        raise unknown_reference(f"users[{i}]", "user", users[i])
    return str(account)


async def _members(reach: Reach, root: str, users: Iterable[str]) -> dict[str, Member]:
    """Read those of the users who are in the tree, wherever in it."""
    directory = reach.hub.directory
    places = await directory.accounts_of(list(users))
    accounts = sorted(account for account in set(places.values()) if reach.tree.root(account) == root)
    rosters = dict(zip(accounts, await asyncio.gather(*map(directory.members, accounts)), strict=True))
    found = ((user, rosters.get(account, {}).get(user)) for user, account in places.items())
    return {user: member for user, member in found if member}


def _sender(call: Call, home: str) -> str | None:
    """Name who sends: the person, or the account on whose behalf a program does."""
    if user := call.caller.user:
        return user.name or user.id
    account = call.reach.tree.get(home)
    return account.sender_name or account.name or account.id if account else None


ITEM, LIST = "/v1/broadcasts/{id}", "/v1/broadcasts"
ROUTES = [
    Route(
        "GET", f"{LIST}/preview", preview, BROADCASTS, "Count who would get a broadcast",
        query=AudienceQuery, answer=PreviewAnswer,
    ),
    Route(
        "POST", LIST, post, BROADCASTS, "Send a broadcast", body=BroadcastBody, status=202, answer=SentAnswer,
    ),
    Route("GET", LIST, index, BROADCASTS, "List broadcasts", query=AccountPageQuery, answer=BroadcastAnswer),
    Route("GET", ITEM, read, BROADCASTS, "Read a broadcast and its receipts", existing, answer=BroadcastAnswer),
    Route(
        "GET", f"{ITEM}/recipients", recipients, BROADCASTS, "List the recipients of a broadcast", existing,
        query=PageQuery, answer=ReachedAnswer,
    ),
    Route("DELETE", ITEM, delete, BROADCASTS, "Recall a broadcast", existing, status=204),
]  # fmt: skip
