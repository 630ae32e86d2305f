"""Who calls, and what that lets them see and do (protocol.md 2).

Two questions, always in this order, so that no answer tells a stranger what exists:
visible?  an object outside the caller's account tree is 404, also where the role would not do;
allowed?  within the tree a credential, scope or role that does not suffice is 403.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hub.api.needs import Hub
from hub.api.problem import Problem, forbidden, unauthenticated
from hub.core.acting import may_act
from hub.core.directory import Contact, User
from hub.core.tokens import Refusal

KEY_PREFIX = "hubk_"
OPERATOR_ONLY = "operator only"
ANY_KEY = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified credential. `account` is the top of what it sees; None (the operator) sees everything.

    `id` names the credential: idempotency keys are kept per credential.
    """

    id: str
    account: str | None = None
    scopes: tuple[str, ...] = ()
    user: User | None = None
    actor: str | None = None

    @property
    def is_operator(self) -> bool:
        """Tell whether this is the operator's key."""
        return self.account is None

    @property
    def name(self) -> str:
        """Name who calls as the audit does: a user by their id alone, others as `id` does."""
        return self.user.id if self.user else self.id

    def sees_contact(self, contact: Contact) -> bool:
        """Tell whether a contact of a visible account is shown: a salesperson sees their own only (E-13)."""
        return self.user is None or not self.user.sees_own_contacts_only or contact.assigned_user == self.user.id


@dataclass(frozen=True, slots=True)
class Owned:
    """Something that belongs to one user."""

    owner: User
    value: Any


class Users(Enum):
    """Which user tokens may call a route."""

    NOBODY = "no user"
    SELF = "the user themselves"
    SELF_OR_ADMIN = "the user themselves, or an admin"
    MANAGER = "a manager or an admin"
    ADMIN = "an admin"
    ANYONE = "any user"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a route: the scope that a producer key needs, and which users."""

    scope: str
    users: Users = Users.NOBODY

    def require(self, caller: Caller, target: object) -> None:
        """Raise 403 unless the caller may do this to the target."""
        if not self.admits(caller, target):
            raise forbidden(f"This takes {self}.")

    def admits(self, caller: Caller, target: object = None) -> bool:
        """Tell whether the caller may do this to the target."""
        if caller.is_operator:
            return True
        if caller.user is not None:
            return _user_may(self.users, caller.user, target)
        return self.scope != OPERATOR_ONLY and (not self.scope or self.scope in caller.scopes)

    def __str__(self) -> str:
        if self.scope == OPERATOR_ONLY:
            return "the operator key"
        key = f"a key with the scope {self.scope}" if self.scope else "a key"
        return key if self.users is Users.NOBODY else f"{key}, or {self.users.value}"


OPERATOR = Access(OPERATOR_ONLY)
DIRECTORY = Access("directory")
DIRECTORY_READ = Access("directory", Users.ADMIN)
ADMINISTRATION = Access("directory", Users.ADMIN)  # what admins do themselves, too
USER_READ = Access("directory", Users.SELF_OR_ADMIN)
SHARED_READ = Access("directory", Users.ANYONE)
EVENTS = Access("events")
RETRIES = Access("events", Users.ADMIN)
BROADCASTS = Access("broadcasts", Users.MANAGER)  # AMB-40
OWN = Access(ANY_KEY, Users.SELF)
OWN_READ = Access(ANY_KEY, Users.SELF_OR_ADMIN)
ANYONE = Access(ANY_KEY, Users.ANYONE)


def _user_may(users: Users, user: User, target: object) -> bool:
    owner = target.owner if isinstance(target, Owned) else target
    is_self = isinstance(owner, User) and owner.id == user.id
    match users:
        case Users.NOBODY:
            return False
        case Users.SELF:
            return is_self
        case Users.SELF_OR_ADMIN:
            return is_self or user.has_role("admin")
        case Users.MANAGER:
            return user.has_role("manager") or user.has_role("admin")
        case Users.ADMIN:
            return user.has_role("admin")
        case Users.ANYONE:
            return True


async def authenticate(hub: Hub, authorization: str | None) -> Caller:
    """Find out who calls; raise 401."""
    scheme, _, credential = (authorization or "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential:
        raise unauthenticated("Send `Authorization: Bearer …` with a key or a user token.")
    if hub.identity.is_operator(credential):
        return Caller("operator")
    if credential.startswith(KEY_PREFIX):
        return await _producer(hub, credential)
    return await _user(hub, credential)


def new_key() -> tuple[str, str]:
    """Make a producer key; return it, to be shown once, and the digest to be kept."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, digest(key)


def digest(key: str) -> str:
    """Hash a producer key; it has 256 bits of chance, so a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()


async def _producer(hub: Hub, credential: str) -> Caller:
    key = await hub.directory.key_by_digest(digest(credential))
    if key is None or not secrets.compare_digest(key.digest, digest(credential)):
        raise unauthenticated("This key is not known, or was revoked.")
    return Caller(f"key:{key.id}", key.account, key.scopes)


async def is_revoked(hub: Hub, caller: Caller) -> bool:
    """Tell whether a producer key was revoked since it was let in: long work stops then."""
    kind, _, id = caller.id.partition(":")
    return kind == "key" and await hub.directory.key(id) is None


async def _user(hub: Hub, token: str) -> Caller:
    claims = await hub.identity.verify(token)
    if isinstance(claims, Refusal):
        raise unauthenticated(f"The token is refused: {claims.message}.")
    user = await hub.directory.user(claims.user)
    if user is None or not user.active:
        raise unauthenticated("The token's user is not known, or not active.")
    if claims.actor is not None:
        actor = await hub.directory.user(claims.actor)
        if not may_act(actor, user, await hub.directory.tree()):
            raise unauthenticated("Who acts in this log-in-as session may not do so, or not any more.")
    return Caller(f"user:{user.id}", user.account, user=user, actor=claims.actor)


def refuse_view(caller: Caller) -> None:
    """Raise 403 for a write with a log-in-as token: such a session only looks (AMB-17)."""
    if caller.actor is not None:
        raise Problem("log_in_as_view", "A log-in-as session is a view: it changes nothing.")
