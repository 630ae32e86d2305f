"""What webhooks are told: lane by lane to their receivers, again and again until they take it.

Many accounts may have something to tell one webhook, each in a lane of its own. So that a receiver that is slow or away
keeps nobody else waiting, only a few of its lanes are taken at a time (turns.py); and while it is away they all rest
until it is tried again. One that answers 410, or takes nothing for days, is disabled.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from hub.channels.webhooks import TIMEOUT_SECONDS, Hook
from hub.core.frames import exact_moment
from hub.core.jobs import Later, Refused, Sent, Verdict, pause_after
from hub.core.webhooks import DISABLED_AFTER_MS, PING, Webhook, payload
from hub.engine.clock import Clock
from hub.engine.connection import Unavailable
from hub.engine.couriers import WEBHOOK
from hub.engine.directory import Changed, Directory
from hub.engine.lanes import Lane, Outcome
from hub.engine.messages import Message, Messages
from hub.engine.rows import Record
from hub.engine.turns import Turns
from hub.metrics import WEBHOOK_MESSAGES, WEBHOOK_SECONDS, WEBHOOKS_DISABLED
from hub.workers.desk import MOST_ATTEMPTS, Desk

SLOTS = 32  # lanes at once
SLOTS_OF_ONE = 4  # of one webhook: a slow one cannot take them all
REST_MS = 60_000  # at most, of a webhook's other lanes after one failed: it may be a fault of what that one had to tell
MOST_OPEN = 200  # receivers whose connections are kept
OWN_FAULTS = ("payload_too_large", "gave_up")  # of a message: they say nothing of the receiver
GONE = "gone"
FAILING = "failing"

journal = structlog.get_logger(__name__)


@dataclass
class Receiver:
    """The other side of a webhook as it is, and until when its lanes rest."""

    webhook: Webhook
    secrets: tuple[str, ...]
    hook: Hook
    rests_until_ms: int = 0
    users: int = 0


class Receivers:
    """The receivers that were spoken to lately, with their connections. `networks` are allowed beside public ones."""

    def __init__(self, networks: Iterable[str] = (), timeout: float = TIMEOUT_SECONDS) -> None:
        self._networks = tuple(networks)
        self._timeout = timeout
        self._open: dict[str, Receiver] = {}

    def __repr__(self) -> str:
        return f"<Receivers {len(self._open)} open>"

    @asynccontextmanager
    async def speaking(self, webhook: Webhook, now: float) -> AsyncIterator[Receiver]:
        """Speak to a webhook as it is now."""
        receiver, left = self._of(webhook, now)
        receiver.users += 1
        try:
            for one in left:
                await one.hook.close()
            yield receiver
        finally:
            receiver.users -= 1
            if self._open.get(webhook.id) is not receiver and not receiver.users:
                await receiver.hook.close()

    async def close(self) -> None:
        """Close all connections."""
        for receiver in list(self._open.values()):
            await receiver.hook.close()
        self._open.clear()

    def _of(self, webhook: Webhook, now: float) -> tuple[Receiver, list[Receiver]]:
        """Find or make a receiver; list those that are kept no longer and are not in use: who uses one closes it."""
        secrets, found = webhook.signing(now), self._open.pop(webhook.id, None)
        left = list[Receiver]()
        if found and (found.webhook.version, found.secrets) != (webhook.version, secrets):
            left.append(found)
            found = None
        found = found or Receiver(webhook, secrets, self._hook(webhook.url, secrets))
        self._open[webhook.id] = found  # the latest at the end
        if len(self._open) > MOST_OPEN:
            left.append(self._open.pop(next(iter(self._open))))
        return found, [receiver for receiver in left if not receiver.users]

    def _hook(self, url: str, secrets: tuple[str, ...]) -> Hook:
        return Hook(url, secrets, allowed=self._networks, timeout=self._timeout)


class WebhookDesk(Desk):
    """Works the lanes of webhooks. `chance` draws the jitter, `real` is the time that receivers go by."""

    def __init__(
        self,
        messages: Messages,
        directory: Directory,
        receivers: Receivers,
        clock: Clock,
        chance: Callable[[], float] = random.random,
        real: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(WEBHOOK, SLOTS, messages, clock)
        self._messages = messages
        self._directory = directory
        self._webhooks = directory.webhooks
        self._receivers = receivers
        self._chance = chance
        self._real = real
        self._turns = Turns(SLOTS_OF_ONE)

    async def claim(self, most: int) -> Sequence[Lane]:
        """Take lanes of webhooks that have a turn free."""
        return await self._messages.claim(WEBHOOK, self.now_ms(), most, self._turns)

    def leave(self, lane: Lane) -> None:
        """Give the turn of a lane back."""
        self._turns.leave(lane)

    async def attempt(self, lane: Lane, id: str) -> None:
        """Tell a webhook one thing, unless it is not to be told any more, or not now."""
        webhook = await self._webhooks.get(lane.user)
        if webhook is None or not await self._may_hear(webhook, lane.account):
            await self._messages.take(lane, id, self.now_ms(), None)
            return
        async with self._receivers.speaking(webhook, self._clock.now()) as receiver:
            await self._try(lane, id, receiver)

    async def _may_hear(self, webhook: Webhook, account: str) -> bool:
        """Tell whether a webhook is told what happened in an account: what was queued there before everybody knew that
        the account moved away from under it is not told (C-18)."""
        tree = await self._directory.tree()
        return webhook.state == "active" and webhook.account in (account, *tree.ancestors(account))

    async def _try(self, lane: Lane, id: str, receiver: Receiver) -> None:
        version = receiver.webhook.version
        message = await self._messages.take(lane, id, self.now_ms(), version)
        if message == "changed" and not await self._has_changed(receiver.webhook):
            await self._messages.take(lane, id, self.now_ms(), None)
        if not isinstance(message, Message):
            return
        verdict, seconds = await self._tell(message, receiver)
        outcome = self._judge(message, verdict, receiver)
        if not outcome.tried:
            await self._messages.settle(message, outcome, self.now_ms())
            return
        state, _ = await asyncio.gather(
            self._messages.settle(message, outcome, self.now_ms()),
            self._note(message, outcome, receiver.webhook, seconds),
        )
        if state == outcome.state:
            self._count(message, outcome)

    async def _has_changed(self, webhook: Webhook) -> bool:
        """Tell whether a webhook is another by now, as an account says: its directory may have lost that again."""
        found = await self._webhooks.get(webhook.id)
        return found is None or found.version != webhook.version

    async def _tell(self, message: Message, receiver: Receiver) -> tuple[Verdict | None, float]:
        """Send a message, and say how long that took; None while the webhook rests."""
        begun = time.perf_counter()
        if receiver.rests_until_ms > self.now_ms() and message.fact.event != PING:
            return None, 0.0
        if message.attempt > MOST_ATTEMPTS:
            return Refused("gave_up"), 0.0
        try:
            verdict = await receiver.hook.send(message.fact.message, self._real(), written(message))
        except Unavailable:
            raise
        except Exception:
            journal.exception("a webhook could not be told", webhook=receiver.webhook.id, message=message.fact.message)
            verdict = Later("internal_error")
        WEBHOOK_SECONDS.observe(seconds := time.perf_counter() - begun)
        return verdict, seconds

    def _judge(self, message: Message, verdict: Verdict | None, receiver: Receiver) -> Outcome:
        """Say what comes of a verdict. That the address is refused, or gone, is no fault of the message: it waits."""
        now_ms = self.now_ms()
        match verdict:
            case None:
                return Outcome("queued", "resting", hold_ms=receiver.rests_until_ms, tried=False)
            case Sent():
                receiver.rests_until_ms = 0
                return Outcome("sent")
            case Refused(reason) if reason in OWN_FAULTS:
                return Outcome("failed", reason)
            case Refused(reason):
                after = None
            case Later(reason, after):
                pass
        if message.fact.event == PING:
            return Outcome("failed", reason)
        pause = pause_after(message.attempt, message.since, now_ms, self._chance(), after)
        if pause is None:
            return Outcome("failed", reason)
        receiver.rests_until_ms = now_ms + min(pause, REST_MS)
        return Outcome("queued", reason, hold_ms=now_ms + pause)

    def _count(self, message: Message, outcome: Outcome) -> None:
        if message.dropped:
            WEBHOOK_MESSAGES.labels("dropped").inc(message.dropped)
            journal.warning("messages were dropped", webhook=message.lane.user, count=message.dropped)
        if outcome.state == "queued":
            return
        WEBHOOK_MESSAGES.labels(outcome.state).inc()
        if outcome.state == "failed":
            journal.warning("a message was given up", webhook=message.lane.user, message=message.fact.message,
                            reason=outcome.why, attempts=message.attempt)  # fmt: skip

    async def _note(self, message: Message, outcome: Outcome, webhook: Webhook, seconds: float) -> None:
        """Keep how the attempt went with the webhook, and disable one that is gone or was away for days."""
        now_ms = self.now_ms()
        row = {
            "id": message.name,
            "message": message.fact.message,
            "type": message.fact.event,
            "account": message.lane.account,
            "state": "retrying" if outcome.state == "queued" else outcome.state,
            "reason": outcome.why,
            "attempt": message.attempt,
            "at": exact_moment(now_ms / 1000),
            "next_at": exact_moment(outcome.hold_ms / 1000) if outcome.hold_ms else None,
            "milliseconds": round(seconds * 1000),
        }
        counts = message.fact.event != PING and outcome.why not in OWN_FAULTS
        since = await self._webhooks.note(webhook, row, now_ms, message.dropped, counts=counts)
        if outcome.why == GONE:
            await self._disable(webhook, GONE)
        elif counts and since is not None and now_ms - since >= DISABLED_AFTER_MS:
            await self._disable(webhook, FAILING)

    async def _disable(self, webhook: Webhook, reason: str) -> None:
        """Give a webhook up, unless somebody changed it meanwhile; the accounts hear of it from the keeper."""
        changed = None
        with suppress(Changed):  # its account is being removed
            changed = await self._webhooks.rewrite(
                webhook.id, lambda one: one.given_up(reason) if one.version == webhook.version else one
            )
        if changed is not None and changed.version > webhook.version and changed.disabled == reason:
            WEBHOOKS_DISABLED.labels(reason).inc()
            journal.warning("a webhook was disabled", webhook=webhook.id, reason=reason)


def written(message: Message) -> bytes:
    """Write what a message says."""
    fact, account = message.fact, message.lane.account
    if not message.fact.user:
        return payload(fact, account, message.document)
    record = Record.decode(message.document)
    return payload(fact, account, record.body, record.reasons)
