"""Log-in-as: who gets a token through whose eyes, what it is good for, and that it is in the audit (C-15 to C-17)."""

from datetime import datetime
from typing import Any

import jwt
import pytest

from .calling import Api, Caller, fields, problem

PATH = "/v1/log-in-as"


async def entries(api: Api, by: Caller) -> list[str]:
    return [entry["title"] for entry in (await api.get("/v1/inbox", by=by)).json()["items"]]


async def audited(api: Api) -> list[dict[str, Any]]:
    return [record for record in (await api.get("/v1/audit")).json()["items"] if record["action"] == "log_in_as"]


async def test_C_15_an_admin_sees_what_the_user_sees_and_changes_nothing(acme: Api) -> None:
    await acme.event("mention", users=["ann"], title="For Ann")
    await acme.event("mention", users=["olga"], title="For Olga")
    answer = await acme.post(PATH, {"user": "ann"}, by=acme.user("olga"))
    assert (answer.status_code, set(answer.json())) == (200, {"token", "expires_at"})
    view = Caller(answer.json()["token"])
    assert (await acme.get("/v1/users/me", by=view)).json()["id"] == "ann"
    assert await entries(acme, view) == ["For Ann"], "C-16: nothing of the actor's own comes along"
    for method, path, body in (
        ("POST", "/v1/inbox/read", {"ids": []}),
        ("PATCH", "/v1/users/me/preferences", {}),
        ("POST", PATH, {"user": "bob"}),
    ):
        problem(await acme.call(method, path, body, by=view), 403, "log_in_as_view")


async def test_C_17_an_account_means_its_owner(acme: Api) -> None:
    olga = acme.user("olga")
    await acme.patch("/v1/accounts/west", {"owner": "wes"})
    token = (await acme.post(PATH, {"account": "west"}, by=olga)).json()["token"]
    assert (await acme.get("/v1/users/me", by=Caller(token))).json()["id"] == "wes"
    await acme.patch("/v1/users/wes", {"active": False})
    assert fields(problem(await acme.post(PATH, {"account": "west"}, by=olga), 422, "invalid")) == ["account"]
    await acme.delete("/v1/users/wes")
    problem(await acme.post(PATH, {"account": "west"}, by=olga), 422, "invalid")
    problem(await acme.post(PATH, {"account": "acme"}, by=olga), 422, "invalid")
    await acme.patch("/v1/accounts/west", {"owner": "bob"})
    await acme.put("/v1/users/ada", {"account": "west", "roles": ["admin"]})
    refused = problem(await acme.post(PATH, {"account": "west"}, by=acme.user("ada")), 422, "invalid")
    assert fields(refused) == ["account"], "the owner lies above the one who asks"


async def test_C_17_a_token_lives_an_hour_and_says_when_it_ends(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00.900Z"})
    answer = (await acme.post(PATH, {"user": "ann"}, by=acme.user("olga"))).json()
    assert answer["expires_at"] == "2027-03-14T13:00:00Z"
    claims = jwt.decode(answer["token"], options={"verify_signature": False})
    assert claims["exp"] == datetime.fromisoformat(answer["expires_at"]).timestamp()
    assert (claims["sub"], claims["act"]) == ("ann", {"sub": "olga"})
    view = Caller(answer["token"])
    await acme.post("/v1/test/clock/advance", {"seconds": 3_600})
    assert (await acme.get("/v1/users/me", by=view)).status_code == 200, "within the leeway"
    await acme.post("/v1/test/clock/advance", {"seconds": 60})
    problem(await acme.get("/v1/users/me", by=view), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid", ""),
        ({"user": "ann", "account": "acme"}, "invalid", ""),
        ({"user": "gus"}, "unknown_reference", "user"),
        ({"user": "none"}, "unknown_reference", "user"),
        ({"account": "globex"}, "unknown_reference", "account"),
        ({"user": "ann", "actor": "mia"}, "invalid", "actor"),
        ({"user": "ann", "ttl": 60}, "unknown_field", "ttl"),
    ],
    ids=str,
)
async def test_AMB_16_what_an_admin_may_not_ask_for(acme: Api, body: dict[str, Any], code: str, field: str) -> None:
    assert fields(problem(await acme.post(PATH, body, by=acme.user("olga")), 422, code)) == [field]
    assert await audited(acme) == []


async def test_AMB_16_an_inactive_user_has_no_eyes_to_look_through(acme: Api) -> None:
    await acme.patch("/v1/users/ann", {"active": False})
    assert fields(problem(await acme.post(PATH, {"user": "ann"}, by=acme.user("olga")), 422, "invalid")) == ["user"]


@pytest.mark.parametrize("user", ["ann", "mia"])
async def test_AMB_16_only_admins_may(acme: Api, user: str) -> None:
    problem(await acme.post(PATH, {"user": "bob"}, by=acme.user(user)), 403, "forbidden")


async def test_a_key_says_who_looks(acme: Api, producer: Caller) -> None:
    problem(await acme.post(PATH, {"user": "ann"}, by=producer), 422, "invalid")
    for actor, code in (("ann", "invalid"), ("gus", "unknown_reference"), ("none", "unknown_reference")):
        refused = await acme.post(PATH, {"user": "bob", "actor": actor}, by=producer)
        assert fields(problem(refused, 422, code)) == ["actor"]
    await acme.put("/v1/users/ada", {"account": "west", "roles": ["admin"]})
    above = await acme.post(PATH, {"user": "ann", "actor": "ada"}, by=producer)
    assert fields(problem(above, 422, "invalid")) == ["user"]
    token = (await acme.post(PATH, {"user": "wes", "actor": "ada"}, by=producer)).json()["token"]
    assert (await acme.get("/v1/users/me", by=Caller(token))).json()["id"] == "wes"
    (record,) = await audited(acme)
    assert (record["actor"], record["user"], record["by"][:4]) == ("ada", "wes", "key:")


async def test_AMB_17_every_log_in_as_is_audited_where_the_target_is(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})
    await acme.post(PATH, {"user": "wes"}, by=acme.user("olga"))
    (record,) = await audited(acme)
    assert {name: record[name] for name in record if name != "id"} == {
        "at": "2027-03-14T12:00:00.000Z",
        "actor": "olga",
        "action": "log_in_as",
        "account": "west",
        "user": "wes",
        "expires_at": "2027-03-14T13:00:00Z",
    }
