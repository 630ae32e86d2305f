"""Large audiences and large recalls, page by page. Any worker may take up what another left."""

import asyncio
import contextlib
from collections.abc import Iterable

import structlog

from hub.engine.broadcasts import Broadcasts
from hub.engine.connection import Unavailable
from hub.engine.plans import Plans
from hub.engine.queue import Work
from hub.metrics import NOTIFICATIONS
from hub.workers.waiting import IDLE_SECONDS, keep_taking

SLOTS = 4  # pieces of work at a time

journal = structlog.get_logger(__name__)


class UnknownWork(Exception):
    """A newer hub queued this: its lease runs out, and a hub that knows it takes it up."""


class Router:
    """Takes work that is due off the queue and does it, a few pieces at a time: a large one holds up no other."""

    def __init__(self, plans: Plans, broadcasts: Broadcasts) -> None:
        self._plans = plans
        self._broadcasts = broadcasts
        self._queue = plans.queue
        self._task: asyncio.Task[None] | None = None
        self._working: dict[asyncio.Task[None], Work] = {}

    def __repr__(self) -> str:
        return f"<Router {len(self._working)}/{SLOTS}>"

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop where things stand, between two pages or within one, which is safe to repeat; any other worker goes on
        with it at once.
        """
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        left = dict(self._working)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._give_back([work for task, work in left.items() if task.cancelled()])

    async def settle(self) -> None:
        """Return when nothing is left in the queue."""
        while self._working or await self._queue.left():
            if not await self._take_up():
                await asyncio.sleep(IDLE_SECONDS / 10)

    async def _run(self) -> None:
        await keep_taking(self._take_up, self._queue.waiting)

    async def _take_up(self) -> int:
        """Begin with as much work as there are slots free for; return how many pieces."""
        free = SLOTS - len(self._working)
        if free <= 0:
            return 0
        claimed = await self._claim(free)
        for work in claimed:
            task = asyncio.create_task(self._work(work))
            self._working[task] = work
            task.add_done_callback(self._leave)
        return len(claimed)

    async def _claim(self, most: int) -> list[Work]:
        """Claim work; who is stopped meanwhile gives back what the store hands out all the same."""
        claiming = asyncio.create_task(self._queue.claim(most))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with contextlib.suppress(Unavailable):
                await self._give_back(await claiming)
            raise

    async def _give_back(self, left: Iterable[Work]) -> None:
        await asyncio.gather(*map(self._queue.give_back, left))

    def _leave(self, task: asyncio.Task[None]) -> None:
        self._working.pop(task, None)
        self._queue.waiting.set()

    async def _work(self, work: Work) -> None:
        """Do a piece; what fails is tried again when its lease ran out, by a newer hub perhaps."""
        about = {"work": work.kind, "account": work.account, "id": work.id}
        try:
            journal.info("work done", **about, users=await self._do(work))
        except Exception:
            journal.exception("work failed", **about)

    async def _do(self, work: Work) -> int:
        match work.kind:
            case "append":
                count = await self._plans.resume(work.account, work.id, work.claim)
                NOTIFICATIONS.inc(count)
                return count
            case "recall":
                return await self._broadcasts.resume(work.account, work.id, work.claim)
            case _:
                raise UnknownWork(work.kind)
