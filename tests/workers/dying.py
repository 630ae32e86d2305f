"""Lanes whose process is killed on the way, for what works them: texts and e-mails, and what webhooks are told."""

from typing import Any

from hub.engine.lanes import Lane, Lanes

STEPS = ["before claim", "after claim", "before take", "before send", "before record", "after record"]


class Killed(Exception):
    """The process ended here."""


class Mortal(Lanes):
    """Lanes whose process is killed when it reaches a step, or the n-th step, and stays dead; to stand before a kind
    of them. `unsaid` holds the attempts that came to something, and were not recorded for that."""

    at = ""
    left = 10**9
    is_killed = False
    unsaid: list[Any]

    def die(self, at: str = "", left: int = 10**9) -> None:
        """Say when."""
        self.at, self.left, self.unsaid = at, left, []

    def _reach(self, step: str) -> None:
        self.left -= 1
        self.is_killed = self.is_killed or step == self.at or self.left == 0
        if self.is_killed:
            raise Killed

    async def claim(self, channel: str, now_ms: int, most: int, *turns: Any) -> list[Lane]:
        self._reach("before claim")
        lanes: list[Lane] = await super().claim(channel, now_ms, most, *turns)
        if lanes:
            self._reach("after claim")
        return lanes

    async def take(self, *asked: Any, **more: Any) -> Any:
        self._reach("before take")
        job = await super().take(*asked, **more)  # type: ignore[misc]
        self._reach("before send")
        return job

    async def settle(self, job: Any, *what: Any) -> Any:
        try:
            self._reach("before record")
        except Killed:
            self.unsaid.append(job)
            raise
        state = await super().settle(job, *what)  # type: ignore[misc]
        self._reach("after record")
        return state
