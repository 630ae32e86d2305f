"""Test mode: the clock that can be set, and the outbox (protocol.md 8)."""

import orjson
import pytest

from .calling import Api, fields, problem


async def test_the_clock_stands_still_moves_and_runs_again(acme: Api) -> None:
    set_to = await acme.put("/v1/test/clock", {"now": "2027-03-13T12:00:00-05:00"})
    assert set_to.json() == {"now": "2027-03-13T17:00:00.000Z"}
    await acme.event(id="evt-1")
    moved = await acme.post("/v1/test/clock/advance", {"seconds": 300.25})
    assert moved.json() == {"now": "2027-03-13T17:05:00.250Z"}
    await acme.event(id="evt-2")
    items = (await acme.get("/v1/inbox?user=ann")).json()["items"]
    assert [entry["at"] for entry in items] == ["2027-03-13T17:05:00.250Z", "2027-03-13T17:00:00.000Z"]
    assert (await acme.delete("/v1/test/clock")).status_code == 204
    await acme.event(id="evt-3")
    assert (await acme.get("/v1/inbox?user=ann")).json()["items"][0]["at"] < "2027"


@pytest.mark.parametrize("seconds", [-1, "5", None, 1e300])
async def test_how_far_the_clock_moves_is_bounded(acme: Api, seconds: object) -> None:
    answer = await acme.post("/v1/test/clock/advance", {"seconds": seconds})
    assert fields(problem(answer, 422, "invalid")) == ["seconds"]


async def test_the_outbox_is_listed_filtered_and_emptied(acme: Api) -> None:
    name = acme.hub.store.keys.work("outbox")
    for channel, to in (("email", "ann@acme.example"), ("text", "+15550100999"), ("email", "bob@acme.example")):
        await acme.hub.store.command("RPUSH", name, orjson.dumps({"channel": channel, "to": to}))

    async def listed(query: str) -> list[str]:
        return [message["to"] for message in (await acme.get(f"/v1/test/outbox?{query}")).json()["items"]]

    assert await listed("") == ["ann@acme.example", "+15550100999", "bob@acme.example"]
    assert await listed("channel=email") == ["ann@acme.example", "bob@acme.example"]
    assert await listed("channel=email&to=bob@acme.example") == ["bob@acme.example"]
    first = (await acme.get("/v1/test/outbox?limit=1&channel=email")).json()
    assert await listed(f"limit=1&channel=email&cursor={first['next_cursor']}") == ["bob@acme.example"]
    assert (await acme.delete("/v1/test/outbox")).status_code == 204
    assert await listed("") == []
