"""Twilio's Messages resource: a text is one form post, and an error code says what became of it (core/twilio.py).

Twilio knows no idempotency key: where its answer is lost, the text may go out twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import orjson
import structlog

from hub.core.jobs import Later, Refused, Sent, Verdict, retry_after
from hub.core.mail import Text
from hub.core.twilio import on_code, read_account

TIMEOUT_SECONDS = 20.0
CONNECTIONS = 20
MESSAGING_SERVICE = "MG"  # how the SIDs of Messaging Services begin

_MENDABLE = frozenset({"provider_credentials", "provider_sender", "provider_account_suspended"})

journal = structlog.get_logger(__name__)


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
