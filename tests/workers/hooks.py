"""Webhooks for the tests of the workers: receivers that are real HTTP servers, in a town whose clock the tests turn."""

import base64
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgpack
import orjson
from standardwebhooks import Webhook as Verifier

from hub.core.directory import Account, User
from hub.core.webhooks import EVENTS, Webhook
from hub.engine.directory import absent
from hub.engine.listening import Listening
from hub.engine.log import Happening, Recipient
from hub.engine.messages import Messages
from hub.engine.rows import Record
from hub.workers.courier import Courier, End
from hub.workers.webhooks import Receivers, WebhookDesk
from hub.workers.writer import Writer
from tests.channels.web_server import Asked, WebServer

from .town import CATALOGUE, LINK, Scripted, Town, open_town

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()
LOOPBACK = ("127.0.0.0/8",)


@dataclass
class Exchange:
    """A town whose webhooks are heard."""

    town: Town
    messages: Messages
    listening: Listening
    receivers: Receivers = field(default_factory=lambda: Receivers(LOOPBACK))
    happened: int = 0

    async def hook(self, web: WebServer, account: str = "acme", id: str = "wh-1", **fields: Any) -> Webhook:
        """Make a webhook that tells a server."""
        made = Webhook(id, account, f"http://127.0.0.1:{web.port}/{id}", **{"events": EVENTS, **fields},
                       secrets=((SECRET, None),))  # fmt: skip
        await self.town.directory.webhooks.put(made, absent())
        await self.listening.spread(id)
        return made

    async def notify(self, *users: str, account: str = "acme", title: str = "") -> list[str]:
        """Have something happen to users; return the ids of their notifications."""
        self.happened += 1
        base = f"{self.happened:026}"
        body = {"type": "voicemails", "title": title or str(self.happened), "account": account}
        record = Record(orjson.dumps(body), {"named": "You are named."})
        told = [Recipient(user, n, "named", f"u:{user}") for n, user in enumerate(users)]
        at = int(self.town.clock.now() * 1000)
        await self.town.log.append(Happening(base, account, record, at, 0), told, "e")
        return [f"{base}-{n}" for n in range(len(users))]

    def desk(self, messages: Messages | None = None, chance: Callable[[], float] = lambda: 1.0) -> WebhookDesk:
        lanes, town = messages or self.messages, self.town
        return WebhookDesk(lanes, town.directory, self.receivers, town.clock, chance)

    def courier(self, *desks: WebhookDesk, text: End | None = None) -> Courier:
        town, ends = self.town, {"text": text or Scripted(), "email": Scripted()}
        writer = Writer(CATALOGUE, lambda user, type: LINK, "https://hub.example")
        return Courier(
            town.deliveries, town.directory, writer, town.clock, ends, beside=desks or [self.desk()], chance=lambda: 1.0
        )

    async def settle(self, *desks: WebhookDesk) -> None:
        """Tell webhooks all that is due."""
        courier = self.courier(*desks)
        try:
            await courier.settle()
        finally:
            await courier.stop()

    async def waiting(self, account: str = "acme", id: str = "wh-1") -> tuple[int, int]:
        return await self.messages.count(account, id)

    async def lapse(self, *accounts: str) -> None:
        """Let every lease run out."""
        store = self.town.store
        for account in accounts or ("acme",):
            leases = store.keys.lanes(account, "webhook")[1]
            for hook, packed in (await store.command("HGETALL", leases)).items():
                await store.command("HSET", leases, hook, msgpack.packb({**msgpack.unpackb(packed), "e": 0}))


@asynccontextmanager
async def open_exchange(url: str) -> AsyncIterator[Exchange]:
    """Open a town, in which acme has a sub-account with people too, and globex is another tenant."""
    async with open_town(url) as town:
        for account, parent in (("west", "acme"), ("globex", None)):
            await town.directory.put_account(Account(account, account.title(), parent=parent))
        for user, account in (("wes", "west"), ("gus", "globex")):
            await town.directory.put_user(User(user, account))
        messages = Messages(town.store, town.log.couriers)
        exchange = Exchange(town, messages, Listening(town.directory, town.directory.webhooks, messages))
        yield exchange
        await exchange.receivers.close()


def heard(web: WebServer) -> list[dict[str, Any]]:
    """Read what arrived, in order, each verified as its receiver would."""
    return [read(asked) for asked in web.asked]


def read(asked: Asked, secret: str = SECRET) -> dict[str, Any]:
    Verifier(secret).verify(asked.body, asked.headers, json_parse=False)
    assert abs(int(asked.headers["webhook-timestamp"]) - time.time()) < 60
    message: dict[str, Any] = orjson.loads(asked.body)
    return message


def titles(web: WebServer) -> list[str]:
    """List the titles of the notifications that arrived, in order."""
    return [message["data"]["notification"]["title"] for message in heard(web)]


def ids(web: WebServer) -> Counter[str]:
    """Count how often each message came."""
    return Counter(asked.headers["webhook-id"] for asked in web.asked)
