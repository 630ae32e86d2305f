"""RetailCRM's own call, as its API clients make it (E-18): a form or JSON, a key in a header of its own."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from .calling import OPERATOR_KEY, Api, Caller, problem

PATH = "/api/v5/notifications/send"
NOTIFICATION = {"type": "api.info", "message": "<p>some notification</p>", "userGroups": ["superadmins"]}
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----boundary"


def multipart(fields: dict[str, str], boundary: str = BOUNDARY) -> bytes:
    part = '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return ("".join(part.format(boundary, *field) for field in fields.items()) + f"--{boundary}--\r\n").encode()


def wrapped(kind: str, notification: Any) -> tuple[bytes, str]:
    """Write a notification in one of the forms, and say its content type."""
    text = json.dumps(notification)
    match kind:
        case "form":
            return urlencode({"notification": text}).encode(), FORM
        case "multipart":
            return multipart({"notification": text}), f"multipart/form-data; boundary={BOUNDARY}"
    return json.dumps({"notification": notification}).encode(), "application/json"


async def call(
    api: Api, key: str, notification: Any, kind: str = "form", **headers: str
) -> httpx2.Response:  # fmt: skip
    body, content_type = wrapped(kind, notification)
    sent = {"X-API-KEY": key, "Content-Type": content_type, **headers}
    return await api.call("POST", PATH, content=body, headers=sent, by=Caller(""))


def error(answer: httpx2.Response, status: int, code: str, message: str) -> None:
    """Check that a refusal is a problem, and what RetailCRM's clients read out of it."""
    document = problem(answer, status, code)
    assert document["success"] is False
    assert message in document["errorMsg"]


@pytest.fixture
def key(acme: Api, producer: Caller) -> str:
    return producer.credential


@pytest.mark.parametrize("kind", ["form", "multipart", "json"])
async def test_E_18_a_notification_reaches_groups_and_users(acme: Api, key: str, kind: str) -> None:
    await acme.put("/v1/groups/superadmins", {"account": "acme", "members": ["olga"]})
    await acme.put("/v1/users/17", {"account": "acme"})
    answer = await call(acme, key, {**NOTIFICATION, "userIds": [17, "ann"]}, kind)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    for user in ("olga", "17", "ann"):
        (entry,) = await acme.inbox(user)
        assert (entry["type"], entry["body"]) == ("group_broadcast", "some notification")
        assert (entry["html"], entry["sender"]) == ("<p>some notification</p>", "Acme")
    assert await acme.inbox("bob") == []
    (listed,) = (await acme.get("/v1/broadcasts")).json()["items"]
    assert (listed["groups"], listed["users"], listed["recipients"]) == (["superadmins"], ["17", "ann"], 3)


async def test_E_18_an_error_is_said_to_be_one(acme: Api, key: str) -> None:
    answer = await call(acme, key, {"type": "api.error", "message": "It broke", "userGroups": ["sales"]})
    assert answer.json() == {"success": True}
    (entry,) = await acme.inbox("ann")
    assert entry["title"] == "Error"


async def test_E_18_the_operator_s_key_sends_too(acme: Api) -> None:
    assert (await call(acme, OPERATOR_KEY, {**NOTIFICATION, "userGroups": ["gg"]})).status_code == 200
    assert len(await acme.inbox("gus")) == 1


async def test_its_clients_tell_a_missing_key_from_a_wrong_and_a_weak_one(acme: Api, key: str) -> None:
    weak = (await acme.post("/v1/keys", {"account": "acme", "scopes": ["events"]})).json()["key"]
    error(await call(acme, "", NOTIFICATION), 401, "unauthenticated", '"apiKey" is missing.')
    error(await call(acme, "hubk_wrong", NOTIFICATION), 401, "unauthenticated", 'Wrong "apiKey" value.')
    error(await call(acme, weak, NOTIFICATION), 403, "forbidden", "Access denied.")
    manager = acme.user("mia").credential
    error(await call(acme, manager, NOTIFICATION), 403, "forbidden", "Access denied.")
    bearer = await acme.call("POST", PATH, content=b"{}", by=Caller(key))
    error(bearer, 401, "unauthenticated", '"apiKey" is missing.')


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"type": "api.alarm"}, "invalid", "notification.type"),
        ({"userGroups": ["nobody"]}, "unknown_reference", "groups[0]: there is no group nobody"),
        ({"userGroups": [], "userIds": [99]}, "unknown_reference", "users[0]: there is no user 99"),
        ({"userGroups": None}, "invalid", "name at least one group or user"),
        ({"message": ""}, "invalid", "message"),
        ({"colour": "red"}, "unknown_field", "notification.colour"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_not_right_is_refused_in_its_clients_words(
    acme: Api, key: str, change: dict[str, Any], code: str, message: str
) -> None:
    notification = {**NOTIFICATION, "userGroups": ["sales"], **change}
    error(await call(acme, key, notification), 422, code, message)
    assert await acme.inbox("ann") == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM),
        (b"other=1", FORM),
        (b"notification=no-json", FORM),
        (b"notification=%ff", FORM),
        (b'{"notification": 7}', "application/json"),
        (b"[]", "application/json"),
        (b"--x", "multipart/form-data"),
        (b"--x\r\nnothing", "multipart/form-data; boundary=x"),
        (multipart({"other": "1"}), f"multipart/form-data; boundary={BOUNDARY}"),
        (
            b'--x\r\nContent-Disposition: form-data; name="notification"; filename="n.json"\r\n\r\n{}\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (urlencode({f"f{i}": "1" for i in range(100)}).encode(), FORM),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_form_that_cannot_be_read_is_refused(acme: Api, key: str, body: bytes, content_type: str) -> None:
    headers = {"X-API-KEY": key, "Content-Type": content_type}
    answer = await acme.call("POST", PATH, content=body, headers=headers, by=Caller(""))
    error(answer, 422, "invalid", "")


async def test_the_same_notification_under_one_key_is_sent_once_in_whatever_form(acme: Api, key: str) -> None:
    notification = {**NOTIFICATION, "userGroups": ["sales"]}
    first = await call(acme, key, notification, **{"Idempotency-Key": "n1"})
    again = await call(acme, key, notification, "multipart", **{"Idempotency-Key": "n1"})
    assert (first.json(), again.json()) == ({"success": True}, {"success": True})
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await acme.inbox("ann")) == 1
    other = await call(acme, key, {**notification, "message": "Other"}, **{"Idempotency-Key": "n1"})
    error(other, 422, "idempotency_key_reused", "The key n1 was used")


async def test_openapi_describes_the_forms_and_the_key(api: Api) -> None:
    document = (await api.get("/openapi.json")).json()
    operation = document["paths"][PATH]["post"]
    assert set(operation["requestBody"]["content"]) == {"application/json", FORM, "multipart/form-data"}
    assert operation["security"] == [{"api_key": []}]
    assert document["components"]["securitySchemes"]["api_key"]["name"] == "X-API-KEY"
