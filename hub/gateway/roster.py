"""Who is connected here: people by account, the channels they need, and the repair of what the bus lost.

A person is here while a tab of theirs is. The first one reads who they are and what they chose, subscribes the
channels that follow from it, and only then takes its seat (fine print 5). What changes afterwards is followed
(following.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from hub import metrics
from hub.core.catalogue import Catalogue
from hub.core.wire import CloseCode
from hub.engine.connection import Unavailable
from hub.engine.directory import Directory
from hub.engine.doorbells import Doorbells
from hub.engine.log import Log, Missed, Tail
from hub.engine.rows import Notified
from hub.engine.tabs import Tabs
from hub.gateway.following import Following
from hub.gateway.listening import LISTEN_SECONDS
from hub.gateway.person import News, Person, election, from_log
from hub.gateway.tab import Tab
from hub.gateway.views import Views
from hub.gateway.wheel import Wheel

OFFER_SECONDS = 1.5  # the store's own deadline; asking later than that is what makes the answer final
PAUSE_SECONDS = 0.5  # between two tries to read a log while the store is away

PAGES_AT_ONCE = 20  # pages of 100 people whose heads are read in one pipeline

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Roster:
    """The people with tabs on this gateway."""

    def __init__(
        self,
        directory: Directory,
        log: Log,
        catalogue: Catalogue,
        views: Views,
        spawn: Spawn,
        now: Callable[[], float],
    ) -> None:
        self.accounts: dict[str, dict[str, Person]] = {}
        self.people: dict[str, Person] = {}
        self.offers: Wheel[Person] = Wheel(now())
        self.bells: Doorbells
        self.registry: Tabs
        self._directory = directory
        self._log = log
        self._spawn = spawn
        self._now = now
        self._repairing: set[Person] = set()
        self.following = Following(self, directory, catalogue, views, spawn)

    def __repr__(self) -> str:
        return f"<Roster of {len(self.people)} people in {len(self.accounts)} accounts>"

    # Coming and going

    async def enter(self, user: str) -> Person | CloseCode:
        """Find or open a person for one more tab, their channels confirmed; or say why it cannot be."""
        person = self.people.get(user) or await self._open(user)
        if isinstance(person, CloseCode):
            return person
        person.guests += 1
        try:
            if person.listening is not None:
                await asyncio.wait_for(asyncio.shield(person.listening), LISTEN_SECONDS)
        except BaseException as fault:
            self.leave(person)
            if isinstance(fault, TimeoutError):
                return CloseCode.STORE_UNAVAILABLE
            raise
        return person

    async def _open(self, id: str) -> Person | CloseCode:
        account = await self._directory.account_of(id)
        if account is None:
            return CloseCode.BAD_TOKEN
        # The generation before all else: whatever changes after it was read is seen to have changed.
        tails = await self._log.tails(account, [id])
        profile, kept = await asyncio.gather(self.following.read(account, id), self._directory.account(account))
        if profile is None:
            return CloseCode.BAD_TOKEN
        if profile.user.account != account:
            return CloseCode.RESYNC  # moving at this very moment
        if not profile.user.active:
            return CloseCode.REMOVED
        if id in self.people:
            return self.people[id]
        own = self._log.store.keys.channel(account, f"u:{id}")
        shared = self.following.channels(profile)
        person = Person(profile, own, shared, tails[0].rev, kept.retention_days if kept else 90)
        person.listening = asyncio.create_task(self._listen(person))
        self.people[id] = self.accounts.setdefault(account, {})[id] = person
        return person

    async def _listen(self, person: Person) -> None:
        await self.bells.subscribe(person.channels)
        person.listening = None

    def leave(self, person: Person) -> None:
        """Take it that one tab less wants a person here."""
        person.guests -= 1
        if person.guests == 0:
            self._drop(person)
            self.bells.release(person.channels)
            if person.listening is not None:
                person.listening.cancel()  # the bus is away, and nobody waits for it any more

    def forget(self, tab: Tab) -> None:
        """Take a tab out of its person, and with the last one the person out of here."""
        person, tab.person = tab.person, None
        if person is not None:
            person.forget(tab)
            self.leave(person)

    def is_here(self, person: Person) -> bool:
        """Tell whether a person was not expelled meanwhile."""
        return self.people.get(person.user.id) is person

    def _drop(self, person: Person) -> None:
        residents = self.accounts.get(person.account, {})
        if residents.get(person.user.id) is person:
            del residents[person.user.id]
            if not residents:
                del self.accounts[person.account]
        if self.people.get(person.user.id) is person:
            del self.people[person.user.id]

    def expel(self, person: Person, code: CloseCode) -> None:
        """Send every tab of a person away; who comes back finds a new beginning."""
        self._drop(person)
        for tab in person.everyone:
            tab.end(code)

    def supersede(self, person: Person, tab: Tab) -> None:
        """End older connections of a tab's id at once: were the doorbell lost, both would show pop-ups."""
        assert tab.seat is not None
        for other in person.everyone:
            is_same = other.seat and (other.key, other.seat.actor) == (tab.key, tab.seat.actor)
            if is_same and other is not tab:
                other.end(CloseCode.SUPERSEDED)

    async def _find_superseded(self, person: Person) -> None:
        """End connections whose tab ids were taken over on another gateway, in case the bus lost the news."""
        # All of these attached before the store is read: another name there is a later one.
        seated = [(tab, tab.seat.connection) for tab in person.tabs if tab.seat]
        try:
            known = await self.registry.raw(person.account, person.user.id)
        except Unavailable:
            return
        for tab, connection in seated:
            if known.get(tab.key or "", {}).get("n", connection) != connection:
                tab.end(CloseCode.SUPERSEDED)

    # What happens to a person

    def arm(self, person: Person) -> None:
        """Have the store offer a person's pop-ups again, unless a tab takes them in time."""
        if not person.has_offer:
            self.offer_in(person, OFFER_SECONDS)

    def offer_in(self, person: Person, seconds: float) -> None:
        """Look after a person's offer in so many seconds."""
        person.has_offer = True
        self.offers.add(person, self._now() + seconds)

    def hear(self, person: Person, news: News) -> None:
        """Apply news, and read the log when a number is missing."""
        if not person.hear(news):
            self.repair_later(person)

    def repair_later(self, person: Person) -> None:
        """Read the log of a person as soon as nothing else changes them."""
        if person not in self._repairing:
            metrics.GAPS.inc()
            self._repairing.add(person)
            self._spawn(self._repair(person))

    async def _repair(self, person: Person) -> None:
        async with person.gate:
            self._repairing.discard(person)
            while person.epoch is not None and person.everyone:
                if person.held is None:
                    person.hold()
                try:
                    missed = await self._log.missed(person.account, person.user.id, person.seq)
                except Unavailable:
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                if missed.changes is None or missed.tail.epoch != person.epoch:
                    self.expel(person, CloseCode.RESYNC)
                    return
                self._catch_up(person, missed)
                if person.release():
                    return
            if person.held is not None and self.is_here(person):
                person.begin_anew()  # the last tab left; another may wait at the gate

    def _catch_up(self, person: Person, missed: Missed) -> None:
        changes = missed.changes or ()
        for change in changes:
            person.seq = change.seq
            person.tell(from_log(change, missed.unread))
        if missed.tail.gen != person.gen:
            self._spawn(self._find_superseded(person))
        if missed.tail.gen != person.gen or any(isinstance(change, Notified) for change in changes):
            person.gen = missed.tail.gen
            person.tell(election(person.gen, missed.elected, missed.popups))
            if missed.popups:
                self.arm(person)

    async def compare(self, pages: Sequence[list[Person]]) -> None:
        """Compare what was applied with the heads of the logs, and repair what stays behind.

        A page is of one account and at most 100 people.
        """
        behind: list[tuple[Person, Tail]] = []
        for start in range(0, len(pages), PAGES_AT_ONCE):
            for found in await asyncio.gather(*map(self._behind, pages[start : start + PAGES_AT_ONCE])):
                behind += found
        if behind:
            await asyncio.sleep(PAUSE_SECONDS)  # a message may only be on its way still
        for person, tail in behind:
            if self._differs(person, tail) and person.everyone:
                self._mend(person, tail)

    async def _behind(self, page: list[Person]) -> list[tuple[Person, Tail]]:
        known = [person for person in page if person.epoch is not None or person.views]
        if not known:
            return []
        try:
            tails = await self._log.tails(known[0].account, [person.user.id for person in known])
        except Unavailable:
            return []  # the next comparison finds it
        return [pair for pair in zip(known, tails, strict=True) if self._differs(*pair)]

    @staticmethod
    def _differs(person: Person, tail: Tail) -> bool:
        if person.epoch is None:  # only views are here, and they look for themselves
            return tail.rev > person.rev
        ahead = tail.seq > person.seq or tail.gen > person.gen or tail.rev > person.rev
        return ahead or tail.epoch != person.epoch

    def _mend(self, person: Person, tail: Tail) -> None:
        if person.epoch not in (None, tail.epoch):
            self.expel(person, CloseCode.RESYNC)
            return
        if tail.rev > person.rev:
            person.rev = tail.rev
            self.following.refresh_later(person, is_chosen=True)
        if person.epoch is None:
            return
        if tail.seq > person.seq or tail.gen > person.gen:
            self.repair_later(person)
