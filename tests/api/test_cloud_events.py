"""CloudEvents 1.0 as events: structured, binary and batched, also as the official SDK writes them (protocol.md 5)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from .calling import Api, Caller, fields, problem

EVERYONE = 4  # people of acme in the fixture
CLOUD = {
    "specversion": "1.0",
    "id": "ce-1",
    "source": "/crm",
    "type": "voicemails",
    "time": "2026-11-23T10:00:00Z",
    "traceparent": "ignored",
    "data": {"account": "acme", "contact": "c7", "title": "New voicemail"},
}
STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


async def test_cloud_events_in_structured_form(acme: Api) -> None:
    answer = await acme.post("/v1/events", CLOUD, headers=STRUCTURED)
    assert (answer.status_code, answer.json()) == (202, {"id": "ce-1", "status": "accepted", "recipients": EVERYONE})
    again = await acme.post("/v1/events", CLOUD, headers=STRUCTURED)
    assert again.headers["idempotent-replayed"] == "true"
    other_source = await acme.post("/v1/events", {**CLOUD, "source": "/pbx"}, headers=STRUCTURED)
    assert "idempotent-replayed" not in other_source.headers
    assert len(await acme.inbox("ann")) == 2
    other_body = {**CLOUD, "data": {"account": "acme"}}
    problem(await acme.post("/v1/events", other_body, headers=STRUCTURED), 422, "idempotency_key_reused")
    assert len((await acme.get("/v1/deliveries?event=ce-1&user=ann&channel=system")).json()["items"]) == 2


async def test_cloud_events_in_binary_form(acme: Api) -> None:
    attributes = {f"ce-{name}": str(value) for name, value in CLOUD.items() if name != "data"}
    answer = await acme.post("/v1/events", CLOUD["data"], headers=attributes)
    assert (answer.status_code, answer.json()["id"]) == (202, "ce-1")
    same = await acme.post("/v1/events", CLOUD, headers=STRUCTURED)
    assert same.headers["idempotent-replayed"] == "true"


async def test_cloud_events_with_their_data_in_base64(acme: Api) -> None:
    packed = {name: value for name, value in CLOUD.items() if name != "data"}
    packed["data_base64"] = base64.b64encode(json.dumps(CLOUD["data"]).encode()).decode()
    assert (await acme.post("/v1/events", packed, headers=STRUCTURED)).json()["recipients"] == EVERYONE
    same = await acme.post("/v1/events", CLOUD, headers=STRUCTURED)
    assert same.headers["idempotent-replayed"] == "true"
    (batched,) = (await acme.post("/v1/events", [packed], headers=BATCH)).json()["results"]
    assert batched["status"] == 202
    for bad in ("not base64", "bm90IEpTT04=", "WzFd", 7, None, ""):
        refused = await acme.post("/v1/events", {**packed, "data_base64": bad}, headers=STRUCTURED)
        assert fields(problem(refused, 422, "invalid")) == ["data_base64"]
    both = {**packed, "data": CLOUD["data"]}
    assert fields(problem(await acme.post("/v1/events", both, headers=STRUCTURED), 422, "invalid")) == ["data_base64"]


@pytest.mark.parametrize("inner", ["voicemails", "new_lead", None])
async def test_the_type_of_a_cloud_event_is_that_of_its_envelope(acme: Api, inner: str | None) -> None:
    data = {**CLOUD["data"], "type": inner}
    attributes = {f"ce-{name}": str(value) for name, value in CLOUD.items() if name != "data"}
    answers = [
        await acme.post("/v1/events", {**CLOUD, "data": data}, headers=STRUCTURED),
        await acme.post("/v1/events", data, headers=attributes),
    ]
    (batched,) = (await acme.post("/v1/events", [{**CLOUD, "data": data}], headers=BATCH)).json()["results"]
    if inner == CLOUD["type"]:
        assert [answer.status_code for answer in answers] == [202, 202]
        assert batched["status"] == 202
        return
    for answer in answers:
        assert fields(problem(answer, 422, "invalid")) == ["data.type"]
    assert (batched["status"], fields(batched["body"])) == (422, ["data.type"])


async def test_one_malformed_cloud_event_spoils_no_other_of_its_batch(acme: Api) -> None:
    answer = await acme.post("/v1/events", [{**CLOUD, "source": ""}, CLOUD, 7], headers=BATCH)
    assert [result["status"] for result in answer.json()["results"]] == [422, 202, 422]


async def test_cloud_events_in_a_batch(acme: Api) -> None:
    answer = await acme.post("/v1/events", [CLOUD, {**CLOUD, "id": "urn:a/b"}], headers=BATCH)
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [202, 202]
    assert results[1]["body"]["id"].startswith("ce-")


@pytest.mark.parametrize(
    "change", [{"specversion": "0.3"}, {"source": ""}, {"id": 5}, {"data": "text"}, {"time": "noon"}]
)
async def test_a_malformed_cloud_event_is_refused(acme: Api, change: dict[str, Any]) -> None:
    problem(await acme.post("/v1/events", {**CLOUD, **change}, headers=STRUCTURED), 422, "invalid")


@pytest.mark.parametrize("write", [to_structured, to_binary])
async def test_what_the_official_sdk_posts_arrives(acme: Api, producer: Caller, write: Any) -> None:
    attributes = {
        "type": "voicemails",
        "source": "/crm",
        "id": "Anruf 7/ü",
        "time": datetime.now(UTC),
        "subject": "Éve",
    }
    data = {"account": "acme", "contact": "c7", "title": "Grüße", "data": {"seconds": 34}}
    event = CloudEvent({**attributes, "datacontenttype": "application/json"}, data)
    message: HTTPMessage = write(event, JSONFormat())
    for is_again in (False, True):
        answer = await acme.call("POST", "/v1/events", content=message.body, headers=message.headers, by=producer)
        assert (answer.status_code, answer.json()["recipients"]) == (202, EVERYONE)
        assert ("idempotent-replayed" in answer.headers) is is_again
    (entry,) = await acme.inbox("ann")
    assert (entry["title"], entry["contact"], entry["data"]) == ("Grüße", "c7", {"seconds": 34})
