"""Webhooks: signed posts to somebody else's server (standardwebhooks.com), guarded as addresses.py says.

Any answer but a 2xx is a failure and is tried again, as that specification wants it: a receiver that is being deployed
answers 404 for a while. 410 alone means that the hook is gone for good. Redirects are not followed: the address was
judged, where it points to was not. Without TLS nothing goes but to networks that the operator allows.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from math import floor

import httpx2
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from hub import __version__
from hub.channels.addresses import Allowed, Resolve, resolve
from hub.core.jobs import Later, Refused, Sent, Verdict, retry_after

TIMEOUT_SECONDS = 15.0
PAYLOAD_LIMIT = 256 * 1024  # bytes
ANSWER_LIMIT = 16 * 1024  # bytes that are read, so that the connection can be used again; more ends it
ADDRESSES_TRIED = 3
RESOLVE_SECONDS = 2.0  # for whoever is asked about a URL before anything is sent


class Hook:
    """Posts to one URL; several `secrets` sign side by side while one replaces another.

    `timeout` in seconds is for a whole call. Raises ValueError without a secret, and for what is none.
    """

    def __init__(
        self,
        url: str,
        secrets: Sequence[str],
        *,
        allowed: Iterable[str] = (),
        resolve: Resolve = resolve,
        timeout: float = TIMEOUT_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = _read(url)
        self._signers = _signers(secrets)
        self._allowed = Allowed(allowed)
        self._resolve = resolve
        self._timeout = timeout
        # No proxy of the environment: it would resolve the name again, to whatever it likes.
        self._client = httpx2.AsyncClient(
            verify=tls or _public_tls(),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(None, connect=timeout / ADDRESSES_TRIED),
            headers={"User-Agent": f"notification-hub/{__version__}"},
        )

    def __repr__(self) -> str:
        return f"<Hook to {self._url.host if self._url else 'nowhere'}>"

    async def send(self, id: str, at: float, payload: bytes) -> Verdict:
        """Post JSON; `id` stays the same when it is tried again, `at` is this attempt in seconds since 1970.

        Receivers refuse an `at` that is not within minutes of their own clock.
        """
        if self._url is None:
            return Refused("invalid_url")
        if len(payload) > PAYLOAD_LIMIT:
            return Refused("payload_too_large")
        try:
            async with asyncio.timeout(self._timeout):
                return await self._deliver(self._url, self._signed(id, at, payload), payload)
        except (TimeoutError, httpx2.TimeoutException):
            return Later("timeout")
        except ssl.SSLError:
            return Later("tls_failed")
        except (httpx2.HTTPError, OSError) as error:
            return Later("tls_failed" if isinstance(_root(error), ssl.SSLError) else "connection_failed")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _deliver(self, url: httpx2.URL, headers: dict[str, str], payload: bytes) -> Verdict:
        """Resolve, judge, and post to the first of the judged addresses that takes a connection."""
        addresses = await _addresses(url, self._resolve)
        if not addresses:
            return Later("name_not_resolved")
        if reason := _objection(url, addresses, self._allowed):
            return Refused(reason)
        *earlier, last = addresses[:ADDRESSES_TRIED]
        for address in earlier:
            try:
                return await self._post(url, address, headers, payload)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # nothing was said yet
        return await self._post(url, last, headers, payload)

    async def _post(self, url: httpx2.URL, address: str, headers: dict[str, str], payload: bytes) -> Verdict:
        """Post to an address; name and certificate are still those of the URL."""
        named = {"Host": url.netloc.decode("ascii"), **headers}
        async with self._client.stream(
            "POST",
            url.copy_with(host=address),
            content=payload,
            headers=named,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        ) as answer:
            verdict = _judge(answer)
            await _drain(answer)
        return verdict

    def _signed(self, id: str, at: float, payload: bytes) -> dict[str, str]:
        moment = datetime.fromtimestamp(floor(at), UTC)  # the library takes any zone for UTC
        text = payload.decode()
        return {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(floor(at)),
            "webhook-signature": " ".join(signer.sign(id, moment, text) for signer in self._signers),
        }


async def objection(url: str, allowed: Iterable[str] = (), resolve: Resolve = resolve) -> str | None:
    """Say why nothing would be posted to a URL, as far as can be told before; None where nothing speaks against it. A
    name that does not resolve within two seconds may do so when it counts."""
    found = _read(url)
    if found is None or found.userinfo or found.fragment:
        return "invalid_url"
    addresses: Sequence[str] = ()
    with suppress(TimeoutError):
        async with asyncio.timeout(RESOLVE_SECONDS):
            addresses = await _addresses(found, resolve)
    if not addresses:
        return None if found.scheme == "https" else "https_required"
    return _objection(found, addresses, Allowed(allowed))


async def _addresses(url: httpx2.URL, resolve: Resolve) -> Sequence[str]:
    """Ask for all addresses of a URL's host; none where it has none."""
    try:
        return await resolve(url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
    except (OSError, UnicodeError):  # the latter for names that no DNS could hold
        return ()


def _objection(url: httpx2.URL, addresses: Sequence[str], allowed: Allowed) -> str | None:
    if not all(address in allowed for address in addresses):
        return "address_not_allowed"
    if url.scheme != "https" and not all(allowed.names(address) for address in addresses):
        return "https_required"
    return None


def _signers(secrets: Sequence[str]) -> tuple[Webhook, ...]:
    try:
        signers = tuple(Webhook(secret) for secret in secrets)
    except (ValueError, EmptyWebhookSecretError):
        signers = ()
    if not signers:
        raise ValueError("a webhook needs secrets in base64, with or without whsec_ before it")
    return signers


def _judge(answer: httpx2.Response) -> Verdict:
    status = answer.status_code
    if 200 <= status < 300:
        return Sent()
    if status == 410:
        return Refused("gone")
    wait = retry_after(answer.headers.get("retry-after"), answer.headers.get("date"))
    return Later(f"http_{status}", wait)


async def _drain(answer: httpx2.Response) -> None:
    """Read a short answer to its end; leaving a long one closes the connection."""
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > ANSWER_LIMIT:
            return


def _read(url: str) -> httpx2.URL | None:
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError):
        return None
    return found if found.scheme in ("http", "https") and found.host else None


def _root(error: BaseException) -> BaseException:
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error


@cache
def _public_tls() -> ssl.SSLContext:
    """Load the certificates that the system trusts, once for all hooks: it takes a while."""
    return ssl.create_default_context()
