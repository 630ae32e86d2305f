"""Twilio's Messages resource: a text is one form post, and an error code says what became of it.

Codes: twilio.com/docs/api/errors. What concerns the number or the words ends the text; what the operator can mend
(credentials, sender, an account that is suspended) is `Later`, so that nothing is lost meanwhile. Twilio knows no
idempotency key: where its answer is lost, the text may go out twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx2
import orjson
import structlog

from hub.core.jobs import Later, Refused, Sent, Verdict, retry_after
from hub.core.mail import Text

TIMEOUT_SECONDS = 20.0
CONNECTIONS = 20
MESSAGING_SERVICE = "MG"  # how the SIDs of Messaging Services begin

_REFUSED = {
    21211: "invalid_number",
    21217: "invalid_number",
    21401: "invalid_number",
    21604: "invalid_number",
    21614: "invalid_number",
    21408: "region_not_allowed",
    21610: "recipient_opted_out",
    21612: "not_reachable",
    21635: "landline",
    21602: "empty_body",
    21617: "body_too_long",
    21619: "empty_body",
    21620: "invalid_media",
    21623: "invalid_media",
    30003: "handset_unreachable",
    30004: "blocked_by_recipient",
    30005: "unknown_number",
    30006: "landline",
    30007: "filtered_by_carrier",
    30008: "unknown_error",
    30010: "price_exceeded",
}
_LATER = {
    20003: "provider_credentials",
    20404: "provider_credentials",
    20429: "rate_limited",
    21212: "provider_sender",
    21603: "provider_sender",
    21606: "provider_sender",
    21611: "provider_queue_full",
    21659: "provider_sender",
    21660: "provider_sender",
    21661: "provider_sender",
    21703: "provider_sender",
    30001: "provider_queue_full",
    30002: "provider_account_suspended",
    30034: "provider_sender",
}
_MENDABLE = frozenset({"provider_credentials", "provider_sender", "provider_account_suspended"})

journal = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """Hold what a twilio:// address says."""

    url: str
    sid: str
    token: str = field(repr=False)


class Texter:
    """Sends texts; `timeout` in seconds is for a whole call, `callback` is where Twilio reports what became of one."""

    def __init__(
        self,
        url: str,
        sender: str | None,
        *,
        callback: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        connections: int = CONNECTIONS,
    ) -> None:
        self._account = read_account(url)
        self._sender = sender
        self._callback = callback
        self._timeout = timeout
        self._slots = asyncio.Semaphore(connections)
        self._client = httpx2.AsyncClient(
            auth=(self._account.sid, self._account.token),
            headers={"Accept": "application/json"},
            timeout=None,  # a time-out for every read would let a slow answer last for ever: _post has one for all
            limits=httpx2.Limits(max_connections=connections),
        )

    def __repr__(self) -> str:
        return f"<Texter of {self._account.sid} at {self._account.url}>"

    async def send(self, text: Text) -> Verdict:
        """Hand a text to Twilio; the reference of `Sent` is its Message SID."""
        sender = text.sender or self._sender
        if not sender:
            return self._noted(Later("provider_sender"), None)
        async with self._slots:
            return await self._post(self._form(text, sender))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _form(self, text: Text, sender: str) -> dict[str, str | list[str]]:
        origin = "MessagingServiceSid" if sender.startswith(MESSAGING_SERVICE) else "From"
        form: dict[str, str | list[str]] = {"To": text.to, origin: sender, "Body": text.body}
        if text.media:
            form["MediaUrl"] = [*text.media]
        if self._callback:
            form["StatusCallback"] = self._callback
        return form

    async def _post(self, form: dict[str, str | list[str]]) -> Verdict:
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.post(self._account.url, data=form)
        except (TimeoutError, httpx2.TimeoutException):
            return Later("timeout")
        except (httpx2.HTTPError, OSError):
            return Later("connection_failed")
        document = _document(answer.content)
        wait = retry_after(answer.headers.get("retry-after"), answer.headers.get("date"))
        return self._noted(_judge(answer.status_code, document, wait), _code(document))

    def _noted(self, verdict: Verdict, code: int | None) -> Verdict:
        """Tell the operator what only the operator can mend, or what no version of us knew."""
        if not isinstance(verdict, Sent) and (verdict.reason in _MENDABLE or verdict.reason == "provider_refused"):
            journal.warning("texts are not taken", provider=self._account.url, reason=verdict.reason, code=code)
        return verdict


def read_account(url: str) -> Account:
    """Read twilio://ACCOUNT_SID:AUTH_TOKEN@host:port; `?scheme=http` is for a local stand-in."""
    parts = urlsplit(url)
    scheme = "http" if parse_qs(parts.query).get("scheme") == ["http"] else "https"
    sid = unquote(parts.username or "")
    host = parts.netloc.rpartition("@")[2]
    path = f"/2010-04-01/Accounts/{quote(sid, safe='')}/Messages.json"
    return Account(f"{scheme}://{host}{path}", sid, unquote(parts.password or ""))


def on_code(code: int) -> Later | Refused | None:
    """Say what one of Twilio's error codes means, in an answer or in a report on a text; None for an unknown one."""
    if reason := _REFUSED.get(code):
        return Refused(reason)
    return Later(reason) if (reason := _LATER.get(code)) else None


def _judge(status: int, document: Mapping[str, Any], wait: float | None) -> Verdict:
    code = _code(document)
    meaning = on_code(code) if code else None
    if 200 <= status < 300:
        return meaning or Sent(str(document.get("sid") or ""))
    if status == 429:
        return Later(meaning.reason if isinstance(meaning, Later) else "rate_limited", wait)
    if status in (401, 403):
        return Later("provider_credentials")
    if status >= 500 or status == 408 or status < 400:
        return Later("provider_unavailable", wait)
    if isinstance(meaning, Later):
        return Later(meaning.reason, wait)
    return meaning or (Later("provider_credentials") if status == 404 else Refused("provider_refused"))


def _code(document: Mapping[str, Any]) -> int | None:
    """Find the error code: `code` in a refusal, `error_code` in a message that was taken and has failed at once."""
    code = document.get("code") or document.get("error_code")
    return code if isinstance(code, int) else None


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
