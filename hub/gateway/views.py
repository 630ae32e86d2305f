"""Log-in-as sessions: they see what the target sees, and change nothing for them (C-15, AMB-16, AMB-17).

A view's tabs have seats in a registry of their own: among themselves they elect, and outside it nobody knows of them.
A view lives as long as its actor may look.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from hub import metrics
from hub.core.acting import may_act
from hub.core.wire import CloseCode
from hub.engine.connection import Unavailable
from hub.engine.directory import Directory
from hub.engine.doorbells import Doorbells
from hub.engine.tabs import Attached, Viewer
from hub.engine.views import ViewLog
from hub.gateway.listening import listen
from hub.gateway.person import Person
from hub.gateway.tab import Tab
from hub.gateway.view import View
from hub.gateway.wheel import Wheel

PAUSE_MS = 1000  # until an offer is looked after again, when the store was away


class Views:
    """The log-in-as sessions with tabs on this gateway."""

    def __init__(
        self,
        directory: Directory,
        log: ViewLog,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        now: Callable[[], float],
    ) -> None:
        self.bells: Doorbells
        self._directory = directory
        self._log = log
        self._spawn = spawn
        self._now = now
        self._offers: Wheel[View] = Wheel(now())
        self._views: dict[str, View] = {}
        self._places: dict[Tab, tuple[View, list[str]]] = {}

    def __repr__(self) -> str:
        return f"<Views with {self.count()} tabs in {len(self._views)} sessions>"

    def count(self) -> int:
        """Count the tabs of views here."""
        return len(self._places)

    # Coming and going

    async def enter(self, tab: Tab, person: Person, actor: str) -> bool:
        """Let a tab look through a person's eyes, its channels confirmed; send it away when its actor may not."""
        account = await self._directory.account_of(actor)
        if account is not None:
            viewer, keys = Viewer(person.account, person.user.id, actor), self._log.store.keys
            channels = [keys.channel(account, f"u:{actor}"), keys.channel(person.account, f"u:{viewer.id}")]
            await listen(self.bells, channels)
            view = self._find(viewer, person)
            view.tabs[tab] = None
            self._places[tab] = view, channels
        if account is None or not await self._may(actor, person):
            tab.end(CloseCode.REMOVED)
        return tab.is_open()

    def _find(self, viewer: Viewer, person: Person) -> View:
        view = self._views.get(viewer.id)
        if view is None or view.person is not person:
            view = View(viewer, person, self._log, self._spawn, self._arm)
            self._views[viewer.id] = view
            person.watch(view)
        return view

    def seat(self, tab: Tab, seated: Attached) -> None:
        """Tell a tab that was just welcomed everything from now on."""
        view, _ = self._places[tab]
        view.seat(tab, seated)

    def forget(self, tab: Tab) -> None:
        """Take note that a tab, maybe of a view, is closed."""
        if tab in self._places:
            view, channels = self._places.pop(tab)
            self.bells.release(channels)
            del view.tabs[tab]
            if not view.tabs:
                view.person.unwatch(view)
                if self._views.get(view.viewer.id) is view:
                    del self._views[view.viewer.id]

    # What happens to them

    def on_message(self, account: str, message: dict[str, Any]) -> None:
        """Take a message of the bus about a session: the store says what it means."""
        view = self._views.get(message["user"])
        if view is None or view.viewer.account != account:
            return
        for tab in list(view.tabs):
            if message.get("silent") and tab.key == message["silent"]:
                tab.session.is_silent = True
                metrics.SILENT_TABS.inc()
            is_same_tab = "connection" in message and tab.key == message["tab"]
            if is_same_tab and tab.seat and tab.seat.connection != message["connection"]:
                tab.end(CloseCode.SUPERSEDED)
        view.ring()

    def _arm(self, view: View, wait_ms: int) -> None:
        if wait_ms and not view.has_offer:
            view.has_offer = True
            self._offers.add(view, self._now() + wait_ms / 1000)

    def turn(self, now: float) -> None:
        """Have the store offer again what a view's tab did not take in time."""
        for view in self._offers.turn(now):
            view.has_offer = False
            if view.tabs:
                self._spawn(self._offer(view))

    async def _offer(self, view: View) -> None:
        try:
            wait_ms = await self._log.offer(view.viewer)
        except Unavailable:
            wait_ms = PAUSE_MS
        self._arm(view, wait_ms)

    def elect_again(self, account: str) -> None:
        """Let the views of an account elect again: a gateway died, and its tabs with it."""
        for view in self._views.values():
            if view.viewer.account == account:
                self._spawn(self._offer(view))

    # Who may

    async def _may(self, actor: str, person: Person) -> bool:
        return may_act(await self._directory.user(actor), person.user, await self._directory.tree())

    def changed(self, user: str) -> None:
        """Look again at the rights of an actor who changed."""
        if any(view.viewer.actor == user for view in self._views.values()):
            self._spawn(self._check(user))

    def ended(self, user: str) -> None:
        """End the sessions of an actor whom an administrator sent away."""
        for view in [view for view in self._views.values() if view.viewer.actor == user]:
            for tab in list(view.tabs):
                tab.end(CloseCode.REMOVED)

    async def check_all(self) -> None:
        """Look again at every actor's rights and every view, in case the bus lost something."""
        for actor in {view.viewer.actor for view in self._views.values()}:
            await self._check(actor)
        for view in self._views.values():
            view.ring()

    async def _check(self, actor: str) -> None:
        try:
            for view in [view for view in self._views.values() if view.viewer.actor == actor]:
                if not await self._may(actor, view.person):
                    for tab in list(view.tabs):
                        tab.end(CloseCode.REMOVED)
        except Unavailable:
            return  # the next round looks again
