"""Objects whose ids are unique below a root account, in that account's slot: contacts, groups, ring groups, lines.

Groups, ring groups and lines are few and asked about all the time: every process keeps them (replica.py). Contacts are
many: they are read one by one, and listed through an index in the order of account and id.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar, cast

import orjson

from hub.core.directory import Account, Contact, Document, Group, Line, RingGroup, User, as_document
from hub.engine import replica
from hub.engine.accounts import Accounts
from hub.engine.connection import Store
from hub.engine.documents import KINDS, Held, Write, again_while_changed, expecting, read_as
from hub.engine.rows import text

Rooted = Contact | Group | RingGroup | Line
Object = TypeVar("Object", Contact, Group, RingGroup, Line)
Gathered = TypeVar("Gathered", Group, RingGroup, Line)
Kept = TypeVar("Kept", Account, User, Contact, Group, RingGroup, Line)

GATHERED: tuple[type[Any], ...] = (Group, RingGroup, Line)
SPANS_AT_ONCE = 50  # accounts whose contacts are looked for in one pipeline
SCANNED = 1_000  # contacts looked at in one step
AFTER_SPACE = "!"  # the character behind the space between an account and an id in the index


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list of objects goes on: behind this id of this account."""

    account: str
    id: str


def users_of(value: Rooted) -> tuple[str, ...]:
    """List the users whom an object names: its members, the owner of a line, whom a contact is assigned to."""
    if isinstance(value, Line):
        return (value.owner,) if value.owner else ()
    if isinstance(value, Contact):
        return (value.assigned_user,) if value.assigned_user else ()
    return value.members


def without(value: Any, user: str) -> Any:
    """Take a user out of an object."""
    if isinstance(value, Line):
        return replace(value, owner=None)
    return replace(value, members=tuple(member for member in value.members if member != user))


def let_go_by(contact: Contact, user: str) -> Contact:
    """Take a user off a contact: as the one it is assigned to, and as the one who said that it may be texted."""
    consent = contact.consent
    if consent and consent.get("by") == user:
        consent = {name: said for name, said in consent.items() if name != "by"}
    assigned = None if contact.assigned_user == user else contact.assigned_user
    return replace(contact, assigned_user=assigned, consent=consent)


class RootedObjects(Accounts):
    """Contacts, groups, ring groups and lines."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._collections: dict[tuple[type[Document], str], replica.Collection[Any]] = {}

    def _name(self, kind: type[Document], place: str) -> str:
        return self.store.keys.account(place, KINDS[kind])

    async def held(self, kind: type[Kept], id: str, place: str = "") -> Held[Kept] | None:
        """Read an object to change it."""
        name = self.store.keys.directory("accounts") if kind is Account else self._name(kind, place)
        document = await self.store.command("HGET", name, id)
        return Held(read_as(kind)(document), document, place) if document else None

    async def get(self, kind: type[Object], root: str, id: str) -> Object | None:
        """Find an object by its id, which is unique within a root account."""
        document = await self.store.command("HGET", self._name(kind, root), id)
        return read_as(kind)(document) if document else None

    async def find(self, kind: type[Object], id: str) -> dict[str, Object]:
        """Find an object under every root account that has one of this id."""
        roots = (await self.tree()).roots()
        found = await asyncio.gather(*(self.get(kind, root, id) for root in roots))
        return {root: value for root, value in zip(roots, found, strict=True) if value is not None}

    async def put(self, root: str, value: Rooted, held: Held[Any] | None = None) -> None:
        """Create or replace an object; the gateways of who joins or leaves a group hear of it. Raise Changed when it
        is not as it was held."""
        document = orjson.dumps(as_document(value))
        if isinstance(value, Group):
            before: Group | None = held.value if held else await self.get(Group, root, value.id)
            await self._write(type(value), root, value.id, document, value.account, held)
            await self.touch_anywhere({*value.members} ^ {*(before.members if before else ())})
        else:
            await self._write(type(value), root, value.id, document, value.account, held)

    async def delete(self, kind: type[Object], root: str, id: str, held: Held[Any] | None = None) -> bool:
        """Remove an object; tell whether it was there. Lines let go of a ring group, and members hear of a group. Raise
        Changed when it is not as it was held."""
        before = held.value if held else await self.get(kind, root, id)
        await self._write(kind, root, id, b"", held=held)
        if isinstance(before, Group):
            await self.touch_anywhere(before.members)
        if kind is RingGroup:
            lines = [line.id for line in (await self.lines(root)).values() if line.ring_group == id]
            await asyncio.gather(*(self._rewrite(Line, root, line, _let_go_of(id)) for line in lines))
        return before is not None

    async def _write(
        self,
        kind: type[Document],
        root: str,
        id: str,
        document: bytes,
        account: str = "",
        held: Held[Any] | None = None,
    ) -> None:
        name, is_many = self._name(kind, root), kind is Contact
        index = f"{name}:index" if is_many else ""
        await self._put(Write(name, id, document, expecting(held), not is_many, index, account))

    # Groups, ring groups and lines, which every process keeps

    def _collection(self, kind: type[Gathered], root: str) -> replica.Collection[Gathered]:
        found = self._collections.get((kind, root))
        if found is None:
            found = replica.Collection(self.store, self._name(kind, root), read_as(kind), users_of)
            self._collections[kind, root] = found
        return found

    async def groups(self, root: str) -> Mapping[str, Group]:
        """Return the groups below a root account as they are now, by id."""
        return await self._collection(Group, root).current()

    async def ring_groups(self, root: str) -> Mapping[str, RingGroup]:
        """Return the ring groups below a root account as they are now, by id."""
        return await self._collection(RingGroup, root).current()

    async def lines(self, root: str) -> Mapping[str, Line]:
        """Return the lines below a root account as they are now, by id."""
        return await self._collection(Line, root).current()

    async def groups_of(self, root: str, *users: str) -> list[tuple[str, ...]]:
        """Name, for each user, the groups below a root account that they are in."""
        return await self._collection(Group, root).of(*users)

    async def leave(self, root: str, user: str) -> None:
        """Take a user out of all that names them below a root account: groups, ring groups, their lines, their contacts
        and the accounts that they own."""
        for kind in GATHERED:
            (ids,) = await self._collection(kind, root).of(user)
            await asyncio.gather(*(self._rewrite(kind, root, id, lambda value: without(value, user)) for id in ids))
        async for id in self._contacts_of(root, user):
            await self._rewrite(Contact, root, id, lambda value: let_go_by(value, user))
        tree = await self.tree()
        for account in (tree.get(id) for id in (root, *tree.descendants(root))):
            if account and account.owner == user:
                await self._disown(account.id, user)

    async def _disown(self, account: str, user: str) -> None:
        async def attempt() -> None:
            held = await self.held(Account, account)
            if held and held.value.owner == user:
                await self.put_account(replace(held.value, owner=None), held)

        await again_while_changed(attempt)

    async def _contacts_of(self, root: str, user: str) -> AsyncIterator[str]:
        """Go through a root account's contacts for those that name a user; there is no index of them."""
        name, cursor, named = self._name(Contact, root), "0", orjson.dumps(user)
        while True:
            following, found = await self.store.command("HSCAN", name, cursor, "COUNT", SCANNED)
            documents = found.items() if isinstance(found, dict) else zip(found[::2], found[1::2], strict=True)
            for id, document in documents:
                if named in document and (contact := read_as(Contact)(document)) != let_go_by(contact, user):
                    yield text(id)
            cursor = text(following)
            if cursor == "0":
                return

    async def _rewrite(self, kind: type[Any], root: str, id: str, change: Callable[[Any], Any]) -> None:
        """Change what is stored, also while others do."""

        async def attempt() -> None:
            held = await self.held(kind, id, root)
            if held:
                await self.put(root, change(held.value), held)

        await again_while_changed(attempt)

    # Lists

    async def all(self, kind: type[Object], root: str) -> list[Object]:
        """List all objects of a kind below a root account by id; of contacts, few enough to be held at once."""
        if kind is not Contact:
            current = await self._collection(cast(Any, kind), root).current()
            return [cast(Object, current[id]) for id in sorted(current)]
        stored = await self.store.command("HGETALL", self._name(kind, root))
        return [read_as(kind)(stored[id]) for id in sorted(stored)]

    async def page(
        self, kind: type[Object], root: str, accounts: Collection[str] | None, after: Place | None, limit: int
    ) -> list[Object]:
        """List at most so many objects of these accounts (None: of all below the root) by account and id."""
        if kind is Contact:
            return await self._contacts(root, accounts, after, limit)
        current = await self._collection(cast(Any, kind), root).current()
        places = ((value.account, value.id) for value in current.values())
        start = (after.account, after.id) if after else ("", "")
        wanted = sorted(place for place in places if place > start and (accounts is None or place[0] in accounts))
        return [cast(Object, current[id]) for _, id in wanted[:limit]]

    async def _contacts(
        self, root: str, accounts: Collection[str] | None, after: Place | None, limit: int
    ) -> list[Contact]:
        name, ids = self._name(Contact, root), list[str]()
        spans = _spans(accounts, after)
        while len(ids) < limit and (some := list(islice(spans, SPANS_AT_ONCE))):
            found = await asyncio.gather(*(self._ids(f"{name}:index", *span, limit) for span in some))
            ids += [id for of_span in found for id in of_span]
        if not ids:
            return []
        documents = await self.store.command("HMGET", name, *ids[:limit])
        return [read_as(Contact)(document) for document in documents if document]

    async def _ids(self, index: str, low: str, high: str, limit: int) -> Sequence[str]:
        found = await self.store.command("ZRANGEBYLEX", index, low, high, "LIMIT", 0, limit)
        return [text(member).partition(" ")[2] for member in found]


def _spans(accounts: Collection[str] | None, after: Place | None) -> Iterator[tuple[str, str]]:
    """Give the stretches of the index in which a list goes on, in order."""
    start = f"({after.account} {after.id}" if after else "-"
    if accounts is None:
        yield start, "+"
        return
    for account in sorted(accounts):
        if after is None or account > after.account:
            yield f"[{account} ", f"({account}{AFTER_SPACE}"
        elif account == after.account:
            yield start, f"({account}{AFTER_SPACE}"


def _let_go_of(ring_group: str) -> Callable[[Line], Line]:
    return lambda line: replace(line, ring_group=None) if line.ring_group == ring_group else line
