"""Everything that time demands of a gateway; one timer of each kind, not one for each tab.

every 0.1 s   hello deadlines, pings, pong deadlines; by itself: offers that may be overdue
every second  token expiry (business time), leases renewed; by itself: seats given up late
every 10 s    tail checks: the heads of all logs against what was applied; groups and defaults; the rights of log-in-as
              actors, their views

Each beat has a task and waits for nobody else's: a store that hangs stops neither pings nor deadlines.

An account's lease is one for all its tabs here. A lease that lapsed means that this process stood still: the store
forgot its tabs, so each reports itself anew.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from hub.core.session import TOKEN_GRACE, Report, Stage
from hub.core.wire import CloseCode
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.log import PAGE
from hub.engine.tabs import Tabs
from hub.gateway.errands import Errands
from hub.gateway.person import Person
from hub.gateway.roster import Roster
from hub.gateway.tab import Tab
from hub.gateway.views import Views
from hub.gateway.wheel import TICK_SECONDS, Wheel

LEASE_SECONDS = 1.0
TAIL_SECONDS = 10.0
ACCOUNTS_AT_ONCE = 50  # accounts whose leases are renewed in one pipeline

_JOURNAL = structlog.get_logger("hub.gateway")


class Pulse:
    """The timers of one gateway."""

    def __init__(
        self, roster: Roster, views: Views, registry: Tabs, errands: Errands, clock: Clock, now: Callable[[], float]
    ) -> None:
        self._roster = roster
        self._views = views
        self._registry = registry
        self._errands = errands
        self._clock = clock
        self._now = now
        self._greeting: Wheel[Tab] = Wheel(now())
        self._live: Wheel[Tab] = Wheel(now())
        self._expiring: set[Tab] = set()
        self._first_expiry = math.inf
        self._dead: dict[str, set[str]] = {}
        self._bereaved: list[Person] = []  # a gateway died that they may have had a tab on
        self._comparing = asyncio.Lock()
        self._timers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to beat."""
        beats: tuple[tuple[float, Callable[[], Awaitable[None]]], ...] = (
            (TICK_SECONDS, self._tick),
            (TICK_SECONDS, self._offer_due),
            (LEASE_SECONDS, self._second),
            (LEASE_SECONDS, self._errands.finish),
            (TAIL_SECONDS, self._compare),
        )
        self._timers = [asyncio.create_task(self._every(seconds, beat)) for seconds, beat in beats]

    async def stop(self) -> None:
        """Stop beating."""
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)

    async def _every(self, seconds: float, beat: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await beat()
            except Unavailable:
                continue  # the store is away: /readyz says so, and the next beat tries again
            except Exception:
                _JOURNAL.exception("a timer of the gateway failed", timer=beat.__name__)

    # Tabs

    def greet(self, tab: Tab) -> None:
        """Wait for a new tab's hello."""
        self._greeting.add(tab, tab.session.due)

    def begin(self, tab: Tab) -> None:
        """Ping a tab that was welcomed, from now on."""
        self._live.add(tab, tab.session.due)
        self.watch_token(tab)

    def watch_token(self, tab: Tab) -> None:
        """Close a tab when its token has run out."""
        self._expiring.add(tab)
        self._first_expiry = min(self._first_expiry, tab.session.expires_at)

    def forget(self, tab: Tab) -> None:
        """Take note that a tab is closed."""
        self._expiring.discard(tab)

    async def _tick(self) -> None:
        now = self._now()
        for tab in self._greeting.turn(now):
            if tab.session.stage is Stage.GREETING:
                tab.act(tab.session.tick(now))
        for tab in self._live.turn(now):
            tab.act(tab.session.tick(now))
            if tab.session.stage is Stage.LIVE:
                self._live.add(tab, tab.session.due)
        self._views.turn(now)

    def _expire(self) -> None:
        """Look through the tabs only when the first of them may be due."""
        now = self._clock.now()
        if now < self._first_expiry + TOKEN_GRACE:
            return
        for tab in [tab for tab in self._expiring if tab.session.is_expired(now)]:
            tab.end(CloseCode.TOKEN_EXPIRED)
        self._first_expiry = min((tab.session.expires_at for tab in self._expiring), default=math.inf)

    # Accounts

    async def _offer_due(self) -> None:
        bereaved, self._bereaved = self._bereaved, []
        await self._offer(dict.fromkeys([*bereaved, *self._roster.offers.turn(self._now())]))

    async def _offer(self, people: Iterable[Person]) -> None:
        """Have the store offer again what nobody answered for (the store decides; see offer.lua)."""
        by_account: dict[str, list[Person]] = defaultdict(list)
        for person in people:
            person.has_offer = False
            if person.everyone:
                by_account[person.account].append(person)
        pages = [(account, page) for account, some in by_account.items() for page in pages_of(some)]
        outcomes = await asyncio.gather(*(self._offer_page(*page) for page in pages), return_exceptions=True)
        for (_, page), outcome in zip(pages, outcomes, strict=True):
            for person, wait_ms in zip(page, outcome if isinstance(outcome, list) else [1000] * len(page), strict=True):
                if wait_ms and not person.has_offer:
                    self._roster.offer_in(person, wait_ms / 1000)

    async def _offer_page(self, account: str, page: Sequence[Person]) -> list[int]:
        return await self._registry.offer(account, [person.user.id for person in page])

    async def _second(self) -> None:
        self._expire()
        accounts = list(self._roster.accounts)
        for start in range(0, len(accounts), ACCOUNTS_AT_ONCE):
            await asyncio.gather(*map(self._renew, accounts[start : start + ACCOUNTS_AT_ONCE]))
        for account in self._dead.keys() - self._roster.accounts.keys():
            del self._dead[account]

    async def _renew(self, account: str) -> None:
        lapsed, dead = await self._registry.renew(account)
        people = list(self._roster.accounts.get(account, {}).values())
        if lapsed:
            for tab in [tab for person in people for tab in person.everyone if tab.seat]:
                tab.act((Report(tab.session.attention),))
        news = set(dead) - self._dead.get(account, set())
        self._dead[account] = set(dead)
        if news:
            self._views.elect_again(account)
            self._bereaved += people

    async def _compare(self) -> None:
        async with self._comparing:
            await self._roster.following.look_around()
            residents = [list(people.values()) for people in self._roster.accounts.values()]
            await self._roster.compare([page for people in residents for page in pages_of(people)])
            await self._views.check_all()

    async def compare_now(self) -> None:
        """Compare all heads: the bus was away."""
        await self._compare()


def pages_of(people: list[Person]) -> list[list[Person]]:
    """Cut into pages that one Function call takes."""
    return [people[start : start + PAGE] for start in range(0, len(people), PAGE)]
