"""What all directory objects have in common: the id in the path, the whole object back, merging.

A merge is written only onto the very object that it was merged into. When another write came between, it is merged
into what is there now: of two who change different fields at the same time, both win.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from hub.api.call import Answer, Call
from hub.api.decoding import merge, read_model
from hub.api.directory_models import DirectoryBody
from hub.api.fields import is_id
from hub.api.problem import Problem, invalid, not_found
from hub.core.directory import Document, as_document
from hub.engine.directory import Held, again_while_changed

Body = TypeVar("Body", bound=DirectoryBody)
Stored = TypeVar("Stored", bound=Document)
Value = TypeVar("Value")
Outcome = TypeVar("Outcome")


def check_id(id: str, body: DirectoryBody) -> None:
    """Raise 422 for an id that cannot be, or a body that names another object than the path."""
    if not is_id(id):
        raise invalid(("id", "must be 1 to 128 characters of A-Z a-z 0-9 . _ : - and not `me`"))
    if body.id not in (None, id):
        raise invalid(("id", f"is not the {id} of the path"))


def to_stored(kind: type[Stored], id: str, body: DirectoryBody) -> Stored:
    """Turn a decoded body into the object of the directory."""
    return kind.from_document({**body.model_dump(), "id": id})


def patched(model: type[Body], current: Document, patch: Any) -> Body:
    """Merge a patch into a stored object, and decode the outcome like a PUT."""
    return read_model(model, merge(as_document(current), patch))


async def merged(
    call: Call,
    hold: Callable[[], Awaitable[Held[Value] | None]],
    write: Callable[[Held[Value]], Awaitable[Outcome]],
) -> Outcome:
    """Read what is stored and write what becomes of it, again while others come between; then it is a conflict."""

    async def attempt() -> Outcome:
        held = await hold()
        if held is None:
            raise not_found(call.id)
        return await write(held)

    return await again_while_changed(attempt, call.reach.refresh)


def whole(value: Document) -> Answer:
    """Answer with the whole object."""
    return Answer(as_document(value))


async def shown(call: Call) -> Answer:
    """Answer a GET: the object that the path names."""
    return whole(call.target)


def taken(kind: str, id: str) -> Problem:
    """Refuse an id that belongs to something the caller does not see."""
    return Problem("conflict", f"The {kind} id {id} is taken.")
