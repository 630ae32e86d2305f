"""The election: which one of a user's tabs shows the pop-ups (R-18, R-19, AMB-44).

This is the rule as a pure function. The store decides with the same rule written in Lua, inside the step that
appends; a property test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class TabState(StrEnum):
    """Say how much of a person's attention a tab has, most first."""

    FOCUSED = "focused"
    VISIBLE = "visible"
    HIDDEN = "hidden"
    FROZEN = "frozen"

    @property
    def rank(self) -> int:
        """Give 3 for focused down to 0 for frozen."""
        return _RANK[self]


_RANK = {state: rank for rank, state in enumerate(reversed(TabState))}


@dataclass(frozen=True, slots=True)
class Tab:
    """Describe one connected tab; times are microseconds of the store's clock.

    `silent`: was offered a pop-up and did not answer. `alive`: its gateway's lease has not run out.
    """

    id: str
    state: TabState
    last_activity_us: int
    connected_us: int
    silent: bool = False
    gateway: str = ""
    alive: bool = True

    @property
    def electable(self) -> bool:
        """Tell whether this tab can show anything: a frozen, silent or dead one cannot."""
        return self.alive and not self.silent and self.state is not TabState.FROZEN


def elect(tabs: Iterable[Tab]) -> Tab | None:
    """Pick the best by state, latest activity, latest connected, greatest id; None if none can show."""
    return max((tab for tab in tabs if tab.electable), key=_merit, default=None)


def _merit(tab: Tab) -> tuple[int, int, int, str]:
    return tab.state.rank, tab.last_activity_us, tab.connected_us, tab.id
