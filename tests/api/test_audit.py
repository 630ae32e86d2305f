"""The audit: what is in it, in which order, and who reads it."""

from typing import Any

import pytest

from hub.engine.audit import KEPT_SECONDS

from .calling import OPERATOR, Api, Caller, problem


async def records(api: Api, query: str = "", by: Caller = OPERATOR) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        answer = (await api.get(f"/v1/audit?limit=2{query}{cursor}", by=by)).json()
        found += answer["items"]
        if answer["next_cursor"] is None:
            return found
        assert len(answer["items"]) == 2
        cursor = f"&cursor={answer['next_cursor']}"


async def actions(api: Api, query: str = "", by: Caller = OPERATOR) -> list[str]:
    return [record["action"] for record in await records(api, query, by)]


async def test_what_others_should_be_able_to_find_out_is_kept_newest_first(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})  # one moment: the order is that of the calls
    olga = acme.user("olga")
    made = (await acme.post("/v1/keys", {"account": "west", "scopes": ["events"]})).json()
    await acme.patch("/v1/accounts/acme/defaults", {"types": {"new_lead": {"system": False}}}, by=olga)
    await acme.post("/v1/users/ann/disconnect", by=olga)
    await acme.post("/v1/log-in-as", {"user": "wes"}, by=olga)
    sent = await acme.post("/v1/broadcasts", {"message": "Hello", "groups": ["sales"]}, by=acme.user("mia"))
    assert sent.status_code == 202
    await acme.delete(f"/v1/keys/{made['id']}")
    found = await records(acme)
    assert [(record["actor"], record["action"], record["account"]) for record in found] == [
        ("operator", "key_revoked", "west"),
        ("mia", "broadcast_sent", "acme"),
        ("olga", "log_in_as", "west"),
        ("olga", "disconnected", "acme"),
        ("olga", "defaults_changed", "acme"),
        ("operator", "key_made", "west"),
    ]
    details = {record["action"]: record for record in found}
    assert (details["key_made"]["key"], details["key_made"]["scopes"]) == (made["id"], ["events"])
    assert details["defaults_changed"]["types"] == {"new_lead": {"system": False}}
    assert details["disconnected"]["user"] == "ann"
    assert details["broadcast_sent"]["broadcast"] == sent.json()["id"]
    assert made["key"] not in str(found), "no secret is in it"


async def test_an_admin_reads_the_records_of_their_tree(acme: Api, producer: Caller) -> None:
    for account in ("acme", "west", "globex"):
        await acme.patch(f"/v1/accounts/{account}/defaults", {"types": {}})
    assert {record["account"] for record in await records(acme, by=acme.user("olga"))} == {"acme", "west"}
    assert {record["account"] for record in await records(acme, by=acme.user("gus"))} == {"globex"}
    assert {record["account"] for record in await records(acme, by=producer)} == {"acme", "west"}
    assert {record["account"] for record in await records(acme, "&account=west")} == {"west"}
    problem(await acme.get("/v1/audit?account=globex", by=acme.user("olga")), 404, "not_found")
    for user in ("ann", "mia"):
        problem(await acme.get("/v1/audit", by=acme.user(user)), 403, "forbidden")
    problem(await acme.get("/v1/audit?cursor=x"), 422, "invalid")


async def test_a_system_notice_is_the_operators_to_find(acme: Api) -> None:
    assert (await acme.post("/v1/system-notices", {"message": "Soon", "accounts": "all"})).is_success
    assert "system_notice_sent" in await actions(acme)
    assert "system_notice_sent" not in await actions(acme, by=acme.user("olga"))


async def test_a_record_is_kept_a_year(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})
    await acme.post("/v1/users/ann/disconnect")
    now = acme.hub.clock.now()
    await acme.post("/v1/test/clock/advance", {"seconds": KEPT_SECONDS})
    assert await actions(acme) == ["disconnected"]
    assert await acme.hub.audit.sweep("acme", now + KEPT_SECONDS) == 0
    await acme.post("/v1/test/clock/advance", {"seconds": 0.01})
    assert await actions(acme) == []
    assert await acme.hub.audit.sweep("acme", now + KEPT_SECONDS + 0.01) == 1


@pytest.mark.parametrize(("user", "status"), [("ann", 403), ("mia", 403), ("gus", 404), ("olga", 200)])
async def test_only_an_admin_or_the_directory_sends_tabs_away(acme: Api, user: str, status: int) -> None:
    answer = await acme.post("/v1/users/bob/disconnect", by=acme.user(user))
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"tabs": 0}
