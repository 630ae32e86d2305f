"""Audiences of any size, page by page, through crashes.

The first page, the event's marker and the plan for the rest are one atomic step, so once the event is acknowledged
the plan is durable. Working it off is a queue with leases: whoever dies with a plan lets its lease run out, another
goes on, and a page that was appended before changes nothing. Nothing is resolved again: the plan is the audience.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from hub.engine.connection import Store
from hub.engine.log import PAGE, Appended, Happening, Log, Recipient
from hub.engine.rows import Record, text

LEASE_MS = 15_000
RENEW_SECONDS = LEASE_MS / 3000
INLINE = 500

Part = tuple[Happening, Sequence[Recipient]]


class Plans:
    """Appends for audiences of any size; the queue holds the unfinished ones as ``account/base``."""

    def __init__(self, store: Store, log: Log) -> None:
        self._store = store
        self._log = log
        self._queue = store.keys.work("plans")
        self.waiting = asyncio.Event()  # set when this process queued work, so that its workers need not look for it

    async def publish(self, parts: Sequence[Part], epoch: str) -> Appended:
        """Append one event's parts: at once for up to 500 recipients in all, else the first page now, the rest later.

        The first part carries the event's id, answer and decisions; users who are told under another type are parts of
        their own. All are of one account.
        """
        (happening, recipients), *others = parts
        if len(recipients) <= PAGE and not others:
            return await self._log.append(happening, recipients, epoch)
        account, base = happening.account, happening.base
        await self._due(account, base, LEASE_MS)
        planned = replace(happening, plan=encode([(happening, recipients[PAGE:]), *others], epoch))
        first = await self._log.append(planned, recipients[:PAGE], epoch)
        if first.earlier:
            await self._store.command("ZREM", self._queue, f"{account}/{base}")
            return first
        if is_inline(parts):
            return Appended(first.count + await self.resume(account, base))
        await self._due(account, base, 0)
        self.waiting.set()
        return first

    async def resume(self, account: str, base: str) -> int:
        """Append what is left of a plan, and forget it; return for how many users. Safe to repeat."""
        stored, count = await self._log.plan(account, base), 0
        if stored:
            parts, epoch = decode(stored)
            renewed = time.monotonic()
            for happening, recipients in parts:
                for start in range(0, len(recipients), PAGE):
                    if time.monotonic() - renewed > RENEW_SECONDS:
                        await self._due(account, base, LEASE_MS)
                        renewed = time.monotonic()
                    page = await self._log.append(happening, recipients[start : start + PAGE], epoch)
                    count += page.count
            await self._log.finish_plan(account, base)
        await self._store.command("ZREM", self._queue, f"{account}/{base}")
        return count

    async def claim(self, most: int = 4) -> list[tuple[str, str]]:
        """Take plans (account, base) that are due, for 15 s."""
        members = await self._store.call("claim_work", [self._queue], most, LEASE_MS)
        return [(account, base) for account, _, base in (text(member).rpartition("/") for member in members)]

    async def left(self) -> int:
        """Count the plans that are not finished."""
        return int(await self._store.command("ZCARD", self._queue))

    async def _due(self, account: str, base: str, delay_ms: int) -> None:
        seconds, microseconds = await self._store.command("TIME")
        due = int(seconds) * 1000 + int(microseconds) // 1000 + delay_ms
        await self._store.command("ZADD", self._queue, due, f"{account}/{base}")


def is_inline(parts: Sequence[Part]) -> bool:
    """Tell whether an audience is small enough to be told before the answer."""
    return sum(len(recipients) for _, recipients in parts) <= INLINE


def encode(parts: Sequence[Part], epoch: str) -> bytes:
    """Write what the later pages need."""
    return orjson.dumps({"v": 1, "epoch": epoch, "parts": [encode_part(*part) for part in parts]})


def encode_part(happening: Happening, recipients: Sequence[Recipient]) -> dict[str, Any]:
    """Write one part without the event's id and answer: these came with the first page."""
    return {
        "base": happening.base, "account": happening.account, "record": happening.record.encode().decode(),
        "at": happening.at, "cutoff": happening.cutoff, "sticky": happening.sticky,
        "decisions": happening.decisions.decode(),
        "recipients": [(to.user, to.index, to.reason, to.channel) for to in recipients],
    }  # fmt: skip


def decode(plan: bytes) -> tuple[list[Part], str]:
    """Read what `encode` wrote."""
    stored = orjson.loads(plan)
    return [decode_part(part) for part in stored["parts"]], stored["epoch"]


def decode_part(part: dict[str, Any]) -> Part:
    """Read what `encode_part` wrote."""
    record = Record.decode(part["record"])
    happening = Happening(
        part["base"], part["account"], record, part["at"], part["cutoff"], part["sticky"],
        decisions=part["decisions"].encode(),
    )  # fmt: skip
    return happening, [Recipient(*row) for row in part["recipients"]]
