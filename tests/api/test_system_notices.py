"""Important messages of the operator to everybody of some accounts or of all (R-21, R-22, AMB-41)."""

import pytest

from .calling import Api, Caller, fields, problem

LIST = "/v1/system-notices"
NOTICE = {"message": "<p>We move to <b>beta</b></p>", "title": "News", "url": "https://hub.example/news"}
PEOPLE = ("ann", "bob", "mia", "olga", "wes", "gus")


async def test_R_21_R_22_a_notice_reaches_everybody_of_all_accounts(acme: Api) -> None:
    await acme.put("/v1/accounts/empty", {"name": "Empty"})
    sent = await acme.post(LIST, {**NOTICE, "accounts": "all"})
    assert (sent.status_code, sent.json()["recipients"]) == (202, len(PEOPLE))
    for user in PEOPLE:
        (entry,) = await acme.inbox(user)
        assert (entry["type"], entry["title"], entry["body"]) == ("important_system_notice", "News", "We move to beta")
        assert (entry["sticky"], entry["important"], entry["html"]) == (True, True, NOTICE["message"])
        assert entry["account"] == {"wes": "west", "gus": "globex"}.get(user, "acme")
        assert "sender" not in entry
    (entry,) = await acme.inbox("gus")
    assert entry["reason"] == "This Important system notification goes to everyone in Globex."
    shown = (await acme.get(f"{LIST}/{sent.json()['id']}")).json()
    assert (shown["account"], shown["accounts"], shown["status"]) == (None, "all", "sent")
    assert (shown["recipients"], shown["delivered"], shown["by"]) == (6, 6, "operator")


async def test_a_notice_to_some_accounts_reaches_nobody_else(acme: Api) -> None:
    await acme.patch("/v1/users/wes", {"active": False})
    sent = (await acme.post(LIST, {"message": "Hello", "accounts": ["west", "globex"]})).json()
    assert sent["recipients"] == 1
    assert [len(await acme.inbox(user)) for user in ("ann", "gus")] == [0, 1]
    (entry,) = await acme.inbox("gus")
    assert entry["title"] == "Important system notification"
    rows = (await acme.get(f"{LIST}/{sent['id']}/recipients")).json()["items"]
    assert {(row["account"], row["user"], row["reason"]) for row in rows} == {
        ("globex", "gus", "everyone"),
        ("west", "wes", "inactive"),
    }
    assert (await acme.get(f"{LIST}/{sent['id']}")).json()["accounts"] == ["west", "globex"]


async def test_AMB_41_a_notice_takes_the_operator_s_key(acme: Api, producer: Caller) -> None:
    sent = (await acme.post(LIST, {"message": "Hello", "accounts": ["acme"]})).json()
    for by in (producer, acme.user("olga"), acme.user("mia")):
        problem(await acme.post(LIST, {"message": "Hello", "accounts": ["acme"]}, by=by), 403, "forbidden")
        for path in (LIST, f"{LIST}/{sent['id']}", f"{LIST}/none", f"{LIST}/{sent['id']}/recipients"):
            problem(await acme.get(path, by=by), 403, "forbidden")
        problem(await acme.delete(f"{LIST}/{sent['id']}", by=by), 403, "forbidden")
        problem(await acme.get(f"/v1/broadcasts/{sent['id']}", by=by), 404, "not_found")
    problem(await acme.get(f"{LIST}/none"), 404, "not_found")


async def test_AMB_41_a_notice_cannot_be_turned_off(acme: Api) -> None:
    off = {"types": {"important_system_notice": {"system": False}}}
    problem(await acme.patch("/v1/users/ann/preferences", off, by=acme.user("ann")), 422, "mandatory")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"message": " "}, "invalid", "message"),
        ({"accounts": []}, "invalid", "accounts"),
        ({"accounts": ["acme", "none"]}, "unknown_reference", "accounts[1]"),
        ({"accounts": "some"}, "invalid", "accounts"),
        ({"url": "ftp://x"}, "invalid", "url"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid", "expires_at"),
    ],
)
async def test_a_notice_that_is_not_right_is_refused_as_a_whole(
    acme: Api, body: dict[str, object], code: str, field: str
) -> None:
    answer = await acme.post(LIST, {"message": "Hello", "accounts": ["acme"], **body})
    found = fields(problem(answer, 422, code))
    assert found
    assert all(name.partition(".")[0] == field for name in found)
    assert await acme.inbox("ann") == []


async def test_a_notice_is_sent_once_under_its_key_and_listed(acme: Api) -> None:
    body = {"message": "Hello", "accounts": "all"}
    first = await acme.post(LIST, body, key="n")
    await acme.hub.store.command("DEL", acme.hub.store.keys.idempotency("operator", "n"))
    again = await acme.post(LIST, body, key="n")
    assert (first.json(), len(await acme.inbox("gus"))) == (again.json(), 1)
    second = (await acme.post(LIST, body)).json()
    listed = (await acme.get(LIST)).json()["items"]
    assert [notice["id"] for notice in listed] == [second["id"], first.json()["id"]]


async def test_a_notice_can_be_recalled_in_every_account(acme: Api) -> None:
    sent = (await acme.post(LIST, {"message": "Hello", "accounts": "all"})).json()
    assert (await acme.delete(f"{LIST}/{sent['id']}")).status_code == 204
    assert [await acme.inbox(user) for user in PEOPLE] == [[]] * len(PEOPLE)
    assert (await acme.get(f"{LIST}/{sent['id']}")).json()["status"] == "recalled"
    actions = [record["action"] for record in (await acme.get("/v1/audit")).json()["items"]]
    assert actions[:2] == ["system_notice_recalled", "system_notice_sent"]
    actions = [record["action"] for record in (await acme.get("/v1/audit", by=acme.user("olga"))).json()["items"]]
    assert "system_notice_sent" not in actions
