"""Events in: one object, an array, or CloudEvents; each is checked, decided and stored before its 202."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import orjson

from hub.api.auth import EVENTS, Caller
from hub.api.call import Answer, Call
from hub.api.cloud_events import Incoming, unwrap
from hub.api.decoding import read_json, read_model, too_large
from hub.api.idempotency import REPLAYED, key_of
from hub.api.models import BulkAnswer, EventAnswer, EventBody
from hub.api.needs import Hub
from hub.api.problem import Problem, forbidden, invalid, unknown_reference
from hub.api.publishing import Outcome, Posted, Told, commit, decide, earlier, identified
from hub.api.reach import Reach
from hub.api.route import Route
from hub.core.directory import Contact
from hub.core.events import Event, problems
from hub.core.moves import left_behind, origin_account

OPERATORS_TYPE = "important_system_notice"  # AMB-41
LEFT_BEHIND = "#left"  # no id holds a #: the word to the account left is an event of its own there
Derived = tuple[str, str, int]  # credential, idempotency key, place in the bulk


async def post_event(
    hub: Hub, caller: Caller, event: dict[str, Any], derived: Derived | None = None
) -> tuple[int, dict[str, Any]]:
    """Take one event, as the JSON that a producer posts; return the status and the body of the answer.

    `derived` names a request that may be repeated: an event without an id gets its id from it.
    """
    try:
        outcome = await _accept(await Reach.of(hub, caller), Incoming(event), derived)
    except Problem as problem:
        return problem.status, problem.document()
    return 202, outcome.body


async def post(call: Call) -> Answer:
    """Take what was posted, in any of its forms."""
    incoming = unwrap(call.request.headers, read_json(call.raw))
    if isinstance(incoming, list):
        return await _bulk(call, incoming)
    if len(call.raw) > call.hub.settings.body_limit:
        raise too_large(call.hub.settings.body_limit)
    outcome = await _accept(call.reach, incoming, _derived(call, 0))
    return Answer(outcome.body, 202, REPLAYED if outcome.replayed else {})


async def _bulk(call: Call, events: list[Incoming]) -> Answer:
    """Answer each event by itself. All are decided before the first is stored, and stored in their order."""
    most = call.hub.settings.bulk_events
    if len(events) > most:
        raise invalid(("", f"holds {len(events)} events; a bulk takes at most {most}"))
    resolving = (_settled(_resolve(call.reach, one, _derived(call, i))) for i, one in enumerate(events))
    resolved = await asyncio.gather(*resolving)
    decided = await _decided(call.hub, [one for one in resolved if isinstance(one, Posted)])
    outcomes = iter(await asyncio.gather(*(_settled(_commit(call.reach, *one)) for one in decided)))
    results = [_result(next(outcomes) if isinstance(one, Posted) else one) for one in resolved]
    return Answer({"results": results})


async def _decided(hub: Hub, events: list[Posted]) -> list[tuple[Posted, list[Told]]]:
    members = {id: await hub.directory.members(id) for id in {posted.account.id for posted in events}}
    decided = []
    for posted in events:
        decided.append((posted, decide(hub, posted, members[posted.account.id])))
        await asyncio.sleep(0)  # a bulk to large accounts does not hold up everybody else
    return decided


async def _settled(work: Any) -> Any:
    """Turn a refusal into a value: one bad event spoils no other."""
    try:
        return await work
    except Problem as problem:
        return problem


def _result(outcome: Outcome | Problem) -> dict[str, Any]:
    if isinstance(outcome, Problem):
        return {"status": outcome.status, "body": outcome.document()}
    return {"status": 202, "body": outcome.body}


async def _accept(reach: Reach, incoming: Incoming, derived: Derived | None) -> Outcome:
    posted = await _resolve(reach, incoming, derived)
    if isinstance(posted, Outcome):
        return posted
    members = await reach.hub.directory.members(posted.account.id)
    return await _commit(reach, posted, decide(reach.hub, posted, members))


async def _commit(reach: Reach, posted: Posted, happenings: list[Told]) -> Outcome:
    """Store an event, and tell the account that its contacts left (AMB-09); a repeated request completes both."""
    outcome = await commit(reach.hub, posted, happenings)
    if (moved := left_behind(posted.event)) and (account := reach.tree.get(moved.account)):
        word = replace(posted, event=moved, account=account, marker=f"{posted.marker or posted.event.id}{LEFT_BEHIND}")
        await commit(reach.hub, word, decide(reach.hub, word, await reach.hub.directory.members(account.id)))
    return outcome


async def _resolve(reach: Reach, incoming: Incoming, derived: Derived | None) -> Posted | Outcome:
    """Decode and check one event; an Outcome when it was accepted before. Raise 422 and 403."""
    if incoming.problem:
        raise incoming.problem
    body = read_model(EventBody, incoming.value)
    account = reach.account(body.account)
    event = _event(body, derived)
    _check_type(reach, event)
    posted = Posted(event, account, digest=_digest(body), marker=incoming.marker)
    accepted, contacts = await asyncio.gather(_accepted(reach, posted), _settled(_contacts(reach, posted)))
    if accepted and not left_behind(event):
        return earlier(posted, accepted)
    if isinstance(contacts, Problem):
        raise contacts
    return identified(replace(posted, contacts=contacts), reach.hub.clock.now())


async def _accepted(reach: Reach, posted: Posted) -> tuple[str, bytes] | None:
    id = posted.marker or posted.event.id
    return await reach.hub.log.accepted(posted.account.id, id) if id else None


def _check_type(reach: Reach, event: Event) -> None:
    kind = reach.hub.catalogue.get(event.type)
    if kind is None:
        message = f"there is no type {event.type}"
        raise Problem("unknown_type", f"type: {message}", [("type", message)])
    if kind.id == OPERATORS_TYPE and not reach.caller.is_operator:
        raise forbidden("Only the operator key raises important system notices.")
    if found := problems(event, kind):
        raise invalid(*found)


async def _contacts(reach: Reach, posted: Posted) -> dict[str, Contact]:
    """Return the contacts that the event names, by id; raise 422 naming what does not exist."""
    event, root = posted.event, reach.tree.root(posted.account.id)
    if event.line is not None:
        raise unknown_reference("line", "line", event.line)
    if left := origin_account(event):
        reach.account(left, "data.from_account")
    named = [("contact", event.contact), ("original_contact", event.original_contact)]
    named += [(f"contacts[{i}]", id) for i, id in enumerate(event.contacts)]
    found, _ = await asyncio.gather(
        asyncio.gather(*(reach.contact(id, root, field) for field, id in named if id)),
        asyncio.gather(*(reach.user(id, root, f"users[{i}]") for i, id in enumerate(event.users))),
    )
    return {contact.id: contact for contact in found}


def _event(body: EventBody, derived: Derived | None) -> Event:
    fields = body.model_dump()
    fields["users"], fields["contacts"] = tuple(body.users), tuple(body.contacts)
    if body.id is None and derived is not None:
        fields["id"] = f"evt-{hashlib.sha256(repr(derived).encode()).hexdigest()[:32]}"
    return Event(**fields)


def _digest(body: EventBody) -> str:
    canonical = orjson.dumps(body.model_dump(), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def _derived(call: Call, index: int) -> Derived | None:
    key = key_of(call)
    return None if key is None else (call.caller.id, key, index)


ROUTES = [
    Route(
        "POST", "/v1/events", post, EVENTS, "Post one event or many",
        body=EventBody, bulk=True, status=202, answer=EventAnswer, answers={200: BulkAnswer},
    ),
]  # fmt: skip
