"""What is tried in vain: again and again, then a dead letter, which somebody sends again or drops."""

from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio

from hub.api.dead_letters import BATCH
from hub.core.jobs import Later, Refused, Sent, Verdict

from .calling import Api, Caller, problem
from .office import address, number, open_office

PAUSES = (60, 300, 1_800, 7_200, 21_600)  # seconds; the tests draw no shorter ones
ABOUT = {"contact": "c7", "id": "e1"}


class Provider:
    """The other side of a channel: it answers as it is told, the last answer from then on."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)
        self.asked = 0

    async def send(self, message: Any, /) -> Verdict:
        self.asked += 1
        return self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]

    async def close(self) -> None:
        """There is nothing to close."""


@pytest_asyncio.fixture
async def office(api: Api) -> Api:
    await open_office(api)
    await api.put("/v1/test/clock", {"now": "2027-01-15T12:00:00Z"})
    return api


async def text(office: Api, **filters: str) -> dict[str, Any]:
    (found,) = await office.deliveries("e1", channel="text", user="ann", **filters)
    return found


async def fail(office: Api, *verdicts: Verdict, pauses: Sequence[int] = ()) -> Provider:
    """Post an event to a provider of texts that answers so, and let the time of the retries pass."""
    provider = Provider(*verdicts)
    office.hub.ends["text"] = provider
    await office.event("voicemails", **ABOUT)
    await office.post("/v1/test/settle")
    for seconds in pauses:
        await office.post("/v1/test/clock/advance", {"seconds": seconds})
    return provider


async def test_a_failing_send_is_tried_again_and_then_goes(office: Api) -> None:
    provider = await fail(office, Later("rate_limited"), Later("unreachable"), Sent("SM1"))
    found = await text(office)
    assert (found["state"], found["reason"], found["attempts"]) == ("queued", "rate_limited", 1)
    assert found["why"] == "It could not be sent yet, and is tried again: rate limited."
    await office.post("/v1/test/clock/advance", {"seconds": PAUSES[0]})
    assert (await text(office))["attempts"] == provider.asked == 2
    await office.post("/v1/test/clock/advance", {"seconds": PAUSES[1]})
    found = await text(office)
    assert (found["state"], found["reason"], found["attempts"], found["to"]) == (
        "sent", "assigned_user", 3, number("ann"),
    )  # fmt: skip
    (mailed,) = await office.deliveries("e1", channel="email", user="ann")
    assert (mailed["state"], mailed["attempts"]) == ("sent", 1), "the channels do not wait for each other"


async def test_what_fails_to_the_end_is_a_dead_letter(office: Api) -> None:
    provider = await fail(office, Later("unreachable"), pauses=PAUSES)
    found = await text(office, state="failed")
    assert (found["reason"], found["attempts"], provider.asked) == ("unreachable", 6, 6)
    assert found["id"] == f"{found['notification']}:text"


async def test_E_07_a_permanent_refusal_fails_at_once(office: Api) -> None:
    provider = await fail(office, Refused("invalid_number"), pauses=PAUSES)
    found = await text(office)
    assert (found["state"], found["reason"], found["attempts"], provider.asked) == ("failed", "invalid_number", 1, 1)
    assert found["why"] == "It could not be sent: invalid number."
    shown = (await office.get(f"/v1/notifications/{found['notification']}", by=office.user("ann"))).json()
    assert [row["state"] for row in shown["deliveries"]] == ["sent", "failed", "sent"]


async def test_a_dead_letter_is_sent_again_when_an_admin_says_so(office: Api) -> None:
    await fail(office, Refused("invalid_number"), Sent())
    id, olga = (await text(office))["id"], office.user("olga")
    answer = await office.post(f"/v1/deliveries/{id}/retry", by=olga)
    assert (answer.status_code, answer.json()["id"], answer.json()["state"]) == (202, id, "queued")
    await office.post("/v1/test/settle")
    assert (await text(office))["state"] == "sent"
    problem(await office.post(f"/v1/deliveries/{id}/retry", by=olga), 409, "conflict")


async def test_a_retry_that_is_asked_for_twice_is_one(office: Api) -> None:
    provider = await fail(office, Refused("invalid_number"), Sent())
    id = (await text(office))["id"]
    answers = [await office.post(f"/v1/deliveries/{id}/retry", key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1].headers["idempotent-replayed"] == "true"
    await office.post("/v1/test/settle")
    assert provider.asked == 2


async def test_a_dead_letter_is_dropped_for_good_and_stays_known(office: Api) -> None:
    await fail(office, Refused("invalid_number"))
    found = await text(office)
    for _ in range(2):
        assert (await office.delete(f"/v1/deliveries/{found['id']}")).status_code == 204
    assert await text(office, state="failed") == found
    assert (await office.get("/v1/deliveries?state=failed")).json()["items"] == []
    problem(await office.post(f"/v1/deliveries/{found['id']}/retry"), 409, "conflict")


async def test_what_was_sent_is_no_dead_letter(office: Api) -> None:
    await fail(office, Sent())
    found = await text(office)
    problem(await office.post(f"/v1/deliveries/{found['id']}/retry"), 409, "conflict")
    problem(await office.delete(f"/v1/deliveries/{found['id']}"), 409, "conflict")


@pytest.mark.parametrize("id", ["x", "0" * 26 + "-0:text", "{notification}", "{notification}:pigeon"])
async def test_deliveries_that_are_not(office: Api, id: str) -> None:
    await fail(office, Refused("invalid_number"))
    named = id.format(notification=(await text(office))["notification"])
    problem(await office.post(f"/v1/deliveries/{named}/retry"), 404, "not_found")
    problem(await office.delete(f"/v1/deliveries/{named}"), 404, "not_found")


async def test_another_tenants_dead_letter_is_not_there(office: Api) -> None:
    await fail(office, Refused("invalid_number"))
    await office.put("/v1/accounts/globex", {})
    key = Caller((await office.post("/v1/keys", {"account": "globex", "scopes": ["events"]})).json()["key"])
    problem(await office.post(f"/v1/deliveries/{(await text(office))['id']}/retry", by=key), 404, "not_found")


async def all_pages(office: Api, query: str) -> list[str]:
    found, cursor = [], ""
    while cursor is not None:
        page = (await office.get(f"/v1/deliveries?{query}&cursor={cursor}")).json()
        found += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
    return found


async def test_the_deliveries_of_a_state_are_listed_page_by_page(office: Api) -> None:
    office.hub.ends["text"] = Provider(Refused("invalid_number"))
    for i in range(5):
        await office.event("mention", users=["ann", "bob"], id=f"m{i}")
    await office.post("/v1/test/settle")
    for query, rows in (("failed", 10), ("failed&channel=email", 0), ("sent", 20), ("sent&channel=email", 10)):
        found = await all_pages(office, f"limit=3&state={query}")
        assert len(found) == len(set(found)) == rows


async def test_dead_letters_are_found_among_many_of_one_moment(office: Api) -> None:
    """A provider that is gone fails a crowd in the same millisecond, where the clock stands still."""
    await office.patch("/v1/accounts/west/defaults", {"types": {"mention": {"text": True}}})
    people = [f"u{i}" for i in range(BATCH + 10)]
    lines = (f'{{"kind":"user","id":"{id}","account":"west","backup_number":"+12025550171"}}' for id in people)
    await office.call("POST", "/v1/directory", content="\n".join(lines).encode())
    office.hub.ends["text"] = Provider(Refused("invalid_number"))
    await office.event("mention", "west", users=people, id="e1")
    await office.post("/v1/test/settle")
    found = await all_pages(office, "limit=40&state=failed")
    assert len(found) == len(set(found)) == len(people)


async def test_who_is_erased_leaves_the_outbox_too(office: Api) -> None:
    await office.event("voicemails", **ABOUT)
    assert {one["to"] for one in await office.outbox()} == {number("ann"), address("ann")}
    assert "user" not in (await office.outbox())[0], "what is shown is what would have been sent"
    await office.event("voicemails", contact="c8", id="e2")
    await office.post("/v1/test/settle")
    assert (await office.delete("/v1/users/ann")).status_code == 204
    assert {one["to"] for one in await office.outbox()} == {number("bob"), address("bob")}
