"""Events in: one object, an array, or CloudEvents; each is checked, decided and stored before its 202."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson

from hub.api.auth import EVENTS, Caller
from hub.api.call import Answer, Call
from hub.api.cloud_events import EventForms, Incoming, unwrap
from hub.api.decoding import read_json, read_model, too_large
from hub.api.idempotency import REPLAYED, key_of
from hub.api.models import BulkAnswer, EventAnswer, EventBody
from hub.api.needs import Hub
from hub.api.problem import Problem, forbidden, invalid, unknown_reference
from hub.api.publishing import LARGE, Outcome, Posted, commit, decided, earlier, identified, surveyed, told
from hub.api.reach import Reach
from hub.api.route import Route
from hub.core.audience import considered
from hub.core.directory import Contact, Line, RingGroup
from hub.core.events import Event, problems
from hub.core.moves import origin_account
from hub.core.routing import Scene
from hub.engine.plans import Publication

OPERATORS_TYPE = "important_system_notice"  # AMB-41
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
    """Answer each event by itself; they are stored in their order."""
    most = call.hub.settings.bulk_events
    if len(events) > most:
        raise invalid(("", f"holds {len(events)} events; a bulk takes at most {most}"))
    resolving = (_settled(_resolve(call.reach, one, _derived(call, i))) for i, one in enumerate(events))
    resolved = await asyncio.gather(*resolving)
    posted = [one for one in resolved if isinstance(one, Posted)]
    scenes = await surveyed(call.hub, call.reach.tree, posted)
    outcomes = iter(await _tell_all(call.hub, list(zip(posted, scenes, strict=True))))
    results = [_result(next(outcomes) if isinstance(one, Posted) else one) for one in resolved]
    return Answer({"results": results})


async def _tell_all(hub: Hub, events: list[tuple[Posted, Scene]]) -> list[Outcome | Problem]:
    """Decide about events and store them in their order: a large one alone, of small ones as many as it takes to look
    at as many people, so that a bulk needs no more memory than one event."""
    outcomes, run, people = list[Outcome | Problem](), list[tuple[Posted, Publication]](), 0
    for posted, scene in events:
        more = considered(hub.catalogue, scene)
        if people + more > LARGE:
            outcomes += await _commit_all(hub, run)
            run, people = [], 0
        if more > LARGE:
            outcomes.append(await _settled(told(hub, posted, scene)))
        else:
            run.append((posted, await decided(hub, posted, scene)))
            people += more
    return outcomes + await _commit_all(hub, run)


async def _commit_all(hub: Hub, decided: list[tuple[Posted, Publication]]) -> list[Outcome | Problem]:
    """Store events so that everybody gets them in their order: what is one step together, what is more alone, and what
    counts as a text, since it may become more."""
    outcomes: list[Outcome | Problem] = []
    for is_one_step, run in groupby(decided, lambda one: one[1].is_one_step and one[1].tally is None):
        if is_one_step:
            outcomes += await asyncio.gather(*(_settled(commit(hub, *one)) for one in run))
        else:
            outcomes += [await _settled(commit(hub, *one)) for one in run]
    return outcomes


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
    (scene,) = await surveyed(reach.hub, reach.tree, [posted])
    return await told(reach.hub, posted, scene)


async def _resolve(reach: Reach, incoming: Incoming, derived: Derived | None) -> Posted | Outcome:
    """Decode and check one event; an Outcome when it was accepted before. Raise 422 and 403."""
    if incoming.problem:
        raise incoming.problem
    body = read_model(EventBody, incoming.value)
    account = reach.account(body.account)
    event = _event(body, derived)
    _check_type(reach, event)
    posted = Posted(event, account, digest=_digest(body), marker=incoming.marker)
    accepted, whole = await asyncio.gather(_accepted(reach, posted), _settled(_referring(reach, posted)))
    if accepted:
        return earlier(posted, accepted)
    if isinstance(whole, Problem):
        raise whole
    return identified(whole, reach.hub.clock.now())


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


async def _referring(reach: Reach, posted: Posted) -> Posted:
    """Find what the event names; raise 422 naming what does not exist."""
    event, root = posted.event, reach.tree.root(posted.account.id)
    if left := origin_account(event):
        reach.account(left, "data.from_account")
    contacts, (line, ring_group), users = await asyncio.gather(
        _contacts(reach, event, root), _line(reach, event, root), _users(reach, event, root)
    )
    linked = set() if reach.is_alone(posted.account.id) else {one.assigned_user for one in contacts.values()}
    linked |= {line.owner, *(ring_group.members if ring_group else ())} if line else set()
    others = await reach.hub.directory.accounts_of(sorted(id for id in linked if id and id not in users))
    return replace(posted, contacts=contacts, line=line, ring_group=ring_group, named={**others, **users})


async def _contacts(reach: Reach, event: Event, root: str) -> dict[str, Contact]:
    named = [("contact", event.contact), ("original_contact", event.original_contact)]
    named += [(f"contacts[{i}]", id) for i, id in enumerate(event.contacts)]
    found = await asyncio.gather(*(reach.contact(id, root, field) for field, id in named if id))
    return {contact.id: contact for contact in found}


async def _users(reach: Reach, event: Event, root: str) -> dict[str, str]:
    """Name the account of each user; they may be anywhere in the event's tree, as far as the caller sees it."""
    found = await reach.hub.directory.accounts_of(event.users) if event.users else {}
    for i, user in enumerate(event.users):
        account = found.get(user)
        if account is None or not reach.sees(account) or reach.tree.root(account) != root:
            raise unknown_reference(f"users[{i}]", "user", user)
    return dict(found)


async def _line(reach: Reach, event: Event, root: str) -> tuple[Line | None, RingGroup | None]:
    """Find the line and the ring group behind it."""
    if event.line is None:
        return None, None
    directory = reach.hub.directory
    line = await directory.get(Line, root, event.line)
    if line is None or not reach.sees(line.account):
        raise unknown_reference("line", "line", event.line)
    return line, await directory.get(RingGroup, root, line.ring_group) if line.ring_group else None


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
        manners=EventForms(),
    ),
]  # fmt: skip
