"""What Twilio says: whom a request is from, what its error codes mean, and what its reports tell of a text.

Codes: twilio.com/docs/api/errors. What concerns the number or the words ends the text; what the operator can mend
(credentials, sender, an account that is suspended) is `Later`, so that nothing is lost meanwhile.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlsplit

from hub.core.jobs import Later, Refused

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
_FAILURES = frozenset({"failed", "undelivered"})  # the states that a text cannot leave without having arrived
_UNEXPLAINED = "undelivered"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Account:
    """Hold what a twilio:// address says."""

    url: str
    sid: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """Say what became of a text that Twilio took over; `failure` is why it did not arrive, None while it may have."""

    sid: str
    failure: str | None


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


def read_report(form: Iterable[tuple[str, str]]) -> Report | None:
    """Read what Twilio posts to a status callback; None for what is none."""
    fields = dict(form)
    sid, status = fields.get("MessageSid"), fields.get("MessageStatus")
    if not sid or not status:
        return None
    return Report(sid, _failure(fields.get("ErrorCode", "")) if status in _FAILURES else None)


def _failure(code: str) -> str:
    meaning = on_code(int(code)) if code.isdecimal() else None
    return meaning.reason if meaning else _UNEXPLAINED


def is_signed(signature: str, token: str, url: str, form: Iterable[tuple[str, str]]) -> bool:
    """Tell whether Twilio signed a form post to this address (twilio.com/docs/usage/security).

    It may leave the port out of what it signs, or write it, whatever the address says.
    """
    said = "".join(f"{name}{value}" for name, value in sorted(set(form)))
    places = (url, _with_port(url, None), _with_port(url, _PORTS.get(urlsplit(url).scheme)))
    expected = [_sign(token, place + said) for place in places]
    return any(hmac.compare_digest(one, signature.encode()) for one in expected)


def _sign(token: str, text: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1"))


def _with_port(url: str, port: int | None) -> str:
    """Write an address without its port; or with a port, where it has none."""
    parts = urlsplit(url)
    host, colon, number = parts.netloc.rpartition(":")
    has_port = bool(colon) and number.isdecimal()
    if port is None:
        return parts._replace(netloc=host).geturl() if has_port else url
    return url if has_port else parts._replace(netloc=f"{parts.netloc}:{port}").geturl()
