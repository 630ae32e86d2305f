"""How a tab gets its seat (fine print 5): who is it, subscribe, attach, welcome, then what arrived meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import count

from hub.core import frames
from hub.core.tokens import Claims, Refusal
from hub.core.wire import CloseCode, Hello
from hub.engine.clock import Clock
from hub.engine.identity import Identity
from hub.engine.log import Tail, cutoff
from hub.engine.rows import Entry
from hub.engine.tabs import Attached, Seat, Tabs
from hub.gateway.person import Person, change_frame, entry_bytes
from hub.gateway.roster import Roster
from hub.gateway.tab import Tab
from hub.gateway.views import Views

FARTHEST = 2**53  # beyond every head; the store counts in doubles


class Arrivals:
    """Seats tabs. Raises `Unavailable` when the store is away; the tab is then sent off with 4007."""

    def __init__(
        self,
        identity: Identity,
        registry: Tabs,
        roster: Roster,
        views: Views,
        clock: Clock,
        *,
        limit: int,
        heartbeat: float,
    ) -> None:
        self._identity = identity
        self._registry = registry
        self._roster = roster
        self._views = views
        self._clock = clock
        self._limit = limit
        self._heartbeat = heartbeat
        self._connections = count(1)

    async def attach(self, tab: Tab, hello: Hello) -> None:
        """Give a tab its seat and its welcome, or send it away."""
        claims = await self._identity.verify(hello.token)
        if isinstance(claims, Refusal):
            tab.end(refusal(claims))
            return
        tab.claims = claims
        while tab.is_open():
            person = await self._roster.enter(claims.user)
            if isinstance(person, CloseCode):
                tab.end(person)
                return
            async with person.gate:
                if self._roster.is_here(person):
                    await self._seat(tab, person, hello, claims)
                    return
            self._roster.leave(person)  # expelled while we waited

    async def _seat(self, tab: Tab, person: Person, hello: Hello, claims: Claims) -> None:
        if not tab.is_open():
            self._roster.leave(person)
            return
        tab.person = person
        seated = None
        if claims.actor is None:
            person.expect(tab)
            seated = await self._attach(tab, person, hello)
        elif await self._views.enter(tab, person, claims.actor):
            seated = await self._attach(tab, person, hello, claims.actor)
        if not tab.is_open():
            self._views.forget(tab)
        elif seated is not None:
            self._welcome(tab, person, hello, seated)

    async def _attach(self, tab: Tab, person: Person, hello: Hello, actor: str | None = None) -> Attached | None:
        connection = f"{self._registry.gateway}.{next(self._connections)}"
        tab.key = hello.tab
        tab.seat = Seat(person.account, person.user.id, hello.tab, connection, actor)
        self._roster.supersede(person, tab)
        after = None if hello.after is None else (hello.after.epoch, min(hello.after.seq, FARTHEST))
        oldest = cutoff(self._clock.now(), person.oldest_days)
        epoch = secrets.token_hex(6)
        attached = await self._registry.attach(
            tab.seat, hello.state, after, limit=self._limit, oldest=oldest, epoch=epoch
        )
        if attached is None:
            tab.seat = None
            tab.end(CloseCode.TOO_MANY_TABS)
        return attached

    def _welcome(self, tab: Tab, person: Person, hello: Hello, seated: Attached) -> None:
        assert tab.claims is not None
        tab.is_elected = seated.elected == tab.key
        tab.send(
            frames.welcome(
                user=person.user.id,
                roles=person.user.roles,
                tab=hello.tab,
                epoch=seated.tail.epoch,
                seq=seated.tail.seq,
                recovered=seated.changes is not None,
                elected=tab.is_elected,
                unread=seated.unread,
                popups=entries(seated.popups),
                inbox=None if seated.changes is not None else entries(seated.inbox),
                heartbeat=self._heartbeat,
                expires_at=tab.claims.expires_at,
            )
        )
        for change in seated.changes or ():
            tab.send(change_frame(change, seated.unread))
        tab.session.attached(tab.claims.expires_at, tab.host.now())
        tab.host.begin(tab)
        if tab.claims.actor is None:
            self._settle(tab, person, seated.tail)
            if seated.popups:
                self._roster.arm(person)
        else:
            self._views.seat(tab, seated)
        if seated.tail.rev != person.rev:
            person.rev = seated.tail.rev
            self._roster.following.refresh_later(person, is_chosen=True)

    def _settle(self, tab: Tab, person: Person, tail: Tail) -> None:
        """Put the tab among the others, where their numbers meet."""
        if person.epoch is not None and person.epoch != tail.epoch:
            for other in person.everyone:
                if other is not tab:
                    other.end(CloseCode.RESYNC)
            person.epoch, person.held = None, []
        is_first = person.epoch is None
        if is_first:
            person.stand_at(tail)
        person.welcome(tab, tail)
        if is_first and not person.release():
            self._roster.repair_later(person)


def refusal(refused: Refusal) -> CloseCode:
    """Say how a tab whose token is refused is closed."""
    return CloseCode.TOKEN_EXPIRED if refused.code == "expired" else CloseCode.BAD_TOKEN


def entries(rows: Sequence[Entry]) -> list[bytes]:
    """Write entries as frames carry them."""
    return [entry_bytes(row) for row in rows]
