"""What each user chose: type by type, channel by channel, for themselves alone (C-02, C-06).

Only choices are kept: what a user never touched follows the defaults of their account, as they are now, and what the
account never touched those of the catalogue (AMB-06, E-21). System and AU together give a scope (AMB-03); Text and
Email stand apart from both:

    System  AU    scope
    on      off   ALL    every contact of the account
    any     on    MINE   only contacts whose assigned user this is
    off     off   OFF    nothing

How soon and how often e-mail comes is chosen in the same way: `grace_minutes` is how long it waits for the user to see
the notification in the app (E-20), `daily_cap` how many single ones of a type they get a day (E-21).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from hub.core.catalogue import Catalogue, NotificationType
from hub.core.changes import (
    DEFAULT_SETTINGS,
    Mistake,
    QuietHours,
    read_channels,
    read_entries,
    read_quiet_hours,
    read_types,
)
from hub.core.directory import User

__all__ = [
    "Choice",
    "Defaults",
    "Mistake",
    "Patched",
    "PatchedDefaults",
    "Preferences",
    "QuietHours",
    "Refused",
    "Scope",
    "channels",
    "defaults_document",
    "document",
    "effective",
    "patch",
    "patch_defaults",
    "reach",
    "scope",
    "without_email",
]

Options = Mapping[str, bool]


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
class Defaults:
    """Hold what an account chose for its users who never did; an empty one is an account that did neither."""

    types: Mapping[str, Options] = field(default_factory=dict)
    grace_minutes: int | None = None
    daily_cap: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Defaults:
        """Read a stored document, tolerating what is missing or unknown."""
        email = document.get("channels", {}).get("email", {})
        return cls(document.get("types", {}), email.get("grace_minutes"), email.get("daily_cap"))

    def as_document(self) -> dict[str, Any]:
        """Write what was chosen, for the store and for the API."""
        email = _pace_document(self.grace_minutes, self.daily_cap)
        return {"types": dict(self.types), **({"channels": {"email": email}} if email else {})}


NO_DEFAULTS = Defaults()


@dataclass(frozen=True, slots=True)
class Preferences:
    """Hold what one user chose; an empty one is a user who never touched anything.

    `rollup` are the accounts below their own whose notifications they want too (C-18), `lines` those they opted in to
    (A-34). `defaults` are their account's, joined in by whoever reads both.
    """

    types: Mapping[str, Options] = field(default_factory=dict)
    text_enabled: bool = True
    custom_number: str | None = None
    email_enabled: bool = True
    email_copy: bool = True
    quiet_hours: QuietHours | None = None
    rollup: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    grace_minutes: int | None = None
    daily_cap: int | None = None
    defaults: Defaults = NO_DEFAULTS

    @property
    def grace(self) -> int | None:
        """Give the minutes that e-mail waits: the user's choice, else their account's; 0 is a choice too."""
        return self.defaults.grace_minutes if self.grace_minutes is None else self.grace_minutes

    @property
    def cap(self) -> int | None:
        """Give how many single e-mails of one type come a day: the user's choice, else their account's; None = all."""
        return self.defaults.daily_cap if self.daily_cap is None else self.daily_cap

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
            rollup=tuple(document.get("rollup", ())),
            lines=tuple(document.get("lines", ())),
            grace_minutes=email.get("grace_minutes"),
            daily_cap=email.get("daily_cap"),
        )

    def as_document(self) -> dict[str, Any]:
        """Write the user's own choices alone, for the store."""
        types = {id: dict(options) for id, options in self.types.items()}
        lists = {"rollup": list(self.rollup), "lines": list(self.lines)}
        pace = _pace_document(self.grace_minutes, self.daily_cap)
        return {"types": types, **_channels_document(self, pace), **{name: ids for name, ids in lists.items() if ids}}


@dataclass(frozen=True, slots=True)
class Patched:
    """Hold the preferences after a patch, and its warnings as the API shows them."""

    preferences: Preferences
    warnings: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PatchedDefaults:
    """Hold an account's defaults after a patch, and its warnings as the API shows them."""

    defaults: Defaults
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
    """Work out the options of a type as they apply to a user: their choice, else their account's, else the catalogue's.

    What the type does not offer is off; so is all of a type that the user's roles do not reach (AMB-31).
    """
    if not kind.visible_to(user):
        return Choice()
    return _choice(kind, preferences.types.get(kind.id, {}), preferences.defaults.types.get(kind.id, {}))


def scope(choice: Choice) -> Scope:
    """Combine System and AU: AU narrows, and asks for one's own contacts even alone (AMB-03)."""
    if choice.au:
        return Scope.MINE
    return Scope.ALL if choice.system else Scope.OFF


def reach(kind: NotificationType, preferences: Preferences, user: User) -> Scope:
    """Say how far a type reaches a user: a salesperson hears of their own contacts only, whatever they chose (E-13)."""
    chosen = scope(effective(kind, preferences, user))
    is_narrow = kind.au and user.sees_own_contacts_only
    return Scope.MINE if is_narrow and chosen is Scope.ALL else chosen


def channels(catalogue: Catalogue, user: User, preferences: Preferences, groups: Iterable[str] = ()) -> frozenset[str]:
    """Name the channel suffixes that a tab of this user listens to (D-02).

    Only types that reach a whole account have a channel of their own: what names people goes to their `u:`.
    """
    wide = (
        f"t:{kind.id}"
        for kind in catalogue
        if kind.audience == "account_users" and reach(kind, preferences, user) is Scope.ALL
    )
    return frozenset((f"u:{user.id}", "all", *wide, *(f"g:{group}" for group in groups)))


def document(catalogue: Catalogue, user: User, preferences: Preferences) -> dict[str, Any]:
    """Show the whole of a user's preferences: every type they may have, with only the options it offers.

    Grace and daily cap appear where they were set, by the user or their account.
    """
    types = {kind.id: _shown(kind, effective(kind, preferences, user)) for kind in catalogue.visible_to(user)}
    return {"types": types, **_channels_document(preferences, _pace_document(preferences.grace, preferences.cap))}


def defaults_document(catalogue: Catalogue, defaults: Defaults) -> dict[str, Any]:
    """Show what applies in an account to whoever never chose: every type, with only the options it offers."""
    types = {kind.id: _shown(kind, _choice(kind, {}, defaults.types.get(kind.id, {}))) for kind in catalogue}
    return {**defaults.as_document(), "types": types}


def patch(catalogue: Catalogue, user: User, preferences: Preferences, changes: object) -> Patched | Refused:
    """Merge changes into the preferences, all or nothing (C-13, C-20, AMB-06, AMB-18)."""
    mistakes: list[Mistake] = []
    visible = {kind.id: kind for kind in catalogue.visible_to(user)}
    parts = read_entries("", changes, ("types", "channels", "quiet_hours"), "unknown_field", mistakes)
    chosen = read_types(visible, parts.get("types", {}), mistakes)
    settings = read_channels(parts.get("channels", {}), mistakes)
    if "quiet_hours" in parts:
        settings["quiet_hours"] = read_quiet_hours(parts["quiet_hours"], mistakes)
    if mistakes:
        return Refused(tuple(mistakes))
    merged = {id: {**preferences.types.get(id, {}), **options} for id, options in chosen.items()}
    patched = replace(preferences, types={**preferences.types, **merged}, **settings)
    left = ((visible[id], options, effective(visible[id], patched, user)) for id, options in chosen.items())
    return Patched(patched, _warnings(left))


def without_email(kind: NotificationType, preferences: Preferences) -> Preferences:
    """End a type's e-mail, whatever the defaults say; of what is mandatory, all copies by e-mail (AMB-41)."""
    if kind.mandatory:
        return replace(preferences, email_copy=False)
    options = {**preferences.types.get(kind.id, {}), "email": False}
    return replace(preferences, types={**preferences.types, kind.id: options})


def patch_defaults(catalogue: Catalogue, defaults: Defaults, changes: object) -> PatchedDefaults | Refused:
    """Merge changes into an account's defaults, all or nothing, over every type; null forgets a default (E-21).

    They hold for users who did not choose for themselves, at once; nobody's choice is touched (C-02).
    """
    mistakes: list[Mistake] = []
    known = {kind.id: kind for kind in catalogue}
    parts = read_entries("", changes, ("types", "channels"), "unknown_field", mistakes)
    wanted = parts.get("types", {})
    forgotten = {id for id, options in wanted.items() if options is None} if isinstance(wanted, dict) else set()
    forgotten &= known.keys()
    named = {id: options for id, options in wanted.items() if id not in forgotten} if forgotten else wanted
    chosen = read_types(known, named, mistakes)
    settings = read_channels(parts.get("channels", {}), mistakes, DEFAULT_SETTINGS)
    if mistakes:
        return Refused(tuple(mistakes))
    merged = {id: {**defaults.types.get(id, {}), **options} for id, options in chosen.items()}
    types = {id: options for id, options in {**defaults.types, **merged}.items() if id not in forgotten}
    left = ((known[id], options, _choice(known[id], {}, types[id])) for id, options in chosen.items())
    return PatchedDefaults(replace(defaults, types=types, **settings), _warnings(left))


def _choice(kind: NotificationType, chosen: Options, defaults: Options) -> Choice:
    """Work out the options of a type: what was chosen, else the account's default, else the catalogue's."""

    def wanted(option: str) -> bool:
        return chosen.get(option, defaults.get(option, option in kind.default_channels))

    return Choice(
        system="system" in kind.channels and (kind.mandatory or wanted("system")),
        au=kind.au and wanted("au"),
        text="text" in kind.channels and wanted("text"),
        email="email" in kind.channels and wanted("email"),
    )


def _warnings(left: Iterable[tuple[NotificationType, Collection[str], Choice]]) -> tuple[dict[str, str], ...]:
    """Warn of each starred type that a patch of these options left off (C-20)."""
    return tuple(
        {"code": "strongly_encouraged", "type": kind.id}
        for kind, options, choice in left
        if kind.strongly_encouraged and {"system", "au"} & {*options} and scope(choice) is Scope.OFF
    )


def _shown(kind: NotificationType, choice: Choice) -> dict[str, bool]:
    return {option: getattr(choice, option) for option in kind.options}


def _pace_document(grace_minutes: int | None, daily_cap: int | None) -> dict[str, int]:
    """Write how soon and how often e-mail comes, as far as it was set."""
    pace = {"grace_minutes": grace_minutes, "daily_cap": daily_cap}
    return {name: value for name, value in pace.items() if value is not None}


def _channels_document(preferences: Preferences, pace: Mapping[str, int]) -> dict[str, Any]:
    quiet = preferences.quiet_hours
    zone = {"time_zone": quiet.time_zone} if quiet and quiet.time_zone else {}
    return {
        "channels": {
            "text": {"enabled": preferences.text_enabled, "custom_number": preferences.custom_number},
            "email": {"enabled": preferences.email_enabled, "copy": preferences.email_copy, **pace},
        },
        "quiet_hours": {"from": quiet.start, "to": quiet.end, **zone} if quiet else None,
    }
