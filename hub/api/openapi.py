"""openapi.json, made from the route table and the very models that decode the requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import hub
from hub.api.components import each_alone, patch_name, reference, refusal, refusals, schemas, shown_name
from hub.api.fields import ID_PATTERN
from hub.api.idempotency import HEADER, LONGEST
from hub.api.manners import OURS
from hub.api.openapi_webhooks import webhooks
from hub.api.route import READING, OpenRoute, Route, Row
from hub.api.webhook_models import TOLD

IDEMPOTENCY = {
    "name": HEADER,
    "in": "header",
    "description": "the same key and body, within 24 h: the stored answer again",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
}
REPLAYED = {"Idempotent-Replayed": {"description": "it is the stored answer", "schema": {"const": "true"}}}
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "the operator key, a producer key or a user token"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
}
FORM = "application/x-www-form-urlencoded"
LED_NOWHERE = (404, 409, 422)  # of a link that carries its own right
ANYWHERE = (400, 500, 503)  # the Host, a fault, the store
NAMING = frozenset(("account", "user", "groups", "users"))  # parameters that name what may not be there


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
        "webhooks": webhooks(),
        "components": {"schemas": _schemas(table), "responses": refusals(), "securitySchemes": SCHEMES},
    }


def _schemas(table: Sequence[Row]) -> dict[str, Any]:
    rows = [row for row in table if isinstance(row, Route)]
    return schemas(
        bodies={row.body for row in rows if row.body and not row.merges},
        merged={row.body for row in rows if row.body and row.merges},
        answers={model for row in table for model in (row.answer, *row.answers.values()) if model} | {*TOLD.values()},
    )


def _open(row: OpenRoute) -> dict[str, Any]:
    unnamed = {"type": "object" if row.media_type == "application/json" else "string"}
    schema = reference(shown_name(row.answer)) if row.answer else unnamed
    content = {} if row.status == 204 else {"content": {row.media_type: {"schema": schema}}}
    done = {"description": "done", **content}
    refusing = {*ANYWHERE, *(LED_NOWHERE if row.query else ()), *row.refuses}
    refused = {str(status): refusal(status) for status in sorted(refusing)}
    operation: dict[str, Any] = {
        "summary": row.summary,
        "operationId": _operation_id(row),
        "parameters": _in_query(row),
        "security": [],
    }
    if row.form:
        operation["requestBody"] = {"required": True, "content": {FORM: {"schema": row.form.model_json_schema()}}}
    return {**operation, "responses": {str(row.status): done, **refused}}


def _operation(row: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": row.summary,
        "description": f"Takes {row.access}.",
        "operationId": _operation_id(row),
        "parameters": [*_in_path(row), *_in_query(row), *([IDEMPOTENCY] if row.method == "POST" else [])],
        "responses": _responses(row),
    }
    if row.manners.scheme != OURS.scheme:
        operation["security"] = [{row.manners.scheme: []}]
    if row.takes_body:
        operation["requestBody"] = {"required": row.body is not None, "content": _request(row)}
    return operation


def _operation_id(row: Row) -> str:
    words = re.findall(r"\w+", row.path.removeprefix("/v1"))
    return "_".join([row.method.lower(), *words]).replace("-", "_")


def _request(row: Route) -> dict[str, Any]:
    if row.body is None:
        return {"application/x-ndjson": {"schema": {"description": "one JSON object a line"}}}
    if row.merges:
        return {"application/merge-patch+json": {"schema": reference(patch_name(row.body))}}
    one = reference(row.body.__name__)
    return row.manners.contents({"oneOf": [one, each_alone(one)]} if row.bulk else one)


def _responses(row: Route) -> dict[str, Any]:
    other = {str(status): _answer(row, reference(shown_name(model))) for status, model in row.answers.items()}
    refused = {str(status): refusal(status) for status in sorted({*ANYWHERE, *_refusals(row)})}
    return {str(row.status): _done(row), **other, **refused}


def _refusals(row: Route) -> Iterator[int]:
    """List the statuses with which this call may be refused, beside those that any may have."""
    named = row.query.model_fields if row.query else {}
    yield from (401, 403, 429)
    if "{" in row.path or NAMING & named.keys():
        yield 404
    if row.method not in READING or {"root", "groups"} & named.keys():
        yield 409
    if row.takes_body:
        yield 413
    if row.takes_body or row.query or row.method == "POST":
        yield 422


def _answer(row: Route, schema: dict[str, Any]) -> dict[str, Any]:
    headers = {"headers": REPLAYED} if row.method == "POST" else {}
    return {"description": "done", **headers, "content": {"application/json": {"schema": schema}}}


def _done(row: Route) -> dict[str, Any]:
    if row.status == 204:
        return {"description": "done"}
    schema = reference(shown_name(row.answer)) if row.answer else {"type": "object"}
    is_page = row.query is not None and "cursor" in row.query.model_fields
    is_whole = row.answer is not None and "items" in row.answer.model_fields
    return _answer(row, _list_of(schema) if is_page and not is_whole else schema)


def _list_of(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {"items": {"type": "array", "items": item}, "next_cursor": {"type": ["string", "null"]}},
    }


def _in_path(row: Route) -> list[dict[str, Any]]:
    schema = {"type": "string", "pattern": ID_PATTERN}
    names = re.findall(r"{(\w+)}", row.path)
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _in_query(row: Row) -> list[dict[str, Any]]:
    """Describe the parameters of the URL; one that may be left out is not null there, but missing or empty."""
    properties = row.query.model_json_schema().get("properties", {}) if row.query else {}
    required = {name for name, field in row.query.model_fields.items() if field.is_required()} if row.query else set()
    return [
        {"name": name, "in": "query", "schema": _given(schema), **({"required": True} if name in required else {})}
        for name, schema in properties.items()
    ]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "title") and value is not None}
    given = {**rest, **(options[0] if len(options) == 1 else {})}
    return {**given, "enum": [*given["enum"], ""]} if "enum" in given else given
