"""The directory in the store: accounts and the index of users installation-wide, users with their account.

Reads are current: see replica.py. A write that concerns two accounts (a user who moves) is a sequence of steps each
safe to repeat: the caller whose request failed half way repeats it, and it completes. Whoever changes a part of an
object reads it with `held` and writes with what was held: when another write came between, nothing is written.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from hub.core.directory import Account, AccountTree, Contact, Document, Group, ProducerKey, User, as_document
from hub.core.preferences import Preferences
from hub.core.routing import Member
from hub.engine.connection import Store
from hub.engine.replica import Replica
from hub.engine.rows import text

Object = TypeVar("Object", Contact, Group)
Value = TypeVar("Value")
Kept = TypeVar("Kept", Account, User, Contact, Group)
KINDS: dict[type[Document], str] = {User: "users", Contact: "contacts", Group: "groups"}


TRIES = 10  # of a write that others were quicker with
SHARED_KINDS = (
    "notifications", "ages", "events", "decisions", "plans", "leases",
    "users", "preferences",
)  # fmt: skip


class Taken(Exception):
    """The id belongs to an account outside the one that was allowed to give it up."""


class Changed(Exception):
    """The object was written, moved or removed since it was read: nothing was done, read it again."""


@dataclass(frozen=True, slots=True)
class Held(Generic[Value]):
    """An object with the very document that it was read from, which a write may expect to find still there.

    `place` is the account under which it lies: its root account where ids are unique below one, "" for accounts.
    """

    value: Value
    document: bytes
    place: str = ""


class Directory:
    """Accounts, users, contacts, groups and producer keys."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._accounts = Replica(store, store.keys.directory("accounts"), read_as(Account))
        self._tree = AccountTree({})
        self._rosters: dict[str, Roster] = {}

    async def tree(self) -> AccountTree:
        """Return all accounts as they are now, as a tree."""
        if await self._accounts.refresh():  # nobody reads between the refresh and the new tree
            self._tree = AccountTree(self._accounts.snapshot())
        return self._tree

    async def account(self, id: str) -> Account | None:
        """Find an account."""
        return (await self.tree()).get(id)

    async def held(self, kind: type[Kept], id: str, place: str = "") -> Held[Kept] | None:
        """Read an object to change it."""
        name = self.store.keys.directory("accounts") if kind is Account else self.store.keys.account(place, KINDS[kind])
        document = await self.store.command("HGET", name, id)
        return Held(read_as(kind)(document), document, place) if document else None

    async def put_account(self, account: Account, held: Held[Account] | None = None) -> None:
        """Create or replace an account; raise Changed when it is not as it was held."""
        name = self.store.keys.directory("accounts")
        await self._put(name, account.id, orjson.dumps(as_document(account)), expecting(held))

    async def delete_account(self, id: str) -> None:
        """Remove an account and what its slot shares; its users must be gone before."""
        await self._put(self.store.keys.directory("accounts"), id, b"")
        await self.store.command("DEL", *(self.store.keys.account(id, kind) for kind in SHARED_KINDS))

    async def user(self, id: str) -> User | None:
        """Find a user, wherever their account is."""
        account = await self.account_of(id)
        if account is None:
            return None
        document = await self.store.command("HGET", self.store.keys.account(account, "users"), id)
        return read_as(User)(document) if document else None

    async def account_of(self, user: str) -> str | None:
        """Name the account of a user id."""
        account = await self.store.command("HGET", self.store.keys.directory("users"), user)
        return text(account) if account else None

    async def held_user(self, id: str) -> Held[User] | None:
        """Read a user to change them, wherever their account is."""
        account = await self.account_of(id)
        return await self.held(User, id, account) if account else None

    async def put_user(self, user: User, held: Held[User] | None = None) -> None:
        """Create, replace or move a user; their tabs' gateways hear of it. Raise Taken when the id went elsewhere
        meanwhile, or Changed when the user is not as they were held.

        A moved user keeps their preferences and starts a new log in the new account. A move that was cut off is
        finished by the next write of the user.
        """
        await self._finish_move(user.id)
        document = orjson.dumps(as_document(user))
        if held:
            await self._put_held(user, document, held)
            return
        for _ in range(TRIES):
            found = await self.held_user(user.id)
            if found is None:
                await self._put_new(user, document)
                return
            with contextlib.suppress(Changed):
                await self._put_held(user, document, found)
                return
        raise Changed(user.id)

    async def _put_new(self, user: User, document: bytes) -> None:
        if await self._claim(user, await self.account_of(user.id)) != user.account:
            raise Taken(user.id)
        await self._put_person(user.account, "users", user.id, document, "profile")

    async def _put_held(self, user: User, document: bytes, held: Held[User]) -> None:
        """Write a user where they lay; when they move, then where they go, so that they can be found all the time.

        A change that comes between the steps of a move reads the new document in the old place, and joins the move.
        """
        id, old, new = user.id, held.place, user.account
        await self._put_person(old, "users", id, document, "profile" if old == new else "", (held.document,))
        if old == new:
            return
        await self._put_person(new, "users", id, document, "profile", (b"", held.document))
        await self._carry_over(id, old, new)
        await self.store.command("HSET", self.store.keys.directory("moves"), id, old)
        if await self._claim(user, old) != new:
            await self._put(self.store.keys.account(new, "users"), id, b"")
            raise Changed(id)
        await self._finish_move(id)

    async def _finish_move(self, id: str) -> None:
        """Erase what a user left behind in the account they moved from, once the index knows the new one."""
        moves = self.store.keys.directory("moves")
        left = await self.store.command("HGET", moves, id)
        if left and await self.account_of(id) != text(left):
            await self._erase(text(left), id)
            await self.store.command("HDEL", moves, id)

    async def _claim(self, user: User, before: str | None) -> str:
        """Name the account that the id belongs to, after trying to take it over from where it was."""
        index = self.store.keys.directory("users")
        return text(await self.store.call("claim_id", [index], user.id, user.account, before or ""))

    async def delete_user(self, id: str) -> None:
        """Erase a user: log, inbox, preferences and tabs are gone, and their gateways hear of it."""
        account = await self.account_of(id)
        if account is None:
            return
        await self._erase(account, id)
        await self.store.command("HDEL", self.store.keys.directory("users"), id)

    async def _carry_over(self, user: str, old: str, new: str) -> None:
        chosen = await self.store.command("HGET", self.store.keys.account(old, "preferences"), user)
        if chosen:
            await self._put(self.store.keys.account(new, "preferences"), user, chosen)

    async def _erase(self, account: str, user: str) -> None:
        await self._put_person(account, "users", user, b"", "profile")
        await self._put(self.store.keys.account(account, "preferences"), user, b"")
        await self.store.command("DEL", *self.store.keys.person(account, user)[:-1])

    async def put_preferences(
        self, account: str, user: str, preferences: Preferences, held: Held[Preferences] | None = None
    ) -> None:
        """Keep what a user chose; their tabs' gateways hear of it. Raise Changed when it is not as it was held."""
        document = orjson.dumps(preferences.as_document())
        await self._put_person(account, "preferences", user, document, "preferences", expecting(held))

    async def preferences(self, account: str, user: str) -> Preferences:
        """Read what a user chose."""
        return (await self.held_preferences(account, user)).value

    async def held_preferences(self, account: str, user: str) -> Held[Preferences]:
        """Read what a user chose, to change it; who never chose has an empty document."""
        stored = await self.store.command("HGET", self.store.keys.account(account, "preferences"), user)
        return Held(read_preferences(stored) if stored else Preferences(), stored or b"", account)

    async def members(self, account: str) -> Mapping[str, Member]:
        """Return all users of an account with their preferences, as they are now."""
        roster = self._rosters.get(account)
        if roster is None:
            roster = self._rosters[account] = Roster(self.store, account)
        return await roster.current()

    async def users(self, account: str) -> list[User]:
        """List the users of an account by id."""
        members = await self.members(account)
        return [members[id].user for id in sorted(members)]

    async def get(self, kind: type[Object], root: str, id: str) -> Object | None:
        """Find a contact or group by its id, which is unique within a root account."""
        document = await self.store.command("HGET", self.store.keys.account(root, KINDS[kind]), id)
        return read_as(kind)(document) if document else None

    async def find(self, kind: type[Object], id: str) -> dict[str, Object]:
        """Find an object under every root account that has one of this id."""
        tree = await self.tree()
        found = {root: await self.get(kind, root, id) for root in tree.roots()}
        return {root: value for root, value in found.items() if value is not None}

    async def put(self, root: str, value: Contact | Group, held: Held[Any] | None = None) -> None:
        """Create or replace a contact or group; raise Changed when it is not as it was held."""
        name = self.store.keys.account(root, KINDS[type(value)])
        await self._write([name], value.id, orjson.dumps(as_document(value)), "", "", expecting(held))

    async def delete(self, kind: type[Object], root: str, id: str) -> bool:
        """Remove a contact or group; tell whether it was there."""
        return bool(await self.store.command("HDEL", self.store.keys.account(root, KINDS[kind]), id))

    async def all(self, kind: type[Object], root: str) -> list[Object]:
        """List the contacts or groups of a root account's tree by id."""
        stored = await self.store.command("HGETALL", self.store.keys.account(root, KINDS[kind]))
        return [read_as(kind)(stored[id]) for id in sorted(stored)]

    async def put_key(self, key: ProducerKey) -> None:
        """Keep a producer key (its digest only)."""
        await self.store.command("HSET", self.store.keys.directory("keys"), key.id, orjson.dumps(as_document(key)))
        await self.store.command("HSET", self.store.keys.directory("keys:digests"), key.digest, key.id)

    async def key_by_digest(self, digest: str) -> ProducerKey | None:
        """Find a producer key by the digest of its secret."""
        id = await self.store.command("HGET", self.store.keys.directory("keys:digests"), digest)
        return await self.key(text(id)) if id else None

    async def key(self, id: str) -> ProducerKey | None:
        """Find a producer key by its id."""
        stored = await self.store.command("HGET", self.store.keys.directory("keys"), id)
        return read_as(ProducerKey)(stored) if stored else None

    async def producer_keys(self) -> list[ProducerKey]:
        """List all producer keys by id."""
        stored = await self.store.command("HGETALL", self.store.keys.directory("keys"))
        return [read_as(ProducerKey)(stored[id]) for id in sorted(stored)]

    async def delete_key(self, key: ProducerKey) -> None:
        """Revoke a producer key; the next request with it is refused."""
        await self.store.command("HDEL", self.store.keys.directory("keys:digests"), key.digest)
        await self.store.command("HDEL", self.store.keys.directory("keys"), key.id)

    async def _put(self, name: str, id: str, document: bytes, expected: tuple[bytes, ...] = ()) -> None:
        await self._write([name, f"{name}:changes"], id, document, "", "", expected)

    async def _put_person(
        self, account: str, kind: str, user: str, document: bytes, message: str, expected: tuple[bytes, ...] = ()
    ) -> None:
        name, person = self.store.keys.account(account, kind), self.store.keys.person(account, user)
        await self._write([name, f"{name}:changes", person[0], person[-1]], user, document, message, user, expected)

    async def _write(
        self, names: list[str], id: str, document: bytes, message: str, user: str, expected: tuple[bytes, ...]
    ) -> None:
        if await self.store.call("put", names, id, document, message, user, *expected) is None:
            raise Changed(id)


def expecting(held: Held[Any] | None) -> tuple[bytes, ...]:
    """List the documents that a write may replace: any, where nothing was held."""
    return (held.document,) if held else ()


class Roster:
    """The users of one account and what they chose, joined and kept current."""

    def __init__(self, store: Store, account: str) -> None:
        self._account = account
        self._users = Replica(store, store.keys.account(account, "users"), read_as(User))
        self._chosen = Replica(store, store.keys.account(account, "preferences"), read_preferences)
        self._members: dict[str, Member] = {}

    async def current(self) -> Mapping[str, Member]:
        """Return the members as they are now."""
        self._join(await self._users.refresh())
        self._join(await self._chosen.refresh())
        return self._members

    def _join(self, changed: set[str]) -> None:
        """Take changes in at once: whoever refreshes next is told of none of them."""
        for id in changed:
            user = self._users.get(id)
            if user is None or user.account != self._account:  # gone, or moving away at this moment
                self._members.pop(id, None)
            else:
                self._members[id] = Member(user, self._chosen.get(id) or Preferences())


def read_as(kind: type[Any]) -> Any:
    """Return the function that reads a stored document of a kind."""
    return lambda document: kind.from_document(orjson.loads(document))


def read_preferences(document: bytes) -> Preferences:
    """Read what a user chose."""
    return Preferences.from_document(orjson.loads(document))
