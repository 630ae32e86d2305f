"""openapi.json says what the routes do."""

import re
from typing import Any

import httpx2
from jsonschema import Draft202012Validator

from hub.api.application import TABLE, table
from hub.api.problem import CODES
from hub.api.route import Route

from .calling import NOBODY, Api, problem


async def document(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get("/openapi.json", by=NOBODY)).json()
    return found


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(part) for part in value.values()))
    return set().union(*(references(part) for part in value)) if isinstance(value, list) else set()


def resolved(found: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, if it is one."""
    if "$ref" not in value:
        return value
    part: Any = found
    for step in value["$ref"].removeprefix("#/").split("/"):
        part = part[step]
    return dict(part)


def refusals_of(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["components"]["responses"])


async def test_every_route_is_described_and_every_reference_leads_somewhere(api: Api) -> None:
    found = await document(api)
    described = {(method.upper(), path) for path, item in found["paths"].items() for method in item}
    assert described == {(row.method, row.path) for row in table(api.hub)}
    kept = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in found["components"][kind]}
    assert references(found) <= kept
    for schema in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    ids = [
        operation["operationId"]
        for item in found["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    ]
    assert len(ids) == len(set(ids))


async def test_the_schemas_are_those_that_decode(api: Api) -> None:
    schemas = (await document(api))["components"]["schemas"]
    assert schemas["EventBody"]["required"] == ["type", "account"]
    assert schemas["EventBody"]["additionalProperties"] is False
    assert schemas["UserBody"]["properties"]["account"]["pattern"]


async def test_parameters_are_those_of_the_route(api: Api) -> None:
    operation = (await document(api))["paths"]["/v1/inbox"]["get"]
    assert {parameter["name"] for parameter in operation["parameters"]} >= {"limit", "cursor", "state", "user"}
    posting = (await document(api))["paths"]["/v1/events"]["post"]
    assert {parameter["name"] for parameter in posting["parameters"]} == {"Idempotency-Key"}


async def test_events_are_answered_as_it_says_alone_in_a_bulk_and_refused(acme: Api) -> None:
    found = await document(acme)
    responses = found["paths"]["/v1/events"]["post"]["responses"]

    def check(answer: httpx2.Response) -> None:
        media_type = answer.headers["content-type"]
        schema = resolved(found, responses[str(answer.status_code)])["content"][media_type]["schema"]
        Draft202012Validator({**schema, "components": found["components"]}).validate(answer.json())

    event = {"type": "voicemails", "account": "acme"}
    check(await acme.post("/v1/events", event))
    check(await acme.post("/v1/events", {**event, "type": "customer_changed", "data": {"changes": {}}}))
    check(await acme.post("/v1/events", [event, {**event, "contact": "none"}]))
    refused = [
        (401, await acme.post("/v1/events", event, by=NOBODY)),
        (403, await acme.post("/v1/events", event, by=acme.user("ann"))),
        (413, await acme.call("POST", "/v1/events", content=b" " * 2_000_000)),
        (422, await acme.post("/v1/events", {})),
    ]
    for status, answer in refused:
        assert answer.status_code == status
        check(answer)


async def test_every_refusal_is_a_problem_and_says_which(api: Api) -> None:
    found = await document(api)
    for item in found["paths"].values():
        for operation in item.values():
            refusals = [resolved(found, answer) for status, answer in operation["responses"].items() if status >= "4"]
            assert all(list(refusal["content"]) == ["application/problem+json"] for refusal in refusals)
    said = {status: set(re.findall(r"`(\w+)`", one["description"])) for status, one in refusals_of(found).items()}
    assert said == {str(status): {code for code, of in CODES.items() if of == status} for status in CODES.values()}


async def test_whoever_needs_a_credential_may_be_refused_and_be_too_quick(api: Api) -> None:
    for path, item in (await document(api))["paths"].items():
        for method, operation in item.items():
            needs = operation.get("security") != []
            assert needs == ({"401", "403", "429"} <= operation["responses"].keys()), (method, path)


async def test_an_answer_shows_every_field_a_body_needs_few_and_a_patch_none(api: Api) -> None:
    schemas = (await document(api))["components"]["schemas"]
    assert schemas["UserBody"]["required"] == ["account"]
    assert set(schemas["User"]["required"]) == set(schemas["User"]["properties"])
    assert "required" not in schemas["UserPatch"]
    assert {"type": "null"} in schemas["UserPatch"]["properties"]["name"]["anyOf"]
    assert "anyOf" not in schemas["UserPatch"]["properties"]["account"], "it cannot be taken away"


async def test_every_described_call_exists(api: Api) -> None:
    """Nobody's call of each route is refused for want of a credential, so the route is there."""
    for row in TABLE:
        path = re.sub(r"{\w+}", "x", row.path)
        answer = await api.call(row.method, path, by=NOBODY)
        if isinstance(row, Route):
            problem(answer, 401, "unauthenticated")
        else:
            assert answer.status_code == (403 if row.form else 422 if row.query else 200)
