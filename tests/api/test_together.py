"""Changes of one object at the same time: none is lost, and nothing is written onto what was not read."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.core.directory import User
from hub.engine.directory import Changed, Directory, Held

from .calling import Api, ApiHub, Caller, problem

PREFERENCES = "/v1/users/ann/preferences"
CHANGES: dict[str, list[dict[str, Any]]] = {
    "/v1/accounts/acme": [{"name": "A"}, {"time_zone": "Asia/Tokyo"}, {"retention_days": 7}, {"add_ons": ["rollup"]}],
    "/v1/users/ann": [{"name": "A"}, {"email": "a@acme.example"}, {"presence": "busy"}, {"roles": ["manager"]}],
    "/v1/contacts/c7": [
        {"first_name": "A"},
        {"email": "e@x.example"},
        {"blocked": True},
        {"numbers": ["+15550100999"]},
    ],
    "/v1/groups/sales": [{"name": "A"}, {"members": ["mia"]}],
}


async def elsewhere(acme: Api) -> ApiHub:
    """Start a second hub on the same store."""
    other = ApiHub(acme.hub.store.url, acme.hub.store.keys.prefix, {})
    await other.open()
    return other


@pytest.mark.parametrize("path", CHANGES)
async def test_all_who_change_different_fields_at_once_win(acme: Api, path: str) -> None:
    other = await elsewhere(acme)
    async with Api(other) as there:
        hubs = (acme, there)
        answers = await asyncio.gather(*(hubs[i % 2].patch(path, change) for i, change in enumerate(CHANGES[path])))
    await other.store.close()
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    stored = (await acme.get(path)).json()
    for change in CHANGES[path]:
        assert {name: stored[name] for name in change} == change


async def test_two_tabs_that_turn_two_switches_at_once_both_win(acme: Api) -> None:
    types = ("new_lead", "voicemails", "proposal_sign", "parser_created", "customer_changed")
    changes = ({"types": {type: {"system": False}}} for type in types)
    quiet = {"quiet_hours": {"from": "22:00", "to": "07:00"}}
    answers = await asyncio.gather(*(acme.patch(PREFERENCES, change) for change in (*changes, quiet)))
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    stored = (await acme.get(PREFERENCES)).json()
    assert [stored["types"][type]["system"] for type in types] == [False] * len(types)
    assert stored["quiet_hours"] == quiet["quiet_hours"]


async def test_C_21_two_who_pause_an_account_at_once_raise_one_event(acme: Api) -> None:
    changes = ({"status": "paused", "name": f"Paused by {i}"} for i in range(4))
    await asyncio.gather(*(acme.patch("/v1/accounts/acme", change) for change in changes))
    entries = (await acme.get("/v1/inbox?user=ann")).json()["items"]
    assert [entry["type"] for entry in entries] == ["account_paused"]


async def test_a_move_and_a_change_at_once_both_win(acme: Api) -> None:
    for account in ("west", "acme", "west", "acme"):
        moved, named = await asyncio.gather(
            acme.patch("/v1/users/ann", {"account": account}), acme.patch("/v1/users/ann", {"name": f"In {account}"})
        )
        assert (moved.status_code, named.status_code) == (200, 200)
        stored = (await acme.get("/v1/users/ann")).json()
        assert (stored["account"], stored["name"]) == (account, f"In {account}")
        assert "ann" not in await acme.hub.directory.members("acme" if account == "west" else "west")


async def test_who_always_comes_too_late_is_told_so(acme: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else writes after every read."""
    read: Callable[[Directory, str], Awaitable[Held[User] | None]] = Directory.held_user
    count, is_interrupting = 0, False

    async def interrupted(directory: Directory, id: str) -> Held[User] | None:
        nonlocal count, is_interrupting
        found = await read(directory, id)
        if not is_interrupting:
            count, is_interrupting = count + 1, True
            await directory.put_user(User("ann", "acme", f"Name {count}"))
            is_interrupting = False
        return found

    monkeypatch.setattr(Directory, "held_user", interrupted)
    problem(await acme.patch("/v1/users/ann", {"email": "a@acme.example"}), 409, "conflict")
    assert count > 1
    stored = (await acme.get("/v1/users/ann")).json()
    assert (stored["name"], stored["email"]) == (f"Name {count}", None)


async def test_what_is_removed_while_it_is_changed_stays_removed(acme: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Callable[..., Awaitable[Held[Any] | None]] = Directory.held

    async def interrupted(directory: Directory, kind: Any, id: str, place: str = "") -> Held[Any] | None:
        found = await read(directory, kind, id, place)
        if kind is User:
            await directory.delete_user(id)
        else:
            await directory.delete(kind, place, id)
        return found

    monkeypatch.setattr(Directory, "held", interrupted)
    for path in ("/v1/contacts/c7", "/v1/groups/sales", "/v1/users/ann"):
        problem(await acme.patch(path, {}), 404, "not_found")
        problem(await acme.get(path), 404, "not_found")


async def test_a_document_with_fields_of_another_version_can_be_changed(acme: Api) -> None:
    store = acme.hub.store
    await store.command("HSET", store.keys.account("acme", "contacts"), "c7", b'{"id":"c7", "account":"acme","new":1}')
    assert (await acme.patch("/v1/contacts/c7", {"blocked": True})).json()["blocked"] is True


async def test_of_two_who_claim_one_id_in_two_accounts_of_a_tree_one_wins(acme: Api) -> None:
    await acme.put("/v1/accounts/east", {"parent": "acme"})
    keys = {}
    for account in ("west", "east"):
        made = await acme.post("/v1/keys", {"account": account, "scopes": ["directory"]})
        keys[account] = Caller(made.json()["key"])
    for path in ("groups", "ring-groups", "contacts", "lines"):
        for n in range(3):
            body = {"number": "+12025550190"} if path == "lines" else {}
            puts = (acme.put(f"/v1/{path}/x{n}", {"account": id, **body}, by=key) for id, key in keys.items())
            answers = dict(zip(keys, await asyncio.gather(*puts), strict=True))
            assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
            (winner,) = (id for id, answer in answers.items() if answer.is_success)
            assert (await acme.get(f"/v1/{path}/x{n}")).json()["account"] == winner


async def test_of_two_tenants_who_claim_one_user_id_one_gets_it(acme: Api) -> None:
    other = await elsewhere(acme)
    keys = {}
    for account in ("acme", "globex"):
        made = await acme.post("/v1/keys", {"account": account, "scopes": ["directory"]})
        keys[account] = Caller(made.json()["key"])
    async with Api(other) as there:
        for n in range(20):
            mine = acme.put(f"/v1/users/zoe{n}", {"account": "acme"}, by=keys["acme"])
            theirs = there.put(f"/v1/users/zoe{n}", {"account": "globex"}, by=keys["globex"])
            answers = await asyncio.gather(mine, theirs)
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            account = "acme" if answers[0].is_success else "globex"
            assert (await acme.get(f"/v1/users/zoe{n}")).json()["account"] == account
    await other.store.close()


async def test_all_members_of_a_group_can_be_erased_at_once(acme: Api) -> None:
    crowd = [f"c{n}" for n in range(150)]
    await asyncio.gather(*(acme.put(f"/v1/users/{user}", {"account": "acme"}) for user in crowd))
    await acme.put("/v1/groups/many", {"account": "acme", "members": crowd})
    answers = await asyncio.gather(*(acme.delete(f"/v1/users/{user}") for user in crowd))
    assert {answer.status_code for answer in answers} == {204}
    assert (await acme.get("/v1/groups/many")).json()["members"] == []


async def test_a_user_erased_between_the_check_and_the_write_of_a_group_is_not_in_it(
    acme: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: Callable[..., Awaitable[None]] = Directory.put

    async def later(directory: Directory, root: str, value: Any, held: Any = None) -> None:
        if value.id == "late":
            await directory.delete_user("ann")
        await put(directory, root, value, held)

    monkeypatch.setattr(Directory, "put", later)
    assert (await acme.put("/v1/groups/late", {"account": "acme", "members": ["ann", "bob"]})).status_code == 200
    assert (await acme.get("/v1/groups/late")).json()["members"] == ["bob"]


async def test_whoever_is_beaten_all_the_time_is_told_so_wherever_it_happens(
    acme: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def beaten(*_: object) -> None:
        raise Changed("sales")

    monkeypatch.setattr(Directory, "leave", beaten)
    problem(await acme.delete("/v1/users/ann"), 409, "conflict")
