"""What the API needs of its surroundings; the composition root hands it over as `app.state.hub`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.core.catalogue import Catalogue
from hub.engine.audit import Audit
from hub.engine.broadcasts import Broadcasts
from hub.engine.clock import Clock
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.directory import Directory
from hub.engine.idempotency import Idempotency
from hub.engine.identity import Identity
from hub.engine.limits import Limits
from hub.engine.listening import Listening
from hub.engine.log import Log
from hub.engine.messages import Messages
from hub.engine.plans import Plans
from hub.engine.webhooks import Webhooks


class Settings(Protocol):
    """The settings that the API reads."""

    @property
    def host(self) -> str: ...
    @property
    def allowed_hosts(self) -> Sequence[str]: ...
    @property
    def allowed_origins(self) -> Sequence[str]: ...
    @property
    def public_url(self) -> str | None: ...
    @property
    def sms_url(self) -> str | None: ...
    @property
    def body_limit(self) -> int: ...
    @property
    def bulk_body_limit(self) -> int: ...
    @property
    def bulk_events(self) -> int: ...
    @property
    def test_mode(self) -> bool: ...


class Hub(Protocol):
    """The parts of a hub that the API calls."""

    @property
    def settings(self) -> Settings: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def store(self) -> Store: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def log(self) -> Log: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def broadcasts(self) -> Broadcasts: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def listening(self) -> Listening: ...
    @property
    def messages(self) -> Messages: ...

    async def ready(self) -> bool:
        """Tell whether this process should get traffic."""
        ...

    async def objection(self, url: str) -> str | None:
        """Say why a webhook cannot be told anything at a URL; None where nothing speaks against it."""
        ...

    async def settle(self) -> None:
        """Return when no accepted work is left."""
        ...
