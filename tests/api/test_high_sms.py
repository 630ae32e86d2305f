"""High SMS: more than 15 texts from one number to one line within 30 seconds are told once (A-35, A-36, AMB-34)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from hub.engine.connection import Unavailable
from hub.engine.plans import Plans
from hub.engine.queue import Queue

from .calling import Api, ApiHub
from .office import open_office

NUMBER = "+12025550777"
NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
ALERT = "high_sms_volume"


@pytest_asyncio.fixture
async def office(api: Api) -> Api:
    """Open the office, where l1 is Ann's line, and the contact c7 has one number."""
    await open_office(api)
    await api.put("/v1/contacts/c7", {"account": "acme", "first_name": "Eve", "numbers": [NUMBER]})
    await api.put("/v1/test/clock", {"now": NOON.isoformat()})
    return api


def came(id: str, seconds: float | None = None, **fields: Any) -> dict[str, Any]:
    """Describe a text from Eve."""
    at = None if seconds is None else (NOON + timedelta(seconds=seconds)).isoformat()
    text = {"type": "line_text", "account": "acme", "id": id, "line": "l1", "contact": "c7", "occurred_at": at}
    return {**text, **fields}


async def post(office: Api, *texts: dict[str, Any]) -> list[dict[str, Any]]:
    """Post texts one by one."""
    answers = [await office.post("/v1/events", text) for text in texts]
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    return [answer.json() for answer in answers]


async def alerts(office: Api, user: str = "ann") -> list[dict[str, Any]]:
    return [entry for entry in await office.inbox(user) if entry["type"] == ALERT]


async def went(office: Api, event: str) -> list[tuple[str, str]]:
    """Send all that is due; say to whom an event went beside the app."""
    await office.post("/v1/test/settle")
    rows = await office.deliveries(event, state="sent")
    return sorted((row["user"], row["channel"]) for row in rows if row["channel"] != "system")


async def test_A_35_the_sixteenth_text_within_30_seconds_alerts_who_has_the_line(office: Api) -> None:
    await post(office, *(came(f"e{n}", n * 2) for n in range(15)))
    assert await alerts(office) == []
    (answer,) = await post(office, came("e15", 30, url="https://crm.example/c7"))
    (alert,) = await alerts(office)
    assert (alert["event"], alert["contact"], alert["account"]) == ("e15:high_sms", "c7", "acme")
    assert alert["data"] == {"count": 16, "window_seconds": 30, "from": NUMBER, "line": "l1"}
    assert (alert["title"], alert["body"]) == ("High SMS", f"16 texts within 30 seconds from {NUMBER}.")
    assert (alert["url"], alert["reason"]) == (
        "https://crm.example/c7",
        "You get the “High SMS” notifications of your own line.",
    )
    assert answer == {"id": "e15", "status": "accepted", "recipients": 6}, "which counts the people told of the text"
    assert await alerts(office, "bob") == []
    assert await went(office, "e15:high_sms") == [("ann", "email"), ("ann", "text")]


@pytest.mark.parametrize("last", [30.001, 31.0])
async def test_AMB_34_a_sixteenth_text_after_more_than_30_seconds_is_no_burst(office: Api, last: float) -> None:
    await post(office, *(came(f"e{n}", n) for n in range(15)), came("e15", last))
    assert await alerts(office) == []


async def test_AMB_34_the_clock_of_the_business_says_when_a_text_came_that_does_not(office: Api) -> None:
    for n in range(15):
        await post(office, came(f"a{n}"))
    await office.post("/v1/test/clock/advance", {"seconds": 30.001})
    for n in range(15):
        await post(office, came(f"b{n}"))
    assert await alerts(office) == []
    await office.post("/v1/test/clock/advance", {"seconds": 30})
    await post(office, came("b15"))
    assert [alert["event"] for alert in await alerts(office)] == ["b15:high_sms"]


async def test_AMB_34_a_flood_is_told_once_and_anew_when_it_ebbed(office: Api) -> None:
    await post(office, *(came(f"a{n}", n / 10) for n in range(40)))
    assert [alert["event"] for alert in await alerts(office)] == ["a15:high_sms"]
    await post(office, *(came(f"b{n}", 40 + n / 10) for n in range(16)))
    assert [alert["event"] for alert in await alerts(office)] == ["b15:high_sms", "a15:high_sms"]


async def test_A_36_two_lines_and_two_numbers_count_apart(office: Api) -> None:
    ways: list[dict[str, Any]] = [{}, {"data": {"from": "+12025550778"}}, {"line": "l2"}]
    await post(office, *(came(f"e{n}-{i}", n, **way) for n in range(15) for i, way in enumerate(ways)))
    assert await alerts(office) == []
    await post(office, came("last", 15, line="l2"))
    assert await alerts(office, "mia") == []
    for user in ("ann", "bob", "kim"):  # two in its ring group, and one who opted in
        assert [alert["event"] for alert in await alerts(office, user)] == ["last:high_sms"]


async def test_A_36_text_received_and_line_text_are_texts_and_others_are_none(office: Api) -> None:
    kinds = ("text_received", "line_text")
    await post(office, *(came(f"e{n}", 0, type=kinds[n % 2]) for n in range(15)))
    await post(office, *(came(f"x{n}", 0, type="text_stopped") for n in range(3)))
    await post(office, *(came(f"y{n}", 0, line=None, type="text_received") for n in range(3)))
    assert await alerts(office) == []
    await post(office, came("e15", 0, type="text_received"))
    assert len(await alerts(office)) == 1


async def test_A_35_the_alert_follows_the_preferences_of_each(office: Api) -> None:
    await office.choose("ann", types={ALERT: {"system": False, "text": False}})
    await post(office, *(came(f"e{n}", 0) for n in range(16)))
    assert await alerts(office) == []
    assert await went(office, "e15:high_sms") == [("ann", "email")]


async def test_a_repeated_text_counts_once(office: Api) -> None:
    for n in range(15):
        for _ in range(3):
            await office.post("/v1/events", came(f"e{n}", 0), key=f"k{n}")
            await office.post("/v1/events", came(f"e{n}", 0))
    assert await alerts(office) == []
    for _ in range(3):
        await post(office, came("e15", 0))
    assert len(await alerts(office)) == 1


async def test_A_35_a_bulk_counts_text_by_text_in_its_order(office: Api) -> None:
    bulk = [came(f"e{n}", n / 10) for n in range(40)]
    for _ in range(2):
        results = (await office.post("/v1/events", bulk)).json()["results"]
        assert {result["status"] for result in results} == {202}
    texts = [entry["event"] for entry in await office.inbox("ann") if entry["type"] == "line_text"]
    assert texts == [f"e{n}" for n in reversed(range(40))]
    assert [alert["event"] for alert in await alerts(office)] == ["e15:high_sms"]


@pytest_asyncio.fixture
async def neighbour(office: Api, store_url: str) -> AsyncIterator[Api]:
    """A second hub on the same store."""
    hub = ApiHub(store_url, office.hub.store.keys.prefix, {"test_mode": True})
    await hub.open()
    async with Api(hub) as api:
        yield api
    await hub.store.close()


async def test_AMB_34_texts_that_two_hubs_take_at_the_same_time_make_one_burst(office: Api, neighbour: Api) -> None:
    hubs = (office, neighbour)
    answers = await asyncio.gather(*(hubs[n % 2].post("/v1/events", came(f"e{n}", n / 10)) for n in range(48)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await alerts(office)) == 1
    assert len([entry for entry in await office.inbox("ann") if entry["type"] == "line_text"]) == 48


async def test_A_35_an_alert_that_was_cut_off_comes_all_the_same(office: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is stored and its alert not yet, when the process dies: a worker takes the plan up."""
    await post(office, *(came(f"e{n}", 0) for n in range(15)))

    async def dies(*_: object) -> int:
        raise Unavailable("cut off")

    with monkeypatch.context() as cut:
        cut.setattr(Plans, "_append", dies)
        assert (await office.post("/v1/events", came("e15", 0))).status_code == 503
    assert await alerts(office) == []
    again = await office.post("/v1/events", came("e15", 0))
    assert (again.status_code, again.json()["recipients"]) == (202, 6)
    queue = office.hub.store.keys.work("queue")
    for work in await office.hub.store.command("ZRANGE", queue, 0, -1):
        await office.hub.store.command("ZADD", queue, 1, work)  # the lease of who died runs out
    await office.post("/v1/test/settle")
    assert len(await alerts(office)) == 1
    assert await Queue(office.hub.store).left() == 0


async def test_a_contact_whose_number_is_not_known_makes_no_burst(office: Api) -> None:
    await office.put("/v1/contacts/c7", {"account": "acme", "numbers": [NUMBER, "+12025550778"]})
    await post(office, *(came(f"e{n}", 0, data={"from": "withheld"}) for n in range(20)))
    assert await alerts(office) == []
