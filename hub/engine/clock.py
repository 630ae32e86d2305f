"""Business time: what decides reminders, windows, retention and token expiry. Test mode may set it; otherwise it is
real time.

Attention, offers and leases run on the store's clock instead, always.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from hub.engine.connection import Store, Unavailable

LOOK_SECONDS = 0.05  # between two looks at what another process set
FOLLOW_SECONDS = 3 * LOOK_SECONDS  # in which all others have looked


class Clock:
    """Seconds since 1970, frozen at a moment in test mode. `SharedClock` keeps the processes of a hub together."""

    def __init__(self) -> None:
        self._frozen: float | None = None
        self.on_change: list[Callable[[], None]] = []
        self.share: Callable[[float | None], Awaitable[None]] | None = None

    def __repr__(self) -> str:
        return f"<Clock {'running' if self._frozen is None else f'frozen at {self._frozen}'}>"

    def now(self) -> float:
        """Return business time in seconds."""
        return time.time() if self._frozen is None else self._frozen

    def freeze(self, at: float) -> None:
        """Stop business time at a moment."""
        self.turn(at)

    def advance(self, seconds: float) -> None:
        """Move business time on; a running clock stops there."""
        self.turn(self.now() + seconds)

    def run(self) -> None:
        """Let business time run again, as real time."""
        self.turn(None)

    async def turn_all(self, at: float | None) -> None:
        """Freeze at a moment, or run, in every process that shares the clock; return when all have followed."""
        if self.share:
            await self.share(at)
        else:
            self.turn(at)

    def turn(self, at: float | None) -> None:
        """Freeze at a moment, or with None run, in this process alone."""
        self._frozen = at
        for changed in self.on_change:
            changed()


class SharedClock:
    """Keeps a clock as the store says: for test mode, since each look is a question to the store.

    The moment outlives the processes; whoever starts a hub forgets it.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._key = store.keys.work("clock")
        self._seen = b""
        self._turns = 0
        self._task: asyncio.Task[None] | None = None

    async def forget(self) -> None:
        """Let the clock run, as after a restart."""
        await self._store.command("DEL", self._key)

    async def start(self) -> None:
        """Follow from now on, and set for all what is set here."""
        await self.look()
        self._clock.share = self._share
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow no longer."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def look(self) -> None:
        """Take over what the store says, unless this process set the clock while it was asked."""
        turns = self._turns
        kept = await self._store.command("GET", self._key) or b""
        if turns == self._turns and kept != self._seen:
            self._seen = kept
            self._clock.turn(float(kept) if kept else None)

    async def _share(self, at: float | None) -> None:
        self._turns += 1
        kept = b"" if at is None else repr(at).encode()
        await self._store.command("SET", self._key, kept)
        self._turns += 1
        self._seen = kept
        self._clock.turn(at)
        await asyncio.sleep(FOLLOW_SECONDS)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(Unavailable):
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)
