"""A desk works the lanes of one channel, so many at once; several desks share what keeps their leases.

What an attempt is, each kind of desk says itself (courier.py: texts and e-mails; webhooks.py). What is due follows
business time, leases follow the store's clock.
"""

import asyncio
from collections.abc import Sequence

import structlog

from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.lanes import Lane, Lanes
from hub.workers.waiting import IDLE_SECONDS, keep_taking

MOST_ATTEMPTS = 20  # that were begun: more means that what is to be sent ends the process that tries it
STOP_SECONDS = 5.0  # in which what is being said to the other side may be ended

journal = structlog.get_logger(__name__)


class Desk:
    """Works the lanes of one channel."""

    def __init__(self, channel: str, slots: int, lanes: Lanes, clock: Clock) -> None:
        self._channel = channel
        self._slots = slots
        self.lanes = lanes
        self._clock = clock
        self._waiting = lanes.couriers.waiting[channel]
        self._stopping = False
        self._taking: asyncio.Task[int] | None = None
        self.working: dict[asyncio.Task[None], Lane] = {}

    def __repr__(self) -> str:
        return f"<Desk {self._channel} {len(self.working)}/{self._slots} lanes>"

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_taking(self.take_up, self._waiting)

    async def take_up(self) -> int:
        """Begin to work as many lanes as there are slots free for; return how many. Who is cut off in this leaves it
        to `stop` to wait for the lanes that were taken."""
        free = self._slots - len(self.working)
        if free <= 0 or self._stopping:
            return 0
        self._taking = asyncio.create_task(self._begin(free))
        self._taking.add_done_callback(heard)
        return await asyncio.shield(self._taking)

    async def _begin(self, most: int) -> int:
        lanes = await self.claim(most)
        for lane in lanes:
            task = asyncio.create_task(self.work(lane))
            self.working[task] = lane
            task.add_done_callback(self._leave)
        return len(lanes)

    async def claim(self, most: int) -> Sequence[Lane]:
        """Take lanes that have something due."""
        return await self.lanes.claim(self._channel, self.now_ms(), most)

    async def stop(self) -> None:
        """Let what is under way be ended, for a while; a lane that is cut off is taken up when its lease runs out."""
        self._stopping = True
        if self._taking:
            await asyncio.wait({self._taking}, timeout=STOP_SECONDS)
        if self.working:
            _, late = await asyncio.wait(self.working, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _leave(self, task: asyncio.Task[None]) -> None:
        if lane := self.working.pop(task, None):
            self.leave(lane)
        self._waiting.set()

    def leave(self, lane: Lane) -> None:
        """Do what there is to do when a lane is worked no more."""

    def now_ms(self) -> int:
        """Tell business time."""
        return int(self._clock.now() * 1000)

    async def left(self, until_ms: int) -> int:
        """Count the accounts with something due by a time, or under way."""
        return await self.lanes.couriers.left(self._channel, until_ms)

    async def work(self, lane: Lane) -> None:
        """Send what is due in a lane, one after the other, until it is given back or lost."""
        try:
            while id := await self.lanes.next(lane, -1 if self._stopping else self.now_ms()):
                await self.attempt(lane, id)
        except Unavailable as error:
            journal.warning("a lane is left until its lease ends", channel=lane.channel, reason=str(error))
        except Exception:
            journal.exception("a lane is left until its lease ends", channel=lane.channel, account=lane.account)

    async def attempt(self, lane: Lane, id: str) -> None:
        """Make one attempt, unless it is not to be made any more."""
        raise NotImplementedError


def heard(taking: asyncio.Task[int]) -> None:
    """Know how it ended, also where nobody waits for it any more."""
    if not taking.cancelled():
        taking.exception()


class Desks:
    """Some desks that work together: begun, settled and stopped as one."""

    def __init__(self, desks: Sequence[Desk], clock: Clock) -> None:
        self._desks = desks
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._keeping: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {list(self._desks)}>"

    def start(self) -> None:
        """Begin to work."""
        self._keep_leases()
        self._tasks = [asyncio.create_task(desk.run()) for desk in self._desks]

    async def stop(self) -> None:
        """Claim nothing more, and give what is under way a moment to end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(desk.stop() for desk in self._desks))
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def settle(self) -> None:
        """Try all that is due by now; return when every attempt has its verdict. Retries for later do not count."""
        until_ms = int(self._clock.now() * 1000)
        self._keep_leases()
        while True:
            for desk in self._desks:
                await desk.take_up()
            if not any([bool(desk.working) or await desk.left(until_ms) for desk in self._desks]):
                return
            await asyncio.sleep(IDLE_SECONDS / 10)

    def _keep_leases(self) -> None:
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """Keep the lanes that are worked from others."""
        while True:
            await asyncio.sleep(min(desk.lanes.lease_ms for desk in self._desks) / 3000)
            for desk in self._desks:
                try:
                    await desk.lanes.renew(list(desk.working.values()))
                except Exception as error:
                    journal.warning("leases were not renewed", desk=repr(desk), reason=str(error))
