"""What was begun in several steps and has to be finished, whoever dies with it: written down first, crossed out last.

An intention concerns one id: a hash of its kind holds what is intended, and one beside it who is at it until when. So
nobody takes up what somebody is at right now: two who erase a user at the same time could erase whoever is made under
that id when the first is done. Steps are safe to repeat; what was cut off is finished by the next who wants to write
that id, or by the scheduler.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hub.engine.connection import Store, Unavailable
from hub.engine.documents import Changed
from hub.engine.rows import text

LEASE_MS = 6_000  # after which what somebody died with is taken up


class Intentions:
    """All that is intended of one kind."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self.name = store.keys.directory(kind)
        self._names = [self.name, store.keys.directory(f"{kind}:leases")]
        self._left: dict[str, str] = {}  # id -> under which name this process could not let go of it

    async def of(self, id: str) -> str:
        """Read what is intended; empty for nothing."""
        return text(await self._store.command("HGET", self.name, id) or "")

    async def all(self) -> dict[str, str]:
        """Read everything that is intended, by id."""
        found = await self._store.command("HGETALL", self.name)
        return {text(id): text(what) for id, what in found.items()}

    async def drop(self, id: str, what: str) -> None:
        """Cross an intention out, unless it is another one by now."""
        await self._store.call("fulfil", self._names, id, what, "")

    @asynccontextmanager
    async def at(self, id: str, what: str = "") -> AsyncIterator[str]:
        """Be alone at what is intended for an id, and cross it out when it is done.

        Gives what is intended: an earlier intention goes before `what`, empty is nothing. Raise Changed while somebody
        else is at it. Whatever is raised inside leaves it to be taken up at once.
        """
        holder = self._left.pop(id, "") or secrets.token_hex(8)
        found = await self._store.call("intend", self._names, id, what, holder, LEASE_MS)
        if found is None:
            raise Changed(id)
        intended = text(found)
        if not intended:
            yield ""
            return
        renewing = asyncio.create_task(self._renew(id, holder))
        try:
            yield intended
            await self._store.call("fulfil", self._names, id, intended, holder)
        except BaseException:
            await self._let_go(id, holder)
            raise
        finally:
            renewing.cancel()

    async def _renew(self, id: str, holder: str) -> None:
        while True:
            await asyncio.sleep(LEASE_MS / 3000)
            with suppress(Unavailable):
                await self._store.call("intend", self._names, id, "", holder, LEASE_MS)

    async def _let_go(self, id: str, holder: str) -> None:
        """Leave an intention to others; this process knows its own lease again where the store is away."""
        self._left[id] = holder
        with suppress(Unavailable):
            await self._store.call("fulfil", self._names, id, "", holder)
            self._left.pop(id, None)
