"""Accounts, users, contacts, groups, keys, and loading them from a file (protocol.md 4)."""

import asyncio
from typing import Any

import orjson
import pytest

from .calling import Api, Caller, fields, problem


async def load(api: Api, *lines: object, **options: Any) -> dict[str, Any]:
    content = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await api.call("POST", "/v1/directory", content=content, headers=headers, **options)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_put_answers_the_whole_object_with_its_defaults(api: Api) -> None:
    account = await api.put("/v1/accounts/a", {"name": "A"})
    assert account.json() == {
        "id": "a",
        "name": "A",
        "parent": None,
        "status": "active",
        "owner": None,
        "time_zone": "UTC",
        "add_ons": [],
        "features": [],
        "retention_days": 90,
        "sender_name": None,
    }
    user = await api.put("/v1/users/u", {"account": "a"})
    assert (user.status_code, user.json()["roles"], user.json()["active"]) == (200, ["agent"], True)
    assert user.json()["presence"] == "available"
    contact = await api.put("/v1/contacts/c", {"account": "a", "numbers": ["+15550100999"], "assigned_user": "u"})
    assert contact.json() == {
        "id": "c",
        "account": "a",
        "first_name": "",
        "last_name": "",
        "numbers": ["+15550100999"],
        "email": None,
        "assigned_user": "u",
        "ok_to_sms": False,
        "blocked": False,
        "consent": None,
    }
    group = await api.put("/v1/groups/g", {"account": "a", "members": ["u", "u"]})
    assert group.json() == {"id": "g", "account": "a", "name": "", "members": ["u"]}
    for path, stored in (("accounts/a", account), ("users/u", user), ("contacts/c", contact), ("groups/g", group)):
        assert (await api.get(f"/v1/{path}")).json() == stored.json()


async def test_put_replaces_and_patch_merges(acme: Api) -> None:
    await acme.patch("/v1/users/ann", {"email": "ann@acme.example", "locale": "de-DE"})
    merged = await acme.patch("/v1/users/ann", {"locale": None})
    assert (merged.json()["email"], merged.json()["locale"]) == ("ann@acme.example", None)
    replaced = await acme.put("/v1/users/ann", {"account": "acme"})
    assert (replaced.json()["email"], replaced.json()["name"]) == (None, "")
    problem(await acme.patch("/v1/users/ann", {"account": None}), 422, "invalid")
    problem(await acme.patch("/v1/users/ann", {"nickname": "A"}), 422, "unknown_field")
    problem(await acme.patch("/v1/users/none", {}), 404, "not_found")


async def test_what_get_answers_can_be_put_back(acme: Api) -> None:
    for path in ("accounts/acme", "users/ann", "contacts/c7", "groups/sales"):
        stored = (await acme.get(f"/v1/{path}")).json()
        assert (await acme.put(f"/v1/{path}", stored)).json() == stored


async def test_delete_is_204_then_404(acme: Api) -> None:
    for path in ("contacts/c7", "groups/sales", "users/ann"):
        answer = await acme.delete(f"/v1/{path}")
        assert (answer.status_code, answer.content) == (204, b"")
        problem(await acme.delete(f"/v1/{path}"), 404, "not_found")
        problem(await acme.get(f"/v1/{path}"), 404, "not_found")


async def test_an_account_goes_only_when_it_is_empty(acme: Api) -> None:
    problem(await acme.delete("/v1/accounts/acme"), 409, "conflict")
    problem(await acme.delete("/v1/accounts/west"), 409, "conflict")
    await acme.delete("/v1/users/wes")
    made = await acme.post("/v1/keys", {"account": "west", "scopes": ["directory"]})
    assert (await acme.delete("/v1/accounts/west")).status_code == 204
    problem(await acme.get("/v1/contacts/cw"), 404, "not_found")
    problem(await acme.get("/v1/accounts", by=Caller(made.json()["key"])), 401, "unauthenticated")


@pytest.mark.parametrize("parent", ["acme", "west", "deep"])
async def test_a_circle_of_accounts_is_refused(acme: Api, parent: str) -> None:
    await acme.put("/v1/accounts/deep", {"parent": "west"})
    answer = await acme.patch("/v1/accounts/acme", {"parent": parent})
    assert fields(problem(answer, 422, "invalid")) == ["parent"]


async def test_a_producer_keeps_its_accounts_in_its_tree(acme: Api, producer: Caller) -> None:
    assert (await acme.put("/v1/accounts/east", {"parent": "acme"}, by=producer)).status_code == 200
    assert (await acme.put("/v1/accounts/acme", {"name": "Acme 2"}, by=producer)).status_code == 200
    problem(await acme.put("/v1/accounts/free", {}, by=producer), 422, "invalid")
    problem(await acme.put("/v1/accounts/east", {}, by=producer), 422, "invalid")
    problem(await acme.put("/v1/accounts/east", {"parent": "globex"}, by=producer), 422, "unknown_reference")
    problem(await acme.put("/v1/accounts/acme", {"parent": "west"}, by=producer), 422, "invalid")
    problem(await acme.put("/v1/accounts/acme", {"parent": "acme"}, by=producer), 422, "invalid")


@pytest.mark.parametrize("parent", ["globex", "none"])
@pytest.mark.parametrize("account", ["acme", "west"])
async def test_a_parent_that_the_caller_does_not_see_is_named(
    acme: Api, producer: Caller, account: str, parent: str
) -> None:
    for method in ("PUT", "PATCH"):
        answer = await acme.call(method, f"/v1/accounts/{account}", {"parent": parent}, by=producer)
        document = problem(answer, 422, "unknown_reference")
        assert fields(document) == ["parent"]
        assert parent in document["detail"]


async def test_accounts_are_listed_from_one_downwards(acme: Api, producer: Caller) -> None:
    async def listed(query: str) -> list[str]:
        return [account["id"] for account in (await acme.get(f"/v1/accounts?{query}", by=producer)).json()["items"]]

    assert await listed("account=acme") == ["acme", "west"]
    assert await listed("account=west") == ["west"]


async def test_a_user_moves_within_the_tree_and_keeps_their_preferences(acme: Api, producer: Caller) -> None:
    await acme.patch("/v1/users/ann/preferences", {"types": {"new_lead": {"system": False}}})
    moved = await acme.put("/v1/users/ann", {"account": "west"}, by=producer)
    assert (moved.status_code, moved.json()["account"]) == (200, "west")
    kept = (await acme.get("/v1/users/ann/preferences")).json()["types"]["new_lead"]
    assert kept["system"] is False
    assert (await acme.event(account="west")).json()["recipients"] == 2


async def test_a_user_id_taken_elsewhere_is_a_conflict(acme: Api, producer: Caller) -> None:
    problem(await acme.put("/v1/users/gus", {"account": "acme"}, by=producer), 409, "conflict")
    assert (await acme.get("/v1/users/gus")).json()["account"] == "globex"


async def test_of_two_who_claim_a_new_user_id_one_wins(acme: Api, producer: Caller) -> None:
    made = await acme.post("/v1/keys", {"account": "globex", "scopes": ["directory"]})
    rival = Caller(made.json()["key"])
    for i in range(10):
        answers = await asyncio.gather(
            acme.put(f"/v1/users/new{i}", {"account": "acme"}, by=producer),
            acme.put(f"/v1/users/new{i}", {"account": "globex"}, by=rival),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_contact_ids_are_unique_within_a_root_account(acme: Api, producer: Caller) -> None:
    await acme.put("/v1/contacts/c7", {"account": "globex", "first_name": "Other"})
    problem(await acme.get("/v1/contacts/c7"), 409, "ambiguous_id")
    problem(await acme.patch("/v1/contacts/c7", {"blocked": True}), 409, "ambiguous_id")
    assert (await acme.get("/v1/contacts/c7?root=globex")).json()["first_name"] == "Other"
    assert (await acme.get("/v1/contacts/c7", by=producer)).json()["account"] == "acme"
    assert (await acme.patch("/v1/contacts/c7?root=globex", {"blocked": True})).json()["blocked"] is True
    assert (await acme.delete("/v1/contacts/c7?root=globex")).status_code == 204
    assert (await acme.get("/v1/contacts/c7")).json()["account"] == "acme"
    problem(await acme.get("/v1/contacts/c7?root=none"), 404, "not_found")
    problem(await acme.put("/v1/contacts/c7?root=globex", {"account": "acme"}), 422, "invalid")


async def test_S_02_turning_texting_on_records_on_what_basis_and_by_whom(acme: Api, producer: Caller) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})
    given = {"ok_to_sms": True, "consent": {"basis": "web form", "by": "ann"}}
    shown = (await acme.patch("/v1/contacts/c7", given)).json()
    assert shown["consent"] == {"basis": "web form", "by": "ann", "at": "2027-03-14T12:00:00.000Z"}
    await acme.post("/v1/test/clock/advance", {"seconds": 60})
    kept = (await acme.patch("/v1/contacts/c7", {"first_name": "Eva"})).json()
    assert kept["consent"] == shown["consent"]
    assert (await acme.put("/v1/contacts/c7", kept)).json() == kept
    assert (await acme.patch("/v1/contacts/c7", {"ok_to_sms": False})).json()["consent"] is None
    again = (await acme.patch("/v1/contacts/c7", {"ok_to_sms": True}, by=producer)).json()["consent"]
    assert (again["basis"], again["by"].partition(":")[0]) == ("unspecified", "key")
    other = {"ok_to_sms": True, "consent": {"basis": "phone", "by": "gus"}}
    assert fields(problem(await acme.patch("/v1/contacts/c7", other), 422, "unknown_reference")) == ["consent.by"]


async def test_groups_are_listed_within_the_tree(acme: Api, producer: Caller) -> None:
    assert [group["id"] for group in (await acme.get("/v1/groups")).json()["items"]] == ["sales", "gg"]
    assert [group["id"] for group in (await acme.get("/v1/groups", by=producer)).json()["items"]] == ["sales"]
    assert (await acme.get("/v1/groups?account=west")).json() == {"items": [], "next_cursor": None}
    problem(await acme.get("/v1/groups?account=globex", by=producer), 404, "not_found")


async def test_a_file_stores_good_lines_and_names_bad_ones(acme: Api, producer: Caller) -> None:
    answer = await load(
        acme,
        {"kind": "account", "id": "east", "parent": "acme"},
        {"kind": "user", "id": "eva", "account": "east", "name": "Eva"},
        {"kind": "user", "id": "bad", "account": "nowhere"},
        b"{not json",
        b"",
        {"kind": "contact", "id": "c1", "account": "east", "assigned_user": "eva"},
        {"kind": "contact", "id": "c2", "account": "east", "nickname": "?"},
        {"kind": "castle", "id": "x"},
        {"kind": "user", "account": "east"},
        {"kind": "group", "id": "all", "account": "east", "members": ["eva"]},
        [1],
        {"kind": "user", "id": "gus", "account": "acme"},
        by=producer,
    )
    assert answer["stored"] == 4
    assert [(error["line"], error["code"]) for error in answer["errors"]] == [
        (3, "unknown_reference"),
        (4, "invalid"),
        (7, "unknown_field"),
        (8, "invalid"),
        (9, "invalid"),
        (11, "invalid"),
        (12, "conflict"),
    ]
    assert "nowhere" in answer["errors"][0]["message"]
    assert (await acme.get("/v1/contacts/c1")).json()["assigned_user"] == "eva"


async def test_a_file_holds_every_kind_in_its_order(acme: Api, producer: Caller) -> None:
    number = "+15550100001"
    answer = await load(
        acme,
        {"kind": "line", "id": "l0", "account": "east", "number": number},
        {"kind": "account", "id": "east", "parent": "acme"},
        {"kind": "line", "id": "l1", "account": "east", "number": number, "ring_group": "rg"},
        {"kind": "user", "id": "eva", "account": "east"},
        {"kind": "ring_group", "id": "rg", "account": "east", "members": ["eva"], "fisher_mode": True},
        {"kind": "line", "id": "l1", "account": "east", "number": number, "ring_group": "rg"},
        {"kind": "line", "id": "l2", "account": "east", "number": "555", "owner": "eva"},
        by=producer,
    )
    assert answer["stored"] == 4
    assert [(error["line"], error["code"]) for error in answer["errors"]] == [
        (1, "unknown_reference"),
        (3, "unknown_reference"),
        (7, "invalid"),
    ]
    assert (await acme.get("/v1/lines/l1")).json()["ring_group"] == "rg"
    assert (await acme.get("/v1/ring-groups/rg")).json()["fisher_mode"] is True


async def test_a_key_revoked_in_the_middle_of_a_file_stops_it(acme: Api, producer: Caller) -> None:
    (key,) = (await acme.get("/v1/keys")).json()["items"]
    kinds = ("contact", "group")  # neighbours of two kinds are stored one after the other
    lines = [{"kind": kinds[n % 2], "id": f"x{n:03}", "account": "acme"} for n in range(1000)]
    answer, revoked = await asyncio.gather(load(acme, *lines, by=producer), acme.delete(f"/v1/keys/{key['id']}"))
    assert revoked.status_code == 204
    stored = answer["stored"]
    assert 0 <= stored < len(lines)
    assert [error["line"] for error in answer["errors"]] == list(range(stored + 1, len(lines) + 1))
    assert {error["code"] for error in answer["errors"]} == {"unauthenticated"}
    problem(await acme.get(f"/v1/{kinds[stored % 2]}s/x{stored:03}"), 404, "not_found")


async def test_who_is_erased_is_let_go_of_by_all_that_named_them(acme: Api) -> None:
    await acme.patch("/v1/accounts/acme", {"owner": "ann"})
    await acme.put("/v1/groups/sales", {"account": "acme", "members": ["ann"]})
    await acme.put("/v1/lines/l1", {"account": "acme", "number": "+12025550190", "owner": "ann"})
    await acme.delete("/v1/users/ann")
    assert (await acme.get("/v1/contacts/c7")).json()["assigned_user"] is None
    assert (await acme.get("/v1/accounts/acme")).json()["owner"] is None
    assert (await acme.get("/v1/groups/sales")).json()["members"] == []
    assert (await acme.get("/v1/lines/l1")).json()["owner"] is None
    problem(await acme.patch("/v1/contacts/c7", {"assigned_user": "ann"}), 422, "unknown_reference")


async def test_two_moves_at_once_never_close_a_circle(api: Api) -> None:
    for i in range(10):
        one, two = f"one-{i}", f"two-{i}"
        for account in (one, two):
            await api.put(f"/v1/accounts/{account}", {})
        answers = await asyncio.gather(
            api.patch(f"/v1/accounts/{one}", {"parent": two}), api.patch(f"/v1/accounts/{two}", {"parent": one})
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_C_21_AMB_19_one_pause_is_told_once_whoever_asked_for_it_too(acme: Api) -> None:
    for _ in range(5):
        pausing = (acme.patch("/v1/accounts/acme", {"status": "paused"}) for _ in range(4))
        assert {answer.status_code for answer in await asyncio.gather(*pausing)} == {200}
        await acme.patch("/v1/accounts/acme", {"status": "active"})
    assert [entry["type"] for entry in await acme.inbox("ann")] == ["account_paused"] * 5


async def test_the_last_of_two_lines_with_one_id_holds(api: Api) -> None:
    names = [{"kind": "user", "id": "u", "account": "a", "name": f"{i}"} for i in range(20)]
    assert (await load(api, {"kind": "account", "id": "a"}, *names))["stored"] == 21
    assert (await api.get("/v1/users/u")).json()["name"] == "19"


async def test_what_was_written_is_read_at_once_by_everybody(api: Api) -> None:
    """Requests that overlap with others' writes still see their own."""

    async def one(i: int) -> None:
        assert (await api.put(f"/v1/accounts/a{i}", {})).status_code == 200
        assert (await api.put(f"/v1/users/u{i}", {"account": f"a{i}"})).status_code == 200
        assert (await api.event(account=f"a{i}")).json()["recipients"] == 1

    await asyncio.gather(*(one(i) for i in range(40)))
