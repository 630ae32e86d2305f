"""Contacts that change accounts: one notice for many, single ones for few, and word to the account they left."""

from __future__ import annotations

from dataclasses import replace

from hub.core.catalogue import Catalogue
from hub.core.events import Event

SINGLE = {"bulk_reassigned": "single_reassigned", "bulk_released": "single_released"}
LEFT = "contact_moved"
MOVES = frozenset({*SINGLE, *SINGLE.values(), LEFT})


def told_as(event: Event, catalogue: Catalogue) -> tuple[Event, ...]:
    """Say as which events an event is told: a bulk of 1 to 5 contacts becomes single ones (C-40, C-41, AMB-10)."""
    contacts = _different(event)
    if event.type not in SINGLE or not contacts:
        return (event,)
    if len(contacts) >= catalogue[event.type].params["min_contacts"]:
        return (replace(event, contacts=contacts, data={**event.data, "count": len(contacts)}),)
    return tuple(replace(event, type=SINGLE[event.type], contact=contact, contacts=()) for contact in contacts)


def origin_account(event: Event) -> str | None:
    """Name the account that contacts left by a reassignment, a release or any other move, when the event says so."""
    left = event.data.get("from_account")
    return left if event.type in MOVES and isinstance(left, str) and left != event.account else None


def left_behind(event: Event) -> Event | None:
    """Raise the event that tells the account which contacts left: one, also for a bulk (AMB-09).

    A bulk keeps the list of its contacts: who asked for their own contacts only is told when one of them left.
    """
    account = origin_account(event)
    if account is None:
        return None
    contacts, contact, count = _different(event), event.contact, {}
    if len(contacts) == 1:
        (contact,), contacts = contacts, ()
    elif contacts:
        count = {"count": len(contacts)}
    data = {**event.data, **count, "to_account": event.account}
    return replace(event, type=LEFT, account=account, contact=contact, contacts=contacts, data=data)


def _different(event: Event) -> tuple[str, ...]:
    """List the contacts of a bulk; one that is named twice moved once."""
    return tuple(dict.fromkeys(event.contacts))
