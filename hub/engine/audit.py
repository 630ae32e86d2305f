"""Who did what that others should be able to find out: log-in-as, keys, defaults, disconnections, broadcasts (AMB-17).

An account has one sorted set of records, all with score 0: they lie in the order of their ids, which begin with the
business time. A record is kept a year.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from hub.core.inbox import happening_id
from hub.engine.connection import Store
from hub.engine.rows import text

KEPT_SECONDS = 365 * 86_400.0


class Audit:
    """The records of all accounts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def record(self, account: str, at: float, actor: str, action: str, **what: Any) -> None:
        """Keep that an actor (a user's id, `key:<id>` or `operator`) did something in an account; `at` in seconds of
        business time."""
        id = _id(at)
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        document = {"id": id, "at": moment, "actor": actor, "action": action, "account": account, **what}
        await self._store.command("ZADD", self._name(account), 0, b"%b %b" % (id.encode(), orjson.dumps(document)))

    async def page(self, accounts: Sequence[str], before: str | None, limit: int, now: float) -> list[dict[str, Any]]:
        """List at most so many records of these accounts, newest first, behind one's id."""
        high = f"({before}" if before else "+"
        asked = (high, f"[{_oldest(now)}", "LIMIT", 0, limit)
        found = await asyncio.gather(
            *(self._store.command("ZREVRANGEBYLEX", self._name(account), *asked) for account in accounts)
        )
        records = sorted((text(record) for of_account in found for record in of_account), reverse=True)
        return [orjson.loads(record.partition(" ")[2]) for record in records[:limit]]

    async def sweep(self, account: str, now: float) -> int:
        """Forget what is older than a year; return how much."""
        return int(await self._store.command("ZREMRANGEBYLEX", self._name(account), "-", f"({_oldest(now)}"))

    def _name(self, account: str) -> str:
        return self._store.keys.account(account, "audit")


def _id(at: float) -> str:
    """Make an id in the order of time; where the clock stands still, in the order of real time."""
    real = (time.time_ns() // 1000) % 2**40
    return happening_id(int(at * 1000), real.to_bytes(5, "big") + secrets.token_bytes(5))


def _oldest(now: float) -> str:
    return happening_id(max(0, int((now - KEPT_SECONDS) * 1000)), b"")
