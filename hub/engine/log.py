"""The numbered logs: append a happening for a page of users, mark entries, read what a tab missed.

Every method is one atomic step in the account's slot. `account` is always the recipient's account, and times are
milliseconds of business time (`cutoff`: what is older is no longer kept).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgpack

from hub.engine.connection import Store, Unavailable
from hub.engine.rows import Change, Entry, Record, read_change, read_entry, scored, text

PAGE = 100
SKIPPED = 1_000  # of a page: a note takes far less than an entry
SWEEP = 200
MARKED = 1_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Recipient:
    """One user of a resolved audience. `index` is the position in it, `reason` a code of the record, and `channel` the
    suffix of the channel in their account over which they are told."""

    user: str
    index: int
    reason: str
    channel: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """One user who was considered and is not told; numbered with the recipients."""

    user: str
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Happening:
    """What is appended: shared by all recipients of one account.

    `base` begins the ids of its notifications. `origin` is the account that the event is of, where that is not the
    recipients' (roll-up). `counted`: it keeps receipts, and can be recalled.
    """

    base: str
    account: str
    record: Record
    at: int
    cutoff: int
    sticky: bool = False
    origin: str | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """Makes a posted event one event: its id, unique in its account, a digest of its body, and what was answered."""

    event: str
    digest: str
    answer: bytes = b"{}"


@dataclass(frozen=True, slots=True)
class First:
    """What the first page of a publication brings in the same step: the marker, the document of a broadcast (id,
    JSON), and with `planned` the word that its plan holds."""

    marker: Marker
    broadcast: tuple[str, bytes] | None = None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Appended:
    """How many users got it now; `earlier` is (digest, answer) when the event had been accepted before."""

    count: int
    earlier: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Considered:
    """One user of whom it was decided: told or not follows from the reason (core.routing.TOLD)."""

    index: int
    user: str
    reason: str


class Receipts(NamedTuple):
    """How many users have it, were shown its pop-up, and dismissed it."""

    delivered: int
    shown: int
    dismissed: int


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

    async def append(
        self,
        happening: Happening,
        recipients: Sequence[Recipient],
        epoch: str,
        skipped: Sequence[Skipped] = (),
        first: First | None = None,
    ) -> Appended:
        """Append for at most 100 recipients of one account and note at most 1,000 who are not told.

        `epoch` (random) begins the log of whoever has none yet. Users who are not in the account are passed over, and
        after a recall everybody is. Raise Unavailable when the plan that `first` speaks of lapsed: then nothing is
        written.
        """
        assert len(recipients) <= PAGE
        assert len(skipped) <= SKIPPED
        channels = list(dict.fromkeys(recipient.channel for recipient in recipients))
        page = page_of(happening, recipients, skipped, channels, epoch)
        if first is not None:
            page |= first_of(happening.base, first)
        names = self._append_keys(happening, channels, [recipient.user for recipient in recipients])
        status, *detail = await self.store.call("append", names, msgpack.packb(page))
        if status == b"lapsed":
            raise Unavailable("a plan was given up before its first page")
        return Appended(int(detail[0])) if status == b"ok" else Appended(0, read_marker(detail[0]))

    def _append_keys(self, happening: Happening, channels: Sequence[str], users: Sequence[str]) -> list[str]:
        keys, account = self.store.keys, happening.account
        names = [keys.account(account, kind) for kind in ACCOUNT_KEYS]
        names += [keys.decisions(account, happening.base), keys.plan(account, happening.base)]
        names += [keys.channel(account, channel) for channel in channels]
        for user in users:
            names += keys.person(account, user)
        return names

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
        keys = [self.store.keys.account(account, "receipts"), *self.store.keys.person(account, user)]
        changed, unknown, unread, seq = list[str](), list[str](), 0, 0
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
            names = [*shared, *(keys.decisions(account, base) for base in bases)]
            gone += int(await self.store.call("sweep", names, *old))
        return gone


ACCOUNT_KEYS = (
    "leases", "notifications", "ages", "events", "receipts", "recalls", "reasons", "users", "broadcasts",
)  # fmt: skip
SWEPT_KEYS = ("ages", "notifications", "events", "receipts", "recalls", "broadcasts")


def page_of(
    happening: Happening,
    recipients: Sequence[Recipient],
    skipped: Sequence[Skipped],
    channels: Sequence[str],
    epoch: str,
) -> dict[str, Any]:
    """Write the argument of one append."""
    number = {channel: i for i, channel in enumerate(channels, 1)}
    return {
        "base": happening.base, "record": happening.record.encode().decode(), "sticky": happening.sticky,
        "at": happening.at, "cutoff": happening.cutoff, "epoch": epoch, "counted": happening.counted,
        "account": happening.origin or happening.account, "channels": list(channels),
        "users": [(to.user, to.index, to.reason, number[to.channel]) for to in recipients],
        "skipped": [(one.user, one.index, one.reason) for one in skipped],
    }  # fmt: skip


def first_of(base: str, first: First) -> dict[str, Any]:
    """Write what the first page brings beside."""
    marker = first.marker
    return {
        "event": marker.event, "marker": f"{base} {marker.digest} {marker.answer.decode()}",
        "planned": first.planned, "broadcast": first.broadcast and (first.broadcast[0], first.broadcast[1].decode()),
    }  # fmt: skip


def read_marker(marker: bytes) -> tuple[str, bytes]:
    """Take the digest of its body and the stored answer out of an event's marker; the base stands before them."""
    _, digest, answer = marker.split(b" ", 2)
    return digest.decode(), answer


def considered(member: str, index: float) -> Considered:
    """Read a member of a happening's decisions."""
    user, _, reason = member.partition(" ")
    return Considered(int(index), user, reason)
