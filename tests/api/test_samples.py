"""Samples: to who asks and nobody else, marked, whatever they chose; read from the first."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from hub.engine.limits import SAMPLES
from tests.gateway.conftest import TabClient

from .calling import Api, problem
from .live import LiveApi
from .office import address, number, open_office

ALL = ["system", "text", "email"]


@pytest_asyncio.fixture
async def office(api: Api) -> Api:
    await open_office(api)
    return api


async def test_A_41_AMB_37_a_sample_comes_over_every_channel_to_the_asker_alone(office: Api) -> None:
    answer = await office.post("/v1/samples", {"type": "task_due", "channels": ALL}, by=office.user("ann"))
    assert answer.status_code == 202, answer.text
    shown = answer.json()
    assert [(row["channel"], row["state"], row["why"]) for row in shown["deliveries"]] == [
        ("system", "sent", "You asked for this sample."),
        ("text", "queued", "You asked for this sample."),
        ("email", "queued", "You asked for this sample."),
    ]
    messages = {message["channel"]: message for message in await office.outbox()}
    assert {channel: message["to"] for channel, message in messages.items()} == {
        "text": number("ann"), "email": address("ann"),
    }  # fmt: skip
    assert "[Sample]" in messages["text"]["text"]
    assert messages["email"]["subject"].startswith("[Sample] ")
    (entry,) = await office.inbox("ann")
    assert (entry["id"], entry["sample"], entry["state"]) == (shown["id"], True, "read")
    assert await office.inbox("bob") == []


async def test_AMB_37_a_sample_changes_no_count(office: Api) -> None:
    await office.event("mention", users=["ann"])
    await office.post("/v1/samples", {"type": "task_due"}, by=office.user("ann"))
    page = (await office.get("/v1/inbox", by=office.user("ann"))).json()
    assert ([entry["sample"] for entry in page["items"]], page["unread"]) == ([True, False], 1)
    assert [entry["sample"] for entry in (await office.get("/v1/inbox?state=unread&user=ann")).json()["items"]] == [
        False
    ]


async def test_A_41_a_sample_of_what_is_turned_off_comes_all_the_same(office: Api) -> None:
    off = {"system": False, "au": False, "text": False, "email": False}
    await office.choose("ann", types={"voicemails": off})
    await office.post("/v1/samples", {"type": "voicemails", "channels": ALL}, by=office.user("ann"))
    assert len(await office.outbox()) == 2
    assert len(await office.inbox("ann")) == 1


async def test_A_41_what_is_off_as_a_whole_stays_off_and_the_answer_says_so(office: Api) -> None:
    await office.choose("ann", channels={"text": {"enabled": False}})
    await office.patch("/v1/users/ann", {"email": None})
    body = {"type": "mention", "channels": ["text", "email"]}
    answer = (await office.post("/v1/samples", body, by=office.user("ann"))).json()
    assert answer["id"] is None
    assert [(row["state"], row["reason"]) for row in answer["deliveries"]] == [
        ("skipped", "channel_off"), ("skipped", "no_email"),
    ]  # fmt: skip
    assert (await office.outbox(), await office.inbox("ann")) == ([], [])


async def test_a_sample_does_not_wait_for_the_end_of_quiet_hours(office: Api) -> None:
    await office.put("/v1/test/clock", {"now": "2027-01-15T23:30:00Z"})
    await office.choose("ann", quiet_hours={"from": "22:00", "to": "07:00", "time_zone": "UTC"})
    await office.post("/v1/samples", {"type": "mention", "channels": ["text"]}, by=office.user("ann"))
    assert len(await office.outbox("text")) == 1


async def test_unless_channels_are_named_a_sample_comes_over_those_of_the_type(office: Api) -> None:
    answer = await office.post("/v1/samples", {"type": "account_paused"}, by=office.user("ann"))
    assert [row["channel"] for row in answer.json()["deliveries"]] == ["system"]


async def test_C_13_a_channel_that_the_type_does_not_use_has_no_sample(office: Api) -> None:
    body = {"type": "account_paused", "channels": ["system", "text"]}
    refused = problem(await office.post("/v1/samples", body, by=office.user("ann")), 422, "invalid")
    assert [error["field"] for error in refused["errors"]] == ["channels[1]"]
    assert await office.inbox("ann") == []


@pytest.mark.parametrize("type", ["billing_warning", "no_such_type"])
async def test_A_13_nobody_gets_a_sample_of_what_their_role_does_not_show(office: Api, type: str) -> None:
    problem(await office.post("/v1/samples", {"type": type}, by=office.user("ann")), 422, "unknown_type")


async def test_A_14_a_sample_of_a_report_is_an_e_mail_that_can_be_read(office: Api) -> None:
    answer = (await office.post("/v1/samples", {"type": "billing_warning"}, by=office.user("bea"))).json()
    shown = (await office.get(f"/v1/notifications/{answer['id']}", by=office.user("bea"))).json()
    assert (shown["sample"], shown["reason"]) == (True, "You asked for this sample.")
    assert [message["to"] for message in await office.outbox()] == [address("bea")]


async def test_a_key_says_to_whom_a_sample_goes(office: Api) -> None:
    problem(await office.post("/v1/samples", {"type": "mention"}), 422, "invalid")
    assert (await office.post("/v1/samples?user=ann", {"type": "mention"})).status_code == 202
    assert len(await office.inbox("ann")) == 1
    await office.patch("/v1/users/bob", {"active": False})
    problem(await office.post("/v1/samples?user=bob", {"type": "mention"}), 409, "conflict")


async def test_AMB_17_a_log_in_as_session_asks_for_no_samples(office: Api) -> None:
    view = office.user("ann", actor="olga")
    problem(await office.post("/v1/samples", {"type": "mention"}, by=view), 403, "log_in_as_view")


async def test_a_repeated_request_is_one_sample(office: Api) -> None:
    answers = [await office.post("/v1/samples", {"type": "mention"}, by=office.user("ann"), key="k1") for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len(await office.inbox("ann")) == 1
    assert len(await office.outbox()) == 2


async def test_a_request_that_was_cut_off_after_it_was_stored_is_one_sample(office: Api) -> None:
    ann = office.user("ann")
    first = (await office.post("/v1/samples", {"type": "mention"}, by=ann, key="k1")).json()
    await office.hub.store.command("DEL", office.hub.store.keys.idempotency("user:ann", "k1"))
    assert (await office.post("/v1/samples", {"type": "mention"}, by=ann, key="k1")).json()["id"] == first["id"]
    assert len(await office.inbox("ann")) == 1


async def test_a_number_that_nobody_confirmed_is_not_flooded_with_samples(office: Api) -> None:
    async def ask(*channels: str) -> httpx2.Response:
        return await office.post("/v1/samples", {"type": "mention", "channels": channels}, by=office.user("ann"))

    assert [(await ask("text")).status_code for _ in range(SAMPLES)] == [202] * SAMPLES
    refused = await ask("text")
    problem(refused, 429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await ask("system")).status_code == 202


async def test_AMB_37_a_sample_pops_up_in_the_elected_tab_as_read(town: LiveApi) -> None:
    tabs = [(await town.tab("ann", id))[0] for id in ("A1", "B2")]
    answer = await town.post("/v1/samples", {"type": "mention", "channels": ["system"]}, by=town.user("ann"))
    frames = [await notified(tab) for tab in tabs]
    assert [frame["popup"] for frame in frames] == [False, True]
    assert {(frame["unread"], frame["entry"]["state"], frame["entry"]["sample"]) for frame in frames} == {
        (0, "read", True),
    }  # fmt: skip
    await tabs[1].say("dismiss", ids=[answer.json()["id"]], ref=1)
    dismissed, ack = await tabs[1].hear_all("dismissed", "ack")
    assert (dismissed["ids"], ack["changed"], ack["unread"]) == ([answer.json()["id"]], [answer.json()["id"]], 0)


async def notified(tab: TabClient) -> dict[str, Any]:
    """Pass over what is said of elections."""
    while (frame := await tab.hear())["op"] != "notify":
        pass
    return frame
