"""Accounts in the store, and what each chose for its users who never did. Both lie in the installation's own slot, so
that every process follows all of them."""

from collections.abc import Mapping

import msgpack
import orjson

from hub.core.directory import Account, AccountTree, as_document
from hub.core.preferences import Defaults
from hub.engine.connection import Store
from hub.engine.documents import Documents, Held, Write, expecting, read_as
from hub.engine.erasure import Erasure
from hub.engine.intentions import Intentions
from hub.engine.replica import Replica
from hub.engine.roster import NONE, read_defaults
from hub.engine.webhooks import Webhooks

# What goes with an account, beside what happened in it. How far numbers of changes had come stays: who knows an old
# one reads on.
SHARED_KINDS = ("leases", "users", "preferences", "audit")


class Accounts(Documents):
    """The accounts, as a tree.

    `closing` are those that are being removed, `pausing` those whose pause is still to be told (by the number of that
    change), `uprooted` those that moved away from under a root account, whose users are still to leave what is there,
    `placed` those that came under another account, whose webhooks are still to hear them (listening.py).
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._accounts: Replica[Account] = Replica(store, store.keys.directory("accounts"), read_as(Account))
        self._all_defaults = Replica(store, store.keys.directory("defaults"), read_defaults)
        self._tree = AccountTree({})
        self.closing = Intentions(store, "closing")
        self.pausing = Intentions(store, "pausing")
        self.uprooted = Intentions(store, "uprooted")
        self.placed = Intentions(store, "placed")
        self.webhooks = Webhooks(store)

    async def tree(self) -> AccountTree:
        """Return all accounts as they are now, as a tree."""
        await self._accounts.refresh()
        if self._tree.version != self._accounts.number:
            self._tree = AccountTree(self._accounts.snapshot(), self._accounts.number)
        return self._tree

    async def root(self, account: str) -> str:
        """Name the topmost account above an account, or the account itself."""
        return (await self.tree()).root(account)

    async def account(self, id: str) -> Account | None:
        """Find an account."""
        return (await self.tree()).get(id)

    async def put_account(
        self,
        account: Account,
        held: Held[Account] | None = None,
        tree: AccountTree | None = None,
        *,
        pauses: bool = False,
        left: str | None = None,
        places: bool = False,
    ) -> int:
        """Create or replace an account; return the number of the change. Raise Changed when it is not as it was held,
        when it or its parent closes, or when any account changed since a tree was read: two moves that are right alone
        may close a circle together.

        What follows is written down in the same step: that it `pauses`, the root account that its users `left`, and
        that it has another place in the tree.
        """
        notes = [(self.pausing.name, "")] if pauses else []
        if left is not None:
            notes.append((self.uprooted.name, left))
        if places:
            notes.append((self.placed.name, ""))
        return await self._put(
            Write(
                self.store.keys.directory("accounts"),
                account.id,
                orjson.dumps(as_document(account)),
                expecting(held),
                head=tree.version if tree else None,
                closing=self.closing.name,
                parent=account.parent,
                notes=tuple(notes),
            )
        )

    async def _forget_account(self, id: str) -> None:
        """Erase all that happened in an account, then the account itself. Safe to repeat."""
        erasure = Erasure(self.store)
        await erasure.account(id)
        await self.store.command("DEL", *(self.store.keys.account(id, kind) for kind in SHARED_KINDS))
        await erasure.numbers(id)
        await self._put(Write(self.store.keys.directory("defaults"), id, b""))
        for kind in (self.pausing, self.uprooted, self.placed):
            await self.store.command("HDEL", kind.name, id)
        await self._put(Write(self.store.keys.directory("accounts"), id, b""))

    async def defaults(self, account: str) -> Defaults:
        """Read what an account chose for its users who never did."""
        return (await self.all_defaults()).get(account, NONE)

    async def all_defaults(self) -> Mapping[str, Defaults]:
        """Read the defaults of every account that has some."""
        await self._all_defaults.refresh()
        return self._all_defaults.objects

    async def held_defaults(self, account: str) -> Held[Defaults]:
        """Read an account's defaults, to change them; who never chose has an empty document."""
        stored = await self.store.command("HGET", self.store.keys.directory("defaults"), account)
        return Held(read_defaults(stored) if stored else NONE, stored or b"", account)

    async def put_defaults(self, account: str, defaults: Defaults, held: Held[Defaults] | None = None) -> None:
        """Keep an account's defaults; the gateways of all its users hear of it. Raise Changed when they are not as
        they were held."""
        document = b"" if defaults == NONE else orjson.dumps(defaults.as_document())
        await self._put(Write(self.store.keys.directory("defaults"), account, document, expecting(held)))
        message = msgpack.packb({"v": 1, "k": "defaults"})
        await self.store.command("SPUBLISH", self.store.keys.channel(account, "all"), message)
