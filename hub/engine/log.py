"""The numbered logs: append a happening for a page of users, mark entries, read what a tab missed.

Every method is one atomic step in the account's slot. `account` is always the recipient's account, and times are
milliseconds of business time (`cutoff`: what is older is no longer kept).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack
import orjson

from hub.engine.connection import Store
from hub.engine.rows import Change, Entry, Record, read_change, read_entry, text

PAGE = 100
SWEEP = 200
MARKED = 1_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Recipient:
    """One user of a resolved audience. `index` is the position in it, and `reason` a code of the record."""

    user: str
    index: int
    reason: str
    channel: str


@dataclass(frozen=True, slots=True)
class Happening:
    """What is appended: shared by all recipients of one account.

    `base` begins the ids of its notifications. `event` is the posted event's id, unique in its account; `digest` tells
    whether the same body came under it before, and `answer` is what is answered then.
    """

    base: str
    account: str
    record: Record
    at: int
    cutoff: int
    sticky: bool = False
    event: str | None = None
    digest: str = ""
    answer: bytes = b"{}"
    decisions: bytes = b""
    plan: bytes = b""


@dataclass(frozen=True, slots=True)
class Appended:
    """How many users got it now; `earlier` is (digest, answer) when the event had been accepted before."""

    count: int
    earlier: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class MarkResult:
    """What a dismiss, read, archive or restore did."""

    changed: tuple[str, ...]
    unknown: tuple[str, ...]
    unread: int
    seq: int


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page, newest first; `before` is the seq to go on from, None at the end."""

    entries: tuple[Entry, ...]
    before: int | None
    unread: int


@dataclass(frozen=True, slots=True)
class Tail:
    """The head of a user's log, and the generations of their election and their settings."""

    epoch: str
    seq: int
    gen: int
    rev: int


@dataclass(frozen=True, slots=True)
class Missed:
    """The changes after a number, with the user's present state; `changes` is None when the log lost some of them."""

    tail: Tail
    unread: int
    elected: str
    changes: tuple[Change, ...] | None
    popups: tuple[Entry, ...]


def cutoff(now: float, retention_days: int) -> int:
    """Return the business time, in ms, before which an account keeps nothing."""
    return int(now * 1000) - retention_days * DAY_MS


class Log:
    """The logs and inboxes of all users."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def append(self, happening: Happening, recipients: Sequence[Recipient], epoch: str) -> Appended:
        """Append for at most 100 recipients of one account; `epoch` (random) begins the log of whoever has none yet."""
        assert len(recipients) <= PAGE
        keys, account = self.store.keys, happening.account
        channels = list(dict.fromkeys(recipient.channel for recipient in recipients))
        number = {channel: i for i, channel in enumerate(channels, 1)}
        page: dict[str, Any] = {
            "base": happening.base, "record": happening.record.encode().decode(), "sticky": happening.sticky,
            "at": happening.at, "cutoff": happening.cutoff, "epoch": epoch, "account": account,
            "channels": len(channels),
            "users": [(to.user, to.index, to.reason, number[to.channel]) for to in recipients],
        }  # fmt: skip
        if happening.event is not None:
            page["event"] = happening.event
            page["marker"] = f"{happening.base} {happening.digest} {happening.answer.decode()}"
        if happening.decisions:
            page["decisions"] = happening.decisions.decode()
        if happening.plan:
            page["plan"] = happening.plan.decode()
        names = [keys.account(account, kind) for kind in ACCOUNT_KEYS]
        names += [keys.channel(account, channel) for channel in channels]
        for recipient in recipients:
            names += keys.person(account, recipient.user)
        status, detail = await self.store.call("append", names, msgpack.packb(page))
        return Appended(int(detail)) if status == b"ok" else Appended(0, read_marker(detail))

    async def accepted(self, account: str, event: str) -> tuple[str, bytes] | None:
        """Return (digest, answer) of an event that was accepted before, or None."""
        marker = await self.store.command("HGET", self.store.keys.account(account, "events"), event)
        return read_marker(marker) if marker else None

    async def mark(
        self, account: str, user: str, operation: str, ids: Sequence[str] | None, up_to: int | None, epoch: str
    ) -> MarkResult:
        """Dismiss, read, archive or restore (`operation` in the past tense of the frames) by ids or up to a seq."""
        asked: dict[str, Any] = {"user": user, "operation": operation, "epoch": epoch}
        if ids is None:
            return await self._mark(account, user, [asked | {"up_to": up_to}])
        named = list(dict.fromkeys(ids))
        pages = [named[start : start + MARKED] for start in range(0, len(named), MARKED)] or [[]]
        return await self._mark(account, user, [asked | {"ids": page} for page in pages])

    async def _mark(self, account: str, user: str, pages: Sequence[dict[str, Any]]) -> MarkResult:
        """Mark page by page, so that no step holds the store up; each page that changes something is a change."""
        keys, changed, unknown, unread, seq = self.store.keys.person(account, user), list[str](), list[str](), 0, 0
        for page in pages:
            more: Any = True
            while more:
                part, strange, unread, seq, more = await self.store.call("mark", keys, msgpack.packb(page))
                changed += map(text, part)
                unknown += map(text, strange)
        return MarkResult(tuple(changed), tuple(unknown), int(unread), int(seq))

    async def inbox(
        self,
        account: str,
        user: str,
        state: str,
        limit: int,
        before: int | None,
        oldest: int,
        origin: str | None = None,
        actor: str | None = None,
    ) -> InboxPage:
        """Read a page of the inbox. `oldest` is the cutoff; `origin` narrows to entries of one account (roll-up).

        With an `actor`, as their log-in-as session sees it (views.py).
        """
        asked: dict[str, Any] = {
            "state": state, "limit": limit, "before": before, "cutoff": oldest, "account": origin,
        }  # fmt: skip
        names = [self.store.keys.account(account, "notifications"), *self.store.keys.person(account, user)]
        if actor is not None:
            asked["view"] = True
            names += self.store.keys.view(account, user, actor)
        rows, following, unread = await self.store.call("inbox", names, msgpack.packb(asked))
        return InboxPage(tuple(read_entry(row) for row in rows), int(following) or None, int(unread))

    async def missed(self, account: str, user: str, after: int) -> Missed:
        """Read the changes after a number, and the user's state at that moment."""
        names = [self.store.keys.account(account, "notifications"), *self.store.keys.person(account, user)]
        answer = await self.store.call("missed", names, msgpack.packb({"after": after}))
        epoch, seq, unread, gen, elected, rev, whole, rows, popups = answer
        changes = tuple(read_change(row) for row in rows) if whole else None
        tail = Tail(text(epoch), int(seq), int(gen), int(rev))
        return Missed(tail, int(unread), text(elected), changes, tuple(read_entry(row) for row in popups))

    async def tails(self, account: str, users: Sequence[str]) -> list[Tail]:
        """Read the heads of the logs of at most 100 users of one account."""
        names = [self.store.keys.person(account, user)[0] for user in users]
        answer = await self.store.call("tails", names)
        return [Tail(text(epoch), int(seq), int(gen), int(rev)) for epoch, seq, gen, rev in answer]

    async def record(self, account: str, base: str) -> Record | None:
        """Read the shared part of a happening."""
        record = await self.store.command("HGET", self.store.keys.account(account, "notifications"), base)
        return Record.decode(record) if record else None

    async def decisions(self, account: str, base: str) -> list[dict[str, Any]]:
        """Read who was told of a happening, who was not, and why."""
        stored = await self.store.command("HGET", self.store.keys.account(account, "decisions"), base)
        return orjson.loads(stored) if stored else []

    async def state(self, account: str, user: str, id: str) -> str | None:
        """Tell whether a user's entry is unread, read or archived; None when they have it not."""
        keys = self.store.keys.person(account, user)
        if not await self.store.command("HEXISTS", keys[5], id):
            return None
        if await self.store.command("ZSCORE", keys[3], id) is not None:
            return "unread"
        return "archived" if await self.store.command("ZSCORE", keys[4], id) is not None else "read"

    async def recent(self, account: str, limit: int, before: float | None) -> list[tuple[str, str, float]]:
        """List (base, event id, at ms) of an account's happenings, newest first, older than `before` (ms)."""
        below = "+inf" if before is None else f"({before}"
        ages = self.store.keys.account(account, "ages")
        found = await self.store.command("ZREVRANGEBYSCORE", ages, below, "-inf", "WITHSCORES", "LIMIT", 0, limit)
        pairs = found if found and isinstance(found[0], list) else list(zip(found[::2], found[1::2], strict=True))
        return [(*text(member).partition(" ")[::2], float(at)) for member, at in pairs]

    async def plan(self, account: str, base: str) -> bytes | None:
        """Read what of a large audience is still to be appended."""
        stored: bytes | None = await self.store.command("HGET", self.store.keys.account(account, "plans"), base)
        return stored

    async def finish_plan(self, account: str, base: str) -> None:
        """Forget a plan whose last page is appended."""
        await self.store.command("HDEL", self.store.keys.account(account, "plans"), base)

    async def sweep(self, account: str, users: Sequence[str], oldest: int) -> int:
        """Forget what an account no longer keeps; return how much."""
        keys, gone = self.store.keys, 0
        for user in users:
            while (count := int(await self.store.call("trim", keys.person(account, user), oldest))) > 0:
                gone += count
        shared = [keys.account(account, kind) for kind in ("notifications", "ages", "events", "decisions")]
        while int(await self.store.call("sweep", shared, oldest)) == SWEEP:
            gone += SWEEP
        return gone

    async def forget(self, account: str, user: str) -> None:
        """Erase a user's log, inbox and tabs."""
        await self.store.command("DEL", *self.store.keys.person(account, user)[:-1])


ACCOUNT_KEYS = ("leases", "notifications", "ages", "events", "decisions", "plans")


def read_marker(marker: bytes) -> tuple[str, bytes]:
    """Take the digest of its body and the stored answer out of an event's marker; the base stands before them."""
    _, digest, answer = marker.split(b" ", 2)
    return digest.decode(), answer
