"""What requests about preferences and account defaults hold, and what they are answered, for openapi.json alone.

What is sent is merged, and core.preferences checks it against the catalogue.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.api.fields import Phone, Strict
from hub.core.changes import MOST_CAP, MOST_GRACE

Grace = Annotated[int, Field(ge=0, le=MOST_GRACE)]
Cap = Annotated[int, Field(ge=1, le=MOST_CAP)]
WAITS = "minutes that an e-mail waits; it is not sent if the user sees the notification in the app by then"
ENOUGH = "most single e-mails of one type a day; the rest of them come as one summary the next morning"


def _optional(schema: dict[str, Any]) -> None:
    """Let a part of a patch name some of the fields, whichever."""
    schema.pop("required", None)


class Part(Strict):
    """A part of a patch, deeper in it."""

    model_config = ConfigDict(json_schema_extra=_optional)


class TextChanges(Part):
    """Changes of what holds for texts."""

    enabled: bool
    custom_number: Phone | None


class PaceChanges(Part):
    """Changes of how soon and how often e-mail comes; null goes back to what would hold otherwise."""

    grace_minutes: Grace | None = Field(description=WAITS)
    daily_cap: Cap | None = Field(description=ENOUGH)


class EmailChanges(PaceChanges):
    """Changes of what holds for e-mail."""

    enabled: bool
    copies: bool = Field(alias="copy")


class ChannelChanges(Part):
    """Changes of what holds for a channel as a whole."""

    text: TextChanges
    email: EmailChanges


class DefaultChannelChanges(Part):
    """Changes of what holds for the e-mail of who did not choose."""

    email: PaceChanges


class PreferencesBody(BaseModel):
    """Changes of preferences, merged into what is stored."""

    types: dict[str, dict[str, bool]]
    channels: ChannelChanges
    quiet_hours: dict[str, str] | None = None


class DefaultsBody(BaseModel):
    """Changes of an account's defaults, merged into what is stored; null forgets a type's."""

    types: dict[str, dict[str, bool] | None]
    channels: DefaultChannelChanges


class TextChannel(BaseModel):
    """What holds for texts."""

    enabled: bool
    custom_number: str | None


class EmailPace(BaseModel):
    """How soon and how often e-mail comes, where that was set by the user or their account."""

    grace_minutes: Grace | None = Field(None, description=f"{WAITS}; absent where it was not set")
    daily_cap: Cap | None = Field(None, description=f"{ENOUGH}; absent where it was not set")


class EmailChannel(EmailPace):
    """What holds for e-mail."""

    enabled: bool
    copies: bool = Field(alias="copy", description="whether what comes in the app comes by e-mail too")


class Channels(BaseModel):
    """What holds for each channel as a whole."""

    text: TextChannel
    email: EmailChannel


class DefaultChannels(BaseModel):
    """What holds for the e-mail of who did not choose."""

    email: EmailPace


class Warned(BaseModel):
    """A change that was made, against good advice."""

    code: Literal["strongly_encouraged"]
    type: str


class ChosenAnswer(BaseModel):
    """Every type, with the options that it offers."""

    types: dict[str, dict[str, bool]]
    warnings: list[Warned] | None = Field(None, description="of a change")


class DefaultsAnswer(ChosenAnswer):
    """What applies in an account to whoever never chose."""

    channels: DefaultChannels | None = Field(None, description="absent where nothing of it was set")


class PreferencesAnswer(ChosenAnswer):
    """A user's preferences, whole."""

    channels: Channels
    quiet_hours: dict[str, str | None] | None
