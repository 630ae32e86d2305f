"""Decoding at the door: bytes of a bounded body into JSON, JSON into a model."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request

from hub.api.problem import Problem, invalid, of_validation

Model = TypeVar("Model", bound=BaseModel)

NUMBER = "limit"  # the one parameter that is a number
LONG = re.compile(rb"[0-9]{19}")  # the shortest run of digits that may not fit into 64 bits
MOST_DIGITS = 30  # more are cut off: the number is too large either way


async def read_body(request: Request, limit: int) -> bytes:
    """Read the body; raise 413 as soon as it is known to be longer than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise too_large(limit)
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        raise invalid(("", "the body ended early")) from None
    return b"".join(chunks)


def too_large(limit: int) -> Problem:
    """Refuse a body over the limit, in bytes."""
    return Problem("too_large", f"The body is larger than {limit} bytes.")


def read_json(body: bytes) -> Any:
    """Parse JSON, whatever the content type says; raise 422.

    orjson turns an integer beyond 64 bits into the nearest float. Where there may be one, the text is parsed again
    so that it stays what it is, and whoever takes the value can refuse it.
    """
    try:
        value = orjson.loads(body)
        return json.loads(body, parse_int=_integer) if LONG.search(body) else value
    except ValueError as error:
        raise invalid(("", f"the body is not JSON: {error}")) from None
    except RecursionError:
        raise invalid(("", "the body is nested too deep")) from None


def _integer(digits: str) -> int:
    return int(digits[:MOST_DIGITS])


def read_model(model: type[Model], value: Any, root: str = "") -> Model:
    """Decode a JSON value into a model; raise 422 with the path of each wrong field, below `root`."""
    if not isinstance(value, dict):
        raise invalid((root, "must be a JSON object"))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise of_validation(error, root) from None


def read_query(model: type[Model], parameters: QueryParams) -> Model:
    """Decode the parameters of a URL; raise 422. An empty text is one that was not given, an empty number is none."""
    try:
        return model.model_validate({name: value for name, value in parameters.items() if value or name == NUMBER})
    except ValidationError as error:
        raise of_validation(error) from None


def merge(target: dict[str, Any], patch: Any) -> dict[str, Any]:
    """Apply a JSON merge patch (RFC 7396): null takes a field away.

    A null that takes nothing away stays, so that the model can refuse a field that does not exist.
    """
    if not isinstance(patch, dict):
        raise invalid(("", "must be a JSON object"))
    merged = dict(target)
    for name, value in patch.items():
        if value is None and name in merged:
            del merged[name]
        elif isinstance(value, dict):
            merged[name] = merge(current if isinstance(current := merged.get(name), dict) else {}, value)
        else:
            merged[name] = value
    return merged
