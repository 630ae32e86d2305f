"""Keeps the people here as the directory has them, on the open socket.

The bus says that something changed: the user or their groups (`profile`), what they chose (`preferences`), what their
account chose for who never did (`defaults`), or that they are sent away (`ended`). The person is read again, channels
are swapped, tabs are told, or every tab is closed. What the bus lost is found by the generation of the user (`rev`) at
the tail check and, where many are concerned at once, by looking around (groups, defaults).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hub.core import frames, preferences
from hub.core.catalogue import Catalogue
from hub.core.preferences import Defaults
from hub.core.wire import CloseCode
from hub.engine.connection import Unavailable
from hub.engine.directory import Directory
from hub.engine.roster import NONE
from hub.gateway.listening import listen
from hub.gateway.person import Person, Profile
from hub.gateway.views import Views

if TYPE_CHECKING:
    from hub.gateway.roster import Roster

PAUSE_SECONDS = 0.5  # between two tries to read a person while the store is away
SETS_KEPT = 4096  # sets of channels that people share; one that fell out is only kept twice


class Following:
    """Reads people, and again when they change."""

    def __init__(
        self,
        roster: Roster,
        directory: Directory,
        catalogue: Catalogue,
        views: Views,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        keys = directory.store.keys
        self._roster = roster
        self._directory = directory
        self._catalogue = catalogue
        self._views = views
        self._spawn = spawn
        # Forty names a person would be most of what a person costs here.
        self._names = lru_cache(maxsize=SETS_KEPT)(
            lambda account, suffixes: frozenset(keys.channel(account, suffix) for suffix in suffixes)
        )
        self._stale: dict[Person, bool] = {}
        self._defaults: dict[str, Defaults] = {}  # of the accounts here, as their people were told

    def __repr__(self) -> str:
        return f"<Following {len(self._defaults)} accounts, {len(self._stale)} people to be read>"

    # Reading

    async def read(self, account: str, id: str) -> Profile | None:
        """Read who somebody is and what they want; None when the account has no such user."""
        user, chosen, ended, groups = await asyncio.gather(
            self._directory.user(id),
            self._directory.preferences(account, id),
            self._directory.ended(account, id),
            self._groups(account, id),
        )
        self._defaults.setdefault(account, chosen.defaults)
        return Profile(user, chosen, groups, ended) if user else None

    async def _groups(self, account: str, id: str) -> tuple[str, ...]:
        (groups,) = await self._directory.groups_of(await self._directory.root(account), id)
        return groups

    def channels(self, profile: Profile) -> frozenset[str]:
        """Name the channels of a person that are not theirs alone."""
        user = profile.user
        suffixes = preferences.channels(self._catalogue, user, profile.chosen, profile.groups)
        return self._names(user.account, suffixes - {f"u:{user.id}"})

    # What the bus says

    def changed(self, account: str, user: str, *, is_chosen: bool) -> None:
        """Take note that a user, or (`is_chosen`) their preferences, changed once."""
        person = self._roster.accounts.get(account, {}).get(user)
        if person is not None:
            person.rev += 1
            self.refresh_later(person, is_chosen=is_chosen)
        self._views.changed(user)

    def ended(self, account: str, user: str) -> None:
        """Close every tab of a user, and every session in which they look through other eyes."""
        person = self._roster.accounts.get(account, {}).get(user)
        if person is not None:
            self._roster.expel(person, CloseCode.REMOVED)
        self._views.ended(user)

    def defaults_changed(self, account: str) -> None:
        """Take note that an account chose anew for who never did."""
        if account in self._roster.accounts:
            self._spawn(self._follow_defaults(account))

    async def _follow_defaults(self, account: str) -> None:
        try:
            self._defaults[account] = await self._directory.defaults(account)
        except Unavailable:
            return  # the next look around finds it
        for person in list(self._roster.accounts.get(account, {}).values()):
            self.refresh_later(person, is_chosen=True)

    # What the bus may have lost

    async def look_around(self) -> None:
        """Find whose groups, or account's defaults, changed without a word of the bus."""
        try:
            tree, defaults = await asyncio.gather(self._directory.tree(), self._directory.all_defaults())
            accounts = self._roster.accounts
            self._defaults = {account: known for account, known in self._defaults.items() if account in accounts}
            for account, known in list(self._defaults.items()):
                if known != defaults.get(account, NONE):
                    await self._follow_defaults(account)
            by_root: dict[str, list[Person]] = {}
            for account, residents in accounts.items():
                by_root.setdefault(tree.root(account), []).extend(residents.values())
            await asyncio.gather(*(self._compare_groups(root, people) for root, people in by_root.items()))
        except Unavailable:
            return  # the next time

    async def _compare_groups(self, root: str, people: list[Person]) -> None:
        found = await self._directory.groups_of(root, *(person.user.id for person in people))
        for person, groups in zip(people, found, strict=True):
            if groups != person.groups and self._roster.is_here(person):
                self.refresh_later(person, is_chosen=False)

    # Reading again

    def refresh_later(self, person: Person, *, is_chosen: bool) -> None:
        """Read a person again, and what they chose."""
        if person in self._stale:
            self._stale[person] |= is_chosen
        else:
            self._stale[person] = is_chosen
            self._spawn(self._refresh(person))

    async def _refresh(self, person: Person) -> None:
        async with person.gate:
            is_chosen = self._stale.pop(person)
            roles = person.user.roles
            try:
                profile = await self.read(person.account, person.user.id)
                code = _obstacle(person, profile)
                if profile is not None and code is None:
                    await self._move(person, profile)
            except Unavailable:
                await asyncio.sleep(PAUSE_SECONDS)
                if self._roster.is_here(person):
                    self.refresh_later(person, is_chosen=is_chosen)
                return
        if not self._roster.is_here(person):
            return
        if code is not None:
            self._roster.expel(person, code)
        elif profile is not None and (is_chosen or profile.user.roles != roles):
            self._tell(person, profile, profile.user.roles if profile.user.roles != roles else None)

    def _tell(self, person: Person, profile: Profile, roles: tuple[str, ...] | None) -> None:
        document = preferences.document(self._catalogue, profile.user, profile.chosen)
        payload = frames.preferences(document, roles)
        for tab in person.everyone:
            tab.send(payload)

    async def _move(self, person: Person, profile: Profile) -> None:
        """Let a person hear what they want now, and find what was written between.

        Who left meanwhile had their channels released by `leave`: those that they had then.
        """
        shared, bells = self.channels(profile), self._roster.bells
        added, gone = shared - person.shared, person.shared - shared
        if added and self._roster.is_here(person):
            await listen(bells, added)
            if not self._roster.is_here(person):
                bells.release(added)
        if not self._roster.is_here(person):
            return
        person.user, person.groups, person.shared = profile.user, profile.groups, shared
        if gone:
            bells.release(gone)
        if added:
            self._spawn(self._roster.compare([[person]]))


def _obstacle(person: Person, profile: Profile | None) -> CloseCode | None:
    """Say why a person cannot stay as they are; None when they can.

    Who moves leaves behind when they were sent away last: that is then 0, and says nothing.
    """
    if profile is None or not profile.user.active:
        return CloseCode.REMOVED
    if profile.user.account != person.account:
        return CloseCode.RESYNC
    return CloseCode.REMOVED if profile.ended not in (0, person.ended) else None
