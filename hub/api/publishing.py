"""From an event whose references are checked to what is stored: survey, decide, then one plan for all who are told.

What the rules may read is read together: the members of every account that they name, once for a whole bulk. A user
whom the named type leaves out may be told under a more general one (AMB-08), a small bulk is told as single events
(AMB-10), and people of other accounts hear of it in their own (roll-up, moves, named users). Entries that differ in
their body or their account are happenings of their own: they are the parts of one publication, whose first step also
stores the event's marker. So whoever repeats a request that was cut off finds what exists already.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from hub.api.idempotency import reused
from hub.api.needs import Hub
from hub.core.catalogue import NotificationType
from hub.core.directory import Account, AccountTree, Contact, Line, RingGroup
from hub.core.events import Event
from hub.core.inbox import happening_id, shared_body
from hub.core.routing import Decision, Dropped, Routed, Scene, Way, concerned, sentence, tell
from hub.engine.log import Happening, Marker, Recipient, Skipped, cutoff
from hub.engine.plans import INLINE, Part, Publication
from hub.engine.rows import Record
from hub.metrics import EVENTS, NOTIFICATIONS

Numbered = tuple[int, Decision]  # a user's number is their place among all who were considered


@dataclass(frozen=True, slots=True)
class Posted:
    """An event with the objects it names. `digest` is that of its body; `marker` makes it one event.

    `named` are the accounts of the users whom the event, its line or its ring group names.
    """

    event: Event
    account: Account
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    digest: str = "-"
    marker: str = ""
    line: Line | None = None
    ring_group: RingGroup | None = None
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a producer is answered, and whether the event had been accepted before."""

    body: dict[str, Any]
    replayed: bool = False


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
    (publication,) = await decided(hub, await hub.directory.tree(), [posted])
    return await commit(hub, posted, publication)


def identified(posted: Posted, now: float) -> Posted:
    """Give an event that came without an id one of its own."""
    if posted.event.id is not None:
        return posted
    return replace(posted, event=replace(posted.event, id=new_event_id(now)))


async def decided(hub: Hub, tree: AccountTree, events: Sequence[Posted]) -> list[Publication]:
    """Work out what is to be stored of each event; the members of an account are read once for all of them."""
    concern = [concerned(hub.catalogue, posted.event, tree, posted.named) for posted in events]
    accounts = sorted(frozenset().union(*concern))
    members = dict(zip(accounts, await asyncio.gather(*map(hub.directory.members, accounts)), strict=True))
    found = []
    for posted, ids in zip(events, concern, strict=True):
        scene = Scene(
            posted.event, posted.account, tree, {id: members[id] for id in ids}, posted.contacts,
            posted.line, posted.ring_group, posted.named,
        )  # fmt: skip
        found.append(decide(hub, posted, scene))
        await asyncio.sleep(0)  # a bulk to large accounts does not hold up everybody else
    return found


def decide(hub: Hub, posted: Posted, scene: Scene) -> Publication:
    """Work out who is told, as the parts to store; the first one is of the event's own account and type."""
    ways = tell(hub.catalogue, scene)
    parts = [part for place, way in enumerate(ways) for part in _parts(hub, scene, way, is_first=place == 0)]
    answer = orjson.dumps({"body": _answer(posted, ways, parts)})
    return Publication(parts, Marker(posted.marker or posted.event.id or "", posted.digest, answer))


async def commit(hub: Hub, posted: Posted, publication: Publication) -> Outcome:
    """Store what comes of an event; raise 422 when another one came under this id before."""
    appended = await hub.plans.publish(publication, secrets.token_hex(4))
    NOTIFICATIONS.inc(appended.count)
    if appended.earlier is not None:
        return earlier(posted, appended.earlier)
    outcome = Outcome(orjson.loads(publication.marker.answer)["body"])
    EVENTS.labels(outcome.body["status"]).inc()
    return outcome


def earlier(posted: Posted, accepted: tuple[str, bytes]) -> Outcome:
    """Answer as before when the same event was accepted before; raise 422 for another one under its id."""
    digest, answer = accepted
    if digest != posted.digest:
        raise reused(f"The event id {posted.event.id}")
    EVENTS.labels("repeated").inc()
    return Outcome(orjson.loads(answer)["body"], True)


def _answer(posted: Posted, ways: Sequence[Way], parts: Sequence[Part]) -> dict[str, Any]:
    """Answer how many are told; null when they are so many that they are told later."""
    reasons = [way.outcome.reason for way in ways if isinstance(way.outcome, Dropped)]
    if len(reasons) == len(ways):
        return {"id": posted.event.id, "status": "dropped", "reason": reasons[0], "recipients": 0}
    users = {to.user for part in parts for to in part.recipients}
    count = None if sum(len(part.recipients) for part in parts) > INLINE else len(users)
    return {"id": posted.event.id, "status": "accepted", "recipients": count}


def _parts(hub: Hub, scene: Scene, way: Way, is_first: bool) -> Iterator[Part]:
    """Make a part for each account and type under which somebody is told or not."""
    own = (way.event.account, way.event.type)
    places: dict[tuple[str, str], list[Numbered]] = {own: []} if is_first else {}
    for index, one in enumerate(way.outcome.decisions if isinstance(way.outcome, Routed) else ()):
        places.setdefault((one.account, one.type), []).append((index, one))
    for (account, type), numbered in places.items():
        yield _part(hub, scene, way.event, account, hub.catalogue[type], numbered)


def _part(
    hub: Hub, scene: Scene, event: Event, account: str, kind: NotificationType, numbered: Iterable[Numbered]
) -> Part:
    told = [(index, one) for index, one in numbered if one.told]
    now, slot = hub.clock.now(), scene.tree.get(account)
    happening = Happening(
        base=new_base(now),
        account=account,
        record=Record(shared_body(event, kind, at_text(now)), _reasons(scene, event, kind, told)),
        at=int(now * 1000),
        cutoff=cutoff(now, slot.retention_days if slot else scene.account.retention_days),
        sticky=kind.sticky,
        origin=None if event.account == account else event.account,
    )
    return Part(
        happening,
        [Recipient(one.user, index, one.reason, one.channel) for index, one in told],
        [Skipped(one.user, index, one.reason) for index, one in numbered if not one.told],
    )


def _reasons(scene: Scene, event: Event, kind: NotificationType, told: Iterable[Numbered]) -> dict[str, str]:
    """Say each reason in a sentence that names the contact and the account that the event is of."""
    is_original = kind.personal_target == "original_contact_assigned_user"
    subject = scene.contact(event.original_contact if is_original else event.contact)
    account = scene.tree.get(event.account) or scene.account
    names = kind.title, subject.name if subject else None, account.name or account.id
    return {str(code): sentence(code, *names) for code in {one.reason for _, one in told}}
