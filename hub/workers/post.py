"""Handing a message over to the other side, and judging what came of that."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from hub.core.jobs import Later, Refused, Sent, Verdict, pause_after
from hub.engine.clock import Clock
from hub.engine.lanes import Outcome
from hub.metrics import DELIVERY_SECONDS


class End(Protocol):
    """What takes the messages of a channel: a Mailer, a Texter or an Outbox."""

    async def send(self, message: Any, /) -> Verdict:
        """Hand one message over."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Post:
    """The way to the other side of one channel. `chance` draws the jitter of retries."""

    def __init__(self, channel: str, end: End, clock: Clock, chance: Callable[[], float]) -> None:
        self.channel = channel
        self._end = end
        self._clock = clock
        self._chance = chance

    def __repr__(self) -> str:
        return f"<Post {self.channel} to {self._end!r}>"

    async def send(self, message: Any) -> Verdict:
        """Hand a message over."""
        begun = time.perf_counter()
        verdict = await self._end.send(message)
        DELIVERY_SECONDS.labels(self.channel).observe(time.perf_counter() - begun)
        return verdict

    def judge(self, attempt: int, since_ms: int, verdict: Verdict) -> Outcome:
        """Say what comes of an attempt, the first having been made at `since_ms`."""
        match verdict:
            case Sent(reference):
                return Outcome("sent", reference=reference)
            case Refused(reason):
                return Outcome("failed", reason)
            case Later(reason, after):
                now_ms = int(self._clock.now() * 1000)
                pause = pause_after(attempt, since_ms, now_ms, self._chance(), after)
                return Outcome("failed", reason) if pause is None else Outcome("queued", reason, hold_ms=now_ms + pause)
