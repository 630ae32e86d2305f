"""Whose turn it is: only so many lanes of one webhook are worked by a process at a time.

A receiver that is slow may have a lane in each of a thousand accounts. A lane is taken only when its webhook has a turn
free, so what waits for one holds no lease and no slot, and is as well taken by another process. And an account in which
nothing could be taken is not asked again at every look: only when something came there, when a lane in it or a turn of
a webhook that it waits for was given back, or after a while, for a lease that another process lets run out.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from hub.engine.lanes import Lane

BUSY_SECONDS = 1.0  # after which an account is asked again in which all lanes are worked
FULL_SECONDS = 15.0  # the same where webhooks have no turn free


@dataclass(frozen=True, slots=True)
class Passed:
    """An account in which nothing could be taken: as of which raise, and until when it is left alone."""

    number: bytes
    until: float
    waits_for: tuple[str, ...]


class Turns:
    """The turns of one desk, `most` for each webhook. `now` tells the seconds of a clock that nobody turns."""

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now = now
        self._taken = Counter[str]()
        self._passed: dict[str, Passed] = {}
        self._waiting: dict[str, dict[str, None]] = defaultdict(dict)  # webhook -> accounts that wait for it

    def __repr__(self) -> str:
        return f"<Turns {sum(self._taken.values())} taken, {len(self._passed)} accounts passed over>"

    def take(self, hook: str) -> bool:
        """Take a turn of a webhook, if there is one."""
        is_free = self._taken[hook] < self._most
        self._taken[hook] += is_free
        return is_free

    def give_back(self, hook: str) -> None:
        """Give a turn of a webhook back."""
        self._taken[hook] -= 1
        if self._taken[hook] <= 0:
            del self._taken[hook]

    def offer(self) -> None:
        """Have accounts looked at again that wait for a webhook, as many as it has turns free: those that wait longest.
        Another process may have done what was due there; then the next ones follow with the next look."""
        for hook, waiting in list(self._waiting.items()):
            for account in list(islice(waiting, self._most - self._taken[hook])):
                self._forget(account)

    def leave(self, lane: Lane) -> None:
        """Give the turn of a lane back that is worked no more; its account is worth a look again."""
        self._forget(lane.account)
        self.give_back(lane.user)

    def pass_over(self, account: str, number: bytes, waits_for: Iterable[str] = ()) -> None:
        """Leave an account alone of whose last raise this was the number."""
        hooks = tuple(waits_for)
        self._forget(account)
        self._passed[account] = Passed(number, self._now() + (FULL_SECONDS if hooks else BUSY_SECONDS), hooks)
        for hook in hooks:
            self._waiting[hook][account] = None

    def is_worth_a_look(self, account: str, number: bytes) -> bool:
        """Tell whether something can have changed in an account since it was passed over."""
        passed = self._passed.get(account)
        return passed is None or passed.number != number or passed.until <= self._now()

    def _forget(self, account: str) -> None:
        passed = self._passed.pop(account, None)
        for hook in passed.waits_for if passed else ():
            waiting = self._waiting[hook]
            waiting.pop(account, None)
            if not waiting:
                del self._waiting[hook]
