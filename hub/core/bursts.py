"""High SMS: a flood of texts from one number to one line is told once (A-35, A-36, AMB-34).

A window of 30 s slides along. A text makes a burst when the fullest window that holds it holds exactly 16: with fewer
it is no burst yet, with more it has been told already. Nothing else needs to be remembered: once the count has fallen
to 15 or less, the next text that brings it to 16 makes it exactly 16 again.

Texts are counted by when they were sent, and remembered in the order in which they came: one that comes late is counted
where it belongs and disturbs nothing, and a clock that was set back counts anew. append.lua does the same where the
texts of all hubs come together.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.core.directory import Contact
from hub.core.events import Event

State = tuple[int, ...]  # the latest texts as they came, in ms since 1970
CALM: State = ()
ALERT = "high_sms_volume"
INBOUND = frozenset({"text_received", "line_text"})  # the types of which one event is one text from a contact
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


class Source(NamedTuple):
    """Name what is counted by itself: one number that sends to one line (A-36)."""

    line: str
    number: str


@dataclass(frozen=True, slots=True)
class Burst:
    """Say how many texts within how many seconds are still no burst."""

    more_than: int = 15
    window: float = 30.0

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Burst:
        """Read the catalogue's parameters of the type."""
        return cls(params["more_than"], params["window_seconds"])

    @property
    def window_ms(self) -> int:
        """Give the length of the window in ms: 30.000 s is inside, 30.001 s is not."""
        return round(self.window * 1000)

    @property
    def kept(self) -> int:
        """Say how many texts are remembered: one more than make a burst, and room for some that come late."""
        return 3 * (self.more_than + 1)

    def feed(self, state: State, at: float) -> tuple[State, bool]:
        """Count an inbound text that was sent at `at`, in seconds since 1970; tell whether it makes a burst."""
        now = round(at * 1000)
        kept = (*state, now)[-self.kept :]
        near = sorted(moment for moment in kept if abs(now - moment) <= self.window_ms)
        begun = range(bisect_right(near, now))  # each is the first of a window that holds this text
        most = max(bisect_right(near, near[first] + self.window_ms) - first for first in begun)
        return kept, most == self.more_than + 1


def source_of(event: Event, contact: Contact | None) -> Source | None:
    """Say what an event counts for, if it is a text from a contact: its line, with the number that it names in
    `data.from`, else the contact's only one."""
    if event.type not in INBOUND or event.line is None:
        return None
    named = event.data.get("from")
    if isinstance(named, str) and _NUMBER.fullmatch(named):
        return Source(event.line, named)
    numbers = contact.numbers if contact else ()
    return Source(event.line, numbers[0]) if len(numbers) == 1 else None


def alert(event: Event, source: Source, burst: Burst) -> Event:
    """Raise the alert of the burst that an event makes: of the same account, line and contact."""
    count = burst.more_than + 1
    return Event(
        type=ALERT,
        account=event.account,
        id=f"{event.id}:high_sms",
        origin="system",
        contact=event.contact,
        line=event.line,
        body=f"{count} texts within {burst.window:g} seconds from {source.number}.",
        url=event.url,
        data={"count": count, "window_seconds": burst.window, "from": source.number, "line": source.line},
        occurred_at=event.occurred_at,
    )
