"""One message to many people, from a person, a producer or the operator: stored, sent, shown with its receipts.

Broadcasts and system notices have this in common. A message is one publication: a part for each account whose people
get it, and the document of the message in the slot of its home. The marker that makes it one is derived from the
Idempotency-Key, so that a request which a crash cut off is resumed and not repeated.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel

from hub.api.audit import note
from hub.api.call import Call
from hub.api.fields import parse_time
from hub.api.idempotency import key_of, reused
from hub.api.paging import listed, read_cursor, write_cursor
from hub.api.parts import Decided
from hub.api.problem import invalid
from hub.api.publishing import at_text, new_base
from hub.api.reach import Reach
from hub.api.turns import in_turns
from hub.core.broadcasts import NOTICES, Broadcast, Message, Unfit, clean
from hub.core.catalogue import NotificationType
from hub.core.events import Event
from hub.core.inbox import notification_id, shared_body
from hub.core.personal import Errand
from hub.core.routing import Decision
from hub.core.turns import Turns, pieces
from hub.engine.broadcasts import Reached, write_broadcast
from hub.engine.log import Happening, Marker, cutoff
from hub.engine.plans import Part, Publication
from hub.engine.rows import Record
from hub.metrics import NOTIFICATIONS

MARKER = "#broadcast:"  # no id holds a #: nobody's event is taken for a broadcast
NOTICES_KEPT = 90  # days: as long as an account keeps things unless it says otherwise


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is about to be sent, and whom it concerns; `home` is the account whose it is.

    `errands` are of those whom it is decided of, and of nobody else.
    """

    home: str
    kind: NotificationType
    message: Message
    decisions: Sequence[Decision]
    errands: Sequence[Errand] = ()
    title: str | None = None
    url: str | None = None
    sender: str | None = None
    expires_at: str | None = None
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    @property
    def told(self) -> int:
        """Count those who get it."""
        return sum(one.told for one in self.decisions)


def cleaned(message: str) -> Message:
    """Make a message safe to show; raise 422 (AMB-42)."""
    found = clean(message)
    if isinstance(found, Unfit):
        raise invalid(("message", found.problem))
    return found


def check_expiry(call: Call, expires_at: str | None) -> None:
    """Raise 422 for a message that would be withdrawn before it is sent."""
    if expires_at is not None and parse_time(expires_at).timestamp() <= call.hub.clock.now():
        raise invalid(("expires_at", "lies in the past"))


def fingerprint(body: BaseModel) -> str:
    """Tell one message from another."""
    return hashlib.sha256(orjson.dumps(body.model_dump(), option=orjson.OPT_SORT_KEYS)).hexdigest()


async def sent_before(call: Call, home: str, digest: str) -> dict[str, Any] | None:
    """Return what was answered when this very request had come as far as being stored; raise 422 for another."""
    marker = _derived(call)
    accepted = await call.hub.log.accepted(home, marker) if marker else None
    return await _again(call, home, accepted, digest) if accepted else None


async def announce(call: Call, draft: Draft, digest: str) -> dict[str, Any]:
    """Store a message and send it; return the answer: its id and how many get it."""
    hub, now = call.hub, call.hub.clock.now()
    broadcast = _document(call, draft, now)
    parts = await in_turns(_parts(call, draft, broadcast, now))
    answer = {"id": broadcast.id, "recipients": broadcast.recipients}
    marker = Marker(_derived(call) or f"{MARKER}{broadcast.id}", digest, orjson.dumps({"body": answer}))
    if draft.expires_at is not None:
        due = int(parse_time(draft.expires_at).timestamp() * 1000)
        await hub.broadcasts.expire_at(draft.home, broadcast.id, due)
    publication = Publication(parts, marker, (broadcast.id, write_broadcast(broadcast)))
    appended = await hub.plans.publish(publication, secrets.token_hex(4))
    NOTIFICATIONS.inc(appended.count)
    if appended.earlier:
        return await _again(call, draft.home, appended.earlier, digest)
    await _note(call, draft.home, "sent", answer)
    return answer


async def recall(call: Call, broadcast: Broadcast) -> None:
    """Take a message back from every tab and inbox."""
    await call.hub.broadcasts.recall(broadcast, at_text(call.hub.clock.now()))
    await _note(call, broadcast.account, "recalled", {"id": broadcast.id, "recipients": broadcast.recipients})


async def shown(call: Call, broadcast: Broadcast) -> dict[str, Any]:
    """Show a message with what became of it so far."""
    receipts = await call.hub.broadcasts.receipts(broadcast)
    document = broadcast.as_document()
    parts, expired = document.pop("parts"), document.pop("expired")
    is_notice = broadcast.account == NOTICES
    if is_notice:
        document |= {"account": None, "accounts": broadcast.accounts or "all"}
    is_sending = receipts.delivered < broadcast.recipients and await call.hub.plans.is_open(*parts[0])
    withdrawn = None if broadcast.recalled_at is None else "expired" if expired else "recalled"
    status = withdrawn or ("sending" if is_sending else "sent")
    return {**document, "status": status, **receipts._asdict()}


async def page_of(call: Call, broadcasts: Sequence[Broadcast]) -> dict[str, Any]:
    """List messages, the newest first."""
    query = call.query
    before = read_cursor(query.cursor, str)[0] if query.cursor else None
    rest = [one for one in sorted(broadcasts, key=_id, reverse=True) if before is None or one.id < before]
    found = rest[: query.limit]
    cursor = write_cursor([found[-1].id]) if len(rest) > len(found) else None
    return listed([await shown(call, one) for one in found], cursor)


async def recipients_of(call: Call, broadcast: Broadcast) -> dict[str, Any]:
    """List who was considered for a message, and what became of it there."""
    query = call.query
    part, index = read_cursor(query.cursor, int, int) if query.cursor else (0, -1)
    if not 0 <= part < len(broadcast.parts):
        raise invalid(("cursor", "is not a cursor of this list"))
    rows = await call.hub.broadcasts.recipients(broadcast, (part, index), query.limit + 1)
    found = rows[: query.limit]
    cursor = write_cursor([found[-1].part, found[-1].index]) if len(rows) > len(found) else None
    return listed([_reached(call.reach, broadcast, row) for row in found], cursor)


def _id(broadcast: Broadcast) -> str:
    return broadcast.id


def _reached(reach: Reach, broadcast: Broadcast, row: Reached) -> dict[str, Any]:
    """Show one; who lies outside what the caller sees is counted, and not named."""
    is_seen = reach.sees(row.account)
    id = notification_id(broadcast.parts[row.part][1], row.index)
    return {
        "user": row.user if is_seen else None,
        "account": row.account if is_seen else None,
        "notification": id if row.delivered and is_seen else None,
        "reason": row.reason,
        "delivered": row.delivered,
        "shown": row.shown,
        "dismissed": row.dismissed,
    }


def _derived(call: Call) -> str | None:
    key = key_of(call)
    return MARKER + hashlib.sha256(repr((call.caller.id, key)).encode()).hexdigest()[:32] if key else None


async def _again(call: Call, home: str, accepted: tuple[str, bytes], digest: str) -> dict[str, Any]:
    if accepted[0] != digest:
        raise reused("The key")
    answer: dict[str, Any] = orjson.loads(accepted[1])["body"]
    await _note(call, home, "sent", answer)  # rather twice than not at all
    return answer


async def _note(call: Call, home: str, what: str, message: Mapping[str, Any]) -> None:
    kind = "system_notice" if home == NOTICES else "broadcast"
    await note(call, home, f"{kind}_{what}", broadcast=message["id"], recipients=message["recipients"])


def _document(call: Call, draft: Draft, now: float) -> Broadcast:
    accounts = dict.fromkeys(one.account for one in draft.decisions if one.account != draft.home)
    bases = {account: new_base(now) for account in (draft.home, *accounts)}
    return Broadcast(
        id=bases[draft.home],
        account=draft.home,
        type=draft.kind.id,
        title=draft.title or draft.kind.title,
        message=draft.message.html,
        body=draft.message.text,
        url=draft.url,
        groups=draft.groups,
        users=draft.users,
        accounts=draft.accounts,
        sender=draft.sender,
        by=call.caller.name,
        at=at_text(now),
        expires_at=draft.expires_at,
        recipients=draft.told,
        parts=tuple(bases.items()),
    )


def _parts(call: Call, draft: Draft, broadcast: Broadcast, now: float) -> Turns[list[Part]]:
    """Make a part for each account, with those it concerns, numbered in it."""
    places = {account: Decided() for account, _ in broadcast.parts}
    numbers: dict[str, int] = {}
    for decisions in pieces(draft.decisions):
        for decision in decisions:
            numbers[decision.user] = len(places[decision.account].decisions)
            places[decision.account].decisions.append((numbers[decision.user], decision))
        yield len(decisions)
    for errands in pieces(draft.errands):
        for errand in errands:
            places[errand.account].errands.append((numbers[errand.user], errand))
        yield len(errands)
    parts = list[Part]()
    for account, base in broadcast.parts:
        found = places[account]
        parts.append((yield from found.parting(_happening(call, draft, broadcast, account, base, found, now))))
    return parts


def _happening(
    call: Call, draft: Draft, broadcast: Broadcast, account: str, base: str, found: Decided, now: float
) -> Happening:
    slot = call.reach.tree.get(account)
    title = draft.kind.title if draft.home == NOTICES else "notification"
    reasons = found.sentences(title, None, slot.name or slot.id if slot else None)
    return Happening(
        base=base,
        account=account,
        record=Record(_body(draft, broadcast, account), reasons),
        at=int(now * 1000),
        cutoff=cutoff(now, slot.retention_days if slot else NOTICES_KEPT),
        sticky=draft.kind.sticky,
        origin=None if draft.home in (account, NOTICES) else draft.home,
        counted=True,
    )


def _body(draft: Draft, broadcast: Broadcast, account: str) -> bytes:
    """Write what all readers share; a notice is of the reader's own account."""
    home = account if draft.home == NOTICES else draft.home
    event = Event(draft.kind.id, home, title=draft.title, body=draft.message.text, url=draft.url)
    return shared_body(event, draft.kind, broadcast.at, html=draft.message.html, sender=draft.sender)
