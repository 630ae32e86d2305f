"""The composition root: settings in, an application out. The only place that builds things."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from hub import api
from hub.api import accounts, client_files, inbound, upgrade
from hub.api import demo as demonstration
from hub.channels.email import Mailer
from hub.channels.outbox import Outbox
from hub.channels.sms import Texter
from hub.channels.webhooks import objection
from hub.core.catalogue import load
from hub.engine.audit import Audit
from hub.engine.broadcasts import Broadcasts
from hub.engine.clock import Clock, SharedClock
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.directory import Directory
from hub.engine.idempotency import Idempotency
from hub.engine.identity import Credentials, Identity
from hub.engine.limits import Limits
from hub.engine.listening import Listening
from hub.engine.log import Log
from hub.engine.messages import Messages
from hub.engine.plans import Plans
from hub.engine.tabs import Tabs
from hub.gateway import Gateway
from hub.gateway.endpoint import PATH
from hub.settings import Settings
from hub.workers.courier import Courier, End
from hub.workers.keeper import Keeper
from hub.workers.router import Router
from hub.workers.scheduler import Scheduler
from hub.workers.webhooks import Receivers, WebhookDesk
from hub.workers.writer import Writer

OUTBOX_KEPT = 10_000  # messages, the newest


class Hub:
    """Everything one process of the hub is made of. `role` says whether it serves tabs, works, or both."""

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        assert settings.redis_url, "whoever starts the hub starts or names the store first"
        self.settings = settings
        self.demo = demo
        self.name = secrets.token_hex(6)
        self.catalogue = load()
        self.clock = Clock()
        self.store = Store(settings.redis_url, settings.prefix, settings.durability)
        self.shared_clock = SharedClock(self.store, self.clock) if settings.test_mode else None
        self.identity = Identity(self.store, self.clock, credentials(settings))
        self.directory = Directory(self.store, self.clock.now)
        self.idempotency = Idempotency(self.store)
        self.limits = Limits(self.store, settings.rate_limit_keys, settings.rate_limit_users)
        self.log = Log(self.store, self.clock.now)
        self.plans = Plans(self.store, self.log)
        self.audit = Audit(self.store)
        self.broadcasts = Broadcasts(self.store, self.log, self.plans)
        self.tabs = Tabs(self.store, self.name)
        self.gateway = Gateway(self) if settings.role != "worker" else None
        self.router = Router(self.plans, self.broadcasts)
        self.deliveries = Deliveries(self.store, self.log.couriers)
        self.webhooks = self.directory.webhooks
        self.messages = Messages(self.store, self.log.couriers)
        self.listening = Listening(self.directory, self.webhooks, self.messages)
        self.receivers = Receivers(settings.webhook_networks)
        self.keeper = Keeper(self.directory, self.listening, self.messages, self.clock)
        self.ends = ends(settings, self.store, self.clock)
        self.courier = Courier(
            self.deliveries, self.directory, self._writer(), self.clock, self.ends,
            beside=[WebhookDesk(self.messages, self.directory, self.receivers, self.clock)],
        )  # fmt: skip
        self.scheduler = Scheduler(
            self.directory, self.log, self.broadcasts, self.deliveries, self.audit, self.clock,
            partial(accounts.finish_all, self),
        )  # fmt: skip
        self._draining = False

    def __repr__(self) -> str:
        return f"<Hub {self.name} role={self.settings.role}{' draining' if self._draining else ''}>"

    async def start(self) -> None:
        """Open the store and begin to work; raise Unavailable or Unsuitable."""
        await self.store.open()
        if self.shared_clock:
            await self.shared_clock.start()
        await self.identity.open()
        if self.demo:
            await demonstration.seed(self)
        if self.gateway:
            await self.gateway.start()
        if self.settings.role != "gateway":
            self.router.start()
            self.courier.start()
            self.scheduler.start()
            self.keeper.start()

    async def drain(self) -> None:
        """Send the tabs elsewhere, gently; from now on `/readyz` is red."""
        self._draining = True
        if self.gateway:
            await self.gateway.drain()

    async def stop(self) -> None:
        """Stop working and close the store."""
        if self.settings.role != "gateway":
            await self.router.stop()
            await self.scheduler.stop()
            await self.keeper.stop()
        await self.courier.stop()  # whoever settled in test mode worked with it, whatever the role
        for end in self.ends.values():
            await end.close()
        await self.receivers.close()
        if self.gateway:
            await self.gateway.stop()
        if self.shared_clock:
            await self.shared_clock.stop()
        await self.store.close()

    async def ready(self) -> bool:
        """Tell whether this process should get traffic: not draining, store reachable, bus alive."""
        if self._draining or (self.gateway and not self.gateway.ready()):
            return False
        return await self.store.ping()

    async def objection(self, url: str) -> str | None:
        """Say why a webhook cannot be told anything at a URL; None where nothing speaks against it."""
        return await objection(url, self.settings.webhook_networks)

    async def settle(self) -> None:
        """Return when no accepted work is left (test mode)."""
        await self.scheduler.settle()
        await self.keeper.settle()
        await self.router.settle()
        await self.courier.settle()

    def _writer(self) -> Writer:
        public_url = self.settings.public_url
        return Writer(self.catalogue, partial(self.identity.unsubscribe_link, public_url), public_url)


def ends(settings: Settings, store: Store, clock: Clock) -> dict[str, End]:
    """Choose where texts and e-mails go: to a provider, else into the outbox."""
    kept = Outbox(partial(keep, store), clock.now, email_from=settings.email_from, sms_from=settings.sms_from)
    mail: End = Mailer(settings.smtp_url, settings.email_from) if settings.smtp_url and settings.email_from else kept
    texts: End = texter(settings) if settings.sms_url else kept
    return {"text": texts, "email": mail}


def texter(settings: Settings) -> Texter:
    """Send by the provider of texts, who reports back where the outside can reach this hub."""
    callback = f"{settings.public_url}{inbound.STATUS_PATH}" if settings.public_url else None
    return Texter(settings.sms_url or "", settings.sms_from, callback=callback)


async def keep(store: Store, message: bytes) -> None:
    """Keep a message in the outbox; the oldest leave it."""
    outbox = store.keys.work("outbox")
    await asyncio.gather(
        store.command("RPUSH", outbox, message), store.command("LTRIM", outbox, -OUTBOX_KEPT, -1)
    )  # fmt: skip


def credentials(settings: Settings) -> Credentials:
    """Pick out what the settings say about tokens and keys."""
    return Credentials(
        operator_key=settings.operator_key or "",
        jwt_secrets=settings.jwt_secret,
        jwks_url=settings.jwks_url,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
    )


def create_app(settings: Settings, *, demo: bool = False) -> Starlette:
    """Build the ASGI application; its lifespan starts and stops the hub, which is `app.state.hub`."""
    hub = Hub(settings, demo=demo)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await hub.start()
        yield
        await hub.stop()

    app = Starlette(
        routes=all_routes(hub), lifespan=lifespan, middleware=api.middleware(hub), exception_handlers=api.problems()
    )
    app.router.redirect_slashes = False
    app.state.hub = hub
    return app


def all_routes(hub: Hub) -> list[BaseRoute]:
    """List what this process answers."""
    found: list[BaseRoute] = [*api.routes(hub), *client_files.routes()]
    if hub.gateway:
        found += [*hub.gateway.routes(), *upgrade.routes(PATH)]
    if hub.demo:
        found += demonstration.routes()
    return found
