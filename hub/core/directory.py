"""The directory: who and what exists. Producers keep it up to date over HTTP; the rules only read it.

The field names, and the documents these objects are read from and written to, are those of the HTTP API.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Document:
    """Read and write a directory object as the JSON of the API."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a document; a field this version does not know is left out: two versions may share a store."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in document.items() if name in known})


@dataclass(frozen=True, slots=True)
class Account(Document):
    """Describe a tenant; one with a parent is a sub-account, at any depth."""

    id: str
    name: str = ""
    parent: str | None = None
    status: str = "active"
    owner: str | None = None
    time_zone: str = "UTC"
    add_ons: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    retention_days: int = 90
    sender_name: str | None = None


@dataclass(frozen=True, slots=True)
class User(Document):
    """Describe a person who logs in, in exactly one account."""

    id: str
    account: str
    name: str = ""
    email: str | None = None
    backup_number: str | None = None
    roles: tuple[str, ...] = ("agent",)
    time_zone: str | None = None
    locale: str | None = None
    presence: str = "available"
    active: bool = True
    features: tuple[str, ...] = ()

    def has_role(self, role: str) -> bool:
        """Tell whether the user has this very role; no role includes another."""
        return role in self.roles

    @property
    def sees_own_contacts_only(self) -> bool:
        """Tell whether this is a salesperson who oversees nobody (E-13)."""
        return self.has_role("salesperson") and not (self.has_role("manager") or self.has_role("admin"))


@dataclass(frozen=True, slots=True)
class Contact(Document):
    """Describe a customer, client or lead of an account; `consent` says on what basis it may be texted (S-02)."""

    id: str
    account: str
    first_name: str = ""
    last_name: str = ""
    numbers: tuple[str, ...] = ()
    email: str | None = None
    assigned_user: str | None = None
    ok_to_sms: bool = False
    blocked: bool = False
    consent: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        """Say the contact's full name; empty when neither part is known."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip()


@dataclass(frozen=True, slots=True)
class Group(Document):
    """Describe a named set of users, the target of broadcasts."""

    id: str
    account: str
    name: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RingGroup(Document):
    """Describe the users behind a line; with Fisher Mode on, calls reach the busy ones too (AMB-28)."""

    id: str
    account: str
    name: str = ""
    members: tuple[str, ...] = ()
    fisher_mode: bool = False


@dataclass(frozen=True, slots=True)
class Line(Document):
    """Describe one of an account's own phone numbers: personal (it has an owner), or with a ring group behind it.

    Lines of one messaging service share a block list (S-41); with `provider_replies` the provider answers keywords.
    """

    id: str
    account: str
    number: str = ""
    owner: str | None = None
    ring_group: str | None = None
    messaging_service: str | None = None
    number_type: str = "long_code"
    provider_replies: bool = False


@dataclass(frozen=True, slots=True)
class ProducerKey(Document):
    """Describe a producer's credential; only the digest of its secret is kept."""

    id: str
    account: str
    scopes: tuple[str, ...]
    digest: str


def as_document(value: Document) -> dict[str, Any]:
    """Write a directory object as the API shows it, its id included."""
    return {field.name: _thawed(getattr(value, field.name)) for field in fields(value)}


class AccountTree:
    """Answer who lies above and below whom.

    A stored circle or a missing parent ends a walk instead of hanging or failing it.
    """

    __slots__ = ("_accounts", "_children", "version")

    def __init__(self, accounts: Mapping[str, Account], version: int = 0) -> None:
        self.version = version  # grows with every change of an account
        self._accounts = accounts
        self._children: dict[str, list[str]] = defaultdict(list)
        for account in accounts.values():
            if account.parent is not None:
                self._children[account.parent].append(account.id)

    def __iter__(self) -> Iterator[Account]:
        """Go through all accounts."""
        return iter(self._accounts.values())

    def get(self, id: str) -> Account | None:
        """Find an account by its id."""
        return self._accounts.get(id)

    def ancestors(self, id: str) -> tuple[str, ...]:
        """List the accounts above, nearest first."""
        return tuple(self._walk_up(id))

    def descendants(self, id: str) -> tuple[str, ...]:
        """List the accounts below, at any depth, nearest level first."""
        found = {id: None}
        level = [id]
        while level:
            children = [child for parent in level for child in self._children.get(parent, ())]
            level = [child for child in children if child not in found]
            found.update(dict.fromkeys(level))
        return tuple(found)[1:]

    def root(self, id: str) -> str:
        """Name the topmost account above, or the account itself."""
        return (id, *self._walk_up(id))[-1]

    def roots(self) -> tuple[str, ...]:
        """List the accounts that have none above them."""
        return tuple(id for id in self._accounts if self.root(id) == id)

    def contains(self, top: str, id: str) -> bool:
        """Tell whether an existing account is `top` itself or lies below it."""
        return id in self._accounts and (id == top or top in self._walk_up(id))

    def would_circle(self, id: str, parent: str) -> bool:
        """Tell whether giving the account this parent would close a circle."""
        return id == parent or id in self._walk_up(parent)

    def _walk_up(self, id: str) -> Iterator[str]:
        seen = {id}
        account = self._accounts.get(id)
        while account and (parent := account.parent) and parent in self._accounts and parent not in seen:
            seen.add(parent)
            yield parent
            account = self._accounts[parent]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _thawed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
