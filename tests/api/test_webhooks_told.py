"""A whole hub that tells a real server what happens, and what its API and its command line say of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest_asyncio
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook

from hub.app.inspecting import INSPECT
from hub.app.operating import RunningHub
from hub.core.jobs import Refused, Verdict
from hub.settings import Settings
from tests.channels.web_server import WebServer

from .calling import OPERATOR_KEY
from .conftest import populate
from .hooks import EVENTS, make
from .live import LiveApi, live

LOOPBACK = ("127.0.0.0/8",)


@pytest_asyncio.fixture
async def town(store_url: str) -> AsyncIterator[LiveApi]:
    """The two tenants, in a hub that may tell this machine."""
    async with live(store_url, webhook_networks=LOOPBACK) as town:
        await populate(town)
        yield town


@pytest_asyncio.fixture
async def web() -> AsyncIterator[WebServer]:
    async with WebServer().running() as server:
        yield server


def at(web: WebServer) -> str:
    return f"http://127.0.0.1:{web.port}/in"


async def settled(town: LiveApi) -> None:
    assert (await town.post("/v1/test/settle")).is_success


def messages(web: WebServer, secret: str) -> list[dict[str, Any]]:
    found = []
    for asked in web.asked:
        Webhook(secret).verify(asked.body, asked.headers, json_parse=False)
        found.append(orjson.loads(asked.body))
    return found


async def test_everything_is_told_as_the_document_says(town: LiveApi, web: WebServer) -> None:
    made = await make(town, url=at(web))
    event = {"users": ["ann"], "id": "evt-1", "data": {"seconds": 34}}
    assert (await town.event("mention", **event)).status_code == 202
    (entry,) = await town.inbox("ann")
    await town.post("/v1/inbox/dismiss", {"ids": [entry["id"]]}, by=town.user("ann"))
    sent = (
        await town.post("/v1/broadcasts", {"message": "<b>Hi</b>", "groups": ["sales"]}, by=town.user("mia"))
    ).json()
    await town.post(f"/v1/webhooks/{made['id']}/test")
    await settled(town)
    told = messages(web, made["secret"])
    named = {"ping", "notification.created", "notification.dismissed", "broadcast.finished"}
    assert {one["type"] for one in told} == named
    created = next(one["data"] for one in told if one["type"] == "notification.created")
    assert created["notification"]["id"] == entry["id"]
    assert (created["user"], created["notification"]["event"], created["notification"]["data"]) == (
        "ann", "evt-1", {"seconds": 34},
    )  # fmt: skip
    through = next(one["data"]["broadcast"] for one in told if one["type"] == "broadcast.finished")
    assert (through["id"], through["recipients"], through["delivered"], through["body"]) == (sent["id"], 2, 2, "Hi")
    document = (await town.get("/openapi.json")).json()
    assert document["webhooks"].keys() == {*EVENTS, "ping"}
    for message in told:
        content = document["webhooks"][message["type"]]["post"]["requestBody"]["content"]
        schema = {**content["application/json"]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(message)


async def test_C_18_the_franchisor_hears_the_franchisee_and_nobody_hears_another_tenant(
    town: LiveApi, web: WebServer
) -> None:
    await make(town, url=at(web))
    await town.put("/v1/accounts/east", {"parent": "west"})
    await town.put("/v1/users/eva", {"account": "east"})
    for user, account in (("ann", "acme"), ("wes", "west"), ("eva", "east"), ("gus", "globex")):
        await town.event("mention", account, users=[user])
    await settled(town)
    heard = sorted((orjson.loads(asked.body)["data"] for asked in web.asked), key=lambda data: str(data["user"]))
    assert [(data["user"], data["account"]) for data in heard] == [("ann", "acme"), ("eva", "east"), ("wes", "west")]


async def test_a_delivery_that_fails_is_told(town: LiveApi, web: WebServer) -> None:
    made = await make(town, url=at(web), events=["delivery.failed"])
    await town.put("/v1/test/clock", {"now": "2027-01-15T12:00:00Z"})
    await town.patch("/v1/users/ann", {"backup_number": "+12025550123"})
    await town.choose("ann", types={"voicemails": {"text": True}})
    refusing = town.hub._hub.courier._desks[0]._post
    refusing._end = Refusing()
    await town.event("voicemails", contact="c7")
    await settled(town)
    (told,) = messages(web, made["secret"])
    assert told["data"]["delivery"]["reason"] == "number_unknown"
    assert told["timestamp"] == "2027-01-15T12:00:00.000Z", "business time"


class Refusing:
    """A provider that takes nothing."""

    async def send(self, message: Any, /) -> Verdict:
        return Refused("number_unknown")

    async def close(self) -> None:
        """There is nothing to close."""


async def test_what_became_of_it_is_told_attempt_by_attempt(town: LiveApi, web: WebServer) -> None:
    made = await make(town, url=at(web))
    path = f"/v1/webhooks/{made['id']}"
    await town.put("/v1/test/clock", {"now": "2027-01-15T12:00:00Z"})
    web.status = 500
    await town.event("mention", users=["ann"])
    await settled(town)
    read = (await town.get(path)).json()
    assert (read["waiting"], read["failed"], read["failing_since"]) == (1, 0, "2027-01-15T12:00:00.000Z")
    web.status = 200
    await town.post("/v1/test/clock/advance", {"seconds": 60})
    read = (await town.get(path)).json()
    assert (read["waiting"], read["failing_since"], read["sent_at"]) == (0, None, "2027-01-15T12:01:00.000Z")
    page = (await town.get(f"{path}/deliveries?limit=1")).json()
    (last,) = page["items"]
    assert (last["state"], last["attempt"], last["type"], last["account"]) == (
        "sent",
        2,
        "notification.created",
        "acme",
    )
    (first,) = (await town.get(f"{path}/deliveries?limit=1&cursor={page['next_cursor']}")).json()["items"]
    assert (first["state"], first["reason"], first["message"]) == ("retrying", "http_500", last["message"])
    failed = (await town.get(f"{path}/deliveries?state=failed")).json()
    assert failed == {"items": [], "next_cursor": None}


async def test_what_was_given_up_is_sent_again(town: LiveApi, web: WebServer) -> None:
    made = await make(town, url=at(web))
    path = f"/v1/webhooks/{made['id']}"
    await town.put("/v1/test/clock", {"now": "2027-01-15T12:00:00Z"})
    web.status = 500
    await town.event("mention", users=["ann"])
    for _ in range(9):
        await town.post("/v1/test/clock/advance", {"seconds": 21_600})
    assert (await town.get(path)).json()["failed"] == 1
    web.status = 200
    assert (await town.post(f"{path}/replay")).json() == {"messages": 1}
    await settled(town)
    assert {asked.headers["webhook-id"] for asked in web.asked} == {
        (await town.get(f"{path}/deliveries?limit=1")).json()["items"][0]["message"]
    }
    assert (await town.get(path)).json()["failed"] == 0


async def test_a_webhook_that_answers_410_is_disabled_and_says_so(town: LiveApi, web: WebServer) -> None:
    made = await make(town, url=at(web))
    path = f"/v1/webhooks/{made['id']}"
    web.status = 410
    await town.event("mention", users=["ann"])
    await settled(town)
    found = (await town.get(path)).json()
    assert (found["state"], found["disabled"], found["active"], found["waiting"]) == ("disabled", "gone", False, 1)
    web.status = 200
    assert (await town.patch(path, {"active": True})).json()["state"] == "active"
    await settled(town)
    assert (await town.get(path)).json()["waiting"] == 0


async def test_both_secrets_sign_while_one_replaces_the_other(town: LiveApi, web: WebServer) -> None:
    made = await make(town, url=at(web))
    rotated = (await town.post(f"/v1/webhooks/{made['id']}/rotate")).json()
    await town.event("mention", users=["ann"])
    await settled(town)
    assert messages(web, made["secret"]) == messages(web, rotated["secret"])
    assert (await town.get(f"/v1/webhooks/{made['id']}")).json()["older_secret_until"] == rotated["older_secret_until"]


async def test_the_metrics_count_what_was_told(town: LiveApi, web: WebServer) -> None:
    await make(town, url=at(web))
    counted = 'hub_webhook_messages_total{state="sent"}'

    async def count() -> float:
        lines = (await town.get("/metrics")).text.splitlines()
        return next((float(line.split()[1]) for line in lines if line.startswith(counted)), 0.0)

    before = await count()
    await town.event("mention", users=["ann"])
    await settled(town)
    assert await count() == before + 1


# The receiver of the documentation


def example() -> str:
    readme = (Path(__file__).parent.parent.parent / "hub" / "api" / "README.md").read_text()
    found = re.search(r"```python\n(# receiver\.py.*?)```", readme, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_documented_receiver_takes_what_is_told_and_nothing_else(town: LiveApi, web: WebServer) -> None:
    """Run the very code of the README behind a real server, with the secret of a webhook that tells it."""
    made = await make(town, url=at(web))
    await town.event("mention", users=["ann"])
    await settled(town)
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(example().replace('os.environ["HOOK_SECRET"]', repr(made["secret"])), "receiver.py", "exec"), names)
    (asked,) = web.asked
    headers = {name: value for name, value in asked.headers.items() if name.startswith("webhook-")}
    transport = httpx2.ASGITransport(app=names["app"])
    async with httpx2.AsyncClient(transport=transport, base_url="http://receiver") as client:
        taken = await client.post("/hook", content=asked.body, headers=headers)
        again = await client.post("/hook", content=asked.body, headers=headers)
        forged = await client.post("/hook", content=asked.body + b" ", headers=headers)
    assert (taken.status_code, again.status_code, forged.status_code) == (204, 204, 400)
    assert names["seen"] == {asked.headers["webhook-id"]}


# hub inspect


async def test_inspect_says_how_a_webhook_fares(town: LiveApi, web: WebServer) -> None:
    made = await make(town, url=at(web), description="CRM")
    await town.put("/v1/test/clock", {"now": "2027-01-15T12:00:00Z"})
    await town.event("mention", users=["ann"])
    await settled(town)
    web.status = 410
    await town.event("mention", users=["bob"])
    await settled(town)

    def inspect() -> list[str]:
        with RunningHub(Settings(), f"http://127.0.0.1:{town.port}", OPERATOR_KEY) as hub:
            return list(INSPECT["webhook"](hub, made["id"]))

    told = await asyncio.to_thread(inspect)
    assert told[0].startswith(f"{at(web)} (CRM) of account Acme (acme), made 2")
    assert "State: given up by the hub, since it answered 410: nothing is to be sent there any more" in told
    assert "Took something last: 2027-01-15T12:00:00.000Z; nothing since 2027-01-15T12:00:00.000Z" in told
    assert "Messages: 1 waiting, 0 given up, 0 dropped" in told
    assert told[-1].endswith("_created of account acme: sent at attempt 1 in " + told[-1].split(" in ")[-1])
    assert "retrying at attempt 1" in told[-2]
    assert "gone, again at 2027-01-15T12:0" in told[-2]
