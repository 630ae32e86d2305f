"""Texts and e-mails on their way: what waits for whom, what became of it, and what was given up.

A delivery is queued in the step that appends its happening (append.lua). It waits in a lane (lanes.py): one for each
user and channel, so that what goes to one phone goes in order and one at a time. Verdicts of whoever works a lane count
only while they hold it, except that what was sent was sent; so a delivery may be sent twice only where a courier died,
or was cut off, between sending and saying so. Times are milliseconds of business time.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from hub.core.inbox import notification_id, split_id
from hub.engine.connection import Store
from hub.engine.couriers import CHANNELS, Couriers
from hub.engine.lanes import LEASE_MS, Lane, Lanes, Outcome, State
from hub.engine.reports import Reports
from hub.engine.rows import Record, field_of, parted, scored, text
from hub.engine.standing import Index

REPORTED = "text"  # the channel whose provider says later what became of what it took over

__all__ = ["DeadLetter", "Deliveries", "Delivery", "Job", "Lane", "Outcome", "State"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one text or e-mail. `due` is when it is tried next, while it is queued."""

    index: int
    channel: str
    user: str
    to: str | None
    state: State
    reason: str
    attempts: int
    at: int
    due: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at what goes to a user. `mark` is its unique name, `attempt` counts from 1, `since` is when the first
    was made. `person` and `chosen` are stored documents, as they are now."""

    lane: Lane
    mark: str
    attempt: int
    since: int
    person: bytes
    chosen: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Attempt):
    """One attempt at a delivery, which counts anew for a dead letter that is tried again. `to` is where it was to go
    when it was queued."""

    id: str
    to: str
    urgent: bool
    record: Record

    @property
    def base(self) -> str:
        """Name its happening."""
        return parted(self.id)[0]

    @property
    def delivery(self) -> str:
        """Name the delivery: what it has among dead letters, and what a letter is called by."""
        return f"{self.id}:{self.lane.channel}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up at a time; `id` is ``<notification>:<channel>``."""

    id: str
    at: int


class Deliveries(Lanes):
    """The deliveries of all accounts: lanes of texts and of e-mails."""

    channels = CHANNELS

    def __init__(self, store: Store, couriers: Couriers, lease_ms: int = LEASE_MS) -> None:
        super().__init__(store, couriers, lease_ms)
        self.reports = Reports(store, couriers)
        self.index = Index(store)

    # What the couriers do

    async def take(self, lane: Lane, id: str, now_ms: int) -> Job | str:
        """Begin an attempt, which is counted; or say why there is none: `skipped`, or it is `gone`, or the lane is
        `lost`."""
        base, _ = parted(id)
        keys, account, mark = self._store.keys, lane.account, secrets.token_hex(6)
        kinds, person = ("recalls", "users", "notifications", "preferences"), keys.person(account, lane.user)
        names = [
            keys.lane(account, lane.channel, lane.user), keys.lanes(account, lane.channel)[1],
            *(keys.account(account, kind) for kind in kinds), keys.deliveries(account, base),
            person[5], person[3], keys.account(account, "states"),
        ]  # fmt: skip
        asked = {
            "user": lane.user, "holder": lane.holder, "id": id, "base": base,
            "field": field_of(id, lane.channel), "attempt": mark, "now_ms": now_ms,
        }  # fmt: skip
        status, *found = await self._store.call("take_delivery", names, msgpack.packb(asked))
        return read_job(lane, id, mark, *found) if status == b"sending" else text(status)

    async def put_aside(self, lane: Lane, id: str, until_ms: int) -> None:
        """Let something in a lane wait, of which this hub does not know what it is: a newer one will."""
        await self._store.command("ZADD", self._place(lane), "XX", "GT", until_ms, id)

    async def settle(self, job: Job, outcome: Outcome, now_ms: int) -> str | None:
        """Record what an attempt came to; return the state that the delivery has now, None when this courier has no say
        any more.

        What a provider took over may turn out to have failed, already before this is recorded.
        """
        if not outcome.reference or job.lane.channel != REPORTED:
            return await self._settle(job, outcome, now_ms)
        await self.reports.expect(outcome.reference, job.lane.account, job.delivery)
        state = await self._settle(job, outcome, now_ms)
        return "failed" if await self.reports.catch_up(outcome.reference, now_ms) else state

    async def _settle(self, job: Job, outcome: Outcome, now_ms: int) -> str | None:
        keys, lane = self._store.keys, job.lane
        _, leases, holds = keys.lanes(lane.account, lane.channel)
        names = [
            keys.lane(lane.account, lane.channel, lane.user), leases, holds, keys.deliveries(lane.account, job.base),
            *(keys.account(lane.account, kind) for kind in ("dead", "receipts", "states")), *keys.feed(lane.account),
        ]  # fmt: skip
        asked = {
            "user": lane.user, "holder": lane.holder, "id": job.id, "base": job.base, "attempt": job.mark,
            "field": field_of(job.id, lane.channel), "letter": job.delivery, "now_ms": now_ms, "state": outcome.state,
            "why": outcome.why, "reference": outcome.reference or None, "to": outcome.to, "hold": outcome.hold_ms,
            "due": outcome.due_ms, "uncounted": not outcome.tried,
        }  # fmt: skip
        state = text(await self._store.call("settle_delivery", names, msgpack.packb(asked))) or None
        if state == "failed":
            await self.couriers.tell(lane.account)
        return state

    # What people ask

    async def of(self, account: str, base: str, indexes: Sequence[int]) -> list[Delivery]:
        """Read what became of a happening's texts and e-mails to the users with these places, in their order."""
        places = [(index, channel) for index in indexes for channel in CHANNELS]
        if not places:
            return []
        fields = [f"{index}:{channel}" for index, channel in places]
        found = await self._store.command("HMGET", self._store.keys.deliveries(account, base), *fields)
        rows = zip(places, found, strict=True)
        return [read_delivery(*place, packed) for place, packed in rows if packed is not None]

    async def standing(
        self, account: str, channel: str, state: str, limit: int, before: str | None = None
    ) -> list[str]:  # fmt: skip
        """Name the notifications of an account whose text or e-mail stands so (queued, sent or skipped), the newest
        first, from behind one on; all of them where the index is whole."""
        group = f"{channel} {state} "
        last = f"({group[:-1]}!" if before is None else f"({group}{before}"
        name = self._store.keys.account(account, "states")
        found = await self._store.command("ZREVRANGEBYLEX", name, last, f"[{group}", "LIMIT", 0, limit)
        return [text(member).removeprefix(group) for member in found]

    async def dead(self, account: str, limit: int, before: float | None = None) -> list[DeadLetter]:
        """List what was given up in an account, the newest first, older than `before`."""
        below = "+inf" if before is None else f"({before}"
        name = self._store.keys.account(account, "dead")
        found = await self._store.command("ZREVRANGEBYSCORE", name, below, "-inf", "WITHSCORES", "LIMIT", 0, limit)
        return [DeadLetter(id, int(at)) for id, at in scored(found)]

    async def retry(self, account: str, id: str, now_ms: int) -> bool:
        """Queue a dead letter again, by ``<notification>:<channel>``; False when it is none."""
        found = await self._found(account, id)
        if found is None:
            return False
        base, delivery = found
        keys, channel, user = self._store.keys, delivery.channel, delivery.user
        notification = notification_id(base, delivery.index)
        names = [
            keys.account(account, "dead"), keys.deliveries(account, base), keys.lane(account, channel, user),
            *keys.lanes(account, channel), keys.account(account, "users"), keys.account(account, "states"),
        ]  # fmt: skip
        asked = {
            "user": user, "id": notification, "field": field_of(notification, channel),
            "letter": id, "now_ms": now_ms, "attempt": secrets.token_hex(6),
        }  # fmt: skip
        await self.couriers.call(account, channel, now_ms)
        done = await self._store.call("retry_delivery", names, msgpack.packb(asked))
        self.couriers.begin(account, channel, now_ms)
        return bool(done)

    async def drop(self, account: str, id: str) -> bool:
        """Take a dead letter off the list, so that nobody can try it again; what became of it stays known. False when
        no such delivery was given up."""
        found = await self._found(account, id)
        if found is None or found[1].state != "failed":
            return False
        await self._store.command("ZREM", self._store.keys.account(account, "dead"), id)
        return True

    async def _found(self, account: str, id: str) -> tuple[str, Delivery] | None:
        notification, _, channel = id.rpartition(":")
        place = split_id(notification)
        rows = await self.of(account, place[0], [place[1]]) if place else []
        return next(((place[0], row) for row in rows if place and row.channel == channel), None)


def read_delivery(index: int, channel: str, packed: bytes) -> Delivery:
    """Read the record of a delivery; one that was put off, tried in vain or not sent says why that is."""
    stored: dict[str, Any] = msgpack.unpackb(packed)
    state = stored["s"]
    reason = stored["r"] if state == "sent" else stored.get("p") or stored["r"]
    due = stored.get("d") if state == "queued" else None
    return Delivery(
        index, channel, stored["u"], stored.get("to"), state, reason, stored["n"], stored["at"], due
    )  # fmt: skip


def read_job(lane: Lane, id: str, mark: str, packed: bytes, record: bytes, person: bytes, chosen: bytes) -> Job:
    """Read what `take_delivery` answers."""
    stored: dict[str, Any] = msgpack.unpackb(packed)
    return Job(
        lane=lane, mark=mark, id=id, to=stored["to"], attempt=stored["n"] - stored.get("o", 0), since=stored["f"],
        urgent=bool(stored.get("x")), record=Record.decode(record), person=person, chosen=chosen,
    )  # fmt: skip
