"""Contacts: whose they are, and on what basis they may be texted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api.auth import Caller
from hub.api.directory_models import ContactBody
from hub.api.publishing import at_text
from hub.api.reach import Reach
from hub.api.rooted import Resource
from hub.core.directory import Contact


async def complete(reach: Reach, body: ContactBody, before: Contact | None, root: str) -> Mapping[str, Any]:
    """Check the assigned user, and keep the consent."""
    if body.assigned_user not in (None, before.assigned_user if before else None):
        await reach.user(body.assigned_user or "", root, "assigned_user")
    return {"consent": await _consent(reach, body, before, root)}


async def _consent(reach: Reach, body: ContactBody, before: Contact | None, root: str) -> Mapping[str, str] | None:
    """Record on what basis texting was turned on, by whom and when (S-02); it holds until texting is turned off."""
    if not body.ok_to_sms:
        return None
    given, kept = body.consent, before.consent if before else None
    if kept and (given is None or (given.basis, given.by) == (kept["basis"], kept.get("by"))):
        return kept
    if given and given.by is not None:
        await reach.user(given.by, root, "consent.by")
    basis, by = (given.basis, given.by) if given else ("unspecified", None)
    return {"basis": basis, "by": by or reach.caller.id, "at": at_text(reach.hub.clock.now())}


def is_shown(caller: Caller, contact: Contact) -> bool:
    """Show a salesperson their own contacts only (E-13)."""
    return caller.sees_contact(contact)


CONTACTS = Resource(Contact, ContactBody, "contact", "contacts", complete, is_shown)
ROUTES = CONTACTS.routes()
