"""One log-in-as session's tabs here: they are told what the store answers, not what the bus says (AMB-17).

A doorbell of the target or of the session only makes this gateway look. So what the tabs hear is in one order, the
count of unread is the session's own, and two gateways cannot differ about what it put away. A change that the session
alone sees (`dismissed`, `read`) has no number: frames without `seq` are not part of the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from hub.core import frames
from hub.core.wire import CloseCode
from hub.engine.connection import Unavailable
from hub.engine.log import Tail
from hub.engine.rows import Change, Notified
from hub.engine.tabs import Attached, Away, Viewer
from hub.engine.views import Looked, ViewLog
from hub.gateway.person import change_frame, entry_bytes

if TYPE_CHECKING:
    from hub.gateway.person import Person
    from hub.gateway.tab import Tab

PAUSE_SECONDS = 0.5  # between two tries to look while the store is away
NOTHING = Away(0, {}, 0)
UNKNOWN = -1  # no election has this number


class View:
    """The tabs of one session on this gateway, each with what it was told last."""

    __slots__ = ("_arm", "_is_reading", "_is_rung", "_log", "_spawn", "away", "has_offer", "person", "tabs", "tail",
                 "viewer")  # fmt: skip

    def __init__(
        self,
        viewer: Viewer,
        person: Person,
        log: ViewLog,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        arm: Callable[[View, int], None],
    ) -> None:
        self.viewer = viewer
        self.person = person
        self.tabs: dict[Tab, Tail | None] = {}  # None while it takes its seat
        self.tail: Tail | None = None  # where to look on from; unknown until the first tab has its seat
        self.away = NOTHING
        self.has_offer = False
        self._log = log
        self._spawn = spawn
        self._arm = arm
        self._is_rung = False
        self._is_reading = False

    def __repr__(self) -> str:
        return f"<View {self.viewer.id} tabs={len(self.tabs)} at {self.tail}>"

    def seat(self, tab: Tab, seated: Attached) -> None:
        """Tell a tab that was just welcomed everything from now on."""
        tail, away = seated.tail, seated.away or NOTHING
        if self.tail is not None and self.tail.epoch != tail.epoch:
            self._resync(but=tab)
        if self.tail is None:
            self.tail, self.away = tail, away
        elif tail.seq < self.tail.seq or tail.gen != self.tail.gen:
            self.tail = Tail(tail.epoch, min(tail.seq, self.tail.seq), UNKNOWN, tail.rev)
            self._is_rung = True
        if seated.changes is not None or away.rev != self.away.rev:
            newest = max(away, self.away, key=lambda known: known.rev)
            for payload in away_frames(NOTHING, newest, seated.unread):
                tab.send(payload)
        self.tabs[tab] = tail
        if self._is_rung:
            self.ring()

    def _resync(self, but: Tab | None = None) -> None:
        self.tail = None
        for tab in list(self.tabs):
            if tab is not but:
                tab.end(CloseCode.RESYNC)

    def ring(self) -> None:
        """Look soon at what happened."""
        self._is_rung = True
        if self.tail is not None and not self._is_reading:
            self._is_reading = True
            self._spawn(self._read())

    async def _read(self) -> None:
        try:
            while self._is_rung and self.tabs and self.tail is not None:
                self._is_rung = False
                try:
                    looked = await self._log.look(self.viewer, self.tail.seq, self.tail.gen, self.away.rev)
                except Unavailable:
                    self._is_rung = True
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    self._take(looked)
        finally:
            self._is_reading = False

    def _take(self, looked: Looked) -> None:
        if self.tail is None or looked.changes is None or looked.tail.epoch != self.tail.epoch:
            self._resync()
            return
        news = [] if looked.away is None else away_frames(self.away, looked.away, looked.unread)
        for tab, known in self.tabs.items():
            # What was read before a tab took its seat says nothing that its welcome did not.
            if known is not None and looked.tail.seq >= known.seq and looked.tail.gen >= known.gen:
                self._tell(tab, known, looked)
                self.tabs[tab] = looked.tail
                for payload in news:
                    tab.send(payload)
        self.tail, self.away = looked.tail, looked.away or self.away
        self._arm(self, looked.wait_ms)

    @staticmethod
    def _tell(tab: Tab, known: Tail, looked: Looked) -> None:
        is_same = known.gen == looked.tail.gen
        for change in looked.changes or ():
            if change.seq > known.seq:
                tab.send(_frame(change, looked, may_pop_up=is_same and tab.is_elected))
        if not is_same:
            is_it = tab.key == looked.elected
            if is_it or tab.is_elected:
                popups = [entry_bytes(entry) for entry in looked.popups or ()] if is_it else []
                tab.send(frames.elected(is_it, popups))
            tab.is_elected = is_it


def _frame(change: Change, looked: Looked, *, may_pop_up: bool) -> bytes:
    if may_pop_up and isinstance(change, Notified) and change.entry.id in looked.open:
        return frames.notify(change.seq, True, looked.unread, entry_bytes(change.entry))
    return change_frame(change, looked.unread)


def away_frames(before: Away, after: Away, unread: int) -> list[bytes]:
    """Say what a session put away since: what was closed and read, what was only read."""
    news = {id: how for id, how in sorted(after.how.items()) if before.how.get(id) != how}
    said = []
    for operation in ("dismissed", "read"):
        if ids := [id for id, how in news.items() if how == operation]:
            said.append(frames.changed(operation, None, unread, ids))
    if after.up_to > before.up_to:
        said.append(frames.changed("read", None, unread, None, after.up_to))
    return said
