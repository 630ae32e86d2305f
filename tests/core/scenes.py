"""A small company to play events in: three levels, a stranger beside it, and whoever a test puts there.

acme (roll-up) ── east (roll-up) ── shop
     └─────────── west
rival (roll-up)
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.core.catalogue import load
from hub.core.directory import Account, AccountTree, Contact, Line, RingGroup, User
from hub.core.events import Event
from hub.core.preferences import Defaults, Preferences
from hub.core.routing import Decision, Dropped, Member, Reason, Routed, Scene, Way, concerned, tell

ACCOUNTS = (
    Account("acme", "Acme", add_ons=("rollup",), features=("dispatch",)),
    Account("east", "East", "acme", add_ons=("rollup",)),
    Account("shop", "Shop", "east"),
    Account("west", "West", "acme"),
    Account("rival", "Rival", add_ons=("rollup",)),
)
MINE = {"system": True, "au": True}
OFF = {"system": False}


def member(
    id: str,
    types: Mapping[str, Any] | None = None,
    account: str = "acme",
    rollup: tuple[str, ...] = (),
    lines: tuple[str, ...] = (),
    defaults: Mapping[str, Any] | None = None,
    **user: Any,
) -> Member:
    chosen = Preferences(types=types or {}, rollup=rollup, lines=lines, defaults=Defaults(defaults or {}))
    return Member(User(id, account, **user), chosen)


def scene(
    event: Event,
    *members: Member,
    contacts: Iterable[Contact] = (),
    line: Line | None = None,
    ring_group: RingGroup | None = None,
    accounts: Iterable[Account] = ACCOUNTS,
) -> Scene:
    """Set the scene as the shell does: of all members, only those of the accounts that the rules asked for."""
    tree = AccountTree({account.id: account for account in accounts})
    known = {contact.id: contact for contact in contacts}
    names = {*event.users, *(ring_group.members if ring_group else ()), line.owner if line else None}
    names |= {contact.assigned_user for contact in known.values()}
    named = {one.user.id: one.user.account for one in members if one.user.id in names}
    asked = concerned(load(), event, tree, named)
    people = {id: {one.user.id: one for one in members if one.user.account == id} for id in asked}
    account = tree.get(event.account) or Account(event.account)
    return Scene(event, account, tree, people, known, line, ring_group, named)


def play(event: Event, *members: Member, **more: Any) -> tuple[Way, ...]:
    return tell(load(), scene(event, *members, **more))


def decisions(event: Event, *members: Member, **more: Any) -> dict[str, Decision]:
    """Give the decisions of an event's own way, by user."""
    way, *_ = play(event, *members, **more)
    assert isinstance(way.outcome, Routed), way
    return {decision.user: decision for decision in way.outcome.decisions}


def reasons(event: Event, *members: Member, **more: Any) -> dict[str, str]:
    return {user: decision.reason.value for user, decision in decisions(event, *members, **more).items()}


def told(event: Event, *members: Member, **more: Any) -> list[str]:
    return [user for user, decision in decisions(event, *members, **more).items() if decision.told]


def dropped(event: Event, *members: Member, **more: Any) -> str | None:
    """Give the reason an event is dropped for, or None when it is routed."""
    way, *_ = play(event, *members, **more)
    return way.outcome.reason if isinstance(way.outcome, Dropped) else None


def yes(user: str, type: str, reason: Reason, channel: str, account: str = "acme") -> Decision:
    return Decision(user, account, type, True, reason, channel)


def no(user: str, type: str, reason: Reason, account: str = "acme") -> Decision:
    return Decision(user, account, type, False, reason)
