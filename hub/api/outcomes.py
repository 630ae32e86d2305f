"""What became of a happening for one user, channel by channel, as the API says it: with a code and a sentence for why.

The sentences of who gets something were written when it happened. The others are said anew for who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.api.fields import parse_time
from hub.api.parts import ERRAND_ONLY, why
from hub.api.publishing import at_text
from hub.api.reach import Reach
from hub.core.directory import Contact
from hub.core.inbox import notification_id
from hub.core.routing import TOLD, Reason, sentence
from hub.engine.deliveries import Delivery
from hub.engine.log import Considered
from hub.engine.rows import Record

SYSTEM = "system"
CHANNELS = (SYSTEM, "text", "email")  # in the order of the rows
_CODES = frozenset(map(str, Reason))
_UNSENT = {  # what is said of a code that is no rule's, but what came of trying
    "queued": "It could not be sent yet, and is tried again: {}.",
    "failed": "It could not be sent: {}.",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """What is known of a happening: what its users share, and why those got it who did."""

    account: str
    base: str
    at: int
    body: Mapping[str, Any]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a happening for one user on one channel; `notification` is null where there is none."""

    happened: Happened
    delivery: Delivery
    notification: str | None

    @property
    def place(self) -> tuple[int, int]:
        """Give its place among all of the happening."""
        return self.delivery.index, CHANNELS.index(self.delivery.channel)


def outcomes(of: Happened, considered: Considered, sent: Iterable[Delivery]) -> list[Outcome]:
    """List what became of it for one user, by channel."""
    rows = [*sent]
    if considered.reason != ERRAND_ONLY:
        rows.insert(0, in_app(considered.index, considered.user, considered.reason, of.at))
    exists = any(row.state != "skipped" for row in rows)
    id = notification_id(of.base, considered.index) if exists else None
    return [Outcome(of, row, id) for row in rows]


def in_app(index: int, user: str, reason: str, at: int) -> Delivery:
    """Say of the app what a delivery says of the other channels."""
    told = reason in TOLD
    return Delivery(index, SYSTEM, user, user, "sent" if told else "skipped", reason, 1 if told else 0, at)


def row(delivery: Delivery, base: str, why: str) -> dict[str, Any]:
    """Show a delivery."""
    return {
        "id": f"{notification_id(base, delivery.index)}:{delivery.channel}",
        "channel": delivery.channel,
        "to": delivery.to,
        "state": delivery.state,
        "reason": delivery.reason,
        "why": why,
        "attempts": delivery.attempts,
        "at": at_text(delivery.at / 1000),
    }


def happened(account: str, base: str, record: Record) -> Happened:
    """Read what is known of a happening out of its record."""
    body = orjson.loads(record.body)
    at = round(parse_time(body["at"]).timestamp() * 1000)
    return Happened(account, base, at, body, record.reasons)


async def whole_rows(reach: Reach, found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Show outcomes of any happenings, each with whose and what it is."""
    shown = zip(found, await rows(reach, found), strict=True)
    return [{**_whose(one), **row} for one, row in shown]


def _whose(one: Outcome) -> dict[str, Any]:
    body = one.happened.body
    about = {"notification": one.notification, "event": body["event"], "type": body["type"]}
    return {**about, "user": one.delivery.user, "account": one.happened.account}


async def rows(reach: Reach, found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Show outcomes, each with its sentence."""
    contacts = await _contacts(reach, [one for one in found if _names_contact(one)])
    return [row(one.delivery, one.happened.base, _why(reach, one, contacts)) for one in found]


def _why(reach: Reach, one: Outcome, contacts: Mapping[tuple[str, str], str]) -> str:
    about, channel, code = one.happened, one.delivery.channel, one.delivery.reason
    if said := why(about.reasons, channel, code):
        return said
    if code not in _CODES and one.delivery.state in _UNSENT:
        return _UNSENT[one.delivery.state].format(code.replace("_", " "))
    body, account = about.body, reach.tree.get(about.body["account"])
    kind = reach.hub.catalogue.get(body["type"])
    contact = contacts.get((body["account"], body.get("contact", "")))
    name = account.name or account.id if account else None
    return sentence(code, kind.title if kind else body["type"], contact, name, channel)


def _names_contact(one: Outcome) -> bool:
    """Tell whether the sentence names the contact; of a duplicate it is the other one that counts (AMB-05)."""
    kind = one.happened.body["type"]
    is_said = one.delivery.reason == Reason.NOT_ASSIGNED_USER and one.delivery.channel == SYSTEM
    return is_said and kind != "duplicate_client" and "contact" in one.happened.body


async def _contacts(reach: Reach, named: Iterable[Outcome]) -> dict[tuple[str, str], str]:
    """Read what the contacts are called, by the account of the event and their id."""
    places = list({(one.happened.body["account"], one.happened.body["contact"]) for one in named})
    reading = (reach.hub.directory.get(Contact, reach.tree.root(account), id) for account, id in places)
    found = zip(places, await asyncio.gather(*reading), strict=True)
    return {place: contact.name for place, contact in found if contact}
