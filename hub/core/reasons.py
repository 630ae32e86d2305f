"""Why a user was told, or was not: the codes that are stored with every decision, and the sentences people read.

What a code says of a text or an e-mail differs from what it says of the app, so each is said for its channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Name why a user was told, or was not; stored with the decision and shown to people."""

    ALL_OF_TYPE = "all_of_type"
    ASSIGNED_USER = "assigned_user"
    NAMED = "named"
    ROLE = "role"
    EVERYONE = "everyone"
    ROLLED_UP = "rolled_up"
    GROUP_MEMBER = "group_member"
    LINE_OWNER = "line_owner"
    RING_GROUP_MEMBER = "ring_group_member"
    LINE_OPT_IN = "line_opt_in"

    TYPE_OFF = "type_off"
    NOT_ASSIGNED_USER = "not_assigned_user"
    NO_ASSIGNED_USER = "no_assigned_user"
    INACTIVE = "inactive"
    NOT_IN_ACCOUNT = "not_in_account"
    NOT_APPLICABLE = "not_applicable"
    ADMINS_ONLY = "admins_only"
    BILLING_ADMINS_ONLY = "billing_admins_only"
    NO_SYSTEM_CHANNEL = "no_system_channel"
    BUSY = "busy"
    ALREADY_TOLD = "already_told"

    CHANNEL_OFF = "channel_off"
    COPY_OFF = "copy_off"
    NO_NUMBER = "no_number"
    OWN_LINE = "own_line"
    NO_EMAIL = "no_email"
    QUIET_HOURS = "quiet_hours"
    GRACE = "grace"
    SEEN = "seen"
    DAILY_CAP = "daily_cap"
    RECALLED = "recalled"
    MOVED = "moved"


# The codes that mean yes. A stored decision is a user and a code, so this decides what it says.
TOLD = frozenset(
    {
        Reason.ALL_OF_TYPE,
        Reason.ASSIGNED_USER,
        Reason.NAMED,
        Reason.ROLE,
        Reason.EVERYONE,
        Reason.ROLLED_UP,
        Reason.GROUP_MEMBER,
        Reason.LINE_OWNER,
        Reason.RING_GROUP_MEMBER,
        Reason.LINE_OPT_IN,
    }
)

_SENTENCES: Mapping[str, str] = {
    Reason.ALL_OF_TYPE: "You get every {type} of {account}.",
    Reason.ASSIGNED_USER: "You get the {types} of your own contacts, and {contact} is yours.",
    Reason.NAMED: "This {type} is addressed to you.",
    Reason.ROLE: "Your role in {account} brings you {types}.",
    Reason.EVERYONE: "This {type} goes to everyone in {account}.",
    Reason.ROLLED_UP: "You rolled up {account}, and you get its {types}.",
    Reason.GROUP_MEMBER: "You belong to a group that this message was sent to.",
    Reason.LINE_OWNER: "You get the {types} of your own line.",
    Reason.RING_GROUP_MEMBER: "You get the {types} of this line as a member of its ring group.",
    Reason.LINE_OPT_IN: "You opted in to the {types} of this line.",
    Reason.TYPE_OFF: "{types} are turned off in the user's preferences.",
    Reason.NOT_ASSIGNED_USER: "The user gets {types} of their own contacts only; {contact} is someone else's.",
    Reason.NO_ASSIGNED_USER: "The user gets {types} of their own contacts only; nobody is assigned here.",
    Reason.INACTIVE: "The user is not active.",
    Reason.NOT_IN_ACCOUNT: "The user does not belong to {account}.",
    Reason.NOT_APPLICABLE: "The user lacks the feature that {types} need.",
    Reason.ADMINS_ONLY: "Only administrators of {account} get {types}.",
    Reason.BILLING_ADMINS_ONLY: "Only billing administrators of {account} get {types}.",
    Reason.NO_SYSTEM_CHANNEL: "{types} go by e-mail only.",
    Reason.BUSY: "The user is busy, and the line's ring group has no Fisher Mode.",
    Reason.ALREADY_TOLD: "The user was told of this happening already.",
    Reason.CHANNEL_OFF: "The user turned this channel off.",
    Reason.COPY_OFF: "The user turned copies by e-mail off.",
    Reason.NO_NUMBER: "The user has no number for texts: neither one of their choice nor a backup number.",
    Reason.OWN_LINE: "The user's number for texts is one of the lines here, so the text would come back.",
    Reason.NO_EMAIL: "The user has no e-mail address.",
    Reason.QUIET_HOURS: "This waits for the end of the user's quiet hours.",
    Reason.GRACE: "This waits for the user to see the notification in the app, and then goes unless they did.",
    Reason.SEEN: "The user saw the notification before this was due.",
    Reason.DAILY_CAP: "The user had as many e-mails of this type that day as they want; this comes in a summary.",
    Reason.RECALLED: "The notification was recalled before this was sent.",
    Reason.MOVED: "The user moved to another account before this was sent.",
}

# What is said otherwise of a text or an e-mail.
_PERSONAL_SENTENCES: Mapping[str, str] = {
    Reason.ASSIGNED_USER: "You get the {types} of your own contacts by {channel}, and {contact} is yours.",
    Reason.NAMED: "This {type} is addressed to you, and you get those by {channel}.",
    Reason.ROLE: "Your role in {account} brings you {types} by {channel}.",
    Reason.EVERYONE: "This {type} goes to everyone in {account}, by {channel} too.",
    Reason.GROUP_MEMBER: "You belong to a group that this message was sent to, by {channel} too.",
    Reason.LINE_OWNER: "You get the {types} of your own line by {channel}.",
    Reason.RING_GROUP_MEMBER: "You get the {types} of this line by {channel}, as a member of its ring group.",
    Reason.LINE_OPT_IN: "You opted in to the {types} of this line, and you get those by {channel}.",
    Reason.TYPE_OFF: "{types} by {channel} are turned off in the user's preferences.",
    Reason.NOT_ASSIGNED_USER: "{a_channel} goes only to the contact's assigned user.",
    Reason.NO_ASSIGNED_USER: "{a_channel} goes only to the contact's assigned user; nobody is assigned here.",
    Reason.ALREADY_TOLD: "The user gets {a_channel_inside} of this happening already.",
    Reason.CHANNEL_OFF: "The user gets nothing by {channel}: that channel is turned off in their preferences.",
}
_CHANNELS = {"text": ("text", "A text", "a text"), "email": ("e-mail", "An e-mail", "an e-mail")}


def sentence(
    reason: str, type_title: str, contact_name: str | None, account_name: str | None, channel: str = "system"
) -> str:
    """Say a reason to a person, with the name of the account that the event is of, for one channel.

    A code from another version of the hub is said as it is.
    """
    name, opening, inside = _CHANNELS.get(channel, ("the app", "A notification", "a notification"))
    said = _PERSONAL_SENTENCES.get(reason) if channel in _CHANNELS else None
    return (said or _SENTENCES.get(reason, "Reason: {reason}.")).format(
        reason=reason,
        channel=name,
        a_channel=opening,
        a_channel_inside=inside,
        type=_named(type_title),
        types=f"{_named(type_title)}s",
        contact=contact_name or "this contact",
        account=account_name or "your account",
    )


def _named(title: str) -> str:
    """Name one notification of a type; titles are no nouns: “When this user is mentioned” notification."""
    return title if title.lower().endswith("notification") else f"“{title}” notification"
