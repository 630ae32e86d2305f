"""Broadcasts and notices at people's tabs: pop-ups, receipts, recall and expiry, in a whole hub."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.gateway.conftest import TabClient

from .calling import Api
from .live import LiveApi

LIST, NOTICES = "/v1/broadcasts", "/v1/system-notices"
MINUTE = 60


async def send(api: Api, **body: Any) -> str:
    """Have the manager send something to the group sales; return its path."""
    answer = await api.post(LIST, {"message": "<b>Lunch</b>", "groups": ["sales"], **body}, by=api.user("mia"))
    assert answer.status_code == 202, answer.text
    return f"{LIST}/{answer.json()['id']}"


async def counts(api: Api, path: str) -> tuple[int, int, int]:
    found = (await api.get(path)).json()
    return found["delivered"], found["shown"], found["dismissed"]


async def taken(tab: TabClient) -> str:
    """Hear of the next notification and take its pop-up, as a page does at once; return its id."""
    id: str = (await tab.hear("notify"))["entry"]["id"]
    await tab.say("shown", ids=[id])
    return id


def in_seconds(api: LiveApi, seconds: float) -> str:
    return datetime.fromtimestamp(api.hub.clock.now() + seconds, UTC).isoformat()


async def test_R_12_a_broadcast_pops_up_at_once_and_counts_who_saw_and_who_closed_it(town: LiveApi) -> None:
    ann, _ = await town.tab("ann")
    path = await send(town)
    frame = await ann.hear("notify")
    entry = frame["entry"]
    assert (frame["popup"], entry["html"], entry["body"], entry["sender"]) == (True, "<b>Lunch</b>", "Lunch", "Mia")
    assert await counts(town, path) == (2, 0, 0)
    await ann.say("shown", ids=[entry["id"]])
    await ann.say("dismiss", ids=[entry["id"]], ref=1)
    await ann.hear_all("dismissed", "ack")
    assert await counts(town, path) == (2, 1, 1)
    await ann.say("dismiss", ids=[entry["id"]], ref=2)
    await ann.hear("ack")
    assert await counts(town, path) == (2, 1, 1), "once a user"
    rows = (await town.get(f"{path}/recipients", by=town.user("mia"))).json()["items"]
    assert {row["user"]: (row["shown"], row["dismissed"]) for row in rows} == {
        "ann": (True, True),
        "bob": (False, False),
    }


async def test_AMB_40_who_is_offline_gets_the_open_pop_up_with_the_next_login(town: LiveApi) -> None:
    path = await send(town)
    bob, welcome = await town.tab("bob")
    (popup,) = welcome["popups"]
    assert (popup["title"], popup["sticky"]) == ("One-time notification for system users", True)
    assert path.endswith(popup["id"].partition("-")[0])
    await bob.say("shown", ids=[popup["id"]])
    await bob.say("dismiss", ids=[popup["id"]], ref=1)
    await bob.hear_all("dismissed", "ack")
    assert await counts(town, path) == (2, 1, 1)


async def test_a_recall_takes_it_off_every_tab(town: LiveApi) -> None:
    await town.put("/v1/groups/sales", {"account": "acme", "members": ["ann", "bob", "wes"]})
    tabs = [(await town.tab(user))[0] for user in ("ann", "bob", "wes")]
    path = await send(town)
    ids = [await taken(tab) for tab in tabs]
    assert (await town.delete(path, by=town.user("mia"))).status_code == 204
    for tab, id in zip(tabs, ids, strict=True):
        assert await tab.hear("recalled") == {"op": "recalled", "seq": 2, "ids": [id], "unread": 0}
    _, welcome = await town.tab("ann", "A2")
    assert (welcome["popups"], welcome["inbox"], welcome["unread"]) == ([], [], 0)


async def test_E_23_a_broadcast_is_withdrawn_when_it_expires(town: LiveApi) -> None:
    ann, _ = await town.tab("ann")
    path = await send(town, expires_at=in_seconds(town, 10 * MINUTE))
    id = await taken(ann)
    await town.post("/v1/test/clock/advance", {"seconds": 9 * MINUTE})
    assert (await town.get(path)).json()["status"] == "sent"
    await town.post("/v1/test/clock/advance", {"seconds": MINUTE})
    assert (await ann.hear("recalled"))["ids"] == [id]
    found = (await town.get(path)).json()
    assert (found["status"], await town.inbox("ann"), await town.inbox("bob")) == ("expired", [], [])
    assert found["recalled_at"] is not None
    assert (await town.delete(path)).status_code == 204
    assert (await town.get(path)).json() == found


async def test_a_broadcast_recalled_before_it_expires_stays_recalled(town: LiveApi) -> None:
    path = await send(town, expires_at=in_seconds(town, MINUTE))
    await town.delete(path)
    await town.post("/v1/test/clock/advance", {"seconds": 2 * MINUTE})
    assert (await town.get(path)).json()["status"] == "recalled"


async def test_AMB_17_looking_as_somebody_leaves_no_receipt(town: LiveApi) -> None:
    view = await town.open_view("ann", actor="olga")
    path = await send(town)
    id = (await view.hear("notify"))["entry"]["id"]
    await view.say("shown", ids=[id])
    await view.say("dismiss", ids=[id], ref=1)
    await view.hear_all("dismissed", "ack")
    assert await counts(town, path) == (2, 0, 0)


async def test_R_21_a_notice_pops_up_in_every_account_and_is_taken_back_everywhere(town: LiveApi) -> None:
    tabs = [(await town.tab(user))[0] for user in ("ann", "wes", "gus")]
    sent = (await town.post(NOTICES, {"message": "We move", "accounts": "all"})).json()
    frames = await asyncio.gather(*(tab.hear("notify") for tab in tabs))
    assert {frame["popup"] for frame in frames} == {True}
    assert {frame["entry"]["important"] for frame in frames} == {True}
    assert [frame["entry"]["account"] for frame in frames] == ["acme", "west", "globex"]
    for tab, frame in zip(tabs, frames, strict=True):
        await tab.say("shown", ids=[frame["entry"]["id"]])
    await tabs[2].say("dismiss", ids=[frames[2]["entry"]["id"]], ref=1)
    await tabs[2].hear_all("dismissed", "ack")
    path = f"{NOTICES}/{sent['id']}"
    assert (await counts(town, path))[::2] == (6, 1)
    await town.delete(path)
    for tab in tabs:
        assert (await tab.hear("recalled"))["unread"] == 0
