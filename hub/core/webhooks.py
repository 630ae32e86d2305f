"""Webhooks: who listens to what, which secrets sign, when one is given up, and what a message says.

A message is one thing that happened, as JSON in the shape of standardwebhooks.com: `type`, `timestamp`, `data`. Its id
follows from what it tells of, so that it is the same for every attempt, and whoever gets it twice can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from hub.core.directory import AccountTree, Document
from hub.core.frames import exact_moment

CREATED = "notification.created"
DISMISSED = "notification.dismissed"
FAILED = "delivery.failed"
FINISHED = "broadcast.finished"
EVENTS = (CREATED, DISMISSED, FAILED, FINISHED)
PING = "ping"

OVERLAP = 86_400.0  # seconds in which the secret before signs beside the new one
MOST_SECRETS = 3  # that sign at a time: rotated more often, the oldest goes before its time
DISABLED_AFTER_MS = 3 * 86_400_000  # in which a webhook that takes nothing is tried: then it is disabled
MOST_HEARING = (
    10  # webhooks that may hear one account, its own and those of the accounts above: each costs at every event
)

BROADCAST_FIELDS = (
    "id", "type", "title", "body", "url", "groups", "users", "sender", "at", "expires_at", "recalled_at", "recipients",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Webhook(Document):
    """Describe where an account, and all below it, is listened to, and for what.

    `secrets` are pairs of a secret and until when it signs (seconds, None = on and on), the newest first. `disabled`
    says why the hub gave it up: `gone` or `failing`. `version` grows with every change, and `turned_on` is the one with
    which it was turned on last.
    """

    id: str
    account: str
    url: str
    events: tuple[str, ...]
    description: str = ""
    active: bool = True
    disabled: str | None = None
    secrets: tuple[tuple[str, float | None], ...] = ()
    made_at: str = ""
    version: int = 0
    turned_on: int = 0

    @property
    def state(self) -> str:
        """Say whether it is told anything: active, inactive (somebody turned it off), disabled (the hub did)."""
        if self.disabled is not None:
            return "disabled"
        return "active" if self.active else "inactive"

    def signing(self, now: float) -> tuple[str, ...]:
        """List the secrets that sign now, the newest first."""
        return tuple(secret for secret, until in self.secrets if until is None or now < until)

    def overlap_until(self, now: float) -> float | None:
        """Say until when an older secret signs too."""
        return max((until for _, until in self.secrets if until is not None and now < until), default=None)

    def rotated(self, secret: str, now: float) -> Webhook:
        """Let another secret sign, and the one before beside it for a day."""
        older = [(value, until or now + OVERLAP) for value, until in self.secrets if until is None or now < until]
        return replace(self, secrets=((secret, None), *older[: MOST_SECRETS - 1]), version=self.version + 1)

    def changed(self, **fields: Any) -> Webhook:
        """Change it; one that is turned on (again) is no longer given up."""
        following = replace(self, **fields, version=self.version + 1)
        if fields.get("active"):
            following = replace(following, disabled=None)
        is_turned_on = following.state == "active" and self.state != "active"
        return replace(following, turned_on=following.version) if is_turned_on else following

    def given_up(self, reason: str) -> Webhook:
        """Stop telling it anything, until somebody turns it on again."""
        return replace(self, disabled=reason, version=self.version + 1)


def most_hearing(tree: AccountTree, webhooks: Iterable[Webhook], account: str, above: Sequence[str]) -> int:
    """Count how many webhooks hear an account, or one below it, whichever most of them do, were it under these."""
    own = Counter(webhook.account for webhook in webhooks)
    inside = {account, *tree.descendants(account)}
    paths = ((id, *(place for place in tree.ancestors(id) if place in inside)) for id in own.keys() & inside)
    return sum(own[place] for place in above) + max((sum(own[place] for place in path) for path in paths), default=0)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened, as it is stored: of which notification and user, or of which broadcast.

    `reason` is a code of the notification's record. `channel`, `to`, `why` and `attempts` are those of a delivery,
    `delivered` says how many got a broadcast.
    """

    event: str
    at_ms: int
    id: str
    user: str = ""
    reason: str = ""
    channel: str = ""
    to: str | None = None
    why: str | None = None
    attempts: int = 0
    delivered: int = 0

    @property
    def message(self) -> str:
        """Name the message; no two facts have the same, and none holds a dot, which the signature sets apart with."""
        tried = (self.channel, str(self.attempts)) if self.event == FAILED else ()
        return "_".join(("msg", self.id, *tried, self.event.rpartition(".")[2]))


def payload(fact: Fact, account: str, body: bytes = b"", reasons: Mapping[str, str] | None = None) -> bytes:
    """Write a message. `body` is what the notification's users share, or the broadcast's document."""
    data = {"account": account, **_data(fact, body, reasons or {})}
    return orjson.dumps({"type": fact.event, "timestamp": exact_moment(fact.at_ms / 1000), "data": data})


def _data(fact: Fact, body: bytes, reasons: Mapping[str, str]) -> dict[str, Any]:
    if fact.event == PING:
        return {}
    document = orjson.loads(body)
    if fact.event == FINISHED:
        shown = {name: document.get(name) for name in BROADCAST_FIELDS}
        return {"broadcast": {**shown, "delivered": fact.delivered}}
    notification = {"id": fact.id, **document, "reason": reasons.get(fact.reason, fact.reason)}
    told = {"user": fact.user, "notification": notification}
    if fact.event == FAILED:
        told["delivery"] = {
            "id": f"{fact.id}:{fact.channel}",
            "channel": fact.channel,
            "to": fact.to,
            "reason": fact.why,
            "attempts": fact.attempts,
        }
    return told
