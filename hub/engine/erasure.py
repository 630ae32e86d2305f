"""Forgetting for good: what a user leaves behind in an account, and what happened in an account that is gone.

The directory calls this after the user, or the account's users, are out of its hashes: from then on no append writes
anything of them (append.lua), so what is found here is all there will ever be. Safe to repeat.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import orjson

from hub.core.broadcasts import Broadcast
from hub.engine.broadcasts import read_broadcast, rewrite
from hub.engine.connection import Store
from hub.engine.couriers import CHANNELS
from hub.engine.messages import PERSONAL
from hub.engine.rows import Record, text

PAGE = 100  # happenings of a step, about
TOLD = 1_000  # messages to webhooks of a step, about
OUTBOX = "outbox"
PERSONAL_KINDS = ("users", "preferences")
HAPPENING_KINDS = ("notifications", "ages", "events", "receipts", "recalls", "reasons", "broadcasts", "dead", "states",
                   "messages:dead", "hook-health", "hooks:version")  # fmt: skip


class Erasure:
    """Erases users and accounts from the logs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def user(self, account: str, user: str, moved_ms: int | None = None) -> None:
        """Erase a user's log, inbox and tabs, what was decided about them and why, what was sent or is still to be
        sent to them or was kept in the outbox, and their id and name on the broadcasts of this account, also where
        others have those already.

        What stays until its time is over: the audit's records of what they did, which are there to be found out later;
        and what is written in words, such as a producer's texts. Of who moved to another account, at a time, it also
        stays that what waited for them was skipped for it, until they are erased, and what webhooks are still to be
        told of them: it happened here.
        """
        await self._store.command("UNLINK", *self._store.keys.person(account, user)[:-1])
        await self._empty_lanes(account, user)
        async for bases in self._happenings(account):
            left = await self._leave_deliveries(account, user, bases, moved_ms)
            await self._leave_decisions(account, user, [base for base in bases if base not in left])
        if moved_ms is None:
            await self._leave_messages(account, user)
        await self._leave_broadcasts(account, user)
        await self._leave_outbox(user)

    async def account(self, account: str) -> None:
        """Erase everything that happened in an account."""
        keys = self._store.keys
        async for bases in self._happenings(account):
            names = (name(account, base) for base in bases for name in (keys.decisions, keys.plan, keys.deliveries))
            await self._store.command("UNLINK", *names)
        for channel in CHANNELS:
            await self._store.command("UNLINK", *keys.lanes(account, channel))
        await self._store.command("UNLINK", *keys.feed(account))
        await self._store.command("UNLINK", *(keys.account(account, kind) for kind in HAPPENING_KINDS))

    async def numbers(self, account: str) -> int:
        """Forget under which numbers users of an account were removed: the last place that says their ids.

        A process that has not heard of a removal then reads the account's users anew, so this is for once in a while.
        """
        gone = 0
        for kind in PERSONAL_KINDS:
            name, after = self._store.keys.account(account, kind), 0
            while True:
                asked = after
                after, forgotten = await self._store.call("forget_removed", [name, f"{name}:changes"], asked)
                gone += int(forgotten)
                if not after:
                    break
        return gone

    async def _happenings(self, account: str) -> AsyncIterator[list[str]]:
        """Give the bases of an account's happenings, some at a time; none that was there from the first is left out."""
        ages, cursor = self._store.keys.account(account, "ages"), b"0"
        while True:
            cursor, found = await self._store.command("ZSCAN", ages, cursor, "COUNT", PAGE)
            if found:
                yield [text(member).partition(" ")[0] for member in found[::2]]
            if int(cursor) == 0:
                return

    async def _empty_lanes(self, account: str, user: str) -> None:
        keys = self._store.keys
        for channel in CHANNELS:
            names = [keys.lane(account, channel, user), *keys.lanes(account, channel)]
            await self._store.call("forget_lane", names, user)
        await self._store.command("UNLINK", *keys.letters(account, user))  # nobody has a lease to write them again

    async def _leave_deliveries(
        self, account: str, user: str, bases: Sequence[str], moved_ms: int | None
    ) -> set[str]:  # fmt: skip
        """Take away what was sent, or is to be; name the happenings of which something is left."""
        keys = self._store.keys
        names = [keys.account(account, "dead"), keys.account(account, "states")]
        names += [keys.deliveries(account, base) for base in bases]
        why = "" if moved_ms is None else "moved"
        return set(map(text, await self._store.call("forget_deliveries", names, user, why, moved_ms or 0, *bases)))

    async def _leave_decisions(self, account: str, user: str, bases: Sequence[str]) -> None:
        names = [self._store.keys.decisions(account, base) for base in bases]
        await self._store.call("forget_reasons", [self._store.keys.account(account, "reasons"), *names], user)

    async def _leave_messages(self, account: str, user: str) -> None:
        """Take away what webhooks are still to be told of a user."""
        names = [self._store.keys.account(account, kind) for kind in PERSONAL]
        cursor = b"0"
        while True:
            cursor = await self._store.call("forget_told", names, user, cursor, TOLD)
            if int(cursor) == 0:
                return

    async def _leave_outbox(self, user: str) -> None:
        """Take a user's messages out of the outbox. It is read from its end on: what is taken out, or falls out, at its
        beginning moves nothing past the reader."""
        name = self._store.keys.work(OUTBOX)
        end = int(await self._store.command("LLEN", name))
        while end > 0:
            start = max(0, end - PAGE)
            for message in await self._store.command("LRANGE", name, start, end - 1):
                if orjson.loads(message).get("user") == user:
                    await self._store.command("LREM", name, 1, message)
            end = start

    async def _leave_broadcasts(self, account: str, user: str) -> None:
        name, cursor = self._store.keys.account(account, "broadcasts"), b"0"
        while True:
            cursor, found = await self._store.command("HSCAN", name, cursor, "COUNT", PAGE)
            for id, document in zip(found[::2], found[1::2], strict=True):
                if (broadcast := read_broadcast(document)) == without(broadcast, user):
                    continue
                if broadcast.by == user:  # before the document forgets that it was them
                    for part in broadcast.parts:
                        await self._unsign(*part)
                await rewrite(self._store, account, text(id), lambda kept: without(kept, user))
            if int(cursor) == 0:
                return

    async def _unsign(self, account: str, base: str) -> None:
        """Take the sender's name off what recipients have."""
        name = self._store.keys.account(account, "notifications")
        while stored := await self._store.command("HGET", name, base):
            record = Record.decode(stored)
            body = orjson.loads(record.body)
            if body.pop("sender", None) is None:
                return
            unsigned = Record(orjson.dumps(body), record.reasons).encode()
            if await self._store.call("swap", [name], base, stored, unsigned):
                return


def without(broadcast: Broadcast, user: str) -> Broadcast:
    """Take a user off a broadcast, whether they sent it or were named in it."""
    users = tuple(other for other in broadcast.users if other != user)
    if broadcast.by != user:
        return replace(broadcast, users=users)
    return replace(broadcast, users=users, by="", sender=None)
