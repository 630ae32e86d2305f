"""Whom the hub trusts: the operator's key, its own token key, and the installation's secrets or JWKS."""

import asyncio
import hmac
import secrets as randomness
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
from pydantic import TypeAdapter, ValidationError

from hub.core.links import Subscription, check, sign
from hub.core.tokens import Claims, HubKey, PublicKey, Refusal, Trust, mint, read_jwks, verify
from hub.engine.clock import Clock
from hub.engine.connection import Store, Unavailable
from hub.engine.rows import text

JWKS_FRESH_SECONDS = 300.0
JWKS_PAUSE_SECONDS = 10.0
JWKS_TIMEOUT_SECONDS = 5.0
UNSUBSCRIBE_PATH = "/v1/unsubscribe"
_DOCUMENT = TypeAdapter(dict[str, Any])  # RFC 7517 5: members that are not understood are ignored


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the settings say about tokens and keys."""

    operator_key: str
    jwt_secrets: tuple[str, ...] = ()
    jwks_url: str | None = None
    issuer: str | None = None
    audience: str | None = None


class Identity:
    """Verifies and mints. The hub's own key and, without a setting, the JWT secret are kept in the store for all
    hubs on it."""

    def __init__(self, store: Store, clock: Clock, credentials: Credentials) -> None:
        self._store = store
        self._clock = clock
        self._credentials = credentials
        self._hub_key = HubKey("hub-0", b"0" * 32)
        self._secrets: tuple[bytes, ...] = ()
        self._jwks: tuple[PublicKey, ...] = ()
        self._jwks_at = float("-inf")  # when they were read; _asked_at: when that was tried last
        self._asked_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read or make the secrets that all hubs on this store share."""
        own = await self._kept("token-key")
        self._hub_key = HubKey(f"hub-{own[:8]}", own.encode())
        if self._credentials.jwt_secrets:
            self._secrets = tuple(secret.encode() for secret in self._credentials.jwt_secrets)
        elif not self._credentials.jwks_url:
            self._secrets = ((await self._kept("jwt-secret")).encode(),)

    async def _kept(self, name: str) -> str:
        key = self._store.keys.work(name)
        await self._store.command("SET", key, randomness.token_urlsafe(48), "NX")
        return text(await self._store.command("GET", key))

    def is_operator(self, key: str) -> bool:
        """Compare with the operator's key, in constant time; without one nobody is the operator."""
        return bool(self._credentials.operator_key) and hmac.compare_digest(
            key.encode(), self._credentials.operator_key.encode()
        )

    async def verify(self, token: str) -> Claims | Refusal:
        """Check a user token; raise Unavailable while a JWKS was never read.

        With a JWKS an unknown key is looked up once more, at most every 10 s.
        """
        if self._is_stale() and self._may_ask():
            await self._fetch()
        elif self._credentials.jwks_url and not self._jwks:
            raise Unavailable("the JWKS could not be read a moment ago")
        outcome = verify(token, self._trust(), self._clock.now())
        if (
            isinstance(outcome, Refusal)
            and outcome.code == "invalid"
            and self._credentials.jwks_url
            and self._may_ask()
        ):
            await self._fetch()
            outcome = verify(token, self._trust(), self._clock.now())
        return outcome

    def mint(self, user: str, ttl: float, actor: str | None = None) -> str:
        """Make a token of the hub's own for a user, good for `ttl` seconds."""
        return mint(user, ttl, self._hub_key, self._clock.now(), actor)

    def unsubscribe_link(self, public_url: str | None, user: str, type: str) -> str | None:
        """Make the link with which a user ends the e-mail of a type, without logging in; None where nobody said how the
        outside calls this hub."""
        if not public_url:
            return None
        token = sign(Subscription(user, type), self._hub_key.secret)
        return f"{public_url.rstrip('/')}{UNSUBSCRIBE_PATH}?{urlencode({'token': token})}"

    def subscription(self, token: str) -> Subscription | None:
        """Read whose and what e-mail a link ends; None for a token that is not the hub's own."""
        return check(token, self._hub_key.secret)

    def _trust(self) -> Trust:
        credentials = self._credentials
        return Trust(self._hub_key, self._secrets, self._jwks, credentials.issuer, credentials.audience)

    def _is_stale(self) -> bool:
        return bool(self._credentials.jwks_url) and time.monotonic() - self._jwks_at > JWKS_FRESH_SECONDS

    def _may_ask(self) -> bool:
        return time.monotonic() - self._asked_at > JWKS_PAUSE_SECONDS

    async def _fetch(self) -> None:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._read_jwks())
        await asyncio.shield(self._fetching)

    async def _read_jwks(self) -> None:
        assert self._credentials.jwks_url is not None
        self._asked_at = time.monotonic()
        try:
            async with httpx2.AsyncClient(timeout=JWKS_TIMEOUT_SECONDS) as client:
                answer = await client.get(self._credentials.jwks_url)
                answer.raise_for_status()
            self._jwks = read_jwks(_DOCUMENT.validate_json(answer.content))
            self._jwks_at = time.monotonic()
        except (httpx2.HTTPError, ValidationError) as error:
            if not self._jwks:
                raise Unavailable(f"the JWKS cannot be read: {error}") from error
