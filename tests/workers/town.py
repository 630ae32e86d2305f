"""A small town for the courier: people with addresses, a clock that the tests turn, other sides with a script."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from hub.channels.email import Mailer
from hub.core.catalogue import load
from hub.core.directory import Account, User
from hub.core.events import Event
from hub.core.inbox import shared_body
from hub.core.jobs import Sent, Verdict
from hub.core.preferences import Preferences
from hub.engine.clock import Clock
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries, Delivery
from hub.engine.directory import Directory
from hub.engine.log import Happening, Log, Outgoing, Recipient
from hub.engine.rows import Record
from hub.workers.courier import Courier, End
from hub.workers.writer import Writer
from tests.channels.mail_server import MailServer

from .conftest import SENT_MS

NOW = SENT_MS / 1000
CATALOGUE = load()
LINK = "https://hub.example/unsubscribe"
WANTED = {type: {"text": True, "email": True} for type in ("voicemails", "new_lead")}


@dataclass
class Scripted:
    """The other side, saying what it is told, in this order, and then that it took the message."""

    verdicts: list[Verdict] = field(default_factory=list)
    taken: list[Any] = field(default_factory=list)
    tried: int = 0
    at_once: int = 0
    most_at_once: int = 0
    gate: asyncio.Event | None = None

    async def send(self, message: Any, /) -> Verdict:
        self.tried += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
        finally:
            self.at_once -= 1
        verdict = self.verdicts.pop(0) if self.verdicts else Sent()
        if isinstance(verdict, Sent):
            self.taken.append(message)
        return verdict

    async def close(self) -> None:
        pass


@dataclass
class Town:
    """What the tests turn: a clock, people in acme, and happenings."""

    store: Store
    log: Log
    clock: Clock
    directory: Directory
    deliveries: Deliveries
    happened: int = 0

    def courier(self, *, deliveries: Deliveries | None = None, text: End | None = None, email: End | None = None,
                chance: Callable[[], float] = random.random) -> Courier:  # fmt: skip
        ends: dict[str, End] = {"text": text or Scripted(), "email": email or Scripted()}
        writer = Writer(CATALOGUE, lambda user, type: LINK, "https://hub.example")
        return Courier(deliveries or self.deliveries, self.directory, writer, self.clock, ends, chance=chance)

    async def tell(self, *users: str, channel: str = "email", title: str = "New voicemail", type: str = "voicemails",
                   shown: bool = False, **fields: Any) -> str:  # fmt: skip
        """Queue one happening for these users, who are `shown` it in the app too; return its base."""
        self.happened += 1
        base = f"{self.happened:026}"  # as long as real ones
        event = Event(type, "acme", title=f"{title} {self.happened}")
        body = shared_body(event, CATALOGUE[type], "2027-03-14T12:00:00Z")
        to = "+1555010{}" if channel == "text" else "{}@acme.example"
        sent = [Outgoing(user, n, channel, to.format(user), "assigned_user", **fields) for n, user in enumerate(users)]
        at = int(self.clock.now() * 1000)
        told = [Recipient(user, n, "assigned_user", f"u:{user}") for n, user in enumerate(users)] if shown else []
        await self.log.append(Happening(base, "acme", Record(body, {}), at, 0, counted=True), told, "e", outgoing=sent)
        return base

    async def settled(self, *users: str) -> None:
        """Have people move in who want texts and e-mails of some types."""
        for user in users:
            one = User(user, "acme", user.title(), email=f"{user}@acme.example", backup_number=f"+1555010{user}")
            await self.directory.put_user(one)
            await self.directory.put_preferences("acme", user, Preferences(types=WANTED))

    async def only(self, base: str) -> Delivery:
        (row,) = await self.deliveries.of("acme", base, [0])
        return row


@asynccontextmanager
async def open_town(url: str) -> AsyncIterator[Town]:
    store = Store(url, prefix=f"t{random.randbytes(4).hex()}")
    await store.open()
    log, clock, directory = Log(store), Clock(), Directory(store)
    clock.freeze(NOW)
    town = Town(store, log, clock, directory, Deliveries(store, log.couriers))
    await directory.put_account(Account("acme", "Acme", sender_name="Acme Alarms"))
    await town.settled("ann", "bob", "cy")
    yield town
    await store.close()


@asynccontextmanager
async def mailing(server: MailServer) -> AsyncIterator[Mailer]:
    mailer = Mailer(server.url(), "hub@acme.example", timeout=5)
    yield mailer
    await mailer.close()


def arrived(server: MailServer, user: str | None = None) -> list[str]:
    """List the titles that came, as `user title` or those of one user."""
    rows = [(letter.to[0].partition("@")[0], letter.message["Subject"]) for letter in server.letters]
    return [title for to, title in rows if to == user] if user else [f"{to} {title}" for to, title in rows]


def titles(*numbers: int) -> list[str]:
    return [f"New voicemail {number}" for number in numbers]
