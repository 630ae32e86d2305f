"""The users of one account with what they chose, and what their account chose for who never did (E-21)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

import orjson

from hub.core.directory import User
from hub.core.preferences import NO_DEFAULTS, Defaults, Preferences
from hub.core.routing import Member
from hub.engine.connection import Store
from hub.engine.documents import read_as
from hub.engine.replica import Replica

NONE = NO_DEFAULTS
JOINED = 1_000  # members in one step


class Roster:
    """The members of one account, joined of three replicas and kept current. `defaults` is the one of all accounts."""

    def __init__(self, store: Store, account: str, defaults: Replica[Defaults]) -> None:
        self._account = account
        name = store.keys.account
        self._users = Replica(store, name(account, "users"), read_as(User), self._join)
        self._chosen = Replica(store, name(account, "preferences"), read_preferences, self._join)
        self._all_defaults = defaults
        self._defaults = NONE
        self._stale: list[str] = []  # who still stands there with the defaults of before
        self._members: dict[str, Member] = {}

    def __repr__(self) -> str:
        return f"<Roster of {self._account}: {len(self._members)} members>"

    async def current(self) -> Mapping[str, Member]:
        """Return the members as they are now."""
        await asyncio.gather(self._users.refresh(), self._chosen.refresh(), self._all_defaults.refresh())
        defaults = self._all_defaults.get(self._account) or NONE
        if defaults is not self._defaults:
            self._defaults, self._stale = defaults, list(self._members)
        while self._stale:  # all who read meanwhile work it off together
            page = self._stale[-JOINED:]
            del self._stale[-JOINED:]
            self._join(page)
            await asyncio.sleep(0)
        return self._members

    def _join(self, changed: Iterable[str]) -> None:
        for id in changed:
            user = self._users.get(id)
            if user is None or user.account != self._account:  # gone, or moving away at this moment
                self._members.pop(id, None)
            else:
                chosen = self._chosen.get(id) or Preferences()
                self._members[id] = Member(user, with_defaults(chosen, self._defaults))


def with_defaults(chosen: Preferences, defaults: Defaults) -> Preferences:
    """Join what a user chose with what their account chose for who never did."""
    return chosen if defaults is NONE else replace(chosen, defaults=defaults)


def read_preferences(document: bytes) -> Preferences:
    """Read what a user chose."""
    return Preferences.from_document(orjson.loads(document))


def read_defaults(document: bytes) -> Defaults:
    """Read what an account chose for who never did."""
    return Defaults.from_document(orjson.loads(document))
