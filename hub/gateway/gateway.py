"""The gateway put together, and its public face for the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import structlog
from starlette.routing import BaseRoute, WebSocketRoute

from hub import metrics
from hub.core.catalogue import Catalogue
from hub.core.session import Limits
from hub.core.wire import CloseCode
from hub.engine.clock import Clock
from hub.engine.connection import Store
from hub.engine.directory import Directory
from hub.engine.doorbells import Doorbells
from hub.engine.identity import Identity
from hub.engine.log import Log
from hub.engine.tabs import Tabs
from hub.engine.views import ViewLog
from hub.gateway.arrival import Arrivals
from hub.gateway.drain import drain
from hub.gateway.endpoint import PATH, Endpoint
from hub.gateway.errands import Errands
from hub.gateway.fanout import Fanout
from hub.gateway.protocol import CLOSE_SECONDS, HubProtocol, Outbox
from hub.gateway.pulse import Pulse
from hub.gateway.roster import Roster
from hub.gateway.tab import Errand, Tab
from hub.gateway.views import Views
from hub.gateway.wheel import TICK_SECONDS

FINISH_SECONDS = 5.0  # for errands that are under way when the gateway stops

_JOURNAL = structlog.get_logger("hub.gateway")


class Settings(Protocol):
    """The settings that a gateway reads."""

    @property
    def allowed_origins(self) -> Sequence[str]: ...
    @property
    def public_url(self) -> str | None: ...
    @property
    def tab_buffer(self) -> int: ...
    @property
    def message_limit(self) -> int: ...
    @property
    def tabs_per_user(self) -> int: ...
    @property
    def hello_seconds(self) -> float: ...
    @property
    def heartbeat_seconds(self) -> float: ...
    @property
    def pong_seconds(self) -> float: ...
    @property
    def drain_seconds(self) -> float: ...


class Hub(Protocol):
    """The parts of a hub that a gateway calls. `tabs.gateway` names this gateway, and is new at every start."""

    @property
    def settings(self) -> Settings: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def store(self) -> Store: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def log(self) -> Log: ...
    @property
    def tabs(self) -> Tabs: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def clock(self) -> Clock: ...


class Gateway:
    """Everything that serves tabs in one process."""

    outbox: Outbox
    limits: Limits

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        settings = hub.settings
        self.limits = Limits(settings.hello_seconds, settings.heartbeat_seconds, settings.pong_seconds)
        self._tabs: set[Tab] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._is_open = False
        self._door = Endpoint(settings.allowed_origins, settings.public_url, self.is_open, self._take)

    def __repr__(self) -> str:
        return f"<Gateway {self.hub.tabs.gateway} tabs={len(self._tabs)}{'' if self._is_open else ' not open'}>"

    def routes(self) -> list[BaseRoute]:
        """List the routes of the gateway."""
        return [WebSocketRoute(PATH, self._door.answer)]

    async def start(self) -> None:
        """Listen to the bus, start the timers, open the door. The store is open."""
        hub, settings = self.hub, self.hub.settings
        self.now = asyncio.get_running_loop().time
        self.outbox = Outbox(settings.message_limit, settings.tab_buffer)
        view_log = ViewLog(hub.store)
        self.views = Views(hub.directory, view_log, self.spawn, self.now)
        self.roster = Roster(hub.directory, hub.log, hub.catalogue, self.views, self.spawn, self.now)
        fanout = Fanout(self.roster, self.views, hub.store.keys)
        self.bells = Doorbells(hub.store, hub.tabs.gateway, fanout.on_message, self._on_gap)
        self.roster.bells = self.views.bells = self.bells
        self.roster.registry = hub.tabs
        arrivals = Arrivals(
            hub.identity,
            hub.tabs,
            self.roster,
            self.views,
            hub.clock,
            limit=settings.tabs_per_user,
            heartbeat=settings.heartbeat_seconds,
        )
        self.errands = Errands(hub.identity, hub.tabs, hub.log, view_log, arrivals)
        self.pulse = Pulse(self.roster, self.views, hub.tabs, self.errands, hub.clock, self.now)
        await self.bells.start()
        self.pulse.start()
        self._is_open = True

    async def drain(self) -> None:
        """Take no more tabs and send those here elsewhere, over `drain_seconds`."""
        self._is_open = False
        await drain(self._tabs, self.hub.settings.drain_seconds)

    async def stop(self) -> None:
        """Send away who is left, give up seats and leases, and let go of the bus."""
        self._is_open = False
        accounts = list(self.roster.accounts)
        await drain(self._tabs, 0.0)
        await self._hung_up()
        await self.pulse.stop()
        await self._finished()
        leaving = (self.hub.tabs.leave(account) for account in accounts)
        await asyncio.gather(*leaving, return_exceptions=True)
        await self.bells.stop()

    async def _hung_up(self) -> None:
        """Give tabs that were closed the time to answer, and cut off those that do not."""
        last = self.now() + CLOSE_SECONDS
        while self._tabs and self.now() < last:
            await asyncio.sleep(TICK_SECONDS)
        for tab in self._tabs:
            tab.abort()

    async def _finished(self) -> None:
        """Give what is under way the time to end; the store may be away."""
        if self._work:
            _, late = await asyncio.wait(self._work, timeout=FINISH_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def tabs(self) -> int:
        """Count the tabs connected here."""
        return len(self._tabs)

    def is_open(self) -> bool:
        """Tell whether new tabs are taken."""
        return self._is_open

    def ready(self) -> bool:
        """Tell whether new tabs are taken, and a probe came back over the bus lately."""
        return self._is_open and self.bells.healthy

    def _take(self, protocol: HubProtocol, is_binary: bool) -> Tab:
        tab = Tab(self, is_binary)
        if protocol.adopt(tab):
            self._tabs.add(tab)
            metrics.TABS.inc()
            self.pulse.greet(tab)
        return tab

    def _on_gap(self) -> None:
        metrics.BUS_RECONNECTS.inc()
        self.spawn(self.pulse.compare_now())

    # What tabs need of their gateway (tab.Host)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background; `stop` waits for it, and a fault in it is noted."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _JOURNAL.error("background work of the gateway failed", exc_info=fault)

    async def perform(self, tab: Tab, errand: Errand) -> None:
        """Carry out what needs the store."""
        await self.errands.run(tab, errand)

    def begin(self, tab: Tab) -> None:
        """Take note that a tab was welcomed."""
        self.pulse.begin(tab)

    def watch_token(self, tab: Tab) -> None:
        """Close a tab when its token has run out."""
        self.pulse.watch_token(tab)

    def closed(self, tab: Tab, code: CloseCode | None) -> None:
        """Take note that a tab gets nothing more."""
        if code is not None:
            metrics.TABS_CLOSED.labels(code.value).inc()
        self.pulse.forget(tab)
        self.views.forget(tab)
        self.roster.forget(tab)

    def gone(self, tab: Tab) -> None:
        """Take note that the connection of a tab is gone."""
        self._tabs.discard(tab)
        metrics.TABS.dec()
