"""Contacts that change accounts: one notice for many, single ones for few, and word to the account they left."""

from __future__ import annotations

from dataclasses import replace

from hub.core.catalogue import Catalogue
from hub.core.events import Event

SINGLE = {"bulk_reassigned": "single_reassigned", "bulk_released": "single_released"}
MOVES = frozenset({*SINGLE, *SINGLE.values()})
LEFT = "contact_moved"


def told_as(event: Event, catalogue: Catalogue) -> tuple[Event, ...]:
    """Say as which events an event is told: a bulk of 1 to 5 contacts becomes single ones (C-40, C-41, AMB-10)."""
    if event.type not in SINGLE or not event.contacts:
        return (event,)
    count = len(event.contacts)
    if count >= catalogue[event.type].params["min_contacts"]:
        return (replace(event, data={**event.data, "count": count}),)
    return tuple(replace(event, type=SINGLE[event.type], contact=contact, contacts=()) for contact in event.contacts)


def origin_account(event: Event) -> str | None:
    """Name the account that contacts left by a reassignment or release, when the event says so."""
    left = event.data.get("from_account")
    return left if event.type in MOVES and isinstance(left, str) and left != event.account else None


def left_behind(event: Event) -> Event | None:
    """Raise the event that tells the account which contacts left: one, also for a bulk (AMB-09)."""
    account = origin_account(event)
    if account is None:
        return None
    count = {"count": len(event.contacts)} if len(event.contacts) > 1 else {}
    contact = event.contacts[0] if len(event.contacts) == 1 else event.contact
    data = {**event.data, **count, "to_account": event.account}
    return replace(event, type=LEFT, account=account, contact=contact, contacts=(), data=data)
