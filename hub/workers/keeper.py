"""Keeps what is said about webhooks true: changes that were cut off are finished every second, accounts whose word was
lost are looked at every minute, and every hour all is written anew and what is too old is forgotten."""

from hub.engine.clock import Clock
from hub.engine.directory import Directory
from hub.engine.listening import Listening
from hub.engine.log import cutoff
from hub.engine.messages import Messages
from hub.workers.rounds import LOOK_SECONDS, REMIND_SECONDS, SWEEP_SECONDS, Rounds


class Keeper:
    """Looks after who listens where, and what waits for them."""

    def __init__(self, directory: Directory, listening: Listening, messages: Messages, clock: Clock) -> None:
        self._directory = directory
        self._listening = listening
        self._messages = messages
        self._clock = clock
        self._rounds = Rounds(
            (LOOK_SECONDS, listening.finish_all), (REMIND_SECONDS, self._remind), (SWEEP_SECONDS, self._sweep)
        )

    def start(self) -> None:
        """Begin to work."""
        self._rounds.start()

    async def stop(self) -> None:
        """Stop; what was cut off is done again by the next."""
        await self._rounds.stop()

    async def settle(self) -> None:
        """Do all that there is to do by now."""
        await self._listening.finish_all()
        await self._sweep()
        await self._remind()

    async def _remind(self) -> None:
        await self._listening.remind(int(self._clock.now() * 1000))

    async def _sweep(self) -> None:
        await self._listening.mend()
        for account in await self._directory.tree():
            await self._messages.sweep(account.id, cutoff(self._clock.now(), account.retention_days))
