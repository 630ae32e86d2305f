"""A person with tabs here: where their log stands for this gateway, and which tabs hear of it.

Everything that happens to a person is `News` with a number: of the log, or of their elections. A person applies
`last + 1`, ignores what is not newer, and holds everything back when a number of the log is missing, until the log
was read (`Roster.repair`). A tab that is still arriving keeps what comes meanwhile, and then takes what lies above
the numbers its welcome covers.

In the fast lane (`settled`) none of this is touched: fanout.py compares one number and writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hub.core import frames
from hub.core.directory import User
from hub.core.inbox import entry_json
from hub.core.preferences import Preferences
from hub.engine.log import Tail
from hub.engine.rows import Change, Entry, Notified

if TYPE_CHECKING:
    from hub.gateway.tab import Tab
    from hub.gateway.view import View


class Profile(NamedTuple):
    """Who a person is and what they want, as the directory says at a moment."""

    user: User
    chosen: Preferences
    groups: tuple[str, ...]
    ended: int


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened to a person; `tell` sends a tab its frame."""

    number: int
    is_election: bool
    tell: Callable[[Tab], None]


class Person:
    """One user with tabs on this gateway. `gate` lets one thing at a time change what is known of them."""

    __slots__ = (
        "account", "arriving", "ended", "epoch", "gate", "gen", "groups", "guests", "has_offer", "held", "listening",
        "oldest_days", "own", "rev", "seq", "settled", "shared", "tabs",
        "user", "views",
    )  # fmt: skip

    def __init__(self, profile: Profile, own: str, shared: frozenset[str], rev: int, oldest_days: int) -> None:
        user = profile.user
        self.user = user
        self.groups = profile.groups
        self.ended = profile.ended  # when an administrator sent every tab away last, us; another value is a new time
        self.account = user.account
        self.own = own  # the person's own channel
        self.shared = shared  # the others; one set for all whose preferences come to the same
        self.oldest_days = oldest_days
        self.epoch: str | None = None  # unknown until the first tab has a seat; until then everything is held
        self.seq = 0
        self.gen = 0
        self.rev = rev
        self.tabs: list[Tab] = []
        self.arriving: list[Tab] = []
        self.views: tuple[View, ...] = ()  # log-in-as sessions that look through this person's eyes
        self.held: list[News] | None = []
        self.settled = False
        self.guests = 0
        self.has_offer = False
        self.gate = asyncio.Lock()
        self.listening: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        held = "" if self.held is None else f", {len(self.held)} held"
        return f"<Person {self.account}/{self.user.id} seq={self.seq} gen={self.gen} tabs={len(self.tabs)}{held}>"

    @property
    def channels(self) -> frozenset[str]:
        """Name the channels that this person is told over."""
        return self.shared | {self.own}

    @property
    def everyone(self) -> list[Tab]:
        """List the tabs, those still arriving and those of views too."""
        return [*self.tabs, *self.arriving, *(tab for view in self.views for tab in view.tabs)]

    def hear(self, news: News) -> bool:
        """Apply news, or hold it back; False when the log must be read first."""
        self._ring()
        if self.held is not None:
            if self.epoch is not None or self.arriving:
                self.held.append(news)  # else only views are here
            return True
        if news.is_election:
            if news.number <= self.gen:
                return True
            self.gen = news.number
        else:
            if news.number <= self.seq:
                return True
            if news.number > self.seq + 1:
                self.hold(news)
                return False
            self.seq = news.number
        self.tell(news)
        return True

    def tell(self, news: News) -> None:
        """Tell every tab."""
        for tab in self.tabs:
            news.tell(tab)
        for tab in self.arriving:
            if tab.backlog is not None:
                tab.backlog.append(news)
            else:
                self._tell_above_floor(tab, news)
        if self.arriving:
            self.seat()

    def _tell_above_floor(self, tab: Tab, news: News) -> None:
        floor = tab.floor
        assert floor is not None
        if news.number > (floor.gen if news.is_election else floor.seq):
            news.tell(tab)

    def hold(self, *news: News) -> None:
        """Hold back what comes from now on."""
        self.held = [*(self.held or ()), *news]
        self.settled = False
        self._ring()

    def release(self) -> bool:
        """Apply what was held back; False when the log must be read again."""
        held, self.held = self.held or [], None
        for news in held:
            self.hear(news)  # after a gap, the rest is held again
        self._judge()
        return self.held is None

    def expect(self, tab: Tab) -> None:
        """Keep for a tab what comes while it takes its seat."""
        tab.backlog = []
        self.arriving.append(tab)
        self.settled = False

    def begin_anew(self) -> None:
        """Wait for the next tab's welcome to say where the log stands: nobody is here who was told anything."""
        self.epoch, self.held, self.settled = None, [], False

    def welcome(self, tab: Tab, floor: Tail) -> None:
        """Give a tab that was just welcomed what came above its welcome."""
        backlog, tab.backlog, tab.floor = tab.backlog, None, floor
        for news in backlog or ():
            self._tell_above_floor(tab, news)
        self.seat()

    def seat(self) -> None:
        """Let tabs that caught up with this person be told everything from now on."""
        for tab in list(self.arriving):
            floor = tab.floor
            if floor is not None and self.seq >= floor.seq and self.gen >= floor.gen:
                self.arriving.remove(tab)
                self.tabs.append(tab)
                tab.floor = None
        self._judge()

    def forget(self, tab: Tab) -> None:
        """Tell a tab nothing more."""
        for tabs in (self.tabs, self.arriving):
            if tab in tabs:
                tabs.remove(tab)
        self._judge()

    def _judge(self) -> None:
        self.settled = self.held is None and not self.arriving and not self.views

    def watch(self, view: View) -> None:
        """Let a view look through this person's eyes."""
        self.views = (*self.views, view)
        self._judge()

    def unwatch(self, view: View) -> None:
        """Let a view be gone."""
        self.views = tuple(other for other in self.views if other is not view)
        self._judge()

    def _ring(self) -> None:
        for view in self.views:
            view.ring()

    def stand_at(self, tail: Tail) -> None:
        """Start from the head of the log."""
        self.epoch, self.seq, self.gen = tail.epoch, tail.seq, tail.gen


def entry_bytes(entry: Entry) -> bytes:
    """Write an entry as a frame carries it."""
    return entry_json(entry.id, entry.state, entry.reason, entry.body)


def election(gen: int, elected: str, popups: Sequence[Entry]) -> News:
    """Make news of an election: the elected tab gets the open pop-ups, the one before takes them off its screen."""
    yes = frames.elected(True, [entry_bytes(entry) for entry in popups])
    no = frames.elected(False)

    def tell(tab: Tab) -> None:
        is_it = tab.key == elected
        if is_it or tab.is_elected:
            tab.send(yes if is_it else no)
        tab.is_elected = is_it

    return News(gen, True, tell)


def change_frame(change: Change, unread: int) -> bytes:
    """Write a change that was read from the log: its pop-up is not offered by this frame."""
    if isinstance(change, Notified):
        return frames.notify(change.seq, False, unread, entry_bytes(change.entry))
    return frames.changed(change.operation, change.seq, unread, change.ids, change.up_to)


def change_news(op: str, seq: int, unread: int, ids: Sequence[str] | None, up_to: int | None = None) -> News:
    """Make news of entries that were marked or withdrawn."""
    payload = frames.changed(op, seq, unread, ids, up_to)
    return News(seq, False, lambda tab: tab.send(payload))


def from_log(change: Change, unread: int) -> News:
    """Make news of a change that was read from the log."""
    payload = change_frame(change, unread)
    return News(change.seq, False, lambda tab: tab.send(payload))
