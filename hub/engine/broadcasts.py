"""Broadcasts after they were sent: their documents, receipts and recipients, their recall and their expiry.

A document lies in the slot of its home account and names its parts: in which accounts it went out, under which base.
Sending is a publication (plans.py) that brings the document along. A recall is queued, then marked on the document,
then every account gets its tombstone, and only then is withdrawn what was delivered: whoever is cut off in between is
followed by a worker, and no page of a plan that is still under way writes anything after the tombstone.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgpack
import orjson
import structlog

from hub.core.broadcasts import Broadcast
from hub.core.frames import moment
from hub.core.inbox import notification_id
from hub.engine.connection import Store, Unavailable
from hub.engine.documents import Changed, again_while_changed
from hub.engine.log import PAGE, Considered, Log, Receipts
from hub.engine.plans import INLINE, Plans
from hub.engine.queue import Lease, Work
from hub.engine.rows import scored, text

DUE = 100  # expiries read at a time
GRACE_MS = 3_600_000  # in which a broadcast that was to expire may still be written

journal = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reached:
    """One user of a broadcast, and what became of it there. `part` and `index` are their place in it."""

    part: int
    index: int
    account: str
    user: str
    reason: str
    delivered: bool
    shown: bool
    dismissed: bool


class Broadcasts:
    """The broadcasts of all accounts; system notices are under the account `#notices`."""

    def __init__(self, store: Store, log: Log, plans: Plans) -> None:
        self._store = store
        self._log = log
        self._queue = plans.queue
        self._expiries = store.keys.work("expiries")
        self._stuck: set[str] = set()  # expiries of which it was said that they cannot be done here

    async def get(self, account: str, id: str) -> Broadcast | None:
        """Find a broadcast of a home account."""
        stored = await self._stored(account, id)
        return read_broadcast(stored) if stored else None

    async def all(self, account: str) -> list[Broadcast]:
        """List the broadcasts of a home account, the newest first."""
        stored = await self._store.command("HGETALL", self._store.keys.account(account, "broadcasts"))
        return [read_broadcast(stored[id]) for id in sorted(stored, reverse=True)]

    async def put(self, broadcast: Broadcast) -> None:
        """Keep a document as it is; sending writes it with the publication instead."""
        name = self._store.keys.account(broadcast.account, "broadcasts")
        await self._store.command("HSET", name, broadcast.id, write_broadcast(broadcast))

    async def receipts(self, broadcast: Broadcast) -> Receipts:
        """Count over all accounts who has it so far, was shown it, and dismissed it."""
        counts = [Receipts(0, 0, 0)]
        for start in range(0, len(broadcast.parts), PAGE):
            parts = broadcast.parts[start : start + PAGE]
            counts += await asyncio.gather(*(self._log.receipts(account, base) for account, base in parts))
        return Receipts(*(sum(column) for column in zip(*counts, strict=True)))

    async def recipients(
        self, broadcast: Broadcast, after: tuple[int, int] = (0, -1), limit: int = PAGE
    ) -> list[Reached]:
        """List who was considered, from behind a place (part, index) on."""
        first, found = after[0], list[Reached]()
        for number, (account, base) in enumerate(broadcast.parts[first:], first):
            if len(found) == limit:
                break
            behind = after[1] if number == first else -1
            rows = await self._log.decisions(account, base, behind, limit - len(found))
            packed = await self._entries(account, base, rows)
            found += [reached(number, account, row, entry) for row, entry in zip(rows, packed, strict=True)]
        return found

    async def recall(self, broadcast: Broadcast, at: str, expired: bool = False) -> Broadcast:
        """Withdraw a broadcast from everybody, for good, and return it as it is then: the first recall's moment stays.

        Up to 500 recipients are done before this returns, of more the workers take it away. Safe to repeat.
        """
        account, id = broadcast.account, broadcast.id
        work = Work("recall", account, id)
        lease = await Lease.take(self._queue, work)
        marked = await rewrite(self._store, account, id, lambda kept: recalled(kept, at, expired))
        if marked is None:
            await self._queue.done(work)
            return broadcast
        await self._entomb(marked, lease)
        if marked.recipients <= INLINE:
            await self.resume(account, id)
        else:
            await self._queue.release(work)
        return marked

    async def resume(self, account: str, id: str, claim: str = "") -> int:
        """Withdraw what is left of a broadcast that was recalled; return from how many users. Safe to repeat.

        `claim` is what the queue says of the work: where nothing is found, that alone is taken out.
        """
        work, count = Work("recall", account, id, claim), 0
        lease = Lease(self._queue, work)
        broadcast = await self.get(account, id)
        if broadcast is None or broadcast.recalled_at is None:
            await self._queue.forget(work)
            return 0
        await self._entomb(broadcast, lease)
        for place, base in broadcast.parts:
            count += await self._withdraw(place, base, lease)
        await self._queue.done(work)
        return count

    async def expire_at(self, account: str, id: str, due_ms: int) -> None:
        """Have a broadcast withdrawn at a moment of business time; to be called before it is sent."""
        await self._store.command("ZADD", self._expiries, due_ms, f"{account}/{id}")

    async def expire_due(self, now: float) -> int:
        """Withdraw what is due by now (s); return how many. Safe to repeat.

        What was never sent holds up nothing and is forgotten after an hour; nor does what cannot be withdrawn here: it
        stays for a hub that can.
        """
        now_ms, count, passed = int(now * 1000), 0, 0
        while found := await self._due(now_ms, passed):
            stored = await asyncio.gather(*(self._stored(*place_of(member)) for member, _ in found))
            for (member, due_ms), document in zip(found, stored, strict=True):
                is_expired = bool(document) and await self._expire(member, document, now)
                count += is_expired
                if is_expired or (not document and due_ms < now_ms - GRACE_MS):
                    await self._store.command("ZREM", self._expiries, member)
                else:
                    passed += 1
        return count

    async def _due(self, now_ms: int, passed: int) -> list[tuple[str, float]]:
        """Read a page of what is due, behind those that are left where they are."""
        page = ("WITHSCORES", "LIMIT", passed, DUE)
        return scored(await self._store.command("ZRANGEBYSCORE", self._expiries, "-inf", now_ms, *page))

    async def _expire(self, member: str, document: bytes, now: float) -> bool:
        """Withdraw one; tell whether that was possible. What goes wrong with one is said once and stops no other."""
        try:
            await self.recall(read_broadcast(document), moment(now), expired=True)
        except Unavailable:
            raise
        except Exception:
            if member not in self._stuck:
                journal.exception("a broadcast cannot expire", broadcast=member)
                self._stuck.add(member)
            return False
        self._stuck.discard(member)
        return True

    async def _stored(self, account: str, id: str) -> Any:
        return await self._store.command("HGET", self._store.keys.account(account, "broadcasts"), id)

    async def _entomb(self, broadcast: Broadcast, lease: Lease) -> None:
        at_ms = int(datetime.fromisoformat(broadcast.at).timestamp() * 1000)
        for start in range(0, len(broadcast.parts), PAGE):
            await lease.keep()
            parts = broadcast.parts[start : start + PAGE]
            await asyncio.gather(*(self._entomb_part(*part, at_ms, broadcast.id) for part in parts))

    async def _entomb_part(self, account: str, base: str, at_ms: int, id: str) -> None:
        names = [self._store.keys.account(account, kind) for kind in ("recalls", "ages", "users")]
        await self._store.call("entomb", names, base, at_ms, "1" if base == id else "")

    async def _withdraw(self, account: str, base: str, lease: Lease) -> int:
        after, count = -1, 0
        while rows := await self._log.decisions(account, base, after, PAGE):
            await lease.keep()
            count += await self._withdraw_page(account, base, rows)
            after = rows[-1].index
        return count

    async def _withdraw_page(self, account: str, base: str, rows: Sequence[Considered]) -> int:
        """Withdraw from a page of users, over the channels that they were told on."""
        keys, channels, users = self._store.keys, dict[str, int](), list[tuple[str, int, int]]()
        for row, packed in zip(rows, await self._entries(account, base, rows), strict=True):
            if packed:
                channel = msgpack.unpackb(packed).get("h", f"u:{row.user}")
                users.append((row.user, row.index, channels.setdefault(channel, len(channels) + 1)))
        if not users:
            return 0
        names = [keys.channel(account, channel) for channel in channels]
        for user, _, _ in users:
            names += keys.person(account, user)
        asked = msgpack.packb({"base": base, "channels": len(channels), "users": users})
        return int(await self._store.call("recall", names, asked))

    async def _entries(self, account: str, base: str, rows: Sequence[Considered]) -> list[bytes | None]:
        names = [self._store.keys.person(account, row.user)[5] for row in rows]
        ids = [notification_id(base, row.index) for row in rows]
        reading = (self._store.command("HGET", name, id) for name, id in zip(names, ids, strict=True))
        return list(await asyncio.gather(*reading))


async def rewrite(
    store: Store, account: str, id: str, change: Callable[[Broadcast], Broadcast]
) -> Broadcast | None:  # fmt: skip
    """Change a document whoever else changes it meanwhile; return what is there then, None when there is none."""
    name = store.keys.account(account, "broadcasts")

    async def attempt() -> Broadcast | None:
        stored = await store.command("HGET", name, id)
        if not stored:
            return None
        broadcast = change(read_broadcast(stored))
        document = write_broadcast(broadcast).decode()
        asked = {"id": id, "document": document, "expected": [text(stored)]}
        if await store.call("put", [name], msgpack.packb(asked)) is None:
            raise Changed(id)
        return broadcast

    return await again_while_changed(attempt)


def recalled(broadcast: Broadcast, at: str, expired: bool) -> Broadcast:
    """Mark a broadcast as withdrawn, unless it is."""
    return broadcast if broadcast.recalled_at is not None else replace(broadcast, recalled_at=at, expired=expired)


def place_of(member: str) -> tuple[str, str]:
    """Read the account and the id of an expiry."""
    account, _, id = member.partition("/")
    return account, id


def reached(part: int, account: str, row: Considered, packed: bytes | None) -> Reached:
    """Say what became of a broadcast at one user, whose entry may be missing."""
    entry = msgpack.unpackb(packed) if packed else {}
    return Reached(part, row.index, account, row.user, row.reason, bool(entry), "w" in entry, "d" in entry)


def read_broadcast(document: bytes) -> Broadcast:
    """Read a stored document."""
    return Broadcast.from_document(orjson.loads(document))


def write_broadcast(broadcast: Broadcast) -> bytes:
    """Write the document that is stored; a publication brings the same."""
    return orjson.dumps(broadcast.as_document())
