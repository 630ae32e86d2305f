"""The choices of the Roll-up tab and of line opt-ins (C-18, AMB-14, A-34, AMB-35)."""

import pytest_asyncio

from .calling import Api, Caller, fields, problem

ROLLUP, OPT_INS = "/v1/users/ann/rollup", "/v1/users/ann/line-opt-ins"


@pytest_asyncio.fixture
async def rolling(acme: Api) -> Api:
    """Acme with the add-on, and accounts at two levels below."""
    await acme.patch("/v1/accounts/acme", {"add_ons": ["rollup"]})
    await acme.put("/v1/accounts/deep", {"parent": "west", "name": "alpha"})
    await acme.put("/v1/accounts/east", {"parent": "acme", "name": "Beta"})
    return acme


async def test_C_18_a_user_picks_accounts_below_their_own(rolling: Api) -> None:
    ann = rolling.user("ann")
    available = [{"id": "deep", "name": "alpha"}, {"id": "east", "name": "Beta"}, {"id": "west", "name": "West"}]
    assert (await rolling.get(ROLLUP, by=ann)).json() == {"accounts": [], "available": available}
    picked = await rolling.put(ROLLUP, {"accounts": ["west", "deep", "west"]}, by=ann)
    assert picked.json() == {"accounts": ["west", "deep"], "available": available}
    assert (await rolling.get("/v1/users/me/rollup", by=ann)).json() == picked.json()
    assert (await rolling.put(ROLLUP, {"accounts": []}, by=ann)).json()["accounts"] == []


async def test_C_03_a_pick_is_the_users_own_and_touches_no_other_choice(rolling: Api) -> None:
    await rolling.patch("/v1/users/ann/preferences", {"types": {"new_lead": {"system": False}}})
    await rolling.put(ROLLUP, {"accounts": ["west"]})
    assert (await rolling.get("/v1/users/bob/rollup")).json()["accounts"] == []
    shown = (await rolling.get("/v1/users/ann/preferences")).json()
    assert set(shown) == {"types", "channels", "quiet_hours"}
    assert shown["types"]["new_lead"]["system"] is False
    await rolling.patch("/v1/users/ann/preferences", {"channels": {"email": {"copy": False}}})
    assert (await rolling.get(ROLLUP)).json()["accounts"] == ["west"]


async def test_C_01_C_05_control_is_always_there_and_roll_up_with_the_add_on_only(rolling: Api) -> None:
    for add_ons, rollup in (([], 404), (["rollup"], 200)):
        await rolling.patch("/v1/accounts/acme", {"add_ons": add_ons})
        assert (await rolling.get(ROLLUP, by=rolling.user("ann"))).status_code == rollup
        control = await rolling.get("/v1/users/me/preferences", by=rolling.user("ann"))
        assert (control.status_code, len(control.json()["types"]) > 35) == (200, True)


async def test_AMB_15_an_admin_who_logs_in_as_somebody_leaves_their_own_roll_up_behind(rolling: Api) -> None:
    await rolling.put("/v1/users/olga/rollup", {"accounts": ["west"]})
    await rolling.event(account="west")
    assert [entry["account"] for entry in await rolling.inbox("olga")] == ["west"]
    looking = rolling.user("ann", actor="olga")
    assert (await rolling.get("/v1/inbox", by=looking)).json()["items"] == []
    assert (await rolling.get("/v1/users/me/rollup", by=looking)).json()["accounts"] == []


async def test_C_04_without_the_add_on_there_is_no_roll_up_and_choices_are_kept(rolling: Api) -> None:
    await rolling.put(ROLLUP, {"accounts": ["west"]})
    await rolling.patch("/v1/accounts/acme", {"add_ons": []})
    for by in (rolling.user("ann"), rolling.user("olga")):
        problem(await rolling.get(ROLLUP, by=by), 404, "not_found")
    problem(await rolling.put(ROLLUP, {"accounts": []}), 404, "not_found")
    await rolling.patch("/v1/accounts/acme", {"add_ons": ["rollup"]})
    assert (await rolling.get(ROLLUP)).json()["accounts"] == ["west"]
    problem(await rolling.get("/v1/users/wes/rollup"), 404, "not_found")


async def test_AMB_14_an_account_that_is_not_below_is_refused(rolling: Api) -> None:
    ann = rolling.user("ann")
    for account, code in (("acme", "invalid"), ("globex", "unknown_reference"), ("none", "unknown_reference")):
        answer = await rolling.put(ROLLUP, {"accounts": ["west", account]}, by=ann)
        assert fields(problem(answer, 422, code)) == ["accounts[1]"]
    problem(await rolling.put(ROLLUP, {"accounts": ["west"], "available": []}, by=ann), 422, "unknown_field")
    assert (await rolling.get(ROLLUP)).json()["accounts"] == []


async def test_AMB_14_an_account_that_moved_away_is_no_longer_shown(rolling: Api) -> None:
    await rolling.put(ROLLUP, {"accounts": ["east", "deep"]})
    await rolling.patch("/v1/accounts/east", {"parent": None})
    shown = (await rolling.get(ROLLUP)).json()
    assert shown["accounts"] == ["deep"]
    assert [one["id"] for one in shown["available"]] == ["deep", "west"]


async def test_who_may_pick(rolling: Api, producer: Caller) -> None:
    body = {"accounts": ["west"]}
    for by, read, written in (("bob", 403, 403), ("olga", 200, 403), ("gus", 404, 404)):
        assert (await rolling.get(ROLLUP, by=rolling.user(by))).status_code == read
        assert (await rolling.put(ROLLUP, body, by=rolling.user(by))).status_code == written
    assert (await rolling.put(ROLLUP, body, by=producer)).status_code == 200
    problem(await rolling.put(ROLLUP, body, by=rolling.user("ann", actor="olga")), 403, "log_in_as_view")


async def test_A_34_a_user_opts_in_to_lines(acme: Api) -> None:
    for id, account in (("l1", "acme"), ("lw", "west"), ("lg", "globex")):
        await acme.put(f"/v1/lines/{id}", {"account": account, "number": "+15550100001"})
    ann = acme.user("ann")
    assert (await acme.get(OPT_INS, by=ann)).json() == {"lines": []}
    assert (await acme.put(OPT_INS, {"lines": ["l1", "lw"]}, by=ann)).json() == {"lines": ["l1", "lw"]}
    assert (await acme.get("/v1/users/me/line-opt-ins", by=ann)).json() == {"lines": ["l1", "lw"]}
    for line in ("lg", "none"):
        refused = await acme.put(OPT_INS, {"lines": ["l1", line]}, by=ann)
        assert fields(problem(refused, 422, "unknown_reference")) == ["lines[1]"]
    above = await acme.put("/v1/users/wes/line-opt-ins", {"lines": ["l1"]})
    problem(above, 422, "unknown_reference")
    await acme.delete("/v1/lines/l1")
    assert (await acme.get(OPT_INS, by=ann)).json() == {"lines": ["lw"]}
    assert (await acme.put(OPT_INS, {"lines": []}, by=ann)).json() == {"lines": []}
    problem(await acme.put(OPT_INS, {"lines": []}, by=acme.user("bob")), 403, "forbidden")


async def test_AMB_35_an_opt_in_adds_and_its_removal_takes_only_that_away(acme: Api) -> None:
    await acme.put("/v1/lines/l1", {"account": "acme", "number": "+15550100001", "owner": "bob"})
    assert (await acme.event("call_incoming", line="l1")).json()["recipients"] == 1
    await acme.put(OPT_INS, {"lines": ["l1"]}, by=acme.user("ann"))
    await acme.put("/v1/users/bob/line-opt-ins", {"lines": ["l1"]}, by=acme.user("bob"))
    assert (await acme.event("call_incoming", line="l1")).json()["recipients"] == 2
    for user in ("ann", "bob"):
        await acme.put(f"/v1/users/{user}/line-opt-ins", {"lines": []}, by=acme.user(user))
    assert (await acme.event("call_incoming", line="l1")).json()["recipients"] == 1
