"""How soon and how often e-mail comes: the grace in which to see it in the app, and the daily cap with its summary."""

from typing import Any

import pytest_asyncio

from .calling import Api
from .office import open_office
from .test_sending_choices import ABOUT, NIGHT, outcome, row

NOON = "2027-01-15T12:00:00-05:00"


@pytest_asyncio.fixture
async def office(api: Api) -> Api:
    """Ann is in New York, where it is noon, and a summary comes the next morning."""
    await open_office(api)
    await api.patch("/v1/users/ann", {"time_zone": "America/New_York"})
    await api.put("/v1/test/clock", {"now": NOON})
    return api


async def wants(office: Api, **pace: int | None) -> None:
    await office.choose("ann", channels={"email": pace})


async def advance(office: Api, minutes: float) -> None:
    assert (await office.post("/v1/test/clock/advance", {"seconds": 60 * minutes})).is_success


async def subjects(office: Api) -> list[str]:
    return [letter["subject"] for letter in await office.outbox("email", "ann@crm.example")]


# Grace


async def test_E_20_an_e_mail_waits_until_its_grace_is_over(office: Api) -> None:
    await wants(office, grace_minutes=3)
    await office.event("voicemails", **ABOUT, id="e1")
    assert await subjects(office) == []
    assert len(await office.outbox("text")) == 1, "a text does not wait"
    found = await row(office, "e1", "ann", "email")
    assert (found["state"], found["reason"], found["attempts"]) == ("queued", "grace", 0)
    assert found["why"].startswith("This waits for the user to see the notification in the app")
    await advance(office, 2.99)
    assert await subjects(office) == []
    await advance(office, 0.01)
    assert await subjects(office) == ["Voicemails"]
    assert (await outcome(office, "e1", "ann", "email"))[:2] == ("sent", "assigned_user")


async def test_E_20_AMB_48_what_was_seen_in_the_app_by_then_is_not_sent(office: Api) -> None:
    await wants(office, grace_minutes=3)
    for n, operation in enumerate(("read", "dismiss", "archive"), 1):
        await office.event("voicemails", **ABOUT, id=f"e{n}")
        entry = (await office.inbox("ann"))[0]
        await office.post(f"/v1/inbox/{operation}", {"ids": [entry["id"]]}, by=office.user("ann"))
    await advance(office, 3)
    assert await subjects(office) == []
    for event in ("e1", "e2", "e3"):
        found = await row(office, event, "ann", "email")
        assert (found["state"], found["reason"], found["attempts"]) == ("skipped", "seen", 0)
        assert found["why"] == "The user saw the notification before this was due."


async def test_AMB_48_without_a_grace_it_is_sent_at_once(office: Api) -> None:
    await office.event("voicemails", **ABOUT, id="e1")
    assert await subjects(office) == ["Voicemails"]


async def test_E_20_AMB_08_it_is_seen_as_whatever_it_is_told_in_the_app(office: Api) -> None:
    await wants(office, grace_minutes=3)
    await office.choose("ann", types={"parser_created": {"system": False, "au": False}})
    for event in ("e1", "e2"):
        await office.event("parser_created", **ABOUT, origin="parser", id=event)
    first = (await office.inbox("ann"))[1]
    assert (first["type"], first["event"]) == ("new_lead", "e1")
    assert (await row(office, "e1", "ann", "email"))["type"] == "parser_created"
    await office.post("/v1/inbox/dismiss", {"ids": [first["id"]]}, by=office.user("ann"))
    await advance(office, 3)
    assert await subjects(office) == ["Parser Created"]
    assert (await outcome(office, "e1", "ann", "email"))[:2] == ("skipped", "seen")
    assert (await outcome(office, "e2", "ann", "email"))[0] == "sent"


async def test_E_20_of_grace_and_quiet_hours_the_later_one_counts(office: Api) -> None:
    await office.choose("ann", quiet_hours=NIGHT, channels={"email": {"grace_minutes": 10}})
    for event, now, reason, due in (
        ("e1", "2027-01-15T21:55:00-05:00", "quiet_hours", "2027-01-16T12:00:00.000Z"),
        ("e2", "2027-01-16T06:55:00-05:00", "grace", "2027-01-16T12:05:00.000Z"),
        ("e3", "2027-01-16T12:00:00-05:00", "grace", "2027-01-16T17:10:00.000Z"),
    ):
        await office.put("/v1/test/clock", {"now": now})
        await office.event("voicemails", **ABOUT, id=event)
        assert (await outcome(office, event, "ann", "email"))[1] == reason
        await office.put("/v1/test/clock", {"now": due})
        (letter,) = await office.outbox("email")
        assert letter["at"] == due
        await office.delete("/v1/test/outbox")


async def test_E_20_what_is_mandatory_waits_too(office: Api) -> None:
    await office.choose("ann", quiet_hours=NIGHT, channels={"email": {"grace_minutes": 5}})
    await office.choose("mia", channels={"email": {"grace_minutes": 5}})
    await office.put("/v1/test/clock", {"now": "2027-01-15T23:00:00-05:00"})
    sent = (await office.post("/v1/broadcasts", {"message": "Lunch", "groups": ["sales"]})).json()
    assert [letter["to"] for letter in await office.outbox("email")] == ["bob@crm.example"]
    (entry,) = await office.inbox("mia")
    await office.post("/v1/inbox/dismiss", {"ids": [entry["id"]]}, by=office.user("mia"))
    await advance(office, 5)
    assert [letter["to"] for letter in await office.outbox("email")] == ["bob@crm.example", "ann@crm.example"]
    assert (await office.get(f"/v1/broadcasts/{sent['id']}")).json()["emailed"] == 2


async def test_E_20_E_21_the_account_s_grace_holds_for_who_chose_none(office: Api) -> None:
    await office.patch("/v1/accounts/acme/defaults", {"channels": {"email": {"grace_minutes": 5}}})
    await office.choose("bob", channels={"email": {"grace_minutes": 0}})
    for contact in ("c7", "c8"):
        await office.event("voicemails", contact=contact)
    assert [letter["to"] for letter in await office.outbox("email")] == ["bob@crm.example"]
    await advance(office, 5)
    assert len(await office.outbox("email")) == 2


async def test_A_41_a_sample_comes_at_once_and_counts_nothing(office: Api) -> None:
    await wants(office, grace_minutes=60, daily_cap=1)
    for _ in range(3):
        await office.post("/v1/samples", {"type": "voicemails", "channels": ["system", "email"]}, by=office.user("ann"))
    assert await subjects(office) == ["[Sample] Voicemails"] * 3


# The daily cap


async def titled(office: Api, count: int) -> None:
    for n in range(1, count + 1):
        await office.event("voicemails", **ABOUT, id=f"e{n}", title=f"Call {n}")


async def test_E_21_what_is_beyond_the_cap_comes_as_one_summary_the_next_morning(office: Api) -> None:
    await wants(office, daily_cap=2)
    await titled(office, 5)
    assert await subjects(office) == ["Call 1", "Call 2"]
    found = await row(office, "e3", "ann", "email")
    assert (found["state"], found["reason"], found["attempts"]) == ("queued", "daily_cap", 0)
    assert found["why"].endswith("this comes in a summary.")
    await office.put("/v1/test/clock", {"now": "2027-01-16T07:59:59-05:00"})
    assert len(await subjects(office)) == 2
    await office.put("/v1/test/clock", {"now": "2027-01-16T08:00:00-05:00"})
    assert await subjects(office) == ["Call 1", "Call 2", "3 notifications of the type “Voicemails”"]
    summary = (await office.outbox("email"))[-1]
    assert summary["notification"] is None
    assert [f"Call {n}" in summary["text"] for n in range(1, 6)] == [False, False, True, True, True]
    for n in range(3, 6):
        found = await row(office, f"e{n}", "ann", "email")
        assert (found["state"], found["reason"], found["attempts"]) == ("sent", "assigned_user", 1)
        assert found["at"] == "2027-01-16T13:00:00.000Z"


async def test_AMB_48_a_summary_tells_without_a_grace_what_was_seen(office: Api) -> None:
    await wants(office, daily_cap=1)
    await titled(office, 3)
    assert await subjects(office) == ["Call 1"]
    await office.post("/v1/inbox/read", {"ids": [(await office.inbox("ann"))[1]["id"]]}, by=office.user("ann"))
    await office.put("/v1/test/clock", {"now": "2027-01-16T08:00:00-05:00"})
    assert await subjects(office) == ["Call 1", "2 notifications of the type “Voicemails”"]


async def test_E_21_a_summary_leaves_out_what_was_seen_after_a_grace(office: Api) -> None:
    await wants(office, grace_minutes=1, daily_cap=1)
    await titled(office, 3)
    await advance(office, 1)
    assert await subjects(office) == ["Call 1"]
    await office.post("/v1/inbox/read", {"ids": [(await office.inbox("ann"))[1]["id"]]}, by=office.user("ann"))
    await office.put("/v1/test/clock", {"now": "2027-01-16T08:00:00-05:00"})
    assert await subjects(office) == ["Call 1", "Call 3"], "one is left, and goes as it would have gone"
    assert (await outcome(office, "e2", "ann", "email"))[:2] == ("skipped", "seen")


async def test_E_21_who_unsubscribes_gets_no_summary_either(make_hub: Any) -> None:
    async with Api(await make_hub(test_mode=True, public_url="https://hub.example")) as office:
        await open_office(office)
        await office.put("/v1/test/clock", {"now": NOON})
        await wants(office, daily_cap=1)
        await titled(office, 4)
        (letter,) = await office.outbox("email", "ann@crm.example")
        link = letter["text"].partition("Unsubscribe: ")[2].split()[0]
        assert (await office.post(link.removeprefix("https://hub.example"))).is_success
        await advance(office, 24 * 60)
        assert await subjects(office) == ["Call 1"]
        assert (await outcome(office, "e4", "ann", "email"))[:2] == ("skipped", "type_off")


async def test_E_21_the_cap_of_the_account_is_overridden_by_the_user_s(office: Api) -> None:
    await office.patch("/v1/accounts/acme/defaults", {"channels": {"email": {"daily_cap": 1}}})
    await titled(office, 3)
    assert await subjects(office) == ["Call 1"]
    await wants(office, daily_cap=3)
    await office.event("voicemails", **ABOUT, title="Call 4")
    assert await subjects(office) == ["Call 1", "Call 4"]


async def test_AMB_41_broadcasts_and_notices_pass_the_cap_and_do_not_count(office: Api) -> None:
    await wants(office, daily_cap=1)
    for _ in range(3):
        await office.post("/v1/broadcasts", {"message": "Lunch", "users": ["ann"]})
        await office.post("/v1/system-notices", {"message": "We move", "accounts": ["acme"]})
    assert len(await subjects(office)) == 6
