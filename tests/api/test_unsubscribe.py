"""The link of a letter: one click ends one type's e-mail, without a log-in, and nothing else."""

from collections.abc import Callable

import pytest

from hub.core.links import Subscription, sign

from .calling import NOBODY, Api, ApiHub, problem

ONE_CLICK = {"content": b"List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
HERE = "http://127.0.0.1"


def link(api: Api, user: str = "ann", type: str = "task_due") -> str:
    made = api.hub.identity.unsubscribe_link(HERE, user, type)
    assert made is not None
    return made.removeprefix(HERE)


async def mails(api: Api, user: str = "ann", type: str = "task_due") -> bool:
    document = (await api.get(f"/v1/users/{user}/preferences")).json()
    found: bool = document["types"][type]["email"]
    return found


async def test_E_06_one_click_turns_the_types_e_mail_off_and_nothing_else(acme: Api) -> None:
    before = (await acme.get("/v1/users/ann/preferences")).json()
    assert before["types"]["task_due"]["email"]
    for _ in range(2):
        answer = await acme.call("POST", link(acme), by=NOBODY, **ONE_CLICK)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        before["types"]["task_due"]["email"] = False
        assert (await acme.get("/v1/users/ann/preferences")).json() == before
    assert await mails(acme, "bob"), "C-02: nobody else's"


async def test_whoever_follows_the_link_is_asked_first(acme: Api) -> None:
    """Mail programs and virus scanners follow links: that must not unsubscribe anybody."""
    page = await acme.get(link(acme), by=NOBODY)
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert "Task" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert await mails(acme)


async def test_AMB_41_what_is_mandatory_loses_its_copy_by_e_mail_only(acme: Api) -> None:
    asked = await acme.get(link(acme, type="group_broadcast"), by=NOBODY)
    assert "copies by e-mail" in asked.text
    await acme.call("POST", link(acme, type="group_broadcast"), by=NOBODY, **ONE_CLICK)
    document = (await acme.get("/v1/users/ann/preferences")).json()
    assert document["channels"]["email"] == {"enabled": True, "copy": False}
    assert document["types"]["group_broadcast"] == {"system": True, "email": True}


async def test_A_15_the_e_mail_of_a_role_that_was_lost_is_ended_for_when_it_comes_back(acme: Api) -> None:
    await acme.patch("/v1/users/ann", {"roles": ["billing_admin"]})
    assert await mails(acme, type="billing_warning")
    await acme.patch("/v1/users/ann", {"roles": ["agent"]})
    await acme.call("POST", link(acme, type="billing_warning"), by=NOBODY, **ONE_CLICK)
    await acme.patch("/v1/users/ann", {"roles": ["billing_admin"]})
    assert not await mails(acme, type="billing_warning")


@pytest.mark.parametrize(("locale", "word"), [(None, "Unsubscribe"), ("ru-RU", "Отписаться")])
async def test_the_page_speaks_the_language_of_the_letter(acme: Api, locale: str | None, word: str) -> None:
    await acme.patch("/v1/users/ann", {"locale": locale})
    assert f"<button>{word}</button>" in (await acme.get(link(acme), by=NOBODY)).text


async def test_a_link_that_the_hub_did_not_write_leads_nowhere(acme: Api) -> None:
    forged = sign(Subscription("ann", "task_due"), b"x" * 32)
    for token in ("x", forged, acme.user("ann").credential):
        for method in ("GET", "POST"):
            answer = await acme.call(method, f"/v1/unsubscribe?token={token}", by=NOBODY)
            problem(answer, 404, "not_found")
    problem(await acme.get("/v1/unsubscribe", by=NOBODY), 422, "invalid")
    assert await mails(acme)


@pytest.mark.parametrize("type", ["task_due", "no_such_type"])
async def test_a_link_of_somebody_or_something_that_is_gone_leads_nowhere(acme: Api, type: str) -> None:
    path = link(acme, type=type)
    if type == "task_due":
        await acme.delete("/v1/users/ann")
    problem(await acme.call("POST", path, by=NOBODY, **ONE_CLICK), 404, "not_found")


async def test_a_link_is_no_credential_for_anything_else(acme: Api) -> None:
    token = link(acme).partition("token=")[2]
    assert (await acme.get("/v1/users/me", by=NOBODY, headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_a_link_of_another_installation_leads_nowhere(acme: Api, make_hub: Callable[..., ApiHub]) -> None:
    other = await make_hub()  # type: ignore[misc]
    foreign = other.identity.unsubscribe_link(HERE, "ann", "task_due")
    assert foreign is not None
    problem(await acme.call("POST", foreign.removeprefix(HERE), by=NOBODY, **ONE_CLICK), 404, "not_found")


def test_without_an_address_of_the_hub_there_is_no_link(acme: Api) -> None:
    assert acme.hub.identity.unsubscribe_link(None, "ann", "task_due") is None
    assert acme.hub.identity.unsubscribe_link(
        "https://hub.example/",
        "ann",
        "task_due",
    ).startswith(  # type: ignore[union-attr]
        "https://hub.example/v1/unsubscribe?token=v1."
    )
