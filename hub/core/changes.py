"""Reading changes to preferences: JSON in, values out, and everything that is wrong with it by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hub.core.catalogue import OPTIONS, NotificationType

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MOST_GRACE = 1_440  # minutes: a day
MOST_CAP = 1_000  # e-mails of one type a day (E-21)
DEFAULT_SETTINGS = {("email", "grace_minutes"): "grace_minutes", ("email", "daily_cap"): "daily_cap"}
SETTINGS = {
    ("text", "enabled"): "text_enabled",
    ("text", "custom_number"): "custom_number",
    ("email", "enabled"): "email_enabled",
    ("email", "copy"): "email_copy",
    **DEFAULT_SETTINGS,
}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Name the hours in which texts and e-mail rest, by the clock of `time_zone` (None: the user's own)."""

    start: str
    end: str
    time_zone: str | None = None


class Mistake(NamedTuple):
    """Name one thing wrong in a patch: where (dotted), what, and a stable code."""

    field: str
    message: str
    code: str


def read_entries(
    path: str, value: object, known: Collection[str], unknown_code: str, mistakes: list[Mistake]
) -> dict[str, Any]:
    """Give the known entries of a JSON object, noting the unknown ones and a value that is no object."""
    if not isinstance(value, dict):
        mistakes.append(Mistake(path, "must be an object", "invalid"))
        return {}
    prefix = f"{path}." if path else ""
    unknown = (name for name in value if name not in known)
    mistakes += [Mistake(f"{prefix}{name}", "is not known here", unknown_code) for name in unknown]
    return {name: value[name] for name in value if name in known}


def read_types(
    known: Mapping[str, NotificationType], value: object, mistakes: list[Mistake]
) -> dict[str, dict[str, bool]]:
    """Read the options of types, noting what a type does not offer and a mandatory one turned off."""
    chosen: dict[str, dict[str, bool]] = {}
    for id, options in read_entries("types", value, known.keys(), "unknown_type", mistakes).items():
        chosen[id] = read_entries(f"types.{id}", options, OPTIONS, "unknown_field", mistakes)
        mistakes += [
            Mistake(f"types.{id}.{option}", *problem)
            for option, wanted in chosen[id].items()
            if (problem := _option_problem(known[id], option, wanted))
        ]
    return chosen


def read_channels(
    value: object, mistakes: list[Mistake], settings: Mapping[tuple[str, str], str] = SETTINGS
) -> dict[str, Any]:
    """Read the settings of text and e-mail, as fields of the preferences or (`settings`) of an account's defaults."""
    channels = {channel for channel, _ in settings}
    found: dict[str, Any] = {}
    for channel, entries in read_entries("channels", value, channels, "unknown_field", mistakes).items():
        path = f"channels.{channel}"
        known = [name for owner, name in settings if owner == channel]
        for name, wanted in read_entries(path, entries, known, "unknown_field", mistakes).items():
            if problem := _PROBLEMS.get(name, _switch_problem)(wanted):
                mistakes.append(Mistake(f"{path}.{name}", problem, "invalid"))
            found[settings[channel, name]] = wanted
    return found


def read_quiet_hours(value: object, mistakes: list[Mistake]) -> QuietHours | None:
    """Read quiet hours; null turns them off."""
    if value is None:
        return None
    parts = read_entries("quiet_hours", value, ("from", "to", "time_zone"), "unknown_field", mistakes)
    start, end, zone = parts.get("from"), parts.get("to"), parts.get("time_zone")
    for name, clock in (("from", start), ("to", end)):
        if not (isinstance(clock, str) and _CLOCK.fullmatch(clock)):
            mistakes.append(Mistake(f"quiet_hours.{name}", "must be a time of day like 22:00", "invalid"))
    if start == end:
        mistakes.append(Mistake("quiet_hours.to", "must differ from the start", "invalid"))
    if zone is not None and not (isinstance(zone, str) and _is_time_zone(zone)):
        mistakes.append(Mistake("quiet_hours.time_zone", "must be an IANA time zone", "invalid"))
    return QuietHours(str(start), str(end), zone)


def _option_problem(kind: NotificationType, option: str, wanted: object) -> tuple[str, str] | None:
    if not kind.offers(option):
        return f"{kind.title} does not offer this option", "invalid"
    if problem := _switch_problem(wanted):
        return problem, "invalid"
    if kind.mandatory and option == "system" and not wanted:
        return f"{kind.title} cannot be turned off", "mandatory"
    return None


def _switch_problem(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _number_problem(value: object) -> str | None:
    if value is None or (isinstance(value, str) and _E164.fullmatch(value)):
        return None
    return "must be a number like +15550100999, or null"


def _grace_problem(value: object) -> str | None:
    return _whole_problem(value, 0, MOST_GRACE)


def _cap_problem(value: object) -> str | None:
    return _whole_problem(value, 1, MOST_CAP)


def _whole_problem(value: object, least: int, most: int) -> str | None:
    if value is None or (type(value) is int and least <= value <= most):  # True is no number
        return None
    return f"must be a whole number from {least} to {most}, or null"


_PROBLEMS: Mapping[str, Callable[[object], str | None]] = {
    "custom_number": _number_problem,
    "grace_minutes": _grace_problem,
    "daily_cap": _cap_problem,
}


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
