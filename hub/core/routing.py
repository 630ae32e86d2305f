"""From an event to the people: dropped as a whole, or one decision with its reason for every user considered.

Rules in their order; each stops at the first that says no:

  the event   blocked contact · origin · ticked flag · account feature · a change that changed nothing
  the user    in the account · active · role · system channel · own feature · named · scope of preferences

A user whom the named type leaves out is told by the first of its general types that they receive (AMB-08).
So nobody gets two notifications of one happening, and nobody misses one they asked for under a wider name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.core.catalogue import Catalogue, NotificationType
from hub.core.directory import Account, Contact, User
from hub.core.events import LINE_AUDIENCES, ORIGINS, Event, changed_fields, is_ticked, problems
from hub.core.preferences import Preferences, Scope, effective, scope

__all__ = [
    "Decision",
    "Dropped",
    "Event",
    "Member",
    "Reason",
    "Routed",
    "problems",
    "route",
    "sentence",
]

_NAMED = frozenset({"addressee", "event_attendees", "group_members", "template_recipients"})
_ROLE = {"admins": "admin", "billing_admins": "billing_admin"}
# What types.json asks for in words, as the feature flag that answers it.
_ACCOUNT_FEATURE = {
    "account has the Dispatch speciality": "dispatch",
    "ThumbTack integration on": "thumbtack",
}
_USER_FEATURE = {
    "user has SMTP set up": "smtp",
    "user connected Outlook through OAuth2": "outlook_oauth2",
}
_NOT_OWN_SMTP = "account mail is NOT sent through the user's own SMTP"


@dataclass(frozen=True, slots=True)
class Member:
    """Pair a user of the account with what they chose."""

    user: User
    preferences: Preferences = field(default_factory=Preferences)


class Reason(StrEnum):
    """Name why a user was told, or was not; stored with the decision and shown to people."""

    ALL_OF_TYPE = "all_of_type"
    ASSIGNED_USER = "assigned_user"
    NAMED = "named"
    ROLE = "role"
    EVERYONE = "everyone"
    TYPE_OFF = "type_off"
    NOT_ASSIGNED_USER = "not_assigned_user"
    NO_ASSIGNED_USER = "no_assigned_user"
    INACTIVE = "inactive"
    NOT_IN_ACCOUNT = "not_in_account"
    NOT_NAMED = "not_named"
    NOT_APPLICABLE = "not_applicable"
    ADMINS_ONLY = "admins_only"
    BILLING_ADMINS_ONLY = "billing_admins_only"
    NO_SYSTEM_CHANNEL = "no_system_channel"


@dataclass(frozen=True, slots=True)
class Decision:
    """Say whether one user is told in the app, under which type, why, and on which channel (empty: none)."""

    user: str
    type: str
    told: bool
    reason: Reason
    channel_suffix: str = ""


@dataclass(frozen=True, slots=True)
class Routed:
    """Hold one decision for every user considered, in the order their notifications are numbered."""

    decisions: tuple[Decision, ...]

    @property
    def told(self) -> tuple[Decision, ...]:
        """List the decisions that say yes: the resolved audience."""
        return tuple(decision for decision in self.decisions if decision.told)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Say why an event reaches nobody by rule."""

    reason: str


_SENTENCES: Mapping[str, str] = {
    Reason.ALL_OF_TYPE: "You get every {type} of {account}.",
    Reason.ASSIGNED_USER: "You get the {type}s of your own contacts, and {contact} is yours.",
    Reason.NAMED: "This {type} is addressed to you.",
    Reason.ROLE: "Your role in {account} brings you {type}s.",
    Reason.EVERYONE: "This {type} goes to everyone in {account}.",
    Reason.TYPE_OFF: "{type}s are turned off in the user's preferences.",
    Reason.NOT_ASSIGNED_USER: "The user gets {type}s of their own contacts only; {contact} is someone else's.",
    Reason.NO_ASSIGNED_USER: "The user gets {type}s of their own contacts only; nobody is assigned here.",
    Reason.INACTIVE: "The user is not active.",
    Reason.NOT_IN_ACCOUNT: "The user does not belong to {account}.",
    Reason.NOT_NAMED: "The event does not name the user.",
    Reason.NOT_APPLICABLE: "The user lacks the feature that {type}s need.",
    Reason.ADMINS_ONLY: "Only administrators of {account} get {type}s.",
    Reason.BILLING_ADMINS_ONLY: "Only billing administrators of {account} get {type}s.",
    Reason.NO_SYSTEM_CHANNEL: "{type}s go by e-mail only.",
}


def sentence(reason: str, type_title: str, contact_name: str | None, account_name: str | None) -> str:
    """Say a reason to a person; a code from another version of the hub is said as it is."""
    return _SENTENCES.get(reason, "Reason: {reason}.").format(
        reason=reason,
        type=type_title if type_title.lower().endswith("notification") else f"{type_title} notification",
        contact=contact_name or "this contact",
        account=account_name or "your account",
    )


def route(
    catalogue: Catalogue,
    event: Event,
    account: Account,
    members: Mapping[str, Member],
    contact: Contact | None = None,
    original_contact: Contact | None = None,
) -> Routed | Dropped:
    """Decide who is told of an event whose type and references exist; `members` are its account's users.

    People are numbered by their ids, or as the event names them, so that deciding again gives the same.
    """
    kind = catalogue[event.type]
    if reason := _drop_reason(kind, event, account, (contact, original_contact)):
        return Dropped(reason)
    generals = (catalogue[id] for id in kind.general_types)
    types = (kind, *(general for general in generals if not _misfit(general, event, account)))
    subject = original_contact if kind.personal_target == "original_contact_assigned_user" else contact
    assigned = subject.assigned_user if subject else None
    considered = dict.fromkeys(event.users) if kind.audience in _NAMED else sorted(members)
    return Routed(tuple(_decide(types, event, assigned, user, members.get(user)) for user in considered))


def _drop_reason(
    kind: NotificationType, event: Event, account: Account, contacts: tuple[Contact | None, ...]
) -> str | None:
    if any(contact and contact.blocked for contact in contacts):
        return "contact_blocked"  # E-15
    if kind.audience in LINE_AUDIENCES:
        return "not_applicable"  # nobody is linked to a line yet
    return _misfit(kind, event, account)


def _misfit(kind: NotificationType, event: Event, account: Account) -> str | None:
    """Say why a type does not fit an event at all, whoever would hear of it."""
    if event.origin in kind.never_when_origin:
        return f"origin_{event.origin}"
    if event.origin not in kind.params.get("allowed_origin", ORIGINS):
        return "origin_not_allowed"
    if (flag := kind.params.get("requires_flag")) and not is_ticked(event, flag):
        return "not_notified"
    if (feature := _ACCOUNT_FEATURE.get(kind.requires or "")) and feature not in account.features:
        return "not_applicable"
    if kind.requires == _NOT_OWN_SMTP and event.data.get("sent_via") == "smtp":
        return "not_applicable"  # AMB-12
    if kind.id.endswith("_changed") and not changed_fields(event):
        return "unchanged"
    return None


def _decide(
    types: tuple[NotificationType, ...], event: Event, assigned: str | None, user: str, member: Member | None
) -> Decision:
    if member is None:
        return Decision(user, types[0].id, False, Reason.NOT_IN_ACCOUNT)
    if not member.user.active:
        return Decision(user, types[0].id, False, Reason.INACTIVE)
    verdicts = [_judge(kind, event, assigned, member) for kind in types]
    return next((verdict for verdict in verdicts if verdict.told), verdicts[0])


def _judge(kind: NotificationType, event: Event, assigned: str | None, member: Member) -> Decision:
    """Decide for one user under one type; preferences speak last, so that the firmest obstacle is named."""
    user = member.user
    if obstacle := _obstacle(kind, event, user):
        return Decision(user.id, kind.id, False, obstacle)
    reach = scope(effective(kind, member.preferences, user))
    if reach is Scope.OFF:
        return Decision(user.id, kind.id, False, Reason.TYPE_OFF)
    if kind.audience != "account_users":
        return Decision(user.id, kind.id, True, _belonging(kind), f"u:{user.id}")
    if reach is Scope.ALL:
        return Decision(user.id, kind.id, True, Reason.ALL_OF_TYPE, f"t:{kind.id}")
    if assigned == user.id:
        return Decision(user.id, kind.id, True, Reason.ASSIGNED_USER, f"u:{user.id}")
    reason = Reason.NOT_ASSIGNED_USER if assigned else Reason.NO_ASSIGNED_USER  # AMB-04
    return Decision(user.id, kind.id, False, reason)


def _obstacle(kind: NotificationType, event: Event, user: User) -> Reason | None:
    """Say why the type cannot reach this user, whatever they prefer."""
    role = _ROLE.get(kind.audience)
    if role and not user.has_role(role):
        return Reason.BILLING_ADMINS_ONLY if role == "billing_admin" else Reason.ADMINS_ONLY
    if "system" not in kind.channels:
        return Reason.NO_SYSTEM_CHANNEL
    if (feature := _USER_FEATURE.get(kind.requires or "")) and feature not in user.features:
        return Reason.NOT_APPLICABLE
    if kind.audience in _NAMED and user.id not in event.users:
        return Reason.NOT_NAMED
    return None


def _belonging(kind: NotificationType) -> Reason:
    if kind.audience in _ROLE:
        return Reason.ROLE
    return Reason.EVERYONE if kind.audience == "all_users" else Reason.NAMED
