"""What an account chose for its users who never did (E-21)."""

import pytest

from .calling import Api, Caller, fields, problem

PATH = "/v1/accounts/acme/defaults"


async def system_of(api: Api, user: str, type: str = "new_lead") -> bool:
    shown = (await api.get(f"/v1/users/{user}/preferences")).json()
    return bool(shown["types"][type]["system"])


async def test_E_21_an_account_decides_for_those_who_never_chose(acme: Api) -> None:
    await acme.patch("/v1/users/bob/preferences", {"types": {"new_lead": {"system": True}}})
    changed = await acme.patch(PATH, {"types": {"new_lead": {"system": False}}}, by=acme.user("olga"))
    assert (changed.status_code, changed.json()["warnings"]) == (200, [])
    assert changed.json()["types"]["new_lead"] == {"system": False, "au": False, "text": False, "email": False}
    assert (await acme.get(PATH)).json()["types"] == changed.json()["types"]
    assert [await system_of(acme, user) for user in ("ann", "bob", "wes")] == [False, True, True]
    assert (await acme.event("new_lead")).json()["recipients"] == 1
    await acme.patch(PATH, {"types": {"new_lead": None}})
    assert await system_of(acme, "ann") is True
    assert (await acme.event("new_lead")).json()["recipients"] == 4


async def test_C_02_a_choice_of_ones_own_keeps_no_default(acme: Api) -> None:
    """What the account decides is never taken for a choice: neither shown as one, nor stored with one."""
    await acme.patch(PATH, {"types": {"new_lead": {"system": False}}})
    await acme.patch("/v1/users/ann/preferences", {"types": {"voicemails": {"system": False}}})
    await acme.patch(PATH, {"types": {"new_lead": None}})
    assert await system_of(acme, "ann") is True


async def test_AMB_06_a_starred_default_turned_off_warns_and_a_mandatory_one_stays_on(acme: Api) -> None:
    answer = await acme.patch(PATH, {"types": {"proposal_sign": {"system": False}}})
    assert answer.json()["warnings"] == [{"code": "strongly_encouraged", "type": "proposal_sign"}]
    off = {"types": {"new_lead": {"system": False}, "group_broadcast": {"system": False}}}
    assert fields(problem(await acme.patch(PATH, off), 422, "mandatory")) == ["types.group_broadcast.system"]
    assert await system_of(acme, "ann") is True, "all or nothing"


async def test_E_20_E_21_grace_and_cap_hold_for_who_chose_none(acme: Api) -> None:
    async def email(user: str) -> dict[str, object]:
        shown: dict[str, object] = (await acme.get(f"/v1/users/{user}/preferences")).json()["channels"]["email"]
        return shown

    assert "channels" not in (await acme.get(PATH)).json()
    await acme.patch("/v1/users/bob/preferences", {"channels": {"email": {"grace_minutes": 0}}})
    pace = {"grace_minutes": 3, "daily_cap": 20}
    changed = (await acme.patch(PATH, {"channels": {"email": pace}}, by=acme.user("olga"))).json()
    assert changed["channels"] == {"email": pace} == (await acme.get(PATH)).json()["channels"]
    assert await email("ann") == {"enabled": True, "copy": True, **pace}
    assert await email("bob") == {"enabled": True, "copy": True, "grace_minutes": 0, "daily_cap": 20}
    await acme.patch("/v1/users/bob/preferences", {"channels": {"email": {"grace_minutes": None}}})
    assert await email("bob") == await email("ann"), "null takes the choice back"
    left = await acme.patch(PATH, {"channels": {"email": {"daily_cap": None}}, "types": {"new_lead": {"text": True}}})
    assert left.json()["channels"] == {"email": {"grace_minutes": 3}}
    await acme.patch(PATH, {"channels": {"email": {"grace_minutes": None}}, "types": {"new_lead": None}})
    assert "channels" not in (await acme.get(PATH)).json()
    assert await email("ann") == {"enabled": True, "copy": True}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"types": {"nothing": {"system": True}}}, "unknown_type"),
        ({"types": {"client_export": {"text": True}}}, "invalid"),
        ({"channels": {"text": {"enabled": False}}}, "unknown_field"),
        ({"channels": {"email": {"copy": False}}}, "unknown_field"),
        ({"channels": {"email": {"grace_minutes": "3"}}}, "invalid"),
        ({"channels": {"email": {"daily_cap": 0}}}, "invalid"),
        ([], "invalid"),
    ],
    ids=str,
)
async def test_a_mistake_is_named(acme: Api, change: object, code: str) -> None:
    problem(await acme.patch(PATH, change), 422, code)


async def test_who_may_decide(acme: Api, producer: Caller) -> None:
    change = {"types": {"new_lead": {"system": False}}}
    for by, status in (("ann", 403), ("mia", 403), ("gus", 404), ("wes", 404)):
        assert (await acme.patch(PATH, change, by=acme.user(by))).status_code == status
        assert (await acme.get(PATH, by=acme.user(by))).status_code == status
    assert (await acme.patch(PATH, change, by=producer)).status_code == 200
    below = "/v1/accounts/west/defaults"
    assert (await acme.patch(below, change, by=acme.user("olga"))).status_code == 200
    problem(await acme.patch(PATH, change, by=acme.user("mia", actor="olga")), 403, "log_in_as_view")
    problem(await acme.get("/v1/accounts/none/defaults"), 404, "not_found")


async def test_an_account_made_again_has_no_defaults(acme: Api) -> None:
    await acme.patch("/v1/accounts/west/defaults", {"types": {"new_lead": {"system": False}}})
    await acme.delete("/v1/users/wes")
    await acme.delete("/v1/accounts/west")
    await acme.put("/v1/accounts/west", {"parent": "acme"})
    await acme.put("/v1/users/wes", {"account": "west"})
    assert await system_of(acme, "wes") is True
