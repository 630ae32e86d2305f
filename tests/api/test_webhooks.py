"""Webhooks over HTTP: made, changed and removed, and by whom."""

import re
from typing import Any

import pytest

from hub.core.webhooks import MOST_HEARING

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


async def test_a_key_answers_the_same_for_a_day_whatever_became_of_its_webhook_and_then_is_new(acme: Api) -> None:
    body, hub = {"account": "acme", "url": PUBLIC, "events": EVENTS}, acme.hub
    first = (await acme.post("/v1/webhooks", body, key="k1")).json()
    path = f"/v1/webhooks/{first['id']}"
    fresh = (await acme.post(f"{path}/rotate")).json()["secret"]
    await acme.patch(path, {"description": "changed"})
    for cut_off in (False, True):
        if cut_off:
            await hub.store.command("DEL", hub.store.keys.idempotency("operator", "k1"))  # as if nobody had answered
        again = await acme.post("/v1/webhooks", body, key="k1")
        assert (again.status_code, again.json()) == (200, first)
    await hub.store.command("DEL", hub.store.keys.idempotency("operator", "k1"))  # as it is after a day
    hub.clock.advance(86_400)
    another = (await acme.post("/v1/webhooks", body, key="k1")).json()
    assert another["id"] != first["id"]
    assert another["secret"] not in (first["secret"], fresh)


async def test_a_webhook_whose_account_is_removed_meanwhile_is_refused(acme: Api) -> None:
    await acme.put("/v1/accounts/shop", {"name": "Shop"})
    objection = acme.hub.objection

    async def slow(url: str) -> str | None:
        await acme.hub.directory.delete_account("shop")
        return await objection(url)

    acme.hub.objection = slow  # type: ignore[method-assign]
    refused = await acme.post("/v1/webhooks", {"account": "shop", "url": PUBLIC, "events": EVENTS})
    assert fields(problem(refused, 422, "unknown_reference")) == ["account"]
    assert await acme.hub.webhooks.all() == {}


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


async def test_an_account_is_heard_by_so_many_webhooks_and_no_more_wherever_they_stand(acme: Api) -> None:
    for n in range(MOST_HEARING - 2):
        await make(acme, ("acme", "west")[n % 2])
    await acme.put("/v1/accounts/far", {"name": "Far", "parent": "west"})
    for account in ("far", "west"):
        await make(acme, account)
    for account in ("acme", "west", "far"):
        asked = {"account": account, "url": PUBLIC, "events": EVENTS}
        problem(await acme.post("/v1/webhooks", asked), 409, "too_many_webhooks")
    await acme.put("/v1/accounts/beside", {"name": "Beside", "parent": "acme"})
    for _ in range(5):
        await make(acme, "beside")
    moved = await acme.patch("/v1/accounts/far", {"parent": "beside"})
    assert moved.status_code == 200, "there it is heard by ten"
    await make(acme, "globex")
    await acme.put("/v1/accounts/own", {"name": "Own", "parent": "acme"})
    for _ in range(4):
        await make(acme, "own")
    problem(await acme.patch("/v1/accounts/beside", {"parent": "own"}), 409, "too_many_webhooks")


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
