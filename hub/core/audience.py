"""Whom a notification type reaches before anybody's preferences are asked, where, and by which link.

    account_users         the users of the event's account, and those above it who rolled it up (C-18, AMB-14)
    all_users             the users of the event's account
    admins, billing_admins  those of them who have the role, and those who chose about the type once: so that it can be
                          said why they are not told, without a note about every other user of the account
    addressee and the like  whom the event names, each in their own account
    line_users            the line's owner, its ring group's members, and who opted in to the line (A-03, A-34)
    personal_line_owner   the line's owner, and who opted in to it (A-07, AMB-29)

A notification is written into the account of whom it is for, so every seat names that account. Texts and e-mail have
their own rule, which may look beyond the audience (personal.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from hub.core.catalogue import Catalogue, NotificationType
from hub.core.directory import Account, AccountTree, Contact, Line, RingGroup, User
from hub.core.events import LINE_AUDIENCES, Event
from hub.core.moves import left_behind
from hub.core.preferences import Preferences
from hub.core.reasons import Reason

ROLLUP = "rollup"  # the add-on that makes an account's users hear of the accounts below it
NAMED = frozenset({"addressee", "event_attendees", "group_members", "template_recipients"})
EVERYBODY = frozenset({"account_users", "all_users"})
ROLES = {"admins": "admin", "billing_admins": "billing_admin"}
ASSIGNED = frozenset({"contact_assigned_user", "original_contact_assigned_user"})  # personal targets


@dataclass(frozen=True, slots=True)
class Member:
    """Pair a user of an account with what they chose."""

    user: User
    preferences: Preferences = field(default_factory=Preferences)


@dataclass(frozen=True, slots=True)
class Scene:
    """Hold all that the rules may read of an event.

    `members` holds, by account and user id, every account that `concerned` names; `named` says in which account a
    user lies whom the event names, who owns its line, who is in the line's ring group, or to whom one of its contacts
    is assigned. `numbers` are those of all lines of the account's tree.
    """

    event: Event
    account: Account
    tree: AccountTree
    members: Mapping[str, Mapping[str, Member]]
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    line: Line | None = None
    ring_group: RingGroup | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()

    def contact(self, id: str | None) -> Contact | None:
        """Find a contact that the event names."""
        return self.contacts.get(id) if id else None


class Seat(NamedTuple):
    """Place a user in a type's audience; without a link it is their scope that says why they hear of it."""

    user: str
    account: str
    member: Member | None  # None: named, but not to be found in the event's account tree
    link: Reason | None


def types_of(catalogue: Catalogue, event: Event) -> tuple[NotificationType, ...]:
    """List the types an event may be told as: its own, then its general ones in their order (AMB-08)."""
    kind = catalogue[event.type]
    return (kind, *(catalogue[id] for id in kind.general_types))


def concerned(
    catalogue: Catalogue, event: Event, tree: AccountTree, named: Mapping[str, str] | None = None
) -> frozenset[str]:
    """Name the accounts whose members must be read before it can be said who is told of an event."""
    found = _concerned(catalogue, event, tree, named or {})
    left = left_behind(event)
    if left is None or tree.get(left.account) is None:
        return found
    return found | _concerned(catalogue, left, tree, {})


def considered(catalogue: Catalogue, scene: Scene) -> int:
    """Count about how many people it has to be decided one by one: all of an account, or those whom a type singles
    out."""
    told = (scene.event, left_behind(scene.event))
    return sum(_seats(catalogue, event, scene) for event in told if event)


def audience(kind: NotificationType, event: Event, scene: Scene) -> Iterator[Seat]:
    """Give those whom a type reaches, always in the same order; nobody twice."""
    if kind.audience in LINE_AUDIENCES:
        return _linked(kind, event, scene)
    if kind.audience in NAMED:
        return (seat(scene, user, Reason.NAMED) for user in dict.fromkeys(event.users))
    if kind.audience in ROLES:
        return _holders(kind, event, scene)
    if kind.audience == "all_users":
        return _residents(event, scene, Reason.EVERYONE)
    if not kind.rollup:
        return _residents(event, scene, None)
    return chain(_residents(event, scene, None), _rolled_up(event, scene))


def seat(scene: Scene, user: str, link: Reason) -> Seat:
    """Find a user wherever they are in the event's account tree; nobody outside it hears of the event."""
    home = scene.account.id
    account = scene.named.get(user, home)
    member = scene.members.get(account, {}).get(user) if _is_near(scene.tree, home, account) else None
    return Seat(user, account if member else home, member, link)


def _concerned(catalogue: Catalogue, event: Event, tree: AccountTree, named: Mapping[str, str]) -> frozenset[str]:
    types = types_of(catalogue, event)
    above = tree.ancestors(event.account)
    found = {event.account}
    if any(kind.rollup for kind in types):
        found.update(id for id in above if _has_rollup(tree, id))
    if any(kind.audience in LINE_AUDIENCES for kind in types):
        found.update(above)
    if any(kind.audience in LINE_AUDIENCES | NAMED or kind.personal_target in ASSIGNED for kind in types):
        found.update(id for id in named.values() if _is_near(tree, event.account, id))
    return frozenset(found)


def _seats(catalogue: Catalogue, event: Event, scene: Scene) -> int:
    if any(kind.audience in EVERYBODY for kind in types_of(catalogue, event)):
        return len(scene.members.get(event.account, ()))
    return len(event.users)


def _residents(event: Event, scene: Scene, link: Reason | None) -> Iterator[Seat]:
    members = scene.members.get(event.account, {})
    return (Seat(user, event.account, members[user], link) for user in sorted(members))


def _holders(kind: NotificationType, event: Event, scene: Scene) -> Iterator[Seat]:
    members, role = scene.members.get(event.account, {}), ROLES[kind.audience]
    found = (id for id, one in members.items() if one.user.has_role(role) or kind.id in one.preferences.types)
    return (Seat(user, event.account, members[user], Reason.ROLE) for user in sorted(found))


def _rolled_up(event: Event, scene: Scene) -> Iterator[Seat]:
    """Give the users above who listed the account itself: that one of its parents is listed does not count (AMB-14)."""
    for account in scene.tree.ancestors(event.account):
        if _has_rollup(scene.tree, account):
            members = scene.members.get(account, {})
            chosen = sorted(user for user, member in members.items() if event.account in member.preferences.rollup)
            yield from (Seat(user, account, members[user], Reason.ROLLED_UP) for user in chosen)


def _linked(kind: NotificationType, event: Event, scene: Scene) -> Iterator[Seat]:
    """Give those whom a line links to the event; who is linked twice has the firmer link."""
    line = scene.line
    if line is None:
        return
    links = {line.owner: Reason.LINE_OWNER} if line.owner else {}
    if kind.audience == "line_users" and scene.ring_group:
        links = {**dict.fromkeys(scene.ring_group.members, Reason.RING_GROUP_MEMBER), **links}
    seats = (seat(scene, user, link) for user, link in links.items())
    yield from (one for one in seats if one.member)  # who is gone is in no audience
    for account in (event.account, *scene.tree.ancestors(event.account)):
        members = scene.members.get(account, {})
        chosen = sorted(user for user, member in members.items() if line.id in member.preferences.lines)
        yield from (Seat(user, account, members[user], Reason.LINE_OPT_IN) for user in chosen if user not in links)


def _has_rollup(tree: AccountTree, id: str) -> bool:
    account = tree.get(id)
    return account is not None and ROLLUP in account.add_ons


def _is_near(tree: AccountTree, first: str, second: str) -> bool:
    """Tell whether two accounts are of one tree."""
    return first == second or tree.root(first) == tree.root(second)
