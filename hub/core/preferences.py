"""What each user chose: type by type, channel by channel, for themselves alone (C-02, C-06).

Only choices are kept: what a user never touched follows the catalogue's defaults (AMB-06), as they are now.
System and AU together give a scope (AMB-03); Text and Email stand apart from both:

    System  AU    scope
    on      off   ALL    every contact of the account
    any     on    MINE   only contacts whose assigned user this is
    off     off   OFF    nothing
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hub.core.catalogue import OPTIONS, Catalogue, NotificationType
from hub.core.directory import User

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SETTINGS = {
    ("text", "enabled"): "text_enabled",
    ("text", "custom_number"): "custom_number",
    ("email", "enabled"): "email_enabled",
    ("email", "copy"): "email_copy",
}


class Scope(Enum):
    """Say whose contacts a user hears of, for one type, in the app."""

    OFF = "off"
    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold the four options of one type as they apply to one user."""

    system: bool = False
    au: bool = False
    text: bool = False
    email: bool = False


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Name the hours in which texts and e-mail rest, by the clock of `time_zone` (None: the user's own)."""

    start: str
    end: str
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """Hold what one user chose; an empty one is a user who never touched anything."""

    types: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    text_enabled: bool = True
    custom_number: str | None = None
    email_enabled: bool = True
    email_copy: bool = True
    quiet_hours: QuietHours | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Preferences:
        """Read a stored document, tolerating what is missing or unknown."""
        channels = document.get("channels", {})
        text, email = channels.get("text", {}), channels.get("email", {})
        quiet = document.get("quiet_hours")
        return cls(
            types=document.get("types", {}),
            text_enabled=text.get("enabled", True),
            custom_number=text.get("custom_number"),
            email_enabled=email.get("enabled", True),
            email_copy=email.get("copy", True),
            quiet_hours=QuietHours(quiet["from"], quiet["to"], quiet.get("time_zone")) if quiet else None,
        )

    def as_document(self) -> dict[str, Any]:
        """Write the choices alone, for the store."""
        types = {id: dict(options) for id, options in self.types.items()}
        return {"types": types, **_channels_document(self)}


class Mistake(NamedTuple):
    """Name one thing wrong in a patch: where (dotted), what, and a stable code."""

    field: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Patched:
    """Hold the preferences after a patch, and its warnings as the API shows them."""

    preferences: Preferences
    warnings: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Hold everything wrong with a patch; nothing of it was applied."""

    errors: tuple[Mistake, ...]

    @property
    def code(self) -> str:
        """Give the code of the answer: `mandatory` first, else the one that all share, else `invalid`."""
        codes = {error.code for error in self.errors}
        if "mandatory" in codes:
            return "mandatory"
        return codes.pop() if len(codes) == 1 else "invalid"


def effective(kind: NotificationType, preferences: Preferences, user: User) -> Choice:
    """Work out the options of a type as they apply to a user.

    What the type does not offer is off; so is all of a type that the user's roles do not reach (AMB-31).
    """
    if not kind.visible_to(user):
        return Choice()
    chosen = preferences.types.get(kind.id, {})
    default = kind.default_channels
    return Choice(
        system="system" in kind.channels and (kind.mandatory or chosen.get("system", "system" in default)),
        au=kind.au and chosen.get("au", False),
        text="text" in kind.channels and chosen.get("text", "text" in default),
        email="email" in kind.channels and chosen.get("email", "email" in default),
    )


def scope(choice: Choice) -> Scope:
    """Combine System and AU: AU narrows, and asks for one's own contacts even alone (AMB-03)."""
    if choice.au:
        return Scope.MINE
    return Scope.ALL if choice.system else Scope.OFF


def channels(catalogue: Catalogue, user: User, preferences: Preferences, groups: Iterable[str] = ()) -> frozenset[str]:
    """Name the channel suffixes that a tab of this user listens to (D-02).

    Only types that reach a whole account have a channel of their own: what names people goes to their `u:`.
    """
    wide = (
        f"t:{kind.id}"
        for kind in catalogue
        if kind.audience == "account_users" and scope(effective(kind, preferences, user)) is Scope.ALL
    )
    return frozenset((f"u:{user.id}", "all", *wide, *(f"g:{group}" for group in groups)))


def document(catalogue: Catalogue, user: User, preferences: Preferences) -> dict[str, Any]:
    """Show the whole of a user's preferences: every type they may have, with only the options it offers."""
    types = {kind.id: _shown(kind, preferences, user) for kind in catalogue.visible_to(user)}
    return {"types": types, **_channels_document(preferences)}


def patch(catalogue: Catalogue, user: User, preferences: Preferences, changes: object) -> Patched | Refused:
    """Merge changes into the preferences, all or nothing (C-13, C-20, AMB-06, AMB-18)."""
    mistakes: list[Mistake] = []
    visible = {kind.id: kind for kind in catalogue.visible_to(user)}
    parts = _entries("", changes, ("types", "channels", "quiet_hours"), "unknown_field", mistakes)
    chosen = _read_types(visible, parts.get("types", {}), mistakes)
    settings = _read_channels(parts.get("channels", {}), mistakes)
    if "quiet_hours" in parts:
        settings["quiet_hours"] = _read_quiet_hours(parts["quiet_hours"], mistakes)
    if mistakes:
        return Refused(tuple(mistakes))
    merged = {id: {**preferences.types.get(id, {}), **options} for id, options in chosen.items()}
    patched = replace(preferences, types={**preferences.types, **merged}, **settings)
    starred = (id for id, options in chosen.items() if _turned_off(visible[id], options, patched, user))
    return Patched(patched, tuple({"code": "strongly_encouraged", "type": id} for id in starred))


def _turned_off(kind: NotificationType, options: Collection[str], preferences: Preferences, user: User) -> bool:
    """Tell whether a patch of these options left a starred type off (C-20)."""
    touched = "system" in options or "au" in options
    return kind.strongly_encouraged and touched and scope(effective(kind, preferences, user)) is Scope.OFF


def _shown(kind: NotificationType, preferences: Preferences, user: User) -> dict[str, bool]:
    choice = effective(kind, preferences, user)
    return {option: getattr(choice, option) for option in kind.options}


def _channels_document(preferences: Preferences) -> dict[str, Any]:
    quiet = preferences.quiet_hours
    zone = {"time_zone": quiet.time_zone} if quiet and quiet.time_zone else {}
    return {
        "channels": {
            "text": {"enabled": preferences.text_enabled, "custom_number": preferences.custom_number},
            "email": {"enabled": preferences.email_enabled, "copy": preferences.email_copy},
        },
        "quiet_hours": {"from": quiet.start, "to": quiet.end, **zone} if quiet else None,
    }


def _entries(
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


def _read_types(
    visible: Mapping[str, NotificationType], value: object, mistakes: list[Mistake]
) -> dict[str, dict[str, bool]]:
    chosen: dict[str, dict[str, bool]] = {}
    for id, options in _entries("types", value, visible.keys(), "unknown_type", mistakes).items():
        chosen[id] = _entries(f"types.{id}", options, OPTIONS, "unknown_field", mistakes)
        mistakes += [
            Mistake(f"types.{id}.{option}", *problem)
            for option, wanted in chosen[id].items()
            if (problem := _option_problem(visible[id], option, wanted))
        ]
    return chosen


def _option_problem(kind: NotificationType, option: str, wanted: object) -> tuple[str, str] | None:
    if not kind.offers(option):
        return f"{kind.title} does not offer this option", "invalid"
    if problem := _switch_problem(wanted):
        return problem, "invalid"
    if kind.mandatory and option == "system" and not wanted:
        return f"{kind.title} cannot be turned off", "mandatory"
    return None


def _read_channels(value: object, mistakes: list[Mistake]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for channel, entries in _entries("channels", value, ("text", "email"), "unknown_field", mistakes).items():
        path = f"channels.{channel}"
        known = [name for owner, name in _SETTINGS if owner == channel]
        for name, wanted in _entries(path, entries, known, "unknown_field", mistakes).items():
            if problem := _number_problem(wanted) if name == "custom_number" else _switch_problem(wanted):
                mistakes.append(Mistake(f"{path}.{name}", problem, "invalid"))
            settings[_SETTINGS[channel, name]] = wanted
    return settings


def _switch_problem(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _number_problem(value: object) -> str | None:
    if value is None or (isinstance(value, str) and _E164.fullmatch(value)):
        return None
    return "must be a number like +15550100999, or null"


def _read_quiet_hours(value: object, mistakes: list[Mistake]) -> QuietHours | None:
    if value is None:
        return None
    parts = _entries("quiet_hours", value, ("from", "to", "time_zone"), "unknown_field", mistakes)
    start, end, zone = parts.get("from"), parts.get("to"), parts.get("time_zone")
    for name, clock in (("from", start), ("to", end)):
        if not (isinstance(clock, str) and _CLOCK.fullmatch(clock)):
            mistakes.append(Mistake(f"quiet_hours.{name}", "must be a time of day like 22:00", "invalid"))
    if start == end:
        mistakes.append(Mistake("quiet_hours.to", "must differ from the start", "invalid"))
    if zone is not None and not (isinstance(zone, str) and _is_time_zone(zone)):
        mistakes.append(Mistake("quiet_hours.time_zone", "must be an IANA time zone", "invalid"))
    return QuietHours(str(start), str(end), zone)


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
