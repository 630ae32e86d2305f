"""openapi.json, made from the route table and the very models that decode the requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import hub
from hub.api.problem import MEDIA_TYPE
from hub.api.route import READING, OpenRoute, Route, Row

SCHEMAS = "#/components/schemas/"
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
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
REFUSED = {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}}


def document(table: Sequence[Row]) -> dict[str, Any]:
    """Describe the table as OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for row in table:
        operation = _open(row) if isinstance(row, OpenRoute) else _operation(row)
        paths.setdefault(row.path, {})[row.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Notification hub", "version": hub.__version__},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {**_schemas(table), "Problem": PROBLEM},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(table: Sequence[Row]) -> dict[str, Any]:
    rows = [row for row in table if isinstance(row, Route)]
    models = {model for row in rows for model in (row.body, row.answer, *row.answers.values()) if model}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schema = models_json_schema([(model, "validation") for model in ordered], ref_template=SCHEMAS + "{model}")
    return dict(schema.get("$defs", {}))


def _open(row: OpenRoute) -> dict[str, Any]:
    return {"summary": row.summary, "security": [], "responses": {"200": {"description": "done"}}}


def _operation(row: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": row.summary,
        "description": f"Takes {row.access}.",
        "operationId": _operation_id(row),
        "parameters": [*_in_path(row), *_in_query(row), *([IDEMPOTENCY] if row.method == "POST" else [])],
        "responses": _responses(row),
    }
    if row.takes_body:
        operation["requestBody"] = {"required": True, "content": _request(row)}
    return operation


def _operation_id(row: Route) -> str:
    words = re.findall(r"\w+", row.path.removeprefix("/v1"))
    return "_".join([row.method.lower(), *words]).replace("-", "_")


def _request(row: Route) -> dict[str, Any]:
    if row.body is None:
        return {"application/x-ndjson": {"schema": {"type": "string"}}}
    one = _reference(row.body)
    schema = {"oneOf": [one, {"type": "array", "items": one}]} if row.bulk else one
    return {"application/merge-patch+json" if row.merges else "application/json": {"schema": schema}}


def _responses(row: Route) -> dict[str, Any]:
    other = {str(status): _answer(_reference(model)) for status, model in row.answers.items()}
    refused = {str(status): _refused(HTTPStatus(status).phrase) for status in _refusals(row)}
    return {**other, str(row.status): _done(row), **refused, "default": _refused("refused")}


def _refusals(row: Route) -> Iterator[int]:
    """List the statuses with which this call may be refused."""
    yield from (401, 403)
    if row.target or (row.query and "account" in row.query.model_fields):
        yield 404
    if row.method not in READING or (row.query and "root" in row.query.model_fields):
        yield 409
    if row.takes_body:
        yield 413
    if row.takes_body or row.query or row.method == "POST":
        yield 422
    yield 503


def _refused(description: str) -> dict[str, Any]:
    return {"description": description, "content": REFUSED}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "done", "content": {"application/json": {"schema": schema}}}


def _done(row: Route) -> dict[str, Any]:
    if row.status == 204:
        return {"description": "done"}
    schema = _reference(row.answer) if row.answer else {"type": "object"}
    if row.query and "cursor" in row.query.model_fields:
        schema = _list_of(schema)
    return _answer(schema)


def _list_of(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {"items": {"type": "array", "items": item}, "next_cursor": {"type": ["string", "null"]}},
    }


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": SCHEMAS + model.__name__}


def _in_path(row: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", row.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(row: Route) -> list[dict[str, Any]]:
    properties = row.query.model_json_schema().get("properties", {}) if row.query else {}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]
