"""The bodies and queries of requests; the same models make openapi.json."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.api.fields import Email, Id, Limit, Link, Locale, Name, Once, Phone, Strict, Time, Zone

Role = Literal["agent", "manager", "admin", "billing_admin"]
Scope = Literal["events", "directory", "broadcasts", "texts"]
Origin = Literal["manual", "sales_cycle", "action_plan", "sequence", "import", "parser", "api", "system"]
AddOn = Literal["rollup"]
AccountFeature = Literal["dispatch", "thumbtack"]
UserFeature = Literal["smtp", "outlook_oauth2"]
MOST_MEMBERS = 10_000
MOST_NAMED = 1_000


class DirectoryBody(Strict):
    """What every directory object may carry: its own id, when it equals the one in the path."""

    id: Id | None = None


class AccountBody(DirectoryBody):
    """An account."""

    name: Name = ""
    parent: Id | None = None
    status: Literal["active", "paused"] = "active"
    owner: Id | None = None
    time_zone: Zone = "UTC"
    add_ons: Annotated[list[AddOn], Once] = Field([])
    features: Annotated[list[AccountFeature], Once] = Field([])
    retention_days: int = Field(90, ge=1, le=36_500)
    sender_name: Name | None = None


class UserBody(DirectoryBody):
    """A user."""

    account: Id
    name: Name = ""
    email: Email | None = None
    backup_number: Phone | None = None
    roles: Annotated[list[Role], Once] = Field(["agent"])
    time_zone: Zone | None = None
    locale: Locale | None = None
    presence: Literal["available", "busy", "on_call", "on_break", "offline"] = "available"
    active: bool = True
    features: Annotated[list[UserFeature], Once] = Field([])


class ConsentBody(Strict):
    """On what basis a contact may be texted, and who says so. `at` is the hub's, taken back as it was shown."""

    basis: Annotated[str, Field(min_length=1, max_length=500)]
    by: Annotated[str, Field(min_length=1, max_length=140)] | None = None
    at: Time | None = None


class ContactBody(DirectoryBody):
    """A contact."""

    account: Id
    first_name: Name = ""
    last_name: Name = ""
    numbers: Annotated[list[Phone], Field(max_length=50), Once] = Field([])
    email: Email | None = None
    assigned_user: Id | None = None
    ok_to_sms: bool = False
    blocked: bool = False
    consent: ConsentBody | None = None


class GroupBody(DirectoryBody):
    """A user group."""

    account: Id
    name: Name = ""
    members: Annotated[list[Id], Field(max_length=MOST_MEMBERS), Once] = Field([])


class KeyBody(Strict):
    """A new producer key."""

    account: Id
    scopes: Annotated[list[Scope], Field(min_length=1), Once]


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


class MarkBody(Strict):
    """Which entries of the inbox: by their ids, or all up to a number of the log."""

    ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=1_000)] | None = None
    up_to: int | None = Field(None, ge=0, le=2**53 - 1)

    @model_validator(mode="after")
    def _one_of_two(self) -> MarkBody:
        if (self.ids is None) == (self.up_to is None):
            raise ValueError("give either `ids` or `up_to`")
        return self


class PreferencesBody(BaseModel):
    """Changes of preferences, merged into what is stored; core.preferences checks them against the catalogue."""

    types: dict[str, dict[str, bool]] = Field({})
    channels: dict[str, dict[str, Any]] = Field({})
    quiet_hours: dict[str, str] | None = None


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


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    user: str | None = None
    channel: Literal["system", "text", "email"] | None = None
    state: Literal["queued", "sent", "skipped", "failed"] | None = None
    event: str | None = None


class OutboxQuery(PageQuery):
    """Which messages of the outbox."""

    channel: Literal["email", "text"] | None = None
    to: str | None = None
