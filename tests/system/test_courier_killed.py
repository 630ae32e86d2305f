"""E-mail and webhooks through `kill -9`: a real hub, a real mail server and a real receiver, and the hub killed while
letters and messages are on their way.

Of every acknowledged event the letter and the message arrive; they may arrive again only where the hub died between
sending and recording, so never more often than they were tried, and never after they were recorded.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from tests.channels.mail_server import MailServer
from tests.channels.web_server import WebServer

from .processes import PATIENCE, Api, HubProcess, StoreProcess

StartHub = Callable[..., HubProcess]
USERS = [f"u{n}" for n in range(6)]
LEASES = 4 * PATIENCE  # seconds: the lane of a dead courier waits for its lease


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest_asyncio.fixture
async def web() -> AsyncIterator[WebServer]:
    async with WebServer().running() as server:
        yield server


@pytest_asyncio.fixture
async def api(outside_store: StoreProcess, start_hub: StartHub, mail: MailServer) -> AsyncIterator[Api]:
    """Start a hub that mails, with six people who get the voicemails of their own contacts by e-mail."""
    settings = {"HUB_SMTP_URL": mail.url(), "HUB_EMAIL_FROM": "hub@acme.example", "HUB_TEST_MODE": "1"}
    hub = start_hub(store=outside_store, HUB_WEBHOOK_NETWORKS="127.0.0.0/8", **settings)
    async with Api(hub) as api:
        await api.put("/v1/accounts/acme", name="Acme", sender_name="Acme Alarms")
        for user in USERS:
            await api.put(f"/v1/users/{user}", account="acme", name=user, email=f"{user}@acme.example")
            await api.put(f"/v1/contacts/c-{user}", account="acme", first_name="Eve", assigned_user=user)
            wanted = {"types": {"voicemails": {"email": True}}}
            answer = await api.client.patch(f"/v1/users/{user}/preferences", json=wanted)
            assert answer.status_code == 200, answer.text
        yield api


async def post(api: Api, number: int) -> str:
    """Post an event whose letter goes to one of the six; return its id, which is its title too."""
    id = f"evt-{number:04}"
    await api.insist(id, contact=f"c-{USERS[number % len(USERS)]}", title=id)
    return id


def arrived(mail: MailServer) -> Counter[str]:
    return Counter(letter.message["Subject"] for letter in mail.letters)


async def listen(api: Api, web: WebServer) -> str:
    """Have the receiver told of every notification; return the secret that signs."""
    hook = {"account": "acme", "url": f"http://127.0.0.1:{web.port}/in", "events": ["notification.created"]}
    answer = await api.client.post("/v1/webhooks", json=hook)
    assert answer.status_code == 200, answer.text
    secret: str = answer.json()["secret"]
    return secret


def heard(web: WebServer, secret: str) -> list[tuple[str, int]]:
    """List what was told, in the order in which it came: notifications by their happening and their number in it."""
    ids = [Webhook(secret).verify(asked.body, asked.headers)["data"]["notification"]["id"] for asked in web.asked]
    return [(base, int(index)) for base, _, index in (id.partition("-") for id in ids)]


async def until(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    for _ in range(int(seconds * 20)):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


async def delivery(api: Api, event: str) -> dict[str, Any]:
    answer = await api.client.get("/v1/deliveries", params={"event": event, "channel": "email", "state": "sent"})
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["items"]
    found: dict[str, Any] = row
    return found


async def test_C_12_every_letter_and_message_arrives_however_often_the_hub_is_killed(
    api: Api, mail: MailServer, web: WebServer
) -> None:
    acknowledged: list[str] = []
    secret = await listen(api, web)
    for kill in range(3):
        for number in range(40 * kill, 40 * (kill + 1)):
            acknowledged.append(await post(api, number))
        api.hub.kill()
        api.hub.start()
    await until(lambda: set(arrived(mail)) == set(acknowledged), "every letter", LEASES)
    await settled(api)
    before = arrived(mail)
    for id, count in before.items():
        row = await delivery(api, id)
        assert row["to"] == f"{USERS[int(id[4:]) % len(USERS)]}@acme.example"
        assert count <= row["attempts"], f"{id} came more often than it was tried"
    for user in USERS:
        titles = [letter.message["Subject"] for letter in mail.letters if letter.to == [f"{user}@acme.example"]]
        assert list(dict.fromkeys(titles)) == sorted(set(titles)), "in the order of what happened"
    told = heard(web, secret)
    assert list(dict.fromkeys(told)) == sorted(set(told)), "in the order of what happened"
    assert len({base for base, _ in told}) == len(acknowledged)
    assert len(told) - len(set(told)) <= 3, "one may be on its way when the hub is killed"
    api.hub.kill()
    api.hub.start()
    await settled(api)
    assert arrived(mail) == before, "what is recorded as sent is never sent again"
    assert heard(web, secret) == told


async def test_a_letter_that_was_on_its_way_when_the_hub_died_is_sent_by_the_next(api: Api, mail: MailServer) -> None:
    mail.orders.hang_at = "DATA"
    id = await post(api, 0)
    await until(lambda: "DATA" in mail.commands, "the letter to be on its way")
    api.hub.kill()
    assert arrived(mail) == {}
    mail.orders.hang_at = ""
    api.hub.start()
    await until(lambda: arrived(mail) == {id: 1}, "the letter", LEASES)
    await settled(api)
    assert (await delivery(api, id))["attempts"] == 2
    assert arrived(mail) == {id: 1}


async def choose(api: Api, user: str, **email: int) -> None:
    answer = await api.client.patch(f"/v1/users/{user}/preferences", json={"channels": {"email": email}})
    assert answer.status_code == 200, answer.text


async def turn_clock(api: Api, now: str) -> None:
    answer = await api.client.put("/v1/test/clock", json={"now": now})
    assert answer.status_code == 200, answer.text


async def test_E_20_E_21_what_waits_to_be_seen_or_for_a_summary_outlives_the_hub(api: Api, mail: MailServer) -> None:
    """A grace of ten hours, and three letters beyond the cap; the hub is killed while they wait, and afterwards.

    A hub that starts forgets the clock, so nothing is due until it is turned again.
    """
    await choose(api, "u0", grace_minutes=600)
    await choose(api, "u1", daily_cap=1)
    await turn_clock(api, "2100-01-04T12:00:00Z")
    for number in (0, 1, 7, 13, 19):
        await post(api, number)
    await settled(api)
    api.hub.kill()
    api.hub.start()
    await settled(api)
    assert arrived(mail) == {"evt-0001": 1}
    await turn_clock(api, "2100-01-05T08:00:00Z")
    await settled(api)
    wanted = {"evt-0000": 1, "evt-0001": 1, "3 notifications of the type “Voicemails”": 1}
    assert arrived(mail) == wanted
    api.hub.kill()
    api.hub.start()
    await settled(api)
    for number in (0, 1, 7, 13, 19):
        assert (await delivery(api, f"evt-{number:04}"))["attempts"] == 1
    assert arrived(mail) == wanted


async def settled(api: Api) -> None:
    answer = await api.client.post("/v1/test/settle", timeout=LEASES)
    assert answer.status_code == 200, answer.text
