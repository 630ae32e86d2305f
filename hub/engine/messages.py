"""What webhooks are told: messages on their way, one lane for each webhook in each account.

A message is queued in the step that makes what it tells of (feed.lua): appended, dismissed, given up, finished. All of
an account lie under the same keys, so that such a step knows its keys before it knows who listens. A message is a fact
and names what it is about; its words are made when it is sent. In its lane it goes in order, and is tried until it is
taken or given up; it may be sent twice where who sent it died, or was cut off, before saying so. Times are
milliseconds of business time.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from hub.core.webhooks import PING, Fact
from hub.engine.couriers import WEBHOOK
from hub.engine.lanes import Lane, Lanes, Outcome
from hub.engine.rows import text

AT_ONCE = 1_000  # messages of a step
PERSONAL = ("messages", "messages:facts", "messages:dead")


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt at a message. `attempt` counts from 1, anew after a replay; `since` is when the first was made, and
    `dropped` says for how many there was no room since the attempt before. `document` is the record or broadcast that
    the fact is about."""

    lane: Lane
    id: str
    fact: Fact
    attempt: int
    since: int
    dropped: int
    document: bytes
    name: str


class Messages(Lanes):
    """The messages to the webhooks of all accounts."""

    channels = (WEBHOOK,)
    is_shared = True

    def _place(self, lane: Lane) -> str:
        return self._store.keys.account(lane.account, "messages")

    # What the desk does

    async def take(self, lane: Lane, id: str, now_ms: int, resting: bool = False) -> Message | str:
        """Begin an attempt, which is counted; or say why there is none: it is `gone`, the lane is `lost`, or the
        webhook is `resting`: it is told nothing, and its lane is left alone until it listens again."""
        keys, account, name = self._store.keys, lane.account, secrets.token_hex(6)
        kinds = ("messages", "messages:facts", "messages:dropped", "lane-leases:webhook", "hooks", "notifications",
                 "broadcasts")  # fmt: skip
        asked = {
            "hook": lane.user, "holder": lane.holder, "id": id, "attempt": name, "now_ms": now_ms, "resting": resting,
        }  # fmt: skip
        status, *found = await self._store.call(
            "take_message", [keys.account(account, kind) for kind in kinds], msgpack.packb(asked)
        )
        return read_message(lane, id, name, *found) if status == b"sending" else text(status)

    async def settle(self, message: Message, outcome: Outcome, now_ms: int) -> str | None:
        """Record what an attempt came to; return the state that the message has now, None when this desk has no say any
        more. A message that only tries the webhook out is not kept when it fails."""
        keys, lane = self._store.keys, message.lane
        kinds = (*PERSONAL, "lane-leases:webhook", "lane-holds:webhook")
        asked = {
            "hook": lane.user, "holder": lane.holder, "id": message.id, "attempt": message.name, "now_ms": now_ms,
            "state": outcome.state, "why": outcome.why, "hold": outcome.hold_ms, "uncounted": not outcome.tried,
            "kept": outcome.state == "failed" and message.fact.event != PING,
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
        count = int(await self._store.call("replay", self._all(account), hook))
        if count:
            await self.couriers.tell(account)
        return count

    async def count(self, account: str, hook: str) -> tuple[int, int]:
        """Count what waits for a webhook, and what was given up, in one account."""
        keys, within = self._store.keys, (f"[{hook} ", f"({hook}!")
        waiting = await self._store.command("ZLEXCOUNT", keys.account(account, "messages"), *within)
        dead = await self._store.command("ZRANGE", keys.account(account, "messages:dead"), 0, -1)
        return int(waiting), sum(text(member).startswith(f"{hook} ") for member in dead)

    # What follows from changes

    async def listen(self, account: str, hooks: Sequence[tuple[str, bytes]]) -> list[str]:
        """Say who listens to an account: these webhooks (id, what they listen to) and no others; return those that have
        messages waiting there and do not listen."""
        words = [word for hook in hooks for word in hook]
        woken, deaf = await self._store.call("listen", self._store.keys.feed(account), *words)
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


def read_message(lane: Lane, id: str, name: str, packed: bytes, document: bytes) -> Message:
    """Read what `take_message` answers."""
    stored: dict[str, Any] = msgpack.unpackb(packed)
    fact = Fact(
        event=stored["t"], at_ms=int(stored["at"]), id=stored["id"], user=stored.get("u", ""),
        reason=stored.get("r", ""), channel=stored.get("c", ""), to=stored.get("to"), why=stored.get("w"),
        attempts=int(stored.get("a", 0)), delivered=int(stored.get("d", 0)),
    )  # fmt: skip
    attempt = int(stored["n"]) - int(stored.get("o", 0))
    return Message(lane, id, fact, attempt, int(stored["f"]), int(stored.get("z", 0)), document, name)
