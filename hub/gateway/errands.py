"""What a tab asks of the store, carried out in the tab's order: one engine call for each command of its session."""

from __future__ import annotations

import asyncio
import secrets

import structlog

from hub.core import frames
from hub.core.session import Attach, Close, Fade, Mark, Reauthenticate, Report, Send, Take
from hub.core.tokens import Refusal
from hub.core.wire import CloseCode
from hub.engine.connection import Unavailable
from hub.engine.identity import Identity
from hub.engine.log import Log
from hub.engine.tabs import Seat, Tabs
from hub.engine.views import ViewLog
from hub.gateway.arrival import Arrivals, refusal
from hub.gateway.tab import Errand, Leave, Tab

SEATS_AT_ONCE = 100  # seats given up late in one pipeline

_JOURNAL = structlog.get_logger("hub.gateway")


class Errands:
    """Runs commands of sessions. A tab whose errand cannot be run is closed: 4007, or 1011 for a fault of ours."""

    def __init__(self, identity: Identity, registry: Tabs, log: Log, views: ViewLog, arrivals: Arrivals) -> None:
        self._identity = identity
        self._registry = registry
        self._log = log
        self._views = views
        self._arrivals = arrivals
        self.unfinished: list[Seat] = []  # seats that could not be given up yet; they would be elected for nobody

    async def run(self, tab: Tab, errand: Errand) -> None:
        """Carry out one errand; never raises."""
        try:
            await self._run(tab, errand)
        except Exception as fault:
            self._failed(tab, errand, fault)

    def _failed(self, tab: Tab, errand: Errand, fault: Exception) -> None:
        if isinstance(fault, Unavailable):
            tab.end(CloseCode.STORE_UNAVAILABLE)
        else:
            _JOURNAL.error("an errand of a tab failed", errand=type(errand).__name__, tab=repr(tab), exc_info=fault)
            tab.end(CloseCode.INTERNAL)
        if isinstance(errand, Leave) and tab.seat:
            self.unfinished.append(tab.seat)

    async def finish(self) -> None:
        """Give up the seats that could not be given up before."""
        seats, self.unfinished = self.unfinished, []
        for start in range(0, len(seats), SEATS_AT_ONCE):
            page = seats[start : start + SEATS_AT_ONCE]
            outcomes = await asyncio.gather(*map(self._registry.detach, page), return_exceptions=True)
            self.unfinished += [seat for seat, outcome in zip(page, outcomes, strict=True) if outcome is not None]

    async def _run(self, tab: Tab, errand: Errand) -> None:
        match errand:
            case Attach(hello=hello):
                await self._arrivals.attach(tab, hello)
            case Reauthenticate(token=token):
                await self._reauthenticate(tab, token)
            case Mark() if tab.seat:
                await self._mark(tab, tab.seat, errand)
            case Report(state=state) if tab.seat:
                if not await self._registry.report(tab.seat, state):
                    tab.end(CloseCode.SUPERSEDED)
            case Take(ids=ids) if tab.seat:
                await self._registry.shown(tab.seat, ids)
            case Fade(ids=ids) if tab.seat:
                await self._registry.faded(tab.seat, ids)
            case Leave() if tab.seat:
                await self._registry.detach(tab.seat)
            case Mark() | Report() | Take() | Fade() | Leave() | Send() | Close():
                return

    async def _mark(self, tab: Tab, seat: Seat, mark: Mark) -> None:
        if viewer := seat.viewer:
            done = await self._views.put_away(viewer, mark.operation, mark.ids, mark.up_to)
        else:
            epoch = secrets.token_hex(6)
            done = await self._log.mark(seat.account, seat.user, mark.operation, mark.ids, mark.up_to, epoch)
        tab.send(frames.ack(mark.ref, done.changed, done.unknown, done.unread))

    async def _reauthenticate(self, tab: Tab, token: str) -> None:
        claims, before = await self._identity.verify(token), tab.claims
        if isinstance(claims, Refusal):
            tab.end(refusal(claims))
        elif before is None or (claims.user, claims.actor) != (before.user, before.actor):
            tab.end(CloseCode.BAD_TOKEN)
        else:
            tab.claims, tab.session.expires_at = claims, claims.expires_at
            tab.host.watch_token(tab)
