"""Business time: what decides reminders, windows, retention and token expiry. Test mode may set it; otherwise it is
real time.

Attention, offers and leases run on the store's clock instead, always.
"""

import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970, frozen at a moment in test mode. Every process of a hub keeps its own; a restart forgets
    it."""

    def __init__(self) -> None:
        self._frozen: float | None = None
        self.on_change: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<Clock {'running' if self._frozen is None else f'frozen at {self._frozen}'}>"

    def now(self) -> float:
        """Return business time in seconds."""
        return time.time() if self._frozen is None else self._frozen

    def freeze(self, at: float) -> None:
        """Stop business time at a moment."""
        self._frozen = at
        self._tell()

    def advance(self, seconds: float) -> None:
        """Move business time on; a running clock stops there."""
        self.freeze(self.now() + seconds)

    def run(self) -> None:
        """Let business time run again, as real time."""
        self._frozen = None
        self._tell()

    def _tell(self) -> None:
        for changed in self.on_change:
            changed()
