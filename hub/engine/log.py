"""The numbered logs: append a happening for a page of users, mark entries, read what a tab missed.

What goes out by text and e-mail is queued in the same step as it is appended (deliveries.py).

Every method is one atomic step in the account's slot. `account` is always the recipient's account, and times are
milliseconds of business time (`cutoff`: what is older is no longer kept).
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgpack

from hub.engine.connection import Store, Unavailable
from hub.engine.couriers import CHANNELS, Couriers
from hub.engine.happenings import (
    PAGE,
    SKIPPED,
    Appended,
    First,
    Happening,
    Marker,
    Outgoing,
    Recipient,
    Skipped,
    Tally,
    first_of,
    page_of,
    read_marker,
)
from hub.engine.rows import Change, Entry, Record, read_change, read_entry, scored, text

__all__ = [
    "PAGE",
    "SKIPPED",
    "Appended",
    "First",
    "Happening",
    "Log",
    "Marker",
    "Outgoing",
    "Recipient",
    "Skipped",
    "Tally",
]


SWEEP = 200
MARKED = 1_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Considered:
    """One user of whom it was decided: told or not follows from the reason (core.routing.TOLD)."""

    index: int
    user: str
    reason: str


class Receipts(NamedTuple):
    """How many users have it, were shown its pop-up, dismissed it, and were sent it by e-mail."""

    delivered: int
    shown: int
    dismissed: int
    emailed: int = 0


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
    """The logs and inboxes of all users. `now` tells business time, in seconds."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        self.store = store
        self.now = now
        self.couriers = Couriers(store)

    async def append(
        self,
        happening: Happening,
        recipients: Sequence[Recipient],
        epoch: str,
        skipped: Sequence[Skipped] = (),
        first: First | None = None,
        outgoing: Sequence[Outgoing] = (),
    ) -> Appended:
        """Append for at most 100 recipients of one account, note at most 1,000 who are not told, and queue at most 100
        texts and e-mails.

        `epoch` (random) begins the log of whoever has none yet. Users who are not in the account are passed over, and
        after a recall everybody is. Raise Unavailable when the plan that `first` speaks of lapsed: then nothing is
        written. A text that makes a burst is not written either where `first` does not say so, nor the other way round.
        """
        assert len(recipients) <= PAGE
        assert len(skipped) <= SKIPPED
        assert sum(one.weight for one in outgoing) <= SKIPPED
        channels = list(dict.fromkeys(recipient.channel for recipient in recipients))
        page = page_of(happening, recipients, skipped, outgoing, channels, epoch)
        if first is not None:
            page |= first_of(happening.base, first)
        names = self._append_keys(happening, channels, [recipient.user for recipient in recipients], outgoing)
        names += self.store.keys.feed(happening.account)
        if first is not None and first.tally is not None:
            names.append(self.store.keys.burst(happening.account, first.tally.line, first.tally.number))
        status, *detail = await self._append(happening, names, msgpack.packb(page), outgoing)
        if status == b"lapsed":
            raise Unavailable("a plan was given up before its first page")
        if status == b"burst":
            return Appended(0, fires=bool(detail[0]))
        if status != b"ok":
            return Appended(0, read_marker(detail[0]))
        if any(detail[1:]):
            await self.couriers.tell(happening.account)
        return Appended(int(detail[0]))

    async def _append(
        self, happening: Happening, names: Sequence[str], page: bytes, outgoing: Sequence[Outgoing]
    ) -> Any:  # fmt: skip
        """Append; what is to be sent is announced to the couriers before, and once more afterwards.

        Whoever looked in between and found nothing looks again. The first word travels with the append; nobody has to
        wait for the second.
        """
        append = self.store.call("append", names, page)
        due = [(one.channel, at) for one in outgoing if (at := one.due(happening.at)) is not None]
        if not due:
            return await append
        soonest = {channel: min(at for one, at in due if one == channel) for channel, _ in due}
        first = [self.couriers.call(happening.account, *one) for one in soonest.items()]
        try:
            *_, answer = await asyncio.gather(*first, append)
        finally:
            for one in soonest.items():
                self.couriers.begin(happening.account, *one)
        return answer

    def _append_keys(
        self, happening: Happening, channels: Sequence[str], users: Sequence[str], outgoing: Sequence[Outgoing]
    ) -> list[str]:
        keys, account = self.store.keys, happening.account
        names = [keys.account(account, kind) for kind in ACCOUNT_KEYS]
        names += [keys.decisions(account, happening.base), keys.plan(account, happening.base)]
        names += [keys.channel(account, channel) for channel in channels]
        for user in users:
            names += keys.person(account, user)
        if outgoing:
            names += [keys.deliveries(account, happening.base), keys.account(account, "states")]
            for channel in CHANNELS:
                names += keys.lanes(account, channel)
            names += [keys.lane(account, one.channel, one.user) for one in outgoing if one.to is not None]
        return names

    async def accepted(self, account: str, event: str) -> tuple[str, bytes] | None:
        """Return (digest, answer) of an event that was accepted before, or None."""
        marker = await self.store.command("HGET", self.store.keys.account(account, "events"), event)
        return read_marker(marker) if marker else None

    async def mark(
        self, account: str, user: str, operation: str, ids: Sequence[str] | None, up_to: int | None, epoch: str
    ) -> MarkResult:
        """Dismiss, read, archive or restore (`operation` in the past tense of the frames) by ids or up to a seq."""
        asked: dict[str, Any] = {"user": user, "operation": operation, "epoch": epoch, "at": int(self.now() * 1000)}
        if ids is None:
            return await self._mark(account, user, [asked | {"up_to": up_to}])
        named = list(dict.fromkeys(ids))
        pages = [named[start : start + MARKED] for start in range(0, len(named), MARKED)] or [[]]
        return await self._mark(account, user, [asked | {"ids": page} for page in pages])

    async def _mark(self, account: str, user: str, pages: Sequence[dict[str, Any]]) -> MarkResult:
        """Mark page by page, so that no step holds the store up; each page that changes something is a change."""
        names = self.store.keys
        keys = [names.account(account, "receipts"), *names.person(account, user), *names.feed(account)]
        changed, unknown, unread, seq = list[str](), list[str](), 0, 0
        for page in pages:
            more: Any = True
            while more:
                answer = await self.store.call("mark", keys, msgpack.packb(page))
                part, strange, unread, seq, more, told = answer
                if "ids" in page:
                    page = page | {"ids": page["ids"][int(more) :]}
                changed += map(text, part)
                unknown += map(text, strange)
                if told:
                    await self.couriers.tell(account)
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

    async def decisions(self, account: str, base: str, after: int = -1, limit: int = SKIPPED) -> list[Considered]:
        """Read who was considered for a happening, and why they were told or not, from behind an index on."""
        name = self.store.keys.decisions(account, base)
        found = await self.store.command(
            "ZRANGEBYSCORE", name, f"({after}", "+inf", "WITHSCORES", "LIMIT", 0, limit
        )  # fmt: skip
        return [considered(member, index) for member, index in scored(found)]

    async def decision(self, account: str, base: str, index: int) -> Considered | None:
        """Read what was decided of one user, by their place in the audience."""
        found = await self.decisions(account, base, index - 1, 1)
        return found[0] if found and found[0].index == index else None

    async def reasons(self, account: str) -> list[str]:
        """List every reason code that the account's decisions hold."""
        return sorted(map(text, await self.store.command("SMEMBERS", self.store.keys.account(account, "reasons"))))

    async def decision_about(
        self, account: str, base: str, user: str, reasons: Sequence[str]
    ) -> Considered | None:  # fmt: skip
        """Find what was decided of one user, however large the audience; `reasons` are the account's."""
        if not reasons:
            return None
        members = [f"{user} {reason}" for reason in reasons]
        places = await self.store.command("ZMSCORE", self.store.keys.decisions(account, base), *members)
        found = (considered(member, float(at)) for member, at in zip(members, places, strict=True) if at is not None)
        return next(found, None)

    async def receipts(self, account: str, base: str) -> Receipts:
        """Count who of an account has a happening, was shown it and dismissed it."""
        fields = [f"{base}:{step}" for step in Receipts._fields]
        counts = await self.store.command("HMGET", self.store.keys.account(account, "receipts"), *fields)
        return Receipts(*(int(count or 0) for count in counts))

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
        return [(*member.partition(" ")[::2], at) for member, at in scored(found)]

    async def sweep(self, account: str, users: Sequence[str], oldest: int) -> int:
        """Forget what an account no longer keeps; return how much."""
        keys, gone = self.store.keys, 0
        for user in users:
            while (count := int(await self.store.call("trim", keys.person(account, user), oldest))) > 0:
                gone += count
        shared = [keys.account(account, kind) for kind in SWEPT_KEYS]
        while old := await self.store.command(
            "ZRANGEBYSCORE", shared[0], "-inf", f"({oldest}", "LIMIT", 0, SWEEP
        ):  # fmt: skip
            bases = [text(member).partition(" ")[0] for member in old]
            per_base = (name(account, base) for base in bases for name in (keys.decisions, keys.deliveries))
            gone += int(await self.store.call("sweep", [*shared, *per_base], *old))
        await self.store.command("ZREMRANGEBYSCORE", keys.account(account, "dead"), "-inf", f"({oldest}")
        return gone


ACCOUNT_KEYS = (
    "leases", "notifications", "ages", "events", "receipts", "recalls", "reasons", "users", "broadcasts",
)  # fmt: skip
SWEPT_KEYS = ("ages", "notifications", "events", "receipts", "recalls", "broadcasts", "states")


def considered(member: str, index: float) -> Considered:
    """Read a member of a happening's decisions."""
    user, _, reason = member.partition(" ")
    return Considered(int(index), user, reason)
