"""High SMS: a flood of texts from one number to one line is told once (A-35, A-36, AMB-34).

A window of 30 s slides along. A text makes a burst when exactly 15 of those before it are in the window, so that it is
the 16th: with fewer it is no burst yet, with more it has been told already. Nothing else needs to be remembered: once
the count has fallen to 15 or less, the next text that brings it to 16 finds exactly 15 again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

State = tuple[int, ...]  # the latest texts in the window, oldest first, in ms since 1970
CALM: State = ()


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

    def feed(self, state: State, at: float) -> tuple[State, bool]:
        """Count an inbound text at `at`, in seconds since 1970; tell whether it makes a burst.

        Times count to the millisecond: 30.000 s is inside, 30.001 s is not. What lies in the future, because a clock
        was set back, is forgotten unless it is near enough to be a clock that differs.
        """
        now, window = round(at * 1000), round(self.window * 1000)
        earlier = [moment for moment in state if abs(now - moment) <= window]
        kept = sorted((*earlier, now))[-self.more_than - 1 :]
        return tuple(kept), len(earlier) == self.more_than
