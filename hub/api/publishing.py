"""From an event whose references are checked to what is stored: survey, decide, then one plan for all who are told.

What the rules may read is read together: the members of every account that they name, once for a whole bulk. A user
whom the named type leaves out may be told under a more general one (AMB-08), a small bulk is told as single events
(AMB-10), and people of other accounts hear of it in their own (roll-up, moves, named users). Entries that differ in
their body or their account are happenings of their own: they are the parts of one publication, whose first step also
stores the event's marker. So whoever repeats a request that was cut off finds what exists already.

A text from a contact counts in the very step that stores it, so only the store knows whether it makes a burst (A-35):
it stores nothing then, and is asked again with the alert among the parts. So both come into being together, or neither.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from hub.api.fields import parse_time
from hub.api.idempotency import reused
from hub.api.needs import Hub
from hub.api.parts import Decided, shown_as
from hub.api.turns import in_turns
from hub.core.audience import considered, types_of
from hub.core.bursts import ALERT, Burst, Source, alert, source_of
from hub.core.catalogue import NotificationType
from hub.core.directory import Account, AccountTree, Contact, Line, RingGroup
from hub.core.events import Event
from hub.core.frames import exact_moment
from hub.core.inbox import happening_id, shared_body
from hub.core.personal import Errand, numbered, reached, sending
from hub.core.routing import Dropped, Routed, Scene, Way, concerned, telling
from hub.core.turns import TURN, Turns, at_once, pieces
from hub.engine.connection import Unavailable
from hub.engine.log import Appended, Happening, Marker, Tally, cutoff
from hub.engine.plans import INLINE, Part, Publication
from hub.engine.rows import Record
from hub.metrics import EVENTS, NOTIFICATIONS

LARGE = 5_000  # people looked at: about 5 MB while they are decided about
TRIES = 20  # each but the first means that another text of the same line and number was stored meanwhile


@dataclass(frozen=True, slots=True)
class Posted:
    """An event with the objects it names. `digest` is that of its body; `marker` makes it one event.

    `named` are the accounts of the users whom the event, its line, its ring group or one of its contacts names.
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
    return exact_moment(now)


async def publish(hub: Hub, event: Event, account: Account) -> Outcome:
    """Raise an event of the hub's own."""
    posted = identified(Posted(event, account), hub.clock.now())
    (scene,) = await surveyed(hub, await hub.directory.tree(), [posted])
    return await told(hub, posted, scene)


def identified(posted: Posted, now: float) -> Posted:
    """Give an event that came without an id one of its own."""
    if posted.event.id is not None:
        return posted
    return replace(posted, event=replace(posted.event, id=new_event_id(now)))


async def surveyed(hub: Hub, tree: AccountTree, events: Sequence[Posted]) -> list[Scene]:
    """Read what the rules may read of each event; the members of an account are read once for all of them."""
    concern = [concerned(hub.catalogue, posted.event, tree, posted.named) for posted in events]
    accounts = sorted(frozenset().union(*concern))
    reading = asyncio.gather(*map(hub.directory.members, accounts))
    found, numbers = await asyncio.gather(reading, _numbers(hub, tree, events))
    members = dict(zip(accounts, found, strict=True))
    return [
        Scene(
            posted.event, posted.account, tree, {id: members[id] for id in ids}, posted.contacts,
            posted.line, posted.ring_group, posted.named, numbers.get(tree.root(posted.account.id), frozenset()),
        )
        for posted, ids in zip(events, concern, strict=True)
    ]  # fmt: skip


async def told(hub: Hub, posted: Posted, scene: Scene) -> Outcome:
    """Decide about an event and store what comes of it; raise 422 when another one came under its id before."""
    async with hub.plans.large if considered(hub.catalogue, scene) > LARGE else contextlib.nullcontext():
        return await commit(hub, posted, await decided(hub, posted, scene))


async def decided(hub: Hub, posted: Posted, scene: Scene) -> Publication:
    """Work out what is to be stored of an event; whoever else is served here is served between two turns."""
    if considered(hub.catalogue, scene) > TURN:
        # Members change in place as soon as somebody else reads them anew.
        still = replace(scene, members={id: dict(members) for id, members in scene.members.items()})
        return await in_turns(deciding(hub, posted, still))
    publication = at_once(deciding(hub, posted, scene))
    await asyncio.sleep(0)  # the next one of a bulk waits for its turn
    return publication


async def _numbers(hub: Hub, tree: AccountTree, events: Sequence[Posted]) -> dict[str, frozenset[str]]:
    """Read the lines' numbers of each tree in which somebody may be sent a text."""
    texting = (one for one in events if any("text" in kind.channels for kind in types_of(hub.catalogue, one.event)))
    roots = sorted({tree.root(one.account.id) for one in texting})
    found = await asyncio.gather(*map(hub.directory.lines, roots))
    return {root: frozenset(line.number for line in lines.values()) for root, lines in zip(roots, found, strict=True)}


def deciding(hub: Hub, posted: Posted, scene: Scene) -> Turns[Publication]:
    """Work out who is told, as the parts to store; the first one is of the event's own account and type."""
    now = hub.clock.now()
    ways, sent, parts = (yield from telling(hub.catalogue, scene)), list[Errand](), list[Part]()
    for place, way in enumerate(ways):
        going = yield from sending(hub.catalogue, scene, way, now)
        parts += yield from _parts(hub, scene, way, going, is_first=place == 0)
        sent += going
    answer = orjson.dumps({"body": _answer(posted, ways, sent, parts)})
    marker = Marker(posted.marker or posted.event.id or "", posted.digest, answer)
    return Publication(parts, marker, tally=tally_of(hub, posted, now))


def tally_of(hub: Hub, posted: Posted, now: float) -> Tally | None:
    """Say what an event counts as, if it is a text from a contact: sent when it says so, else now."""
    event = posted.event
    source = source_of(event, posted.contacts.get(event.contact or ""))
    if source is None:
        return None
    burst = Burst.of(hub.catalogue[ALERT].params)
    at = parse_time(event.occurred_at).timestamp() if event.occurred_at else now
    return Tally(source.line, source.number, round(at * 1000), burst.more_than, burst.window_ms, burst.kept)


async def commit(hub: Hub, posted: Posted, publication: Publication) -> Outcome:
    """Store what comes of an event; raise 422 when another one came under this id before."""
    appended = await _stored(hub, posted, publication)
    NOTIFICATIONS.inc(appended.count)
    if appended.earlier is not None:
        return earlier(posted, appended.earlier)
    outcome = Outcome(orjson.loads(publication.marker.answer)["body"])
    EVENTS.labels(outcome.body["status"]).inc()
    return outcome


async def _stored(hub: Hub, posted: Posted, publication: Publication) -> Appended:
    """Store it, with the alert iff its text makes a burst; while others of the same source come in, that may change."""
    plain, alerting = publication, None
    for _ in range(TRIES):
        appended = await hub.plans.publish(publication, secrets.token_hex(4))
        if appended.fires is None:
            return appended
        alerting = alerting or await _alerting(hub, posted, plain)
        publication = alerting if appended.fires else plain
    raise Unavailable("others count at the same time, again and again")


async def _alerting(hub: Hub, posted: Posted, publication: Publication) -> Publication:
    """Add the alert to what is stored of a text that makes a burst."""
    assert publication.tally is not None
    source = Source(publication.tally.line, publication.tally.number)
    raised = replace(posted, event=alert(posted.event, source, Burst.of(hub.catalogue[ALERT].params)))
    (scene,) = await surveyed(hub, await hub.directory.tree(), [raised])
    parts = (await decided(hub, raised, scene)).parts
    return replace(publication, parts=[*publication.parts, *parts], tally=replace(publication.tally, fires=True))


def earlier(posted: Posted, accepted: tuple[str, bytes]) -> Outcome:
    """Answer as before when the same event was accepted before; raise 422 for another one under its id."""
    digest, answer = accepted
    if digest != posted.digest:
        raise reused(f"The event id {posted.event.id}")
    EVENTS.labels("repeated").inc()
    return Outcome(orjson.loads(answer)["body"], True)


def _answer(posted: Posted, ways: Sequence[Way], sent: Sequence[Errand], parts: Sequence[Part]) -> dict[str, Any]:
    """Answer how many are told on at least one channel; null when they are so many that they are told later."""
    reasons = [way.outcome.reason for way in ways if isinstance(way.outcome, Dropped)]
    if len(reasons) == len(ways):
        return {"id": posted.event.id, "status": "dropped", "reason": reasons[0], "recipients": 0}
    is_large = sum(part.size for part in parts) > INLINE
    return {"id": posted.event.id, "status": "accepted", "recipients": None if is_large else reached(ways, sent)}


def _parts(hub: Hub, scene: Scene, way: Way, sent: Sequence[Errand], is_first: bool) -> Turns[list[Part]]:
    """Make a part for each account and type under which somebody is told or not, in the app or beside it."""
    own, index = (way.event.account, way.event.type), numbered(way, sent)
    places: dict[tuple[str, str], Decided] = {own: Decided()} if is_first else {}
    for decisions in pieces(way.outcome.decisions if isinstance(way.outcome, Routed) else ()):
        for decision in decisions:
            place = places.setdefault((decision.account, decision.type), Decided())
            place.decisions.append((index[decision.user], decision))
        yield len(decisions)
    for errands in pieces(sent):
        for errand in errands:
            places.setdefault((errand.account, errand.type), Decided()).errands.append((index[errand.user], errand))
        yield len(errands)
    happenings = [
        _happening(hub, scene, way.event, account, hub.catalogue[type], found)
        for (account, type), found in places.items()
    ]
    made = list(zip(happenings, places.values(), strict=True))
    shown, parts = (yield from shown_as(made)), list[Part]()
    for happening, found in made:
        parts.append((yield from found.parting(happening, shown)))
    return parts


def _happening(hub: Hub, scene: Scene, event: Event, account: str, kind: NotificationType, found: Decided) -> Happening:
    now, slot = hub.clock.now(), scene.tree.get(account)
    is_original = kind.personal_target == "original_contact_assigned_user"
    subject = scene.contact(event.original_contact if is_original else event.contact)
    home = scene.tree.get(event.account) or scene.account
    reasons = found.sentences(kind.title, subject.name if subject else None, home.name or home.id)
    return Happening(
        base=new_base(now),
        account=account,
        record=Record(shared_body(event, kind, at_text(now)), reasons),
        at=int(now * 1000),
        cutoff=cutoff(now, slot.retention_days if slot else scene.account.retention_days),
        sticky=kind.sticky,
        origin=None if event.account == account else event.account,
    )
