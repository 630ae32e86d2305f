"""Events in: who is told, what is dropped, what is refused, bulks (protocol.md 5)."""

from typing import Any

import pytest

from hub.api.auth import Caller as ApiCaller
from hub.api.events import post_event

from .calling import Api, Caller, fields, problem

EVENT = {"type": "voicemails", "account": "acme", "contact": "c7"}
EVERYONE = 4  # people of acme in the fixture


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
        "reason": "You get every “Voicemails” notification of Acme.",
    }


async def test_an_event_without_id_gets_a_sortable_one_and_without_title_that_of_its_type(acme: Api) -> None:
    first, second = (await acme.event()).json()["id"], (await acme.event()).json()["id"]
    assert first < second
    assert {entry["title"] for entry in await acme.inbox("ann")} == {"Voicemails"}


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
    (general,), (named,) = await acme.inbox("ann"), await acme.inbox("bob")
    assert (general["type"], named["type"]) == ("new_lead", "parser_created")
    assert general["event"] == named["event"] == "evt-1"
    shown = await acme.get(f"/v1/notifications/{general['id']}")
    assert (shown.json()["type"], shown.json()["user"]) == ("new_lead", "ann")
    found = (await acme.get("/v1/deliveries?event=evt-1")).json()["items"]
    assert {(row["user"], row["type"]) for row in found} >= {("ann", "new_lead"), ("bob", "parser_created")}
    assert len(found) == EVERYONE


async def test_what_an_event_names_must_be_there(acme: Api, producer: Caller) -> None:
    west = Caller((await acme.post("/v1/keys", {"account": "west", "scopes": ["events"]})).json()["key"])
    refused = [
        ("line", {"type": "voicemails", "line": "l9"}, producer),
        ("line", {"type": "line_voicemail", "line": "l9"}, producer),
        ("contact", {"type": "voicemails", "contact": "cg"}, producer),
        ("users[1]", {"type": "task_due", "users": ["ann", "gus"]}, producer),
        ("users[0]", {"type": "task_due", "account": "west", "users": ["ann"]}, west),
        ("data.from_account", {"type": "single_reassigned", "data": {"from_account": "globex"}}, producer),
    ]
    for field, event, by in refused:
        answer = await acme.post("/v1/events", {"account": "acme", **event}, by=by)
        assert fields(problem(answer, 422, "unknown_reference")) == [field]
    assert await acme.inbox("ann") == []


async def test_AMB_41_important_notices_take_the_operator(acme: Api, producer: Caller) -> None:
    notice = {"type": "important_system_notice", "account": "acme", "title": "We move"}
    problem(await acme.post("/v1/events", notice, by=producer), 403, "forbidden")
    assert (await acme.post("/v1/events", notice)).json()["recipients"] == EVERYONE


async def test_C_21_an_account_going_from_active_to_paused_tells_its_users(acme: Api) -> None:
    await acme.patch("/v1/accounts/acme", {"status": "paused"})
    await acme.patch("/v1/accounts/acme", {"status": "active"})
    await acme.put("/v1/accounts/acme", {"name": "Acme", "status": "paused"})
    await acme.put("/v1/accounts/acme", {"name": "Acme", "status": "paused"})
    assert [entry["type"] for entry in await acme.inbox("ann")] == ["account_paused"] * 2


async def test_a_large_audience_is_worked_through_after_the_answer(acme: Api) -> None:
    lines = [f'{{"kind":"user","id":"u{i}","account":"globex"}}' for i in range(520)]
    loaded = await acme.call("POST", "/v1/directory", content="\n".join(lines).encode())
    assert loaded.json() == {"stored": 520, "errors": []}
    assert (await acme.event(account="globex", id="evt-1")).json()["recipients"] is None
    await acme.post("/v1/test/settle")
    assert len(await acme.inbox("u519")) == 1


async def test_a_bulk_answers_each_event_by_itself(acme: Api) -> None:
    events = [EVENT, {**EVENT, "id": "evt-2"}, {**EVENT, "contact": "c99"}, 7, {**EVENT, "id": "evt-2"}]
    answer = await acme.post("/v1/events", events)
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [202, 202, 422, 422, 202]
    assert results[2]["body"]["code"] == "unknown_reference"
    assert fields(results[2]["body"]) == ["contact"]
    assert results[1]["body"] == results[4]["body"]
    assert len(await acme.inbox("ann")) == 2


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


async def test_post_event_for_other_parts_of_the_hub(acme: Api) -> None:
    status, body = await post_event(acme.hub, ApiCaller("operator"), {**EVENT, "id": "evt-1"})
    assert (status, body["recipients"]) == (202, EVERYONE)
    status, body = await post_event(acme.hub, ApiCaller("operator"), {"type": "voicemails"})
    assert (status, body["code"]) == (422, "invalid")
