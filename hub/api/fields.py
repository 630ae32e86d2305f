"""The kinds of values that requests hold: ids, times, numbers, zones, addresses; strict, nothing is coerced."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from hub.core.events import is_link

ID_PATTERN = r"^[A-Za-z0-9._:\-]{1,128}$"
RESERVED_ID = "me"
LONGEST_NAME = 200  # characters
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


class Strict(BaseModel):
    """A request's body: unknown fields and wrong types are refused, never dropped or converted."""

    model_config = ConfigDict(strict=True, extra="forbid")


def is_id(text: str) -> bool:
    """Tell whether a text can name an object: the pattern, and not the reserved `me`."""
    return text != RESERVED_ID and re.fullmatch(ID_PATTERN[1:-1], text) is not None


def parse_time(text: str) -> datetime:
    """Read RFC 3339 with an offset; raise ValueError for anything else, also for a time that does not exist."""
    if not _TIME.fullmatch(text.upper()):
        raise ValueError("must be a time with an offset, such as 2027-03-14T12:00:00-04:00")
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError("is not a time that exists") from None


def _check_id(text: str) -> str:
    if not is_id(text):
        raise ValueError("must be 1 to 128 characters of A-Z a-z 0-9 . _ : - and not `me`")
    return text


def _check_time(text: str) -> str:
    parse_time(text)
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be an IANA time zone, such as America/New_York")
    return name


def _check_link(url: str) -> str:
    if not is_link(url):
        raise ValueError("must be an http, https or mailto URL without spaces or control characters")
    return url


def _check_number(text: Any) -> int:
    """Read a number of a URL as it is written: no sign, no space, no leading zero."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("must be a whole number")
    return int(text)


def _once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Id = Annotated[str, AfterValidator(_check_id), Field(json_schema_extra={"pattern": ID_PATTERN})]
Time = Annotated[str, AfterValidator(_check_time), Field(json_schema_extra={"format": "date-time"})]
Zone = Annotated[str, AfterValidator(_check_zone)]
Link = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_check_link)]
Name = Annotated[str, StringConstraints(max_length=LONGEST_NAME)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,5}$")]
Limit = Annotated[int, BeforeValidator(_check_number)]
Once = AfterValidator(_once)
