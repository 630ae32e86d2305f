"""From an event to the people: dropped as a whole, or one decision with its reason for every user considered.

Rules in their order; each stops at the first that says no:

  the event   blocked contact · origin · ticked flag · account feature · a change that changed nothing
  the user    in a type's audience · active · role · system channel · own feature · busy · scope of preferences

Considered are all whom the event's own type or one of its general types reaches. Each is told under the first type
that reaches them and that they receive (AMB-08); else the first type that reaches them says why not. So nobody gets
two notifications of one happening, and nobody misses one they asked for under a wider name.

Some events are told in several ways (moves.py): a small bulk as single notices, a move also to the account left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from hub.core.audience import ROLES, Member, Scene, Seat, audience, concerned, types_of
from hub.core.catalogue import Catalogue, NotificationType
from hub.core.directory import Account, User
from hub.core.events import ORIGINS, Event, changed_fields, is_ticked
from hub.core.moves import left_behind, told_as
from hub.core.preferences import Scope, reach
from hub.core.reasons import TOLD, Reason, sentence
from hub.core.turns import Turns, at_once, pieces

__all__ = [
    "TOLD",
    "Decision",
    "Dropped",
    "Member",
    "Reason",
    "Routed",
    "Scene",
    "Way",
    "concerned",
    "sentence",
    "tell",
    "telling",
]

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
_BUSY = frozenset({"busy", "on_call"})


@dataclass(frozen=True, slots=True)
class Decision:
    """Say whether one user is told in the app, under which type, why, and on which channel (empty: none).

    `account` is the user's: what they are told is written there, and `channel` is a suffix there.
    """

    user: str
    account: str
    type: str
    told: bool
    reason: Reason
    channel: str = ""


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


@dataclass(frozen=True, slots=True)
class Way:
    """Hold one way an event is told: as which event, and what came of it."""

    event: Event
    outcome: Routed | Dropped


def tell(catalogue: Catalogue, scene: Scene) -> tuple[Way, ...]:
    """Decide who is told of an event whose type and references exist; the first way is the event's own.

    Nobody is told twice, but for the single notices of a small bulk, one for each contact. People are numbered by
    their ids, or as the event names them, so that deciding again gives the same.
    """
    return at_once(telling(catalogue, scene))


def telling(catalogue: Catalogue, scene: Scene) -> Turns[tuple[Way, ...]]:
    """Do the same in turns."""
    own = list[Way]()
    for event in told_as(scene.event, catalogue):
        own.append(Way(event, (yield from _route(catalogue, event, scene, scene.account))))
    word = left_behind(scene.event)
    account = scene.tree.get(word.account) if word else None
    if word is None or account is None:
        return tuple(own)
    told = {one.user for way in own if isinstance(way.outcome, Routed) for one in way.outcome.told}
    return (*own, Way(word, _without(told, (yield from _route(catalogue, word, scene, account)))))


def _without(told: Collection[str], outcome: Routed | Dropped) -> Routed | Dropped:
    """Take those out of a further way who were told of the same happening before."""
    if isinstance(outcome, Dropped):
        return outcome
    decisions = (
        replace(one, told=False, reason=Reason.ALREADY_TOLD, channel="") if one.told and one.user in told else one
        for one in outcome.decisions
    )
    return Routed(tuple(decisions))


def _route(catalogue: Catalogue, event: Event, scene: Scene, account: Account) -> Turns[Routed | Dropped]:
    kind, *generals = types_of(catalogue, event)
    named = (scene.contact(event.contact), scene.contact(event.original_contact))
    if any(contact and contact.blocked for contact in named):
        return Dropped("contact_blocked")  # E-15
    if reason := misfit(kind, event, account):
        return Dropped(reason)
    verdicts: dict[str, Decision] = {}
    for one in (kind, *(general for general in generals if not misfit(general, event, account))):
        assigned = assigned_users(one, event, scene)
        for seats in pieces(audience(one, event, scene)):
            for seat in seats:
                earlier = verdicts.get(seat.user)
                if earlier is None or not earlier.told:
                    verdict = _decide(one, seat, assigned, scene)
                    verdicts[seat.user] = earlier if earlier and not verdict.told else verdict
            yield len(seats)
    return Routed(tuple(verdicts.values()))


def misfit(kind: NotificationType, event: Event, account: Account) -> str | None:
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


def assigned_users(kind: NotificationType, event: Event, scene: Scene) -> frozenset[str]:
    """Name the assigned users of the contacts a type is about: of a bulk, all of them; of a duplicate, the original."""
    is_original = kind.personal_target == "original_contact_assigned_user"  # AMB-05
    ids = (event.original_contact,) if is_original else (event.contact, *event.contacts)
    found = (scene.contact(id) for id in ids)
    return frozenset(contact.assigned_user for contact in found if contact and contact.assigned_user)


def _decide(kind: NotificationType, seat: Seat, assigned: Collection[str], scene: Scene) -> Decision:
    """Decide for one user under one type; preferences speak last, so that the firmest obstacle is named."""

    def no(reason: Reason) -> Decision:
        return Decision(seat.user, seat.account, kind.id, False, reason)

    if seat.member is None:
        return no(Reason.NOT_IN_ACCOUNT)
    if reason := obstacle(kind, seat.member.user, scene):
        return no(reason)
    wanted = reach(kind, seat.member.preferences, seat.member.user)
    if wanted is Scope.OFF:
        return no(Reason.TYPE_OFF)
    if kind.audience == "account_users" and wanted is Scope.MINE and seat.user not in assigned:
        return no(Reason.NOT_ASSIGNED_USER if assigned else Reason.NO_ASSIGNED_USER)  # AMB-04
    reason = seat.link or (Reason.ALL_OF_TYPE if wanted is Scope.ALL else Reason.ASSIGNED_USER)
    return Decision(seat.user, seat.account, kind.id, True, reason, _channel(kind, wanted, seat.user))


def obstacle(kind: NotificationType, user: User, scene: Scene, channel: str = "system") -> Reason | None:
    """Say why the type cannot reach this user over a channel, whatever they prefer."""
    if not user.active:
        return Reason.INACTIVE
    role = ROLES.get(kind.audience)
    if role and not user.has_role(role):
        return Reason.BILLING_ADMINS_ONLY if role == "billing_admin" else Reason.ADMINS_ONLY
    if channel == "system" and channel not in kind.channels:
        return Reason.NO_SYSTEM_CHANNEL
    if (feature := _USER_FEATURE.get(kind.requires or "")) and feature not in user.features:
        return Reason.NOT_APPLICABLE
    if kind.params.get("busy_user_needs") == "fisher_mode" and user.presence in _BUSY and not _is_fishing(scene):
        return Reason.BUSY
    return None


def _is_fishing(scene: Scene) -> bool:
    """Tell whether calls reach busy users too; a personal line has no Fisher Mode (AMB-28, E-11)."""
    return scene.ring_group is not None and scene.ring_group.fisher_mode


def _channel(kind: NotificationType, wanted: Scope, user: str) -> str:
    """Choose the widest channel that the user listens to and that is only about this."""
    if kind.audience == "all_users":
        return "all"
    return f"t:{kind.id}" if kind.audience == "account_users" and wanted is Scope.ALL else f"u:{user}"
