"""Preferences and the catalogue, as one user may see them."""

import pytest

from .calling import Api, fields, problem

PATH = "/v1/users/me/preferences"


async def test_C_13_only_the_options_that_a_type_offers_appear(acme: Api) -> None:
    shown = (await acme.get(PATH, by=acme.user("ann"))).json()
    assert set(shown) == {"types", "channels", "quiet_hours"}
    assert shown["types"]["new_lead"] == {"system": True, "au": False, "text": False, "email": False}
    assert shown["types"]["client_export"] == {"system": True}
    assert shown["channels"] == {
        "text": {"enabled": True, "custom_number": None},
        "email": {"enabled": True, "copy": True},
    }
    assert shown["quiet_hours"] is None
    assert "billing_warning" not in shown["types"]


async def test_C_02_a_change_is_the_users_own(acme: Api) -> None:
    changed = await acme.patch(PATH, {"types": {"new_lead": {"system": False}}}, by=acme.user("ann"))
    assert changed.json()["types"]["new_lead"]["system"] is False
    assert changed.json()["warnings"] == []
    others = (await acme.get(PATH, by=acme.user("bob"))).json()
    assert others["types"]["new_lead"]["system"] is True
    assert (await acme.event("new_lead")).json()["recipients"] == 3


async def test_C_20_turning_a_starred_type_off_works_and_warns(acme: Api) -> None:
    changed = await acme.patch(PATH, {"types": {"proposal_sign": {"system": False}}}, by=acme.user("ann"))
    assert changed.json()["warnings"] == [{"code": "strongly_encouraged", "type": "proposal_sign"}]
    assert changed.json()["types"]["proposal_sign"]["system"] is False


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"types": {"group_broadcast": {"system": False}}}, "mandatory", "types.group_broadcast.system"),
        ({"types": {"client_export": {"text": True}}}, "invalid", "types.client_export.text"),
        ({"types": {"nothing": {"system": True}}}, "unknown_type", "types.nothing"),
        ({"types": {"voicemails": {"fax": True}}}, "unknown_field", "types.voicemails.fax"),
        ({"types": {"voicemails": {"system": "no"}}}, "invalid", "types.voicemails.system"),
        ({"channels": {"text": {"custom_number": "12"}}}, "invalid", "channels.text.custom_number"),
        ({"sound": True}, "unknown_field", "sound"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_change_is_all_or_nothing(acme: Api, change: dict[str, object], code: str, field: str) -> None:
    before = (await acme.get(PATH, by=acme.user("ann"))).json()
    good = {"types": {"new_lead": {"system": False}}, "channels": {"email": {"copy": False}}}
    merged = {
        name: {**good.get(name, {}), **value} if isinstance(value, dict) else value for name, value in change.items()
    }
    answer = await acme.patch(PATH, {**good, **merged}, by=acme.user("ann"))
    assert field in fields(problem(answer, 422, code))
    assert (await acme.get(PATH, by=acme.user("ann"))).json() == before


async def test_E_20_E_21_grace_and_cap_appear_where_they_are_set(acme: Api) -> None:
    ann = acme.user("ann")
    before = (await acme.get(PATH, by=ann)).json()["channels"]["email"]
    assert before == {"enabled": True, "copy": True}
    pace = {"grace_minutes": 3, "daily_cap": 20}
    changed = await acme.patch(PATH, {"channels": {"email": pace}}, by=ann)
    assert changed.json()["channels"]["email"] == {**before, **pace}
    changed = await acme.patch(PATH, {"channels": {"email": {"daily_cap": None, "copy": False}}}, by=ann)
    assert changed.json()["channels"]["email"] == {"enabled": True, "copy": False, "grace_minutes": 3}
    assert (await acme.get(PATH, by=ann)).json()["channels"] == changed.json()["channels"]


@pytest.mark.parametrize(
    "pace",
    [{"grace_minutes": value} for value in (-1, 1441, 1.5, "3", True)]
    + [{"daily_cap": value} for value in (0, 1001, 2.5, "9", True)],
    ids=str,
)
async def test_E_20_E_21_grace_and_cap_have_bounds(acme: Api, pace: dict[str, object]) -> None:
    answer = await acme.patch(PATH, {"channels": {"email": {"copy": False, **pace}}}, by=acme.user("ann"))
    assert fields(problem(answer, 422, "invalid")) == [f"channels.email.{next(iter(pace))}"]
    assert (await acme.get(PATH, by=acme.user("ann"))).json()["channels"]["email"]["copy"] is True


async def test_AMB_36_texts_to_a_line_of_the_hub_itself_are_refused(acme: Api) -> None:
    await acme.put("/v1/lines/l1", {"account": "acme", "number": "+12025550190"})
    change = {"channels": {"text": {"custom_number": "+12025550190"}}}
    answer = await acme.patch(PATH, change, by=acme.user("ann"))
    assert "channels.text.custom_number" in fields(problem(answer, 422, "invalid"))
    await acme.delete("/v1/lines/l1")
    assert (await acme.patch(PATH, change, by=acme.user("ann"))).status_code == 200


async def test_A_13_account_level_types_are_for_admins_only(acme: Api) -> None:
    async def types(user: str) -> set[str]:
        answer = await acme.get("/v1/types", by=acme.user(user))
        return {kind["id"] for kind in answer.json()["items"]}

    assert "users_sync_report" not in await types("ann")
    assert "users_sync_report" in await types("olga")
    assert "billing_warning" not in await types("olga")
    await acme.patch("/v1/users/ann", {"roles": ["billing_admin"]})
    assert "billing_warning" in await types("ann")
    whole = (await acme.get("/v1/types")).json()
    assert (len(whole["items"]), whole["next_cursor"]) == (69, None)
    assert set(whole["items"][0]) == {
        *("id", "title", "category", "description", "source_system", "channels", "au"),
        *("strongly_encouraged", "mandatory", "sticky"),
    }
