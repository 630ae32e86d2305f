"""Pages of lists: a bounded limit, and a cursor that only the hub reads."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson

from hub.api.models import PageQuery
from hub.api.problem import Problem, invalid

Item = TypeVar("Item")


def write_cursor(place: Any) -> str:
    """Write the place where a list goes on."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read_cursor(cursor: str, *shape: type) -> list[Any]:
    """Read a place of this shape; raise 422 for a cursor that the hub did not write."""
    place = _place(cursor)
    if [type(part) for part in place] != list(shape):
        raise _strange()
    return place


def has_shape(cursor: str, *shape: type) -> bool:
    """Tell whether a cursor is one of these places, where a list may be read in more than one way."""
    return [type(part) for part in _place(cursor)] == list(shape)


def _place(cursor: str) -> list[Any]:
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise _strange() from None
    if not isinstance(place, list):
        raise _strange()
    return place


def page(items: Sequence[Item], key: Callable[[Item], str], asked: PageQuery) -> tuple[Sequence[Item], str | None]:
    """Cut one page out of items sorted by `key`; return it with the cursor of the next."""
    after = read_cursor(asked.cursor, str)[0] if asked.cursor else None
    rest = [item for item in items if after is None or key(item) > after]
    found = rest[: asked.limit]
    return found, write_cursor([key(found[-1])]) if len(rest) > len(found) else None


def listed(items: Sequence[Any], cursor: str | None) -> dict[str, Any]:
    """Return the body of every list."""
    return {"items": list(items), "next_cursor": cursor}


def _strange() -> Problem:
    return invalid(("cursor", "is not a cursor of this list"))
