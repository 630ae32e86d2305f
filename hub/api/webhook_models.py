"""What requests about webhooks hold and are answered, and what a webhook is sent; openapi.json is made of these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from hub.api.fields import Id, Name, Once, Strict
from hub.api.models import PageQuery
from hub.core.frames import Notification
from hub.core.webhooks import CREATED, DISMISSED, FAILED, FINISHED, PING

Event = Literal["notification.created", "notification.dismissed", "delivery.failed", "broadcast.finished"]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$")]


class WebhookBody(Strict):
    """Where an account, and all below it, is listened to, and for what."""

    account: Id
    url: Url
    events: Annotated[list[Event], Field(min_length=1), Once]
    description: Name = ""
    active: bool = True


class AttemptQuery(PageQuery):
    """Which attempts."""

    state: Literal["sent", "retrying", "failed"] | None = None


class WebhookAnswer(BaseModel):
    """A webhook and how it fares, without its secrets."""

    id: str
    account: str
    url: str
    events: list[Event]
    description: str
    active: bool
    state: Literal["active", "inactive", "disabled"] = Field(description="disabled: the hub gave it up")
    disabled: Literal["gone", "failing"] | None = Field(
        description="why it was given up: it answered 410, or failed for days"
    )
    made_at: str
    older_secret_until: str | None = Field(description="until when the secret before signs beside the present one")
    failing_since: str | None = Field(description="since when it took nothing of what it was told")
    sent_at: str | None = Field(description="when it took something last")
    dropped: int = Field(description="messages for which there was no room while others waited")


class WebhookWholeAnswer(WebhookAnswer):
    """A webhook, how it fares, and what waits for it."""

    waiting: int
    failed: int = Field(description="messages that were given up, and can be sent again")


class MadeWebhookAnswer(WebhookAnswer):
    """A webhook as it is shown once."""

    secret: str


class SecretAnswer(BaseModel):
    """Another secret, shown once; the one before signs beside it for a day."""

    secret: str
    older_secret_until: str


class PingAnswer(BaseModel):
    """The message that tries the webhook out: what became of it is among its attempts."""

    id: str


class ReplayAnswer(BaseModel):
    """How many messages are sent again."""

    messages: int


class AttemptAnswer(BaseModel):
    """One attempt at one message."""

    id: str
    message: str = Field(description="the `webhook-id` it was sent with: the same for every attempt")
    type: str
    account: str = Field(description="in which it happened")
    state: Literal["sent", "retrying", "failed"]
    reason: str | None = Field(description="why it was not taken, in snake_case")
    attempt: int
    at: str
    next_at: str | None = Field(description="when it is tried again")
    milliseconds: int


class ToldUser(BaseModel):
    """What happened to a notification of a user, and in which account."""

    account: str
    user: str
    notification: Notification


class ToldDelivery(BaseModel):
    """A text or e-mail that was given up."""

    id: str
    channel: Literal["text", "email"]
    to: str | None
    reason: str
    attempts: int


class ToldFailure(ToldUser):
    """A text or e-mail that was given up, and what it was about."""

    delivery: ToldDelivery


class ToldBroadcast(BaseModel):
    """A broadcast that has reached everybody it will reach."""

    id: str
    type: str
    title: str
    body: str
    url: str | None
    groups: list[str]
    users: list[str]
    sender: str | None
    at: str
    expires_at: str | None
    recalled_at: str | None
    recipients: int
    delivered: int


class ToldEnd(BaseModel):
    """A broadcast that is through, and whose it is."""

    account: str
    broadcast: ToldBroadcast


class ToldNothing(BaseModel):
    """Nothing but whose webhook it is."""

    account: str


TOLD: dict[str, type[BaseModel]] = {
    CREATED: ToldUser,
    DISMISSED: ToldUser,
    FAILED: ToldFailure,
    FINISHED: ToldEnd,
    PING: ToldNothing,
}
