"""Webhooks over HTTP: made, changed and removed, and by whom."""

import re
from typing import Any

import pytest

from hub.api.webhooks import MOST

from .calling import Api, Caller, fields, problem
from .hooks import EVENTS, PUBLIC, make


async def test_a_webhook_is_made_and_its_secret_shown_once(acme: Api) -> None:
    made = await make(acme, description="CRM")
    secret = made.pop("secret")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert made | {"id": "", "made_at": ""} == {
        "id": "", "account": "acme", "url": PUBLIC, "events": EVENTS, "description": "CRM", "active": True,
        "state": "active", "disabled": None, "made_at": "", "older_secret_until": None, "failing_since": None,
        "sent_at": None, "dropped": 0,
    }  # fmt: skip
    read = (await acme.get(f"/v1/webhooks/{made['id']}")).json()
    assert read == {**made, "waiting": 0, "failed": 0}
    assert (await acme.get("/v1/webhooks")).json() == {"items": [made], "next_cursor": None}


async def test_a_repeated_request_makes_one_webhook_also_when_the_first_was_cut_off(acme: Api) -> None:
    body = {"account": "acme", "url": PUBLIC, "events": EVENTS}
    first = (await acme.post("/v1/webhooks", body, key="k1")).json()
    again = await acme.post("/v1/webhooks", body, key="k1")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first, "true")
    await acme.hub.store.command("DEL", acme.hub.store.keys.idempotency("operator", "k1"))  # as if nobody had answered
    assert (await acme.post("/v1/webhooks", body, key="k1")).json() == first
    assert len((await acme.get("/v1/webhooks")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://8.8.8.8/in"}, "url"),
        ({"url": "https://127.0.0.1/in"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://ann:pw@8.8.8.8/in"}, "url"),
        ({"url": "https://8.8.8.8/in#here"}, "url"),
        ({"url": "mailto:ann@acme.example"}, "url"),
        ({"url": "https://8.8.8.8/ in"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["nothing.ever"]}, "events[0]"),
    ],
)
async def test_what_cannot_be_told_anything_is_refused_when_it_is_saved(
    acme: Api, change: dict[str, Any], field: str
) -> None:
    body = {"account": "acme", "url": PUBLIC, "events": EVENTS, **change}
    assert fields(problem(await acme.post("/v1/webhooks", body), 422, "invalid")) == [field]
    made = await make(acme)
    assert fields(problem(await acme.patch(f"/v1/webhooks/{made['id']}", change), 422, "invalid")) == [field]


async def test_a_webhook_is_changed_and_stays_where_it_is(acme: Api) -> None:
    made = await make(acme)
    path = f"/v1/webhooks/{made['id']}"
    changed = (await acme.patch(path, {"events": EVENTS[:1], "active": False})).json()
    assert (changed["events"], changed["active"], changed["state"]) == (EVENTS[:1], False, "inactive")
    assert (await acme.patch(path, {"active": True})).json()["state"] == "active"
    assert fields(problem(await acme.patch(path, {"account": "west"}), 422, "invalid")) == ["account"]
    problem(await acme.patch(path, {"secret": "x"}), 422, "unknown_field")


async def test_an_account_has_so_many_webhooks_and_no_more(acme: Api) -> None:
    for _ in range(MOST):
        await make(acme)
    problem(await acme.post("/v1/webhooks", {"account": "acme", "url": PUBLIC, "events": EVENTS}), 409, "conflict")
    await make(acme, "west")


async def test_what_is_done_with_webhooks_is_in_the_audit(acme: Api) -> None:
    made = await make(acme)
    path = f"/v1/webhooks/{made['id']}"
    await acme.patch(path, {"description": "x"})
    await acme.post(f"{path}/rotate")
    await acme.delete(path)
    records = (await acme.get("/v1/audit?account=acme")).json()["items"]
    actions = [record["action"] for record in reversed(records) if record.get("webhook") == made["id"]]
    assert actions == ["webhook_made", "webhook_changed", "webhook_rotated", "webhook_removed"]
    assert made["secret"] not in str(records)


async def test_only_the_tree_of_who_asks_is_listed_and_not_what_lies_above(acme: Api, producer: Caller) -> None:
    ids = {account: (await make(acme, account))["id"] for account in ("acme", "west", "globex")}

    async def seen(by: Caller) -> set[str]:
        return {one["id"] for one in (await acme.get("/v1/webhooks", by=by)).json()["items"]}

    assert await seen(producer) == await seen(acme.user("olga")) == {ids["acme"], ids["west"]}
    assert await seen(acme.user("gus")) == {ids["globex"]}
    await acme.patch("/v1/users/wes", {"roles": ["admin"]})
    assert await seen(acme.user("wes")) == {ids["west"]}


async def test_a_webhook_that_is_removed_is_gone(acme: Api) -> None:
    path = f"/v1/webhooks/{(await make(acme))['id']}"
    assert (await acme.delete(path)).status_code == 204
    for call in (acme.get(path), acme.delete(path), acme.patch(path, {}), acme.post(f"{path}/test")):
        problem(await call, 404, "not_found")


async def test_one_that_is_turned_off_cannot_be_tried_out(acme: Api) -> None:
    path = f"/v1/webhooks/{(await make(acme, active=False))['id']}"
    problem(await acme.post(f"{path}/test"), 409, "conflict")
