"""What requests are answered, where it is not the object itself that they sent; openapi.json is made from these.

No answer passes through them: the tests hold the running server against the document.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from hub.core.frames import Entry


class InboxAnswer(BaseModel):
    """One page of an inbox, newest first, and the count of what is unread in all of it."""

    items: list[Entry]
    next_cursor: str | None
    unread: int


class MarkAnswer(BaseModel):
    """Which entries changed, and which do not exist; what was so already is neither."""

    changed: list[str]
    unknown: list[str]
    unread: int


class Outcome(BaseModel):
    """What became of a notification on one channel."""

    id: str = Field(description="the notification's, a colon, and the channel")
    channel: Literal["system", "text", "email"]
    to: str | None = Field(description="the user, a number or an address; null where it went nowhere")
    state: Literal["queued", "sent", "skipped", "failed"]
    reason: str = Field(description="why, in snake_case; of a skipped one, why not")
    why: str = Field(description="the same as a sentence")
    attempts: int
    at: str


class NotificationAnswer(Entry):
    """An entry with all of its data, whose it is, and its deliveries."""

    user: str
    deliveries: list[Outcome]


class DeliveryAnswer(Outcome):
    """A delivery: also one that was skipped, with the reason."""

    notification: str | None = Field(description="null where there is none, because it was skipped")
    event: str | None
    type: str
    user: str
    account: str


class SampleAnswer(BaseModel):
    """A sample that is stored and on its way; `id` is null where every channel is off or leads nowhere."""

    id: str | None
    deliveries: list[Outcome]


class TypeAnswer(BaseModel):
    """A notification type of the catalogue."""

    id: str
    title: str
    category: str
    description: str
    source_system: str
    channels: list[Literal["system", "text", "email"]]
    au: bool
    strongly_encouraged: bool
    mandatory: bool
    sticky: bool


class TypesAnswer(BaseModel):
    """The catalogue, whole."""

    items: list[TypeAnswer]
    next_cursor: None


class KeyAnswer(BaseModel):
    """A producer key, without its secret."""

    id: str
    account: str
    scopes: list[str]


class MadeKeyAnswer(KeyAnswer):
    """A producer key as it is shown once."""

    key: str


class LineError(BaseModel):
    """A line that could not be stored; lines count from 1."""

    line: int
    code: str
    message: str


class DirectoryAnswer(BaseModel):
    """How many lines were stored, and which were not."""

    stored: int
    errors: list[LineError]


class ClockAnswer(BaseModel):
    """The moment at which business time stands."""

    now: str


class SettledAnswer(BaseModel):
    """Nothing that was accepted is left to do."""

    settled: Literal[True]


class MessageAnswer(BaseModel):
    """What would have been sent to somebody."""

    channel: Literal["email", "text"]
    to: str
    sender: str | None = Field(alias="from")
    subject: str | None = Field(description="of an e-mail")
    text: str
    html: str | None = Field(description="of an e-mail")
    media: list[str] = Field(description="of a text: what comes with it, by its URLs")
    notification: str | None
    at: str


class StatusAnswer(BaseModel):
    """How the process is."""

    status: Literal["alive", "ready"]
