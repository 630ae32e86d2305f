"""Log-in-as sessions: they see what the target sees, and change nothing (C-15, AMB-16, AMB-17).

A view has no seat in the registry: it is no candidate in the target's elections, does not count among the target's
tabs, and is never offered a pop-up. It lives as long as its actor may look.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from hub.core.acting import may_act
from hub.core.wire import CloseCode, Hello
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.directory import Directory
from hub.engine.doorbells import Doorbells
from hub.engine.log import Log, cutoff
from hub.engine.tabs import Attached
from hub.gateway.listening import listen
from hub.gateway.person import Person
from hub.gateway.tab import Tab

SNAPSHOT = 50  # entries
NOTHING_AFTER = 2**53 - 1  # a number no log reaches: only the head is asked for


class Views:
    """The log-in-as sessions of this gateway, by who acts in them."""

    def __init__(
        self, directory: Directory, log: Log, clock: Clock, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self.bells: Doorbells
        self._directory = directory
        self._log = log
        self._clock = clock
        self._spawn = spawn
        self._open: dict[str, dict[Tab, str]] = {}

    def __repr__(self) -> str:
        return f"<Views of {len(self._open)} actors>"

    async def look(self, tab: Tab, person: Person, hello: Hello, actor: str) -> Attached | None:
        """Read what a view is shown at first; None when its actor may not look."""
        watched = await self._watch(tab, actor)
        if watched is None or not await self._may(actor, person):
            tab.end(CloseCode.REMOVED)
            return None
        after = hello.after.seq if hello.after else NOTHING_AFTER
        missed = await self._log.missed(person.account, person.user.id, after)
        continues = hello.after is not None and hello.after.epoch == missed.tail.epoch
        if continues and missed.changes is not None:
            return Attached(missed.tail, missed.unread, "", missed.changes, (), ())
        oldest = cutoff(self._clock.now(), person.oldest_days)
        page = await self._log.inbox(person.account, person.user.id, "all", SNAPSHOT, None, oldest)
        return Attached(missed.tail, missed.unread, "", None, page.entries, ())

    async def _watch(self, tab: Tab, actor: str) -> str | None:
        """Hear of the actor's own changes from now on."""
        account = await self._directory.account_of(actor)
        if account is None:
            return None
        channel = self._log.store.keys.channel(account, f"u:{actor}")
        await listen(self.bells, [channel])
        self._open.setdefault(actor, {})[tab] = channel
        return channel

    async def _may(self, actor: str, person: Person) -> bool:
        return may_act(await self._directory.user(actor), person.user, await self._directory.tree())

    def forget(self, tab: Tab) -> None:
        """Take note that a view is closed."""
        actor = tab.claims.actor if tab.claims else None
        views = self._open.get(actor, {}) if actor else {}
        if actor and tab in views:
            self.bells.release([views.pop(tab)])
            if not views:
                del self._open[actor]

    def changed(self, user: str) -> None:
        """Look again at the rights of an actor who changed."""
        if user in self._open:
            self._spawn(self._check(user))

    async def check_all(self) -> None:
        """Look again at the rights of every actor, in case the bus lost a change."""
        for actor in list(self._open):
            await self._check(actor)

    async def _check(self, actor: str) -> None:
        try:
            for tab in list(self._open.get(actor, ())):
                if tab.person is not None and not await self._may(actor, tab.person):
                    tab.end(CloseCode.REMOVED)
        except Unavailable:
            return  # the next round looks again
