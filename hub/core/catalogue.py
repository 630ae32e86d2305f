"""The catalogue of notification types: what can happen, who may hear of it, on which channels.

The data is types.json beside this file and ships with the package; a type is never made at run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import orjson

from hub.core.directory import User

OPTIONS = ("system", "au", "text", "email")

# types.json names three fields for its own reader; here they have the names that the API gives them.
_RENAMED = {"channels_allowed": "channels", "au_option": "au", "sticky_popup": "sticky"}
_LISTS = ("channels", "default_channels", "never_when_origin", "general_types")
_PUBLIC = (
    "id",
    "title",
    "category",
    "description",
    "source_system",
    "channels",
    "au",
    "strongly_encouraged",
    "mandatory",
    "sticky",
)


@dataclass(frozen=True, slots=True)
class NotificationType:
    """Describe one row of the catalogue."""

    id: str
    title: str
    category: str
    description: str
    source_system: str
    audience: str
    personal_target: str
    channels: tuple[str, ...]
    au: bool
    default_channels: tuple[str, ...]
    strongly_encouraged: bool
    mandatory: bool
    admin_only: bool
    billing_admin_only: bool
    sticky: bool
    rollup: bool
    never_when_origin: tuple[str, ...]
    requires: str | None
    general_types: tuple[str, ...]
    params: Mapping[str, Any]

    def offers(self, option: str) -> bool:
        """Tell whether a user can set this option of the type (C-13, AMB-18)."""
        return self.au if option == "au" else option in self.channels

    @property
    def options(self) -> tuple[str, ...]:
        """List the options a user can set, in the order they are shown."""
        return tuple(option for option in OPTIONS if self.offers(option))

    def visible_to(self, user: User) -> bool:
        """Tell whether the user's roles let them have this type at all (A-13, AMB-30).

        A billing type needs billing_admin itself: roles are a set, not a ladder.
        """
        if self.billing_admin_only:
            return user.has_role("billing_admin")
        return user.has_role("admin") or not self.admin_only

    def as_document(self) -> dict[str, Any]:
        """Show the fields that `GET /v1/types` promises."""
        return {name: _plain(getattr(self, name)) for name in _PUBLIC}


class Catalogue:
    """Hold the types in the order of the file."""

    __slots__ = ("_types",)

    def __init__(self, types: Mapping[str, NotificationType]) -> None:
        self._types = types

    def __iter__(self) -> Iterator[NotificationType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)

    def __getitem__(self, id: str) -> NotificationType:
        return self._types[id]

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self)} notification types>"

    def get(self, id: str) -> NotificationType | None:
        """Find a type by its id."""
        return self._types.get(id)

    def visible_to(self, user: User) -> tuple[NotificationType, ...]:
        """List the types this user may see, in the order of the file."""
        return tuple(kind for kind in self if kind.visible_to(user))


@cache
def load() -> Catalogue:
    """Read the catalogue that ships with the package, once."""
    document = orjson.loads(files("hub.core").joinpath("types.json").read_bytes())
    return Catalogue({row["id"]: _read(row) for row in document["types"]})


def _read(row: Mapping[str, Any]) -> NotificationType:
    named = {_RENAMED.get(name, name): value for name, value in row.items()}
    known = {name: named[name] for name in NotificationType.__dataclass_fields__}
    lists = {name: tuple(known[name]) for name in _LISTS}
    return NotificationType(**{**known, **lists, "params": MappingProxyType(known["params"])})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
