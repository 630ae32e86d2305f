"""The bodies and queries of requests; the same models make openapi.json. The directory's are in directory_models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.api.fields import Id, Limit, Link, Once, Strict, Time

Origin = Literal["manual", "sales_cycle", "action_plan", "sequence", "import", "parser", "api", "system"]
MOST_MEMBERS = 10_000
MOST_NAMED = 1_000


class EventBody(Strict):
    """Something that happened."""

    type: Annotated[str, Field(min_length=1, max_length=128)]
    account: Id
    id: Id | None = None
    origin: Origin = "api"
    contact: Id | None = None
    line: Id | None = None
    users: Annotated[list[Id], Field(max_length=MOST_NAMED), Once] = Field([])
    title: Annotated[str, Field(max_length=500)] | None = None
    body: Annotated[str, Field(max_length=10_000)] | None = None
    url: Link | None = None
    data: dict[str, Any] = Field({})
    occurred_at: Time | None = None
    original_contact: Id | None = None
    contacts: Annotated[list[Id], Field(max_length=MOST_NAMED), Once] = Field([])


class EventAnswer(BaseModel):
    """What became of an event; `recipients` is null while a large audience is worked through."""

    id: str
    status: Literal["accepted", "dropped"]
    reason: str | None = Field(None, description="why it was dropped; absent otherwise")
    recipients: int | None


class BulkResult(BaseModel):
    """The answer to one event of a bulk, as if it had come alone; the body of a refusal is its problem."""

    status: int
    body: dict[str, Any]


class BulkAnswer(BaseModel):
    """The answers to the events of a bulk, in their order."""

    results: list[BulkResult]


Groups = Annotated[list[Id], Field(max_length=MOST_NAMED), Once]
Users = Annotated[list[Id], Field(max_length=MOST_MEMBERS), Once]
Title = Annotated[str, Field(max_length=500)]


class BroadcastBody(Strict):
    """A one-time message to groups and users; `account` is whose it is, for keys only."""

    message: str
    title: Title | None = None
    groups: Groups = Field([])
    users: Users = Field([])
    url: Link | None = None
    expires_at: Time | None = None
    account: Id | None = None


class SystemNoticeBody(Strict):
    """An important message to all users of these accounts, or of all."""

    message: str
    title: Title | None = None
    url: Link | None = None
    accounts: Annotated[list[Id], Field(min_length=1), Once] | Literal["all"]
    expires_at: Time | None = None


class SentAnswer(BaseModel):
    """A broadcast or notice that is stored and on its way."""

    id: str
    recipients: int


class PreviewAnswer(BaseModel):
    """How many a broadcast to these would reach."""

    recipients: int


class BroadcastAnswer(BaseModel):
    """A broadcast or notice, and what became of it so far."""

    id: str
    account: str | None = Field(description="whose it is; null for a system notice")
    type: str
    title: str
    message: str = Field(description="cleaned HTML")
    body: str = Field(description="the same as plain text")
    url: str | None
    groups: list[str]
    users: list[str]
    accounts: list[str] | Literal["all"] = Field(description="of a system notice; empty otherwise")
    sender: str | None
    by: str = Field(description="the credential that sent it")
    at: str
    expires_at: str | None
    recalled_at: str | None
    status: Literal["sending", "sent", "recalled", "expired"]
    recipients: int
    delivered: int = Field(description="written into so many inboxes")
    shown: int
    dismissed: int
    emailed: int = Field(description="taken over by the mail server for so many people so far")


class ReachedAnswer(BaseModel):
    """What became of a broadcast or notice at one user; `notification` is null where it did not arrive.

    Who is not in an account that the caller sees is counted, and not named.
    """

    user: str | None
    account: str | None
    notification: str | None
    reason: str
    delivered: bool
    shown: bool
    dismissed: bool


class RetailCrmNotification(Strict):
    """A notification as RetailCRM's API v5 takes it."""

    type: Literal["api.info", "api.error"]
    message: str
    user_groups: Groups | None = Field(None, alias="userGroups")
    user_ids: Annotated[list[Id | int], Field(max_length=MOST_MEMBERS), Once] | None = Field(None, alias="userIds")


class RetailCrmBody(Strict):
    """The body of RetailCRM's own call."""

    notification: RetailCrmNotification


class RetailCrmAnswer(BaseModel):
    """What RetailCRM's clients expect."""

    success: Literal[True]


class MarkBody(Strict):
    """Which entries of the inbox: by their ids, or all up to a number of the log."""

    ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=1_000)] | None = None
    up_to: int | None = Field(None, ge=0, le=2**53 - 1)

    @model_validator(mode="after")
    def _one_of_two(self) -> MarkBody:
        if (self.ids is None) == (self.up_to is None):
            raise ValueError("give either `ids` or `up_to`")
        return self


class SampleBody(Strict):
    """Which type to show, and on which channels; on all that it has, unless they are named."""

    type: Annotated[str, Field(min_length=1, max_length=128)]
    channels: Annotated[list[Literal["system", "text", "email"]], Field(min_length=1, max_length=3), Once] | None = None


class ClockBody(Strict):
    """The moment at which business time stands still."""

    now: Time


class AdvanceBody(Strict):
    """By how much business time moves on."""

    seconds: Annotated[float, Field(ge=0, le=4e9, allow_inf_nan=False)]


class Query(BaseModel):
    """The parameters of a URL: texts, so that numbers are read from them."""

    model_config = ConfigDict(extra="ignore")


class PageQuery(Query):
    """Where a list goes on, and how long a page is."""

    limit: Limit = Field(50, ge=1, le=200)
    cursor: str | None = None


class AccountPageQuery(PageQuery):
    """A list, narrowed to one account; a list of accounts, to one and those below it."""

    account: str | None = None


class RootQuery(Query):
    """Which root account an id belongs to, where two share it (operator only)."""

    root: str | None = None


class UserQuery(Query):
    """Whose things are meant (a key only; a user token means its own)."""

    user: str | None = None


class InboxQuery(PageQuery):
    """Which part of an inbox."""

    state: Literal["all", "unread", "archived"] = "all"
    account: str | None = None
    user: str | None = None


class AudienceQuery(Query):
    """Whom a broadcast would go to: ids, separated by commas."""

    groups: str = ""
    users: str = ""
    account: str | None = None


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    user: str | None = None
    channel: Literal["system", "text", "email"] | None = None
    state: Literal["queued", "sent", "skipped", "failed"] | None = None
    event: str | None = None


class UnsubscribeQuery(Query):
    """What the link of a letter carries."""

    token: Annotated[str, Field(min_length=1, max_length=1_024)]


class TwilioStatusForm(BaseModel):
    """What Twilio says of a text, as far as it is read; the whole form is what `X-Twilio-Signature` signs."""

    model_config = ConfigDict(extra="allow")

    MessageSid: str
    MessageStatus: str
    ErrorCode: str = Field("", description="of a text that failed")


class OutboxQuery(PageQuery):
    """Which messages of the outbox."""

    channel: Literal["email", "text"] | None = None
    to: str | None = None
