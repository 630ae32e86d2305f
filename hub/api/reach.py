"""What one caller can see: their account tree, and whether an id names something in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from hub.api.auth import Caller
from hub.api.needs import Hub
from hub.api.problem import not_found, unknown_reference
from hub.core.directory import Account, AccountTree, Contact, RingGroup

Object = TypeVar("Object", Contact, RingGroup)


class Reach:
    """The account tree as one request sees it; read once, and again only after the request changed it."""

    def __init__(self, hub: Hub, caller: Caller, tree: AccountTree) -> None:
        self.hub = hub
        self.caller = caller
        self.tree = tree

    @classmethod
    async def of(cls, hub: Hub, caller: Caller) -> Reach:
        """Read the tree for a caller."""
        return cls(hub, caller, await hub.directory.tree())

    async def refresh(self) -> None:
        """Read the tree again, after an account was written."""
        self.tree = await self.hub.directory.tree()

    def sees(self, account: str) -> bool:
        """Tell whether an account exists and lies in the caller's tree."""
        top = self.caller.account
        return self.tree.get(account) is not None if top is None else self.tree.contains(top, account)

    def is_alone(self, account: str) -> bool:
        """Tell whether an account has no other in its tree, so that all its people are its own users."""
        return self.tree.root(account) == account and not self.tree.descendants(account)

    def accounts(self) -> list[str]:
        """List the ids of all visible accounts, in order."""
        top = self.caller.account
        tops = self.tree.roots() if top is None else (top,)
        found = [id for start in tops for id in (start, *self.tree.descendants(start))]
        return sorted(id for id in found if self.tree.get(id))

    def check_listed(self, account: str | None) -> None:
        """Raise 404 for an account, named in a query, that is not there or outside the tree."""
        if account is not None and not self.sees(account):
            raise not_found(f"account {account}")

    def account(self, id: str, field: str = "account") -> Account:
        """Find the account that a field names; raise 422."""
        found = self.tree.get(id)
        if found is None or not self.sees(id):
            raise unknown_reference(field, "account", id)
        return found

    async def user(self, id: str, root: str, field: str) -> None:
        """Check that a field names a user below one root account; raise 422."""
        await self.users({field: id}, root)

    async def users(self, named: Mapping[str, str], root: str) -> None:
        """Check that fields name users below one root account; raise 422."""
        if not named:
            return
        accounts = await self.hub.directory.accounts_of(named.values())
        for field, id in named.items():
            account = accounts.get(id)
            if account is None or not self.sees(account) or self.tree.root(account) != root:
                raise unknown_reference(field, "user", id)

    async def contact(self, id: str, root: str, field: str) -> Contact:
        """Find the contact that a field names, below one root account; raise 422."""
        return await self._rooted(Contact, "contact", id, root, field)

    async def ring_group(self, id: str, root: str, field: str) -> RingGroup:
        """Find the ring group that a field names, below one root account; raise 422."""
        return await self._rooted(RingGroup, "ring group", id, root, field)

    async def _rooted(self, kind: type[Object], noun: str, id: str, root: str, field: str) -> Object:
        found = await self.hub.directory.get(kind, root, id)
        if found is None or not self.sees(found.account):
            raise unknown_reference(field, noun, id)
        return found
