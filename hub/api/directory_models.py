"""What requests about the directory hold, and what they are answered; the same models make openapi.json."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from hub.api.fields import Email, Id, Locale, Name, Once, Phone, Strict, Time, Zone
from hub.api.models import MOST_MEMBERS, MOST_NAMED

Role = Literal["agent", "manager", "admin", "billing_admin", "salesperson"]
Scope = Literal["events", "directory", "broadcasts", "texts"]
AddOn = Literal["rollup"]
AccountFeature = Literal["dispatch", "thumbtack"]
UserFeature = Literal["smtp", "outlook_oauth2"]


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


class RingGroupBody(DirectoryBody):
    """The users behind a line."""

    account: Id
    name: Name = ""
    members: Annotated[list[Id], Field(max_length=MOST_MEMBERS), Once] = Field([])
    fisher_mode: bool = False


class LineBody(DirectoryBody):
    """A phone number of an account: a personal line has an owner, another may have a ring group behind it."""

    account: Id
    number: Phone
    owner: Id | None = None
    ring_group: Id | None = None
    messaging_service: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    number_type: Literal["long_code", "toll_free"] = "long_code"
    provider_replies: bool = False


class KeyBody(Strict):
    """A new producer key."""

    account: Id
    scopes: Annotated[list[Scope], Field(min_length=1), Once]


class RollupBody(Strict):
    """The accounts below one's own whose notifications one wants to see, too."""

    accounts: Annotated[list[Id], Field(max_length=MOST_NAMED), Once]


class RollupChoice(BaseModel):
    """An account that could be chosen."""

    id: str
    name: str


class RollupAnswer(BaseModel):
    """The accounts chosen, and all that could be, by name."""

    accounts: list[str]
    available: list[RollupChoice]


class LineOptInsBody(Strict):
    """The lines of which one wants to hear without being on them."""

    lines: Annotated[list[Id], Field(max_length=MOST_NAMED), Once]


class LogInAsBody(Strict):
    """Through whose eyes: a user's, or those of an account's owner. A key says who looks (`actor`)."""

    user: Id | None = None
    account: Id | None = None
    actor: Id | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> LogInAsBody:
        if (self.user is None) == (self.account is None):
            raise ValueError("give either `user` or `account`")
        return self


class LogInAsAnswer(BaseModel):
    """A token for one log-in-as session, and when it ends."""

    token: str
    expires_at: str


class DisconnectAnswer(BaseModel):
    """How many tabs were open."""

    tabs: int


class AuditAnswer(BaseModel):
    """One record: who did what, when, in which account; more fields by `action`."""

    id: str
    at: str
    actor: str
    action: str
    account: str
