"""From an event whose references are checked to what is stored: decide, then one plan for all who are told.

A user whom the named type leaves out may be told under a more general one (AMB-08), and a small bulk is told as
single events (AMB-10). Entries with different bodies are happenings of their own; they are parts of one plan, whose
first step also stores the event's marker. So whoever repeats a request that was cut off finds what exists already.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from hub.api.idempotency import reused
from hub.api.needs import Hub
from hub.core.catalogue import NotificationType
from hub.core.directory import Account, Contact
from hub.core.events import Event
from hub.core.inbox import happening_id, shared_body
from hub.core.moves import told_as
from hub.core.routing import Decision, Dropped, Member, Routed, route, sentence
from hub.engine.log import Happening, Recipient, cutoff
from hub.engine.plans import INLINE
from hub.engine.rows import Record
from hub.metrics import EVENTS, NOTIFICATIONS


@dataclass(frozen=True, slots=True)
class Posted:
    """An event with the objects it names. `digest` is that of its body; `marker` makes it one event."""

    event: Event
    account: Account
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    digest: str = "-"
    marker: str = ""

    def contact(self, id: str | None) -> Contact | None:
        """Find a contact that the event names."""
        return self.contacts.get(id) if id else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a producer is answered, and whether the event had been accepted before."""

    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One happening and those who are told of it."""

    happening: Happening
    recipients: tuple[Recipient, ...]


def new_base(now: float) -> str:
    """Make the id of a happening: business time, real time (a frozen clock keeps the order), then chance."""
    real = (time.time_ns() // 1000) % 2**40
    return happening_id(int(now * 1000), real.to_bytes(5, "big") + secrets.token_bytes(5))


def new_event_id(now: float) -> str:
    """Make a time-sortable id for an event that came without one."""
    return f"evt-{new_base(now)}"


def at_text(now: float) -> str:
    """Write a moment as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def publish(hub: Hub, event: Event, account: Account) -> Outcome:
    """Raise an event of the hub's own."""
    posted = identified(Posted(event, account), hub.clock.now())
    return await commit(hub, posted, decide(hub, posted, await hub.directory.members(account.id)))


def identified(posted: Posted, now: float) -> Posted:
    """Give an event that came without an id one of its own."""
    if posted.event.id is not None:
        return posted
    return replace(posted, event=replace(posted.event, id=new_event_id(now)))


def decide(hub: Hub, posted: Posted, members: Mapping[str, Member]) -> list[Told]:
    """Work out who is told, as the happenings to store; the first one carries the event's marker."""
    ways = [(event, _routed(hub, posted, event, members)) for event in told_as(posted.event, hub.catalogue)]
    users = {one.user for _, outcome in ways if isinstance(outcome, Routed) for one in outcome.told}
    reasons = [outcome.reason for _, outcome in ways if isinstance(outcome, Dropped)]
    if len(reasons) == len(ways):
        body = _answer(posted, "dropped", 0, reasons[0])
    else:
        body = _answer(posted, "accepted", None if len(users) > INLINE else len(users))
    found = [told for event, outcome in ways for told in _happenings(hub, posted, event, outcome)]
    return [_marked(posted, found[0], body), *found[1:]]


def _routed(hub: Hub, posted: Posted, event: Event, members: Mapping[str, Member]) -> Routed | Dropped:
    contact, original = posted.contact(event.contact), posted.contact(event.original_contact)
    return route(hub.catalogue, event, posted.account, members, contact, original)


def _happenings(hub: Hub, posted: Posted, event: Event, outcome: Routed | Dropped) -> list[Told]:
    """Make a happening of each type under which someone is told; the event's own type comes first, told or not."""
    routed = outcome if isinstance(outcome, Routed) else Routed(())
    types = dict.fromkeys((event.type, *(one.type for one in routed.told)))
    return [_told(hub, posted, event, hub.catalogue[id], routed) for id in types]


def _marked(posted: Posted, told: Told, body: dict[str, Any]) -> Told:
    answer = orjson.dumps({"body": body})
    marker = posted.marker or posted.event.id
    return replace(told, happening=replace(told.happening, event=marker, digest=posted.digest, answer=answer))


async def commit(hub: Hub, posted: Posted, happenings: list[Told]) -> Outcome:
    """Store the happenings; raise 422 when another event came under this id before."""
    parts = [(told.happening, told.recipients) for told in happenings]
    appended = await hub.plans.publish(parts, secrets.token_hex(4))
    NOTIFICATIONS.inc(appended.count)
    if appended.earlier is not None:
        return earlier(posted, appended.earlier)
    outcome = Outcome(orjson.loads(happenings[0].happening.answer)["body"])
    EVENTS.labels(outcome.body["status"]).inc()
    return outcome


def earlier(posted: Posted, accepted: tuple[str, bytes]) -> Outcome:
    """Answer as before when the same event was accepted before; raise 422 for another one under its id."""
    digest, answer = accepted
    if digest != posted.digest:
        raise reused(f"The event id {posted.event.id}")
    EVENTS.labels("repeated").inc()
    return Outcome(orjson.loads(answer)["body"], True)


def _answer(posted: Posted, status: str, recipients: int | None, reason: str | None = None) -> dict[str, Any]:
    why = {} if reason is None else {"reason": reason}
    return {"id": posted.event.id, "status": status, **why, "recipients": recipients}


def _told(hub: Hub, posted: Posted, event: Event, kind: NotificationType, outcome: Routed) -> Told:
    """Make the happening of one type out of all decisions; a user's number is their place among all."""
    now, account = hub.clock.now(), posted.account
    mine = [(index, one) for index, one in enumerate(outcome.decisions) if one.type == kind.id]
    told = [(index, one) for index, one in mine if one.told]
    reasons = _reasons(posted, event, kind, [one for _, one in told])
    happening = Happening(
        base=new_base(now),
        account=account.id,
        record=Record(shared_body(event, kind, at_text(now)), reasons),
        at=int(now * 1000),
        cutoff=cutoff(now, account.retention_days),
        sticky=kind.sticky,
        decisions=_decisions(mine),
    )
    return Told(happening, tuple(Recipient(one.user, index, one.reason, one.channel_suffix) for index, one in told))


def _reasons(posted: Posted, event: Event, kind: NotificationType, told: list[Decision]) -> dict[str, str]:
    is_original = kind.personal_target == "original_contact_assigned_user"
    subject = posted.contact(event.original_contact if is_original else event.contact)
    contact, account = subject.name if subject else None, posted.account.name or posted.account.id
    return {str(code): sentence(code, kind.title, contact, account) for code in {one.reason for one in told}}


def _decisions(decisions: list[tuple[int, Decision]]) -> bytes:
    """Write who was considered, for `GET /v1/deliveries`."""
    rows = [
        {"index": index, "user": one.user, "type": one.type, "told": one.told, "reason": one.reason}
        for index, one in decisions
    ]
    return orjson.dumps(rows) if rows else b""
