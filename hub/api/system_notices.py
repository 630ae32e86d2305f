"""Important messages to everybody of some accounts or of all, by the operator alone (R-21, R-22, AMB-41)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hub.api.announcing import (
    Draft,
    announce,
    check_expiry,
    cleaned,
    fingerprint,
    page_of,
    sent_before,
)
from hub.api.auth import OPERATOR
from hub.api.broadcasts import delete, read, recipients
from hub.api.call import Answer, Call
from hub.api.models import BroadcastAnswer, PageQuery, ReachedAnswer, SentAnswer, SystemNoticeBody
from hub.api.problem import not_found
from hub.api.route import Route
from hub.api.turns import in_turns
from hub.core.broadcasts import NOTICE, NOTICES, Broadcast
from hub.core.personal import Errand, sending_beside
from hub.core.routing import Decision, Member, Reason
from hub.core.turns import Turns, pieces

ACCOUNTS = 100  # whose members are read at a time
EVERYBODY = "all"


async def existing(call: Call) -> Broadcast | None:
    """Find the notice of the path; raise 404. Whoever is not the operator is not told that there is one."""
    if not call.caller.is_operator:
        return None
    notice = await call.hub.broadcasts.get(NOTICES, call.id)
    if notice is None:
        raise not_found(f"system notice {call.id}")
    return notice


async def post(call: Call) -> Answer:
    """Send a notice."""
    body: SystemNoticeBody = call.body
    message, digest = cleaned(body.message), fingerprint(body)
    if answer := await sent_before(call, NOTICES, digest):
        return Answer(answer, 202)
    check_expiry(call, body.expires_at)
    named = [] if body.accounts == EVERYBODY else list(body.accounts)
    for i, id in enumerate(named):
        call.reach.account(id, f"accounts[{i}]")
    decisions, errands = await _everybody(call, named or call.reach.accounts())
    draft = Draft(
        home=NOTICES,
        kind=call.hub.catalogue[NOTICE],
        message=message,
        decisions=decisions,
        errands=errands,
        title=body.title,
        url=body.url,
        expires_at=body.expires_at,
        accounts=tuple(named),
    )
    return Answer(await announce(call, draft, digest), 202)


async def index(call: Call) -> Answer:
    """List notices, the newest first."""
    return Answer(await page_of(call, await call.hub.broadcasts.all(NOTICES)))


async def _everybody(call: Call, accounts: list[str]) -> tuple[list[Decision], list[Errand]]:
    """Decide about all users of these accounts: whoever is active gets it, and by e-mail who wants copies."""
    hub, kind, now = call.hub, call.hub.catalogue[NOTICE], call.hub.clock.now()
    decisions: list[Decision] = []
    errands: list[Errand] = []
    for start in range(0, len(accounts), ACCOUNTS):
        some = accounts[start : start + ACCOUNTS]
        for account, members in zip(some, await asyncio.gather(*map(hub.directory.members, some)), strict=True):
            still = dict(members)  # they change in place as soon as somebody else reads them anew
            found = await in_turns(_deciding(account, still))
            decisions += found
            errands += await in_turns(sending_beside(kind, found, still, call.reach.tree, now))
            await asyncio.sleep(0)
    return decisions, errands


def _deciding(account: str, members: Mapping[str, Member]) -> Turns[list[Decision]]:
    found = list[Decision]()
    for users in pieces(sorted(members)):
        for id in users:
            if members[id].user.active:
                found.append(Decision(id, account, NOTICE, True, Reason.EVERYONE, "all"))
            else:
                found.append(Decision(id, account, NOTICE, False, Reason.INACTIVE))
        yield len(users)
    return found


ITEM, LIST = "/v1/system-notices/{id}", "/v1/system-notices"
ROUTES = [
    Route(
        "POST", LIST, post, OPERATOR, "Send a system notice", body=SystemNoticeBody, status=202, answer=SentAnswer,
    ),
    Route("GET", LIST, index, OPERATOR, "List system notices", query=PageQuery, answer=BroadcastAnswer),
    Route("GET", ITEM, read, OPERATOR, "Read a system notice and its receipts", existing, answer=BroadcastAnswer),
    Route(
        "GET", f"{ITEM}/recipients", recipients, OPERATOR, "List the recipients of a system notice", existing,
        query=PageQuery, answer=ReachedAnswer,
    ),
    Route("DELETE", ITEM, delete, OPERATOR, "Recall a system notice", existing, status=204),
]  # fmt: skip
