"""Who gets a text or an e-mail beside the app, where it goes, and from when on; and who does not, and why not.

The app's rules (routing.py) and these meet in the catalogue alone: what a user sees in the app says nothing about their
texts and e-mail. Whom a type reaches over these channels is its personal target:

    contact_assigned_user           the contact's assigned user, wherever in the tree, and nobody else (C-11, C-12)
    original_contact_assigned_user  that of the contact that was there first (C-30, AMB-05)
    audience                        whom the type reaches in the app, by the same links, roles and presence
    none                            nobody

Rules in their order; the first that says no is the reason that is kept:

    belongs to the tree · active · role · own feature · busy · assigned user · the type's option · the channel's switch
    · copies of RetailCRM's e-mail · a number or an address

Each user has at most one errand per channel: under the first of the event's types that sends one, else under the first
that reaches them, which says why not (AMB-08). Who ticked an option and is not the assigned user is told so. What is
rolled up is for the app alone (AMB-14).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from hub.core.audience import ASSIGNED, Member, Scene, Seat, audience, seat, types_of
from hub.core.catalogue import Catalogue, NotificationType
from hub.core.directory import AccountTree
from hub.core.events import Event
from hub.core.moves import left_behind
from hub.core.preferences import effective
from hub.core.quiet import quiet_until, zone_of
from hub.core.reasons import Reason
from hub.core.routing import Decision, Dropped, Routed, Way, assigned_users, misfit, obstacle, telling
from hub.core.turns import Turns, at_once, pieces

Channel = Literal["text", "email"]
CHANNELS: tuple[Channel, ...] = ("text", "email")

# The codes of an errand that goes: why the user gets it. Every other code says why not.
GOES = frozenset(
    {
        Reason.ASSIGNED_USER,
        Reason.NAMED,
        Reason.ROLE,
        Reason.EVERYONE,
        Reason.GROUP_MEMBER,
        Reason.LINE_OWNER,
        Reason.RING_GROUP_MEMBER,
        Reason.LINE_OPT_IN,
    }
)
_COPIED = "retailcrm"  # the system whose e-mail is a copy of what is in the app (R-03, AMB-48)


@dataclass(frozen=True, slots=True)
class Errand:
    """Say that one user gets one text or e-mail (`to` a number or address), or why not (`to` None).

    `account` is the user's, `type` the one it is told as, which may be another than in the app. `not_before`, in
    seconds since 1970, is the end of the user's quiet hours, for which what is urgent does not wait, or of their grace;
    `waits` says which. With a grace, what they see in the app before is not sent (`unless_seen`).
    """

    user: str
    account: str
    type: str
    channel: Channel
    to: str | None
    reason: Reason
    not_before: float | None = None
    urgent: bool = False
    waits: Reason = Reason.QUIET_HOURS
    unless_seen: bool = False

    @property
    def is_queued(self) -> bool:
        """Tell whether it is to be sent."""
        return self.reason in GOES


def errands(catalogue: Catalogue, scene: Scene, way: Way, now: float) -> tuple[Errand, ...]:
    """Decide who gets a text or an e-mail of one way that an event is told, always in the same order.

    Nobody is sent the same happening twice over a channel: whom the event's own ways reach hears nothing more from the
    account that a contact left, as in the app.
    """
    return at_once(sending(catalogue, scene, way, now))


def sending(catalogue: Catalogue, scene: Scene, way: Way, now: float) -> Turns[tuple[Errand, ...]]:
    """Do the same in turns."""
    found = yield from _found(catalogue, scene, way, now)
    if way.event != left_behind(scene.event):
        return found
    ways, sent = (yield from telling(catalogue, scene)), set[tuple[str, Channel]]()
    for one in ways[:-1]:
        own = yield from _found(catalogue, scene, one, now)
        sent |= {(errand.user, errand.channel) for errand in own if errand.is_queued}
    return tuple(_stopped(one) if one.is_queued and (one.user, one.channel) in sent else one for one in found)


def sending_beside(
    kind: NotificationType,
    decisions: Iterable[Decision],
    members: Mapping[str, Member],
    tree: AccountTree,
    now: float,
) -> Turns[tuple[Errand, ...]]:
    """Decide in turns who gets a broadcast or a notice by e-mail, of those whom it is for in the app (R-13, AMB-41).

    `members` holds by id those of the users who exist.
    """
    offered, found = _offered(kind), list[Errand]()
    for some in pieces(decisions):
        for one in some:
            seat = Seat(one.user, one.account, members.get(one.user), one.reason)
            found += (_timed(_beside(kind, channel, seat), seat.member, kind, tree, now) for channel in offered)
        yield len(some)
    return tuple(found)


def sample_errands(
    kind: NotificationType, channels: Iterable[Channel], member: Member, numbers: frozenset[str] = frozenset()
) -> tuple[Errand, ...]:
    """Send a sample to who asked for it, at once, whether they get the type or not (A-41, AMB-37).

    What they turned off as a whole stays off, and a channel that the type lacks has no sample.
    """
    one = Seat(member.user.id, member.user.account, member, Reason.NAMED)
    wanted = (channel for channel in channels if channel in kind.channels)
    found = (_sent(kind, channel, one, member, numbers) for channel in wanted)
    return tuple(replace(errand, urgent=errand.is_queued) for errand in found)


def destination(
    kind: NotificationType,
    channel: Channel,
    member: Member,
    numbers: frozenset[str] = frozenset(),
    *,
    urgent: bool = False,
) -> str | Reason:
    """Say where a text or an e-mail that a user wanted goes now, or why they want it no more.

    They may have changed their mind or address while it waited. No option of its type stops what is `urgent`.
    """
    if not urgent and not getattr(effective(kind, member.preferences, member.user), channel):
        return Reason.TYPE_OFF
    return _to(kind, channel, member, numbers)


def reached(ways: Iterable[Way], errands: Iterable[Errand]) -> int:
    """Count the users who are told over at least one channel (protocol.md 5: `recipients`)."""
    routed = (way.outcome for way in ways if isinstance(way.outcome, Routed))
    told = {decision.user for outcome in routed for decision in outcome.told}
    return len(told | {errand.user for errand in errands if errand.is_queued})


def numbered(way: Way, errands: Iterable[Errand]) -> dict[str, int]:
    """Number the users of a way: those considered for the app in their order, then whom only an errand concerns."""
    considered = way.outcome.decisions if isinstance(way.outcome, Routed) else ()
    users = dict.fromkeys((*(decision.user for decision in considered), *(errand.user for errand in errands)))
    return {user: index for index, user in enumerate(users)}


def _found(catalogue: Catalogue, scene: Scene, way: Way, now: float) -> Turns[tuple[Errand, ...]]:
    """Find the errands of one way, whatever its other ways send."""
    if isinstance(way.outcome, Dropped):
        return ()
    account = scene.tree.get(way.event.account) or scene.account
    own, *generals = types_of(catalogue, way.event)
    verdicts: dict[tuple[str, Channel], Errand] = {}
    for kind in (own, *(general for general in generals if not misfit(general, way.event, account))):
        for errand in (yield from _of_type(kind, way.event, scene, now)):
            earlier = verdicts.get((errand.user, errand.channel))
            if earlier is None or (errand.is_queued and not earlier.is_queued):
                verdicts[errand.user, errand.channel] = errand
    return tuple(verdicts.values())


def _of_type(kind: NotificationType, event: Event, scene: Scene, now: float) -> Turns[list[Errand]]:
    """Find the errands under one type, queued ones and skipped ones."""
    offered, found = _offered(kind), list[Errand]()
    if not offered or kind.personal_target == "none":
        return found
    is_assigned = kind.personal_target in ASSIGNED
    assigned = assigned_users(kind, event, scene) if is_assigned else frozenset()
    for seats in pieces(_assigned(assigned, scene) if is_assigned else audience(kind, event, scene)):
        for one in seats:
            found += _of_seat(kind, offered, one, scene, now)
        yield len(seats)
    if is_assigned:
        found += yield from _hopeful(kind, offered, assigned, event, scene)
    return found


def _of_seat(
    kind: NotificationType, offered: Iterable[Channel], one: Seat, scene: Scene, now: float
) -> Iterator[Errand]:  # fmt: skip
    for channel in offered:
        if one.member is None or _is_meant(kind, channel, one.member):
            hindered = obstacle(kind, one.member.user, scene, channel) if one.member else None
            found = _errand(kind, channel, one, hindered, scene.numbers)
            yield _timed(found, one.member, kind, scene.tree, now)


def _assigned(users: Iterable[str], scene: Scene) -> Iterator[Seat]:
    """Give the assigned users, wherever they are in the event's account tree; who is gone has no seat."""
    seats = (seat(scene, user, Reason.ASSIGNED_USER) for user in sorted(users))
    return (one for one in seats if one.member)


def _hopeful(
    kind: NotificationType, offered: Collection[Channel], assigned: frozenset[str], event: Event, scene: Scene
) -> Turns[list[Errand]]:
    """Tell those of the account who ticked an option of the type that it is not for them (AMB-03, AMB-04).

    Where the option is on by default, who never touched it is passed over: that would be a row for everybody each time.
    """
    reason, found = Reason.NOT_ASSIGNED_USER if assigned else Reason.NO_ASSIGNED_USER, list[Errand]()
    for seats in pieces(audience(kind, event, scene)):
        for one in seats:
            if one.member and one.link is not Reason.ROLLED_UP and one.user not in assigned:
                for channel in offered:
                    if _has_ticked(kind, channel, one.member):
                        hindered = obstacle(kind, one.member.user, scene, channel)
                        found.append(_skipped(kind, channel, one, hindered or reason))
        yield len(seats)
    return found


def _offered(kind: NotificationType) -> list[Channel]:
    return [channel for channel in CHANNELS if channel in kind.channels]


def _is_meant(kind: NotificationType, channel: Channel, member: Member) -> bool:
    """Tell whether a user counts at all; of those whose role does not do, only who ticked the option once (AMB-31)."""
    return kind.visible_to(member.user) or _has_ticked(kind, channel, member)


def _has_ticked(kind: NotificationType, channel: Channel, member: Member) -> bool:
    return member.preferences.types.get(kind.id, {}).get(channel, False)


def _beside(kind: NotificationType, channel: Channel, one: Seat) -> Errand:
    is_gone = one.member is not None and not one.member.user.active
    return _errand(kind, channel, one, Reason.INACTIVE if is_gone else None)


def _errand(
    kind: NotificationType,
    channel: Channel,
    one: Seat,
    hindered: Reason | None,
    numbers: frozenset[str] = frozenset(),
) -> Errand:
    """Decide for one user and one channel; preferences speak last, so that the firmest obstacle is named."""
    if hindered or one.member is None:
        return _skipped(kind, channel, one, hindered or Reason.NOT_IN_ACCOUNT)
    if not getattr(effective(kind, one.member.preferences, one.member.user), channel):
        return _skipped(kind, channel, one, Reason.TYPE_OFF)
    return _sent(kind, channel, one, one.member, numbers)


def _sent(kind: NotificationType, channel: Channel, one: Seat, member: Member, numbers: frozenset[str]) -> Errand:
    """Send to a user who wants it, as far as the channel is on and leads somewhere."""
    to = _to(kind, channel, member, numbers)
    if isinstance(to, Reason):
        return _skipped(kind, channel, one, to)
    return Errand(one.user, one.account, kind.id, channel, to, one.link or Reason.NAMED, urgent=kind.mandatory)


def _to(kind: NotificationType, channel: Channel, member: Member, numbers: frozenset[str]) -> str | Reason:
    return _number(member, numbers) if channel == "text" else _address(kind, member)


def _number(member: Member, lines: frozenset[str]) -> str | Reason:
    """Choose the number for texts: the user's own choice, else their backup number, but no line of ours (AMB-36)."""
    if not member.preferences.text_enabled:
        return Reason.CHANNEL_OFF  # the chosen number too
    number = member.preferences.custom_number or member.user.backup_number
    if not number:
        return Reason.NO_NUMBER
    return Reason.OWN_LINE if number in lines else number


def _address(kind: NotificationType, member: Member) -> str | Reason:
    if not member.preferences.email_enabled:
        return Reason.CHANNEL_OFF
    if kind.source_system == _COPIED and not member.preferences.email_copy:
        return Reason.COPY_OFF
    return member.user.email or Reason.NO_EMAIL


def _skipped(kind: NotificationType, channel: Channel, one: Seat, reason: Reason) -> Errand:
    return Errand(one.user, one.account, kind.id, channel, None, reason)


def _stopped(errand: Errand) -> Errand:
    """Take back what the user gets of the same happening from elsewhere."""
    return Errand(errand.user, errand.account, errand.type, errand.channel, None, Reason.ALREADY_TOLD)


def _timed(errand: Errand, member: Member | None, kind: NotificationType, tree: AccountTree, now: float) -> Errand:
    """Let an e-mail wait for its grace (E-20), and what is not urgent for the end of quiet hours: the later of both."""
    if member is None or not errand.is_queued:
        return errand
    minutes = member.preferences.grace if errand.channel == "email" else None
    if minutes:
        errand = replace(errand, not_before=now + 60 * minutes, waits=Reason.GRACE, unless_seen=True)
    quiet = member.preferences.quiet_hours
    if quiet is None or kind.mandatory:
        return errand
    home = tree.get(member.user.account)
    zone = zone_of(quiet.time_zone, member.user.time_zone, home.time_zone if home else None)
    until = quiet_until(quiet, zone, errand.not_before or now)
    return errand if until is None else replace(errand, not_before=until, waits=Reason.QUIET_HOURS)
