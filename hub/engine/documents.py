"""Directory documents in the store: read, held and written, each write a single atomic step.

Whoever changes a part of an object reads it with `held` and writes with what was held: when another write came
between, nothing is written, and they begin again (`again_while_changed`).
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgpack
import orjson

from hub.core.directory import Contact, Document, Group, Line, RingGroup, User
from hub.engine.connection import Store
from hub.engine.log import PAGE
from hub.engine.rows import text

Value = TypeVar("Value")
Outcome = TypeVar("Outcome")

KINDS: dict[type[Document], str] = {
    User: "users",
    Contact: "contacts",
    Group: "groups",
    RingGroup: "ring-groups",
    Line: "lines",
}
LOOKED_UP = 1_000  # ids in one command
TRIES = 12  # of a write that others were quicker with, in about a second
PAUSE = 0.01  # seconds, at most, after the first try; doubled with each, so that those who collided draw apart
LONGEST_PAUSE = 0.3  # seconds


class Taken(Exception):
    """The id belongs to an account outside the one that was allowed to give it up."""


class Changed(Exception):
    """The object was written, moved or removed since it was read: nothing was done, read it again."""


class Gone(Changed):
    """The account that was to take it in is not there any more: to try again is of no use."""


@dataclass(frozen=True, slots=True)
class Held(Generic[Value]):
    """An object with the very document that it was read from, which a write may expect to find still there.

    `place` is the account under which it lies: its root account where ids are unique below one, "" for accounts.
    """

    value: Value
    document: bytes
    place: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """One document to be put under a name, or with an empty one removed, and who is told.

    `expected` lists the documents of which one must be there ("" is none); None takes any. With an `index`, named by
    a key, the object is found in the order of its account's id and its own. With a `head` nothing of the kind may have
    changed since the change of that number. `closing` names the key of what closes: there, nothing is written any more,
    nor under a `parent` that closes or is gone; `accounts` names the key of the accounts, for what is none itself and
    has its account as its parent. `notes` are intentions written down in the same step, as (key, what);
    an empty what is the number of the change.
    """

    name: str
    id: str
    document: bytes
    expected: tuple[bytes, ...] | None = None
    is_numbered: bool = True
    index: str = ""
    account: str = ""
    head: int | None = None
    closing: str = ""
    accounts: str = ""
    parent: str | None = None
    notes: tuple[tuple[str, str], ...] = ()


class Documents:
    """Writes documents, and tells the gateways of the users concerned."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def accounts_of(self, users: Iterable[str]) -> dict[str, str]:
        """Name the accounts of user ids, 1,000 in a command; ids that nobody has are left out."""
        ids, index = list(users), self.store.keys.directory("users")
        pages = [ids[start : start + LOOKED_UP] for start in range(0, len(ids), LOOKED_UP)]
        found = await asyncio.gather(*(self.store.command("HMGET", index, *page) for page in pages))
        pairs = zip(ids, (account for page in found for account in page), strict=True)
        return {user: text(account) for user, account in pairs if account}

    async def touch(self, account: str, users: Iterable[str], kind: str = "profile") -> None:
        """Have the gateways of an account's users read them again (`kind`: profile, or preferences)."""
        ids = list(users)
        pages = (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
        await asyncio.gather(*(self._touch_page(account, page, kind) for page in pages))

    async def _touch_page(self, account: str, users: Sequence[str], kind: str) -> None:
        people = (self.store.keys.person(account, user) for user in users)
        names = [name for keys in people for name in person_keys(keys)]
        await self.store.call("touch", names, kind, *users)

    async def touch_anywhere(self, users: Iterable[str]) -> None:
        """Have the gateways of users read them again, wherever their accounts are."""
        by_account: dict[str, list[str]] = defaultdict(list)
        for user, account in (await self.accounts_of(users)).items():
            by_account[account].append(user)
        await asyncio.gather(*(self.touch(account, page) for account, page in by_account.items()))

    async def _put(self, write: Write, message: str = "", user: str = "", account: str = "") -> int:
        """Write, and return the number of the change; with a message, the user's gateways hear of it. Raise Changed
        when another document is there."""
        names, asked = _asked(write)
        if message:
            names += person_keys(self.store.keys.person(account, user))
            asked |= {"message": message, "user": user}
        number = await self.store.call("put", names, msgpack.packb(asked))
        if number is None:
            raise Changed(write.id)
        return int(number)


def _asked(write: Write) -> tuple[list[str], dict[str, Any]]:
    """Say to the Function what is to be put, and which keys that concerns."""
    names = [write.name]
    asked: dict[str, Any] = {"id": write.id, "document": write.document.decode()}
    if write.expected is not None:
        asked["expected"] = [document.decode() for document in write.expected]
    if write.is_numbered:
        names.append(f"{write.name}:changes")
        asked["numbered"] = True
    if write.head is not None:
        asked["head"] = write.head
    if write.index:
        names.append(write.index)
        asked |= {"indexed": True, "account": write.account}
    if write.closing:
        names.append(write.closing)
        asked["guarded"] = True
        if write.accounts:
            names.append(write.accounts)
            asked["belongs"] = True
        if write.parent is not None:
            asked["parent"] = write.parent
    if write.notes:
        names += [name for name, _ in write.notes]
        asked["notes"] = [what for _, what in write.notes]
    return names, asked


def person_keys(names: Sequence[str]) -> tuple[str, str]:
    """Pick out of a user's nine keys those that a change of the directory touches: the state and the channel."""
    return names[0], names[-1]


def absent(place: str = "") -> Held[Any]:
    """Hold that nothing is there, so that nothing is written over what is made meanwhile."""
    return Held(None, b"", place)


async def again_while_changed(
    attempt: Callable[[], Awaitable[Outcome]], before_again: Callable[[], Awaitable[object]] | None = None
) -> Outcome:
    """Read and write until nobody else wrote between; raise Changed when others did all the time.

    `before_again` is waited for before each attempt but the first.
    """
    for tries in range(TRIES):
        try:
            return await attempt()
        except Changed as error:
            if tries == TRIES - 1 or isinstance(error, Gone):
                raise
        await asyncio.sleep(random.random() * min(PAUSE * 2**tries, LONGEST_PAUSE))
        if before_again:
            await before_again()
    raise AssertionError("the last try answers or raises")


def expecting(held: Held[Any] | None) -> tuple[bytes, ...] | None:
    """List the documents that a write may replace: any, where nothing was held."""
    return (held.document,) if held else None


def read_as(kind: type[Any]) -> Callable[[bytes], Any]:
    """Return the function that reads a stored document of a kind."""
    return lambda document: kind.from_document(orjson.loads(document))
