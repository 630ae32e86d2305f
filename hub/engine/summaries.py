"""The daily cap: so many single e-mails of one type a day go to a user, the rest of them in one summary.

The lane's holder counts an e-mail just before it is sent (`count`). What is too much leaves the lane and waits under
its type; in the lane stands the summary of that type, due the next morning. When it is due, its e-mails are taken into
an attempt page by page, less what was recalled meanwhile, or seen where the user has a grace. The verdict is recorded
in one step, and from there on it is known; then it is done page by page what it means for each of them. Whoever finds a
verdict that was not done to its end finishes that first, and whoever is about to send looks whether another did: so no
e-mail is in two summaries, unless a courier died, or was cut off, between sending one and saying so.

Times are milliseconds of business time, days are those of the user's zone.
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgpack

from hub.engine.connection import Store
from hub.engine.couriers import Couriers
from hub.engine.deliveries import Attempt, Job
from hub.engine.lanes import Lane, Outcome
from hub.engine.rows import Record, field_of, parted, text

CHANNEL: Literal["email"] = "email"
PAGE = 100
PREFIX = "summary:"  # of its id in a lane; no notification's id begins so


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Attempt):
    """One attempt at the summary of a type, or (`is_ended`) one whose verdict is known and not done to its end.

    `name` stays the same through all attempts; `last_day` is the day of the summary before.
    """

    type: str
    name: str
    last_day: str
    is_ended: bool

    @property
    def id(self) -> str:
        """Give its id in the lane."""
        return f"{PREFIX}{self.type}"


@dataclass(frozen=True, slots=True)
class Days:
    """What the calendar says where a user is: the day that it is, and the latest one that it is anywhere; and when a
    summary that begins now is due."""

    today: str
    latest: str
    morning_ms: int


@dataclass(frozen=True, slots=True)
class Capped:
    """One e-mail that goes with a summary; of the first of them, with what is in it."""

    id: str
    record: Record | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes with a summary, in the order of what happened, and why the others were skipped."""

    taken: Sequence[Capped]
    skipped: Sequence[str]


def type_of(id: str) -> str | None:
    """Name the type whose summary is meant by an id of a lane; None for that of a notification."""
    return id.removeprefix(PREFIX) if id.startswith(PREFIX) else None


class Summaries:
    """The e-mails that were too much for a day."""

    def __init__(self, store: Store, couriers: Couriers) -> None:
        self._store = store
        self._couriers = couriers

    async def count(self, job: Job, type: str, cap: int, days: Days, now_ms: int) -> bool:
        """Count an e-mail that is about to be sent; False when it is not to be sent now: it was one too many, and waits
        for the summary, or the lane is lost."""
        keys, lane = self._store.keys, job.lane
        names = [*self._lane(lane), keys.deliveries(lane.account, job.base), *keys.letters(lane.account, lane.user)]
        asked = {
            **whose(lane), "id": job.id, "field": field_of(job.id, CHANNEL), "type": type, "cap": cap,
            "day": days.today, "latest": days.latest, "morning": days.morning_ms, "now_ms": now_ms,
        }  # fmt: skip
        return bool(await self._store.call("count_letter", names, msgpack.packb(asked)) == b"counted")

    async def begin(self, lane: Lane, type: str, now_ms: int) -> Summary | None:
        """Begin an attempt, which is counted; None when the lane is lost, or its user is gone."""
        keys, mark = self._store.keys, secrets.token_hex(6)
        kinds = ("users", "preferences")
        names = [*self._lane(lane), self._letters(lane), *(keys.account(lane.account, kind) for kind in kinds)]
        asked = {**whose(lane), "job": f"{PREFIX}{type}", "type": type, "attempt": mark, "now_ms": now_ms}
        status, *found = await self._store.call("begin_summary", names, msgpack.packb(asked))
        return read_summary(lane, type, mark, status == b"ended", *found) if found else None

    async def take(self, summary: Summary, bodies: int, now_ms: int) -> Batch | None:
        """Take all that waits into an attempt, the first of it with what is in it; None when the lane is lost."""
        taken, skipped = list[Capped](), list[str]()
        async for ids in self._pages(summary):
            found = await self._take(summary, ids, max(0, bodies - len(taken)), now_ms)
            if found is None:
                return None
            taken += found.taken
            skipped += found.skipped
        return Batch(taken, skipped)

    async def _take(self, summary: Summary, ids: Sequence[str], bodies: int, now_ms: int) -> Batch | None:
        keys, lane = self._store.keys, summary.lane
        person = keys.person(lane.account, lane.user)
        names = [
            keys.lanes(lane.account, CHANNEL)[1], keys.letters(lane.account, lane.user)[1],
            *(keys.account(lane.account, kind) for kind in ("recalls", "notifications")), person[5], person[3],
            keys.account(lane.account, "states"), *self._deliveries(lane, ids),
        ]  # fmt: skip
        asked = {
            **whose(lane), "type": summary.type, "attempt": summary.mark, "now_ms": now_ms, "bodies": bodies,
            "members": [(id, parted(id)[0], field_of(id, CHANNEL)) for id in ids],
        }  # fmt: skip
        status, *found = await self._store.call("take_capped", names, msgpack.packb(asked))
        if status != b"taken":
            return None
        return Batch([read_capped(*row) for row in found[1]], [text(why) for why in found[0]])

    async def stands(self, summary: Summary) -> bool:
        """Tell, just before it is handed over, whether an attempt is still the last one and nobody said meanwhile that
        an earlier one was sent."""
        packed = await self._store.command("HGET", self._letters(summary.lane), summary.type)
        stored: dict[str, Any] = msgpack.unpackb(packed) if packed else {}
        return stored.get("a") == summary.mark and "v" not in stored

    async def conclude(self, summary: Summary, outcome: Outcome, day: str, now_ms: int) -> str | None:
        """Record what an attempt came to; return the state that it has now, None when this courier has no say any
        more."""
        lane = summary.lane
        names = [*self._lane(lane), self._store.keys.lanes(lane.account, CHANNEL)[2], self._letters(lane)]
        asked = {
            **whose(lane), "job": summary.id, "type": summary.type, "name": summary.name, "attempt": summary.mark,
            "day": day, "now_ms": now_ms, "state": outcome.state, "why": outcome.why, "to": outcome.to,
            "reference": outcome.reference or None,
            "hold": outcome.hold_ms, "due": outcome.due_ms, "uncounted": not outcome.tried,
        }  # fmt: skip
        return text(await self._store.call("conclude_summary", names, msgpack.packb(asked))) or None

    async def finish(self, summary: Summary, morning_ms: int, now_ms: int) -> int:
        """Do what the verdict means for each e-mail, and close the summary; return how many ended."""
        count, ids = 0, list[str]()
        async for page in self._pages(summary):
            if ids:
                count += await self._finish(summary, ids, morning_ms, now_ms, is_last=False)
            ids = page
        count += await self._finish(summary, ids, morning_ms, now_ms, is_last=True)
        await self._couriers.tell(summary.lane.account)
        return count

    async def _finish(
        self, summary: Summary, ids: Sequence[str], morning_ms: int, now_ms: int, *, is_last: bool
    ) -> int:  # fmt: skip
        keys, lane = self._store.keys, summary.lane
        names = [
            *self._lane(lane), *keys.letters(lane.account, lane.user),
            *(keys.account(lane.account, kind) for kind in ("dead", "states")),
            *keys.feed(lane.account), *self._deliveries(lane, ids),
        ]  # fmt: skip
        asked = {
            **whose(lane), "job": summary.id, "type": summary.type, "morning": morning_ms, "now_ms": now_ms,
            "members": [(id, field_of(id, CHANNEL), f"{id}:{CHANNEL}") for id in ids], "last": is_last,
        }  # fmt: skip
        return max(0, int(await self._store.call("finish_capped", names, msgpack.packb(asked))))

    async def _pages(self, summary: Summary) -> AsyncIterator[list[str]]:
        """Give the ids of the notifications that wait, some at a time; what leaves meanwhile moves no other."""
        lane, type = summary.lane, summary.type
        name, after = self._store.keys.letters(lane.account, lane.user)[1], f"[{type} "
        while True:
            found = await self._store.command("ZRANGEBYLEX", name, after, f"({type}!", "LIMIT", 0, PAGE)
            if found:
                yield [text(member).partition(" ")[2] for member in found]
            if len(found) < PAGE:
                return
            after = f"({text(found[-1])}"

    def _lane(self, lane: Lane) -> list[str]:
        keys = self._store.keys
        return [keys.lane(lane.account, CHANNEL, lane.user), keys.lanes(lane.account, CHANNEL)[1]]

    def _letters(self, lane: Lane) -> str:
        return self._store.keys.letters(lane.account, lane.user)[0]

    def _deliveries(self, lane: Lane, ids: Sequence[str]) -> list[str]:
        return [self._store.keys.deliveries(lane.account, parted(id)[0]) for id in ids]


def whose(lane: Lane) -> dict[str, str]:
    """Say to a Function whose lane is worked, and by whom."""
    return {"user": lane.user, "holder": lane.holder}


def read_summary(
    lane: Lane, type: str, mark: str, is_ended: bool, packed: bytes, person: bytes, chosen: bytes
) -> Summary:  # fmt: skip
    """Read what `begin_summary` answers."""
    stored: dict[str, Any] = msgpack.unpackb(packed)
    return Summary(
        lane=lane, type=type, name=stored.get("i", mark), mark=mark, attempt=stored.get("t", 1),
        since=stored.get("f", 0), last_day=stored.get("y", ""), is_ended=is_ended, person=person, chosen=chosen,
    )  # fmt: skip


def read_capped(id: bytes, record: bytes) -> Capped:
    """Read one e-mail that `take_capped` took."""
    return Capped(text(id), Record.decode(record) if record else None)
