"""The parts that the operations of openapi.json refer to: schemas of bodies and answers, and the refusals by status.

A body of the directory is three schemas. `UserBody` is what a PUT takes, `UserPatch` what may be merged into it, and
`User` what an answer shows, where every field is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.api.directory_models import DirectoryBody
from hub.api.problem import CODES, MEDIA_TYPE

SCHEMAS = "#/components/schemas/"
RESPONSES = "#/components/responses/"
BODY, PATCH = "Body", "Patch"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["title", "status", "code", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, in snake_case"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
SECONDS = {"description": "seconds after which to try again", "schema": {"type": "integer", "minimum": 1}}
HEADERS: Mapping[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"const": "Bearer"}}},
    409: {"Retry-After": SECONDS},
    429: {"Retry-After": {**SECONDS, "required": True}},
    503: {"Retry-After": {**SECONDS, "required": True}},
}


def schemas(
    bodies: set[type[BaseModel]], merged: set[type[BaseModel]], answers: set[type[BaseModel]]
) -> dict[str, Any]:
    """Return every schema by name; of the `merged` bodies what a patch may hold."""
    models = sorted(bodies | merged | answers, key=lambda model: model.__name__)
    _, schema = models_json_schema([(model, "validation") for model in models], ref_template=SCHEMAS + "{model}")
    made: dict[str, Any] = dict(schema.get("$defs", {}))
    found = {name: value for name, value in made.items() if name not in {model.__name__ for model in merged - bodies}}
    for model in models:
        if model in merged:
            found[patch_name(model)] = _patch(made[model.__name__])
        if model in answers and shown_name(model) not in made:
            found[shown_name(model)] = _shown(made[model.__name__])
    return {**found, "Problem": PROBLEM}


def patch_name(model: type[BaseModel]) -> str:
    """Name the schema of a patch of this body."""
    return model.__name__.removesuffix(BODY) + PATCH


def shown_name(model: type[BaseModel]) -> str:
    """Name the schema of an answer that shows what this body made."""
    return model.__name__.removesuffix(BODY) if issubclass(model, DirectoryBody) else model.__name__


def reference(name: str) -> dict[str, Any]:
    """Refer to a schema."""
    return {"$ref": SCHEMAS + name}


def each_alone(item: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an array whose members are judged one by one: a wrong one is refused in its place in the answer."""
    return {"type": "array", "items": {"anyOf": [item, {"description": "refused alone, and spoils no other"}]}}


def refusals() -> dict[str, Any]:
    """Return every refusal by its status, with the codes that it may carry."""
    statuses = sorted(set(CODES.values()))
    return {str(status): _refusal(status) for status in statuses}


def refusal(status: int) -> dict[str, Any]:
    """Refer to a refusal."""
    return {"$ref": f"{RESPONSES}{status}"}


def _refusal(status: int) -> dict[str, Any]:
    codes = ", ".join(f"`{code}`" for code, of in CODES.items() if of == status)
    described = {"description": f"{HTTPStatus(status).phrase}: {codes}"}
    headers = {"headers": HEADERS[status]} if status in HEADERS else {}
    return {**described, **headers, "content": {MEDIA_TYPE: {"schema": reference("Problem")}}}


def _patch(body: Mapping[str, Any]) -> dict[str, Any]:
    """Any of its fields, none of them required; null takes one away that is not (RFC 7396)."""
    kept = body.get("required", ())
    properties = {
        name: _bare(schema) if name in kept else _nullable(_bare(schema)) for name, schema in body["properties"].items()
    }
    rest = {name: value for name, value in body.items() if name not in ("required", "properties", "title")}
    return {
        **rest,
        "properties": properties,
        "description": f"Changes, merged into what is stored: {body['description']}",
    }


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """All of its fields are there; the id is no longer up to the caller."""
    properties = {name: _bare(schema) for name, schema in body["properties"].items()}
    if "id" in properties:
        properties["id"] = next(part for part in properties["id"]["anyOf"] if part.get("type") != "null")
    return {**body, "properties": properties, "required": list(properties), "title": body["title"].removesuffix(BODY)}


def _bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "default"}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    options = schema.get("anyOf", [schema])
    if {"type": "null"} in options:
        return schema
    return {"anyOf": [*options, {"type": "null"}]}
