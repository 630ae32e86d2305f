"""Loading a directory: one JSON object a line, good lines stored, bad ones named (protocol.md 4).

Lines are taken in their order where that matters: an account before what lies in it, a user before who refers to
them. Neighbours of one kind are stored together, so that a long file does not wait for the disk line by line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel

from hub.api import accounts, users
from hub.api.answers import DirectoryAnswer
from hub.api.auth import DIRECTORY, is_revoked
from hub.api.call import Answer, Call
from hub.api.contacts import CONTACTS
from hub.api.decoding import read_model
from hub.api.directory_models import AccountBody, UserBody
from hub.api.groups import GROUPS
from hub.api.lines import LINES
from hub.api.problem import Problem, contested, invalid, unauthenticated
from hub.api.reach import Reach
from hub.api.ring_groups import RING_GROUPS
from hub.api.route import Route
from hub.engine.directory import Changed

TOGETHER = 64  # lines

Store = Callable[[Reach, str, Any], Awaitable[Any]]
KINDS: dict[str, tuple[type[BaseModel], Store]] = {
    "account": (AccountBody, accounts.place),
    "user": (UserBody, users.store),
    "group": (GROUPS.model, GROUPS.place),
    "ring_group": (RING_GROUPS.model, RING_GROUPS.place),
    "line": (LINES.model, LINES.place),
    "contact": (CONTACTS.model, CONTACTS.place),
}
ALONE = "account"  # the next line may lie in it


@dataclass(frozen=True, slots=True)
class Line:
    """One object to store; `number` counts the file's lines from 1."""

    number: int
    kind: str
    id: str
    body: Any


async def load(call: Call) -> Answer:
    """Store what can be stored; name the lines that cannot: from the moment a key is revoked, all that are left."""
    stored, errors = 0, []
    for batch in _batches(call.raw):
        if await is_revoked(call.hub, call.caller):
            batch = [(_number(line), unauthenticated("This key was revoked meanwhile.")) for line in batch]
        outcomes = await asyncio.gather(*(_store(call.reach, line) for line in batch))
        stored += outcomes.count(None)
        errors += [outcome for outcome in outcomes if outcome]
    return Answer({"stored": stored, "errors": errors})


def _batches(raw: bytes) -> Iterator[list[Line | tuple[int, Problem]]]:
    """Cut the file where a line must wait for those before it."""
    batch: list[Line | tuple[int, Problem]] = []
    for number, text in enumerate(raw.splitlines(), 1):
        if not text.strip():
            continue
        line = _read(number, text)
        if batch and not _may_join(batch, line):
            yield batch
            batch = []
        batch.append(line)
    if batch:
        yield batch


def _may_join(batch: list[Line | tuple[int, Problem]], line: Line | tuple[int, Problem]) -> bool:
    if isinstance(line, tuple):
        return True
    lines = [other for other in batch if isinstance(other, Line)]
    fits = line.kind != ALONE and all(other.kind == line.kind and other.id != line.id for other in lines)
    return not lines or (fits and len(batch) < TOGETHER)


def _read(number: int, text: bytes) -> Line | tuple[int, Problem]:
    try:
        value = orjson.loads(text)
        if not isinstance(value, dict):
            raise invalid(("", "must be a JSON object"))
        model, _ = KINDS.get(str(value.get("kind"))) or _unknown_kind()
        if not isinstance(value.get("id"), str):
            raise invalid(("id", "is required"))
        body = read_model(model, {name: part for name, part in value.items() if name != "kind"})
        return Line(number, value["kind"], value["id"], body)
    except orjson.JSONDecodeError as error:
        return number, invalid(("", f"the line is not JSON: {error}"))
    except Problem as problem:
        return number, problem


def _number(line: Line | tuple[int, Problem]) -> int:
    return line.number if isinstance(line, Line) else line[0]


def _unknown_kind() -> Any:
    raise invalid(("kind", f"must be one of {', '.join(KINDS)}"))


async def _store(reach: Reach, line: Line | tuple[int, Problem]) -> dict[str, Any] | None:
    """Store one line; return its error, if any."""
    if isinstance(line, tuple):
        return _error(*line)
    try:
        await KINDS[line.kind][1](reach, line.id, line.body)
    except Problem as problem:
        return _error(line.number, problem)
    except Changed:
        return _error(line.number, contested())
    return None


def _error(number: int, problem: Problem) -> dict[str, Any]:
    return {"line": number, "code": problem.code, "message": problem.detail}


ROUTES = [
    Route(
        "POST",
        "/v1/directory",
        load,
        DIRECTORY,
        "Load directory objects, one a line",
        bulk=True,
        answer=DirectoryAnswer,
    )
]
