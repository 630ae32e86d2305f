"""Events in: who is told, what is dropped, bulks, CloudEvents, contacts that move (protocol.md 5)."""

import base64
import json
from typing import Any

import pytest

from hub.api.auth import Caller as ApiCaller
from hub.api.events import post_event

from .calling import Api, Caller, fields, problem

EVENT = {"type": "voicemails", "account": "acme", "contact": "c7"}
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


async def inbox(api: Api, user: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get("/v1/inbox", by=api.user(user))).json()["items"]
    return items


async def test_an_event_becomes_an_entry_of_everyone_who_wants_it(acme: Api, producer: Caller) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-13T12:00:00-05:00"})
    event = {
        **EVENT,
        "id": "evt-1001",
        "origin": "system",
        "title": "New voicemail",
        "body": "Eve left 34 s",
        "url": "https://crm.example/contacts/c7",
        "data": {"seconds": 34},
        "occurred_at": "2027-03-13T16:59:00Z",
    }
    answer = await acme.post("/v1/events", event, by=producer)
    assert (answer.status_code, answer.json()) == (
        202,
        {"id": "evt-1001", "status": "accepted", "recipients": EVERYONE},
    )
    (entry,) = (await acme.get("/v1/inbox?user=ann", by=producer)).json()["items"]
    assert entry.pop("id").endswith("-0")
    assert entry == {
        "event": "evt-1001",
        "type": "voicemails",
        "title": "New voicemail",
        "body": "Eve left 34 s",
        "url": "https://crm.example/contacts/c7",
        "account": "acme",
        "contact": "c7",
        "at": "2027-03-13T17:00:00.000Z",
        "state": "unread",
        "sticky": False,
        "important": False,
        "sample": False,
        "data": {"seconds": 34},
        "reason": "You get every Voicemails notification of Acme.",
    }


async def test_an_event_without_id_gets_a_sortable_one_and_without_title_that_of_its_type(acme: Api) -> None:
    first, second = (await acme.event()).json()["id"], (await acme.event()).json()["id"]
    assert first < second
    assert {entry["title"] for entry in await inbox(acme, "ann")} == {"Voicemails"}


async def test_with_a_frozen_clock_ids_still_sort_in_their_order(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-13T12:00:00Z"})
    ids = [(await acme.event()).json()["id"] for _ in range(20)]
    assert ids == sorted(ids)


async def test_an_event_that_nobody_wants_is_accepted_for_nobody(acme: Api) -> None:
    assert (await acme.event("users_sync_report")).json()["recipients"] == 0
    assert (await acme.event("voicemails", "west")).json()["recipients"] == 1


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "new_lead", "origin": "manual"}, "origin_manual"),
        ({"type": "assigned_user"}, "origin_not_allowed"),
        ({"type": "thumbtack"}, "not_applicable"),
        ({"type": "customer_changed", "data": {"changes": {}}}, "unchanged"),
    ],
    ids=lambda value: str(value),
)
async def test_what_reaches_nobody_by_rule_is_dropped_with_the_reason(
    acme: Api, event: dict[str, Any], reason: str
) -> None:
    answer = (await acme.event(**event, id="evt-1")).json()
    assert answer == {"id": "evt-1", "status": "dropped", "reason": reason, "recipients": 0}


async def test_AMB_08_who_left_the_named_type_out_is_told_under_a_general_one(acme: Api) -> None:
    off = {"types": {"parser_created": {"system": False}}}
    await acme.patch("/v1/users/ann/preferences", off, by=acme.user("ann"))
    assert (await acme.event("parser_created", id="evt-1")).json()["recipients"] == EVERYONE
    (general,), (named,) = await inbox(acme, "ann"), await inbox(acme, "bob")
    assert (general["type"], named["type"]) == ("new_lead", "parser_created")
    assert general["event"] == named["event"] == "evt-1"
    shown = await acme.get(f"/v1/notifications/{general['id']}")
    assert (shown.json()["type"], shown.json()["user"]) == ("new_lead", "ann")
    found = (await acme.get("/v1/deliveries?event=evt-1")).json()["items"]
    assert {(row["user"], row["type"]) for row in found} >= {("ann", "new_lead"), ("bob", "parser_created")}
    assert len(found) == EVERYONE


async def test_AMB_41_important_notices_take_the_operator(acme: Api, producer: Caller) -> None:
    notice = {"type": "important_system_notice", "account": "acme", "title": "We move"}
    problem(await acme.post("/v1/events", notice, by=producer), 403, "forbidden")
    assert (await acme.post("/v1/events", notice)).json()["recipients"] == EVERYONE


async def test_C_21_an_account_going_from_active_to_paused_tells_its_users(acme: Api) -> None:
    await acme.patch("/v1/accounts/acme", {"status": "paused"})
    await acme.patch("/v1/accounts/acme", {"status": "active"})
    await acme.put("/v1/accounts/acme", {"name": "Acme", "status": "paused"})
    await acme.put("/v1/accounts/acme", {"name": "Acme", "status": "paused"})
    assert [entry["type"] for entry in await inbox(acme, "ann")] == ["account_paused"] * 2


async def test_a_large_audience_is_worked_through_after_the_answer(acme: Api) -> None:
    lines = [f'{{"kind":"user","id":"u{i}","account":"globex"}}' for i in range(520)]
    loaded = await acme.call("POST", "/v1/directory", content="\n".join(lines).encode())
    assert loaded.json() == {"stored": 520, "errors": []}
    assert (await acme.event(account="globex", id="evt-1")).json()["recipients"] is None
    await acme.post("/v1/test/settle")
    assert len(await inbox(acme, "u519")) == 1


async def test_a_bulk_answers_each_event_by_itself(acme: Api) -> None:
    events = [EVENT, {**EVENT, "id": "evt-2"}, {**EVENT, "contact": "c99"}, 7, {**EVENT, "id": "evt-2"}]
    answer = await acme.post("/v1/events", events)
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [202, 202, 422, 422, 202]
    assert results[2]["body"]["code"] == "unknown_reference"
    assert fields(results[2]["body"]) == ["contact"]
    assert results[1]["body"] == results[4]["body"]
    assert len(await inbox(acme, "ann")) == 2


async def test_a_bulk_is_stored_in_its_order(acme: Api) -> None:
    await acme.post("/v1/events", [{**EVENT, "title": f"{i}"} for i in range(100)])
    titles = [entry["title"] for entry in (await acme.get("/v1/inbox?user=ann&limit=200")).json()["items"]]
    assert titles == [f"{i}" for i in reversed(range(100))]


async def test_the_bounds_of_a_bulk(acme: Api) -> None:
    assert (await acme.post("/v1/events", [])).json() == {"results": []}
    assert len((await acme.post("/v1/events", [EVENT] * 100)).json()["results"]) == 100
    problem(await acme.post("/v1/events", [EVENT] * 101), 422, "invalid")
    large = [{**EVENT, "body": "x" * 9_000}] * 100
    assert len((await acme.post("/v1/events", large)).json()["results"]) == 100


async def test_cloud_events_in_structured_form(acme: Api) -> None:
    answer = await acme.post("/v1/events", CLOUD, headers=STRUCTURED)
    assert (answer.status_code, answer.json()) == (202, {"id": "ce-1", "status": "accepted", "recipients": EVERYONE})
    again = await acme.post("/v1/events", CLOUD, headers=STRUCTURED)
    assert again.headers["idempotent-replayed"] == "true"
    other_source = await acme.post("/v1/events", {**CLOUD, "source": "/pbx"}, headers=STRUCTURED)
    assert "idempotent-replayed" not in other_source.headers
    assert len(await inbox(acme, "ann")) == 2
    other_body = {**CLOUD, "data": {"account": "acme"}}
    problem(await acme.post("/v1/events", other_body, headers=STRUCTURED), 422, "idempotency_key_reused")
    assert len((await acme.get("/v1/deliveries?event=ce-1&user=ann")).json()["items"]) == 2


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


async def contacts(api: Api, count: int) -> list[str]:
    ids = [f"m{i}" for i in range(count)]
    for id in ids:
        await api.put(f"/v1/contacts/{id}", {"account": "acme", "assigned_user": "ann"})
    return ids


async def test_C_40_six_contacts_make_one_bulk_notice_and_five_make_single_ones(acme: Api) -> None:
    ids = await contacts(acme, 6)
    bulk = await acme.event("bulk_reassigned", contacts=ids, id="evt-6")
    assert bulk.json() == {"id": "evt-6", "status": "accepted", "recipients": EVERYONE}
    few = await acme.event("bulk_released", contacts=ids[:5], id="evt-5")
    assert few.json()["recipients"] == EVERYONE
    entries = await inbox(acme, "ann")
    assert [entry["type"] for entry in entries] == ["single_released"] * 5 + ["bulk_reassigned"]
    assert sorted(entry["contact"] for entry in entries[:5]) == ids[:5]
    assert entries[5]["data"]["count"] == 6


async def test_C_27_the_account_that_contacts_left_hears_that_they_moved(acme: Api) -> None:
    event = {"type": "single_reassigned", "account": "acme", "contact": "c7", "id": "evt-1"}
    moved = {**event, "data": {"from_account": "west"}}
    assert (await acme.post("/v1/events", moved)).json()["recipients"] == EVERYONE
    assert (await acme.post("/v1/events", moved)).headers["idempotent-replayed"] == "true"
    assert [entry["type"] for entry in await inbox(acme, "wes")] == ["contact_moved"]
    assert [entry["type"] for entry in await inbox(acme, "ann")] == ["single_reassigned"]


async def test_post_event_for_other_parts_of_the_hub(acme: Api) -> None:
    status, body = await post_event(acme.hub, ApiCaller("operator"), {**EVENT, "id": "evt-1"})
    assert (status, body["recipients"]) == (202, EVERYONE)
    status, body = await post_event(acme.hub, ApiCaller("operator"), {"type": "voicemails"})
    assert (status, body["code"]) == (422, "invalid")
