"""What all directory objects have in common: the id in the path, the whole object back, merging."""

from __future__ import annotations

from typing import Any, TypeVar

from hub.api.call import Answer, Call
from hub.api.decoding import merge, read_model
from hub.api.fields import is_id
from hub.api.models import DirectoryBody
from hub.api.problem import Problem, invalid
from hub.core.directory import Document, as_document

Body = TypeVar("Body", bound=DirectoryBody)
Stored = TypeVar("Stored", bound=Document)


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


def whole(value: Document) -> Answer:
    """Answer with the whole object."""
    return Answer(as_document(value))


async def shown(call: Call) -> Answer:
    """Answer a GET: the object that the path names."""
    return whole(call.target)


def taken(kind: str, id: str) -> Problem:
    """Refuse an id that belongs to something the caller does not see."""
    return Problem("conflict", f"The {kind} id {id} is taken.")
