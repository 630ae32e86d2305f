"""What webhooks are told: messages on their way, one lane for each webhook in each account.

A message is queued in the step that makes what it tells of (feed.lua): appended, dismissed, given up, finished. All of
an account lie under the same keys, so that such a step knows its keys before it knows who listens. A message is a fact
and names what it is about; its words are made when it is sent. In its lane it goes in order, and is tried until it is
taken or given up; it may be sent twice where who sent it died, or was cut off, before saying so. Times are
milliseconds of business time.
"""

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from hub.core.webhooks import PING, Fact
from hub.engine.couriers import WEBHOOK
from hub.engine.lanes import Lane, Lanes, Outcome
from hub.engine.rows import text
from hub.engine.turns import Turns

AT_ONCE = 500  # messages of a step
AGAIN_MS = 1_000  # after which a lane is looked at again whose account does not know yet that nobody is to be told
LOOKED_AT = 100  # accounts at a time
LANES = 100  # of an account, in which far fewer webhooks are heard
PERSONAL = ("messages", "messages:facts", "messages:dead")


Page = Sequence[tuple[str, bytes]]  # accounts, each with the number of its last raise


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt at a message. `attempt` counts from 1, anew after a replay; `since` is when the first was made, and
    `dropped` says for how many there was no room since the attempt before. `document` is the record or broadcast that
    the fact is about, `version` that of the webhook."""

    lane: Lane
    id: str
    fact: Fact
    attempt: int
    since: int
    dropped: int
    document: bytes
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Read:
    """How far somebody has read the accounts (`tree`) and the webhooks (`number`) who says who listens to an account.

    `over` is the version known there after which they read everything anew; `is_gone` = there is no such account.
    """

    tree: int
    number: int
    over: str = ""
    is_gone: bool = False


class Older(Exception):
    """An account knows a later `version` of who listens to it: read everything anew."""

    def __init__(self, account: str, version: str) -> None:
        super().__init__(account)
        self.account = account
        self.version = version


class Messages(Lanes):
    """The messages to the webhooks of all accounts."""

    channels = (WEBHOOK,)
    is_shared = True

    def _place(self, lane: Lane) -> str:
        return self._store.keys.account(lane.account, "messages")

    # What the desk does

    async def claim(self, channel: str, now_ms: int, most: int, turns: Turns | None = None) -> list[Lane]:
        """Take lanes of any accounts that have something due, as the turns of their webhooks allow; an account with
        nothing left to do is put off."""
        turns = turns or Turns(most)
        turns.offer()
        found = [one for one in await self.couriers.due(channel, now_ms) if turns.is_worth_a_look(*one)]
        random.shuffle(found)  # so that nobody's flood keeps the others waiting
        lanes = list[Lane]()
        for start in range(0, len(found), LOOKED_AT):
            if len(lanes) >= most:
                break
            lanes += await self._claim_page(found[start : start + LOOKED_AT], now_ms, most - len(lanes), turns)
        return lanes

    async def _claim_page(self, page: Page, now_ms: int, most: int, turns: Turns) -> list[Lane]:
        looks = await asyncio.gather(*(self._look(account, number, now_ms) for account, number in page))
        wanted, left = list[tuple[str, list[str]]](), most
        for account, number, hooks, is_leased in looks:
            mine = [hook for hook in hooks[:left] if turns.take(hook)]
            left -= len(mine)
            if mine:
                wanted.append((account, mine))
            if (hooks or is_leased) and left:
                turns.pass_over(account, number, [hook for hook in hooks if hook not in mine])
        leasing = (self._lease(*one, now_ms, turns) for one in wanted)
        answers = await asyncio.gather(*leasing, return_exceptions=True)
        lanes = [lane for answer in answers if not isinstance(answer, BaseException) for lane in answer]
        for error in answers:
            if isinstance(error, BaseException):
                for lane in lanes:
                    turns.leave(lane)
                raise error
        return lanes

    async def _look(self, account: str, number: bytes, now_ms: int) -> tuple[str, bytes, list[str], bool]:
        """Say whose messages are due in an account, and whether anybody works lanes there; else put it off."""
        lanes, leases, _ = self._store.keys.lanes(account, WEBHOOK)
        hooks, leased, following = await self._store.call("due_lanes", [lanes, leases], now_ms, LANES)
        if not hooks and not leased:
            due = int(float(following))
            await self.couriers.rest(WEBHOOK, account, number, due if due >= 0 else None)
        return account, number, [text(hook) for hook in hooks], bool(leased)

    async def _lease(self, account: str, hooks: Sequence[str], now_ms: int, turns: Turns) -> list[Lane]:
        holder, names, taken = secrets.token_hex(8), self._store.keys.lanes(account, WEBHOOK)[:2], set[str]()
        try:
            found = await self._store.call("lease_lanes", names, holder, now_ms, self.lease_ms, *hooks)
            taken = {text(hook) for hook in found}
        finally:
            for hook in hooks:
                if hook not in taken:
                    turns.give_back(hook)
        return [Lane(account, WEBHOOK, hook, holder) for hook in hooks if hook in taken]

    async def take(self, lane: Lane, id: str, now_ms: int, version: int | None) -> Message | str:
        """Begin an attempt, which is counted; or say why there is none: it is `gone`, the lane is `lost`, the webhook
        is another than this version (`changed`), or is told nothing (`resting`).

        Without a version nobody knows a webhook that is to be told this. Its lane is left alone until it listens again,
        or for a second where the account does not know that yet.
        """
        keys, account, name = self._store.keys, lane.account, secrets.token_hex(6)
        kinds = ("messages", "messages:facts", "messages:dropped", "lanes:webhook", "lane-leases:webhook", "hooks",
                 "notifications", "broadcasts")  # fmt: skip
        asked = {"hook": lane.user, "holder": lane.holder, "id": id, "attempt": name, "now_ms": now_ms}
        asked |= {"again_ms": now_ms + AGAIN_MS} if version is None else {"version": version}
        status, *found = await self._store.call(
            "take_message", [keys.account(account, kind) for kind in kinds], msgpack.packb(asked)
        )
        if status != b"sending":
            return text(status)
        assert version is not None, "nothing is sent to nobody"
        return read_message(lane, id, name, version, *found)

    async def settle(self, message: Message, outcome: Outcome, now_ms: int) -> str | None:
        """Record what an attempt came to; return the state that the message has now, None when this desk has no say any
        more. A message that only tries the webhook out is not kept when it fails."""
        keys, lane = self._store.keys, message.lane
        kinds = (*PERSONAL, "lane-leases:webhook", "lane-holds:webhook", "hooks")
        asked = {
            "hook": lane.user, "holder": lane.holder, "id": message.id, "attempt": message.name, "now_ms": now_ms,
            "state": outcome.state, "why": outcome.why, "hold": outcome.hold_ms, "uncounted": not outcome.tried,
            "kept": outcome.state == "failed" and message.fact.event != PING, "version": message.version,
        }  # fmt: skip
        names = [keys.account(lane.account, kind) for kind in kinds]
        return text(await self._store.call("settle_message", names, msgpack.packb(asked))) or None

    # What people ask

    async def ping(self, account: str, hook: str, name: str, now_ms: int) -> Fact | None:
        """Queue a message that only tries a webhook out, before all others; None when it does not listen."""
        fact = Fact(PING, now_ms, name)
        packed = msgpack.packb({"t": PING, "at": now_ms, "id": name, "n": 0})
        done = await self._store.call("ping", self._store.keys.feed(account), hook, f"-{name}", packed)
        if not done:
            return None
        await self.couriers.tell(account)
        return fact

    async def replay(self, account: str, hook: str) -> int:
        """Queue again what was given up; return how many messages that makes."""
        count, more = 0, AT_ONCE
        while more == AT_ONCE:
            more = int(await self._store.call("replay", self._all(account), hook, AT_ONCE))
            count += more
        if count:
            await self.couriers.tell(account)
        return count

    async def count(self, account: str, hook: str) -> tuple[int, int]:
        """Count what waits for a webhook, and what was given up, in one account."""
        keys, within = self._store.keys, (f"[{hook} ", f"({hook}!")
        names = (keys.account(account, kind) for kind in ("messages", "messages:dead"))
        waiting, dead = await asyncio.gather(*(self._store.command("ZLEXCOUNT", name, *within) for name in names))
        return int(waiting), int(dead)

    # What follows from changes

    async def listen(self, account: str, hooks: Sequence[tuple[str, bytes]], read: Read) -> list[str]:
        """Say who listens to an account: these webhooks (id, what they listen to) and no others; return those that have
        messages there and do not listen. Raise Older when somebody who had read more said so before."""
        asked = {"tree": read.tree, "number": read.number, "over": read.over or None, "is_gone": read.is_gone or None}
        words = [word for hook in hooks for word in hook]
        names = [*self._all(account), self._store.keys.account(account, "hooks:version")]
        status, *found = await self._store.call("listen", names, msgpack.packb(asked), *words)
        if status == b"older":
            raise Older(account, text(found[0]))
        woken, deaf = found
        if woken:
            await self.couriers.tell(account)
        return [text(hook) for hook in deaf]

    async def forget(self, account: str, hook: str) -> None:
        """Take away what an account still has to tell a webhook that is gone."""
        while int(await self._store.call("forget_hook", self._all(account), hook, AT_ONCE)) == AT_ONCE:
            pass

    async def sweep(self, account: str, oldest: int) -> int:
        """Forget messages of what an account no longer keeps; return how many."""
        gone = 0
        while True:
            count = int(await self._store.call("sweep_messages", self._own(account), oldest, AT_ONCE))
            gone += count
            if count < AT_ONCE:
                return gone

    def _own(self, account: str) -> list[str]:
        return [self._store.keys.account(account, kind) for kind in PERSONAL]

    def _all(self, account: str) -> list[str]:
        return [*self._store.keys.feed(account), self._store.keys.account(account, "messages:dead")]


def listening(events: Sequence[str], version: int) -> bytes:
    """Write what a webhook listens to, as feed.lua reads it; another version is tried at once."""
    packed: bytes = msgpack.packb({"e": list(events), "v": version})
    return packed


def read_message(lane: Lane, id: str, name: str, version: int, packed: bytes, document: bytes) -> Message:
    """Read what `take_message` answers."""
    stored: dict[str, Any] = msgpack.unpackb(packed)
    fact = Fact(
        event=stored["t"], at_ms=int(stored["at"]), id=stored["id"], user=stored.get("u", ""),
        reason=stored.get("r", ""), channel=stored.get("c", ""), to=stored.get("to"), why=stored.get("w"),
        attempts=int(stored.get("a", 0)), delivered=int(stored.get("d", 0)),
    )  # fmt: skip
    attempt = int(stored["n"]) - int(stored.get("o", 0))
    return Message(lane, id, fact, attempt, int(stored["f"]), int(stored.get("z", 0)), document, name, version)
