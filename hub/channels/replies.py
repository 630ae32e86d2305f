"""What a mail server's answer, or its silence, means for a letter.

The three digits (RFC 5321 4.2) say whether it may work later; the enhanced code behind them (RFC 3463), where there is
one, says why.
"""

from __future__ import annotations

import re
import ssl

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from hub.core.jobs import Later, Refused, Verdict

_ENHANCED = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})\b")
_SUBJECTS = {  # subject and detail; a subject alone stands for the rest of its details
    "1": "mailbox_unknown",
    "2.1": "mailbox_disabled",
    "2.2": "mailbox_full",
    "2.3": "message_too_large",
    "3.4": "message_too_large",
    "4.4": "mailbox_unknown",
    "7": "rejected_by_policy",
}
_CODES = {550: "mailbox_unknown", 551: "mailbox_unknown", 552: "message_too_large", 553: "mailbox_unknown"}
_LOG_IN = frozenset({530, 534, 535, 538})  # RFC 4954 6
_TOO_LARGE = 552


def verdict_on(error: BaseException) -> Verdict:
    """Judge what aiosmtplib raised."""
    match error:
        case SMTPRecipientsRefused():
            return _on_letter(error.recipients[0], _CODES)
        case SMTPAuthenticationError():
            return Later("provider_credentials")
        case SMTPConnectResponseError() | SMTPHeloError():
            return Later("provider_unavailable")
        case SMTPSenderRefused() if error.code >= 500 and error.code not in (*_LOG_IN, _TOO_LARGE):
            return Later("sender_refused")
        case SMTPResponseException() if error.code > 0:
            return _on_letter(error, {_TOO_LARGE: _CODES[_TOO_LARGE]})
    return Later(_fault(error))


def is_garbled(error: BaseException) -> bool:
    """Tell whether the server said what is no SMTP, so that nothing more can be understood on this connection."""
    return isinstance(error, SMTPResponseException) and error.code < 0


def _on_letter(error: SMTPResponseException, codes: dict[int, str]) -> Verdict:
    """Judge a refusal of this letter: `codes` explains those without an enhanced code."""
    if error.code in _LOG_IN:
        return Later("provider_credentials")
    is_final = 500 <= error.code < 600
    found = _ENHANCED.match(error.message.strip())
    why = (_SUBJECTS.get(f"{found[1]}.{found[2]}") or _SUBJECTS.get(found[1])) if found else codes.get(error.code)
    if is_final:
        return Refused(why or "mail_refused")
    return Later(why if why == "mailbox_full" else "mail_deferred")


def _fault(error: BaseException | None) -> str:
    """Name what went wrong with the connection, by the innermost cause that says something."""
    reason = "connection_failed"
    while error:
        if isinstance(error, ssl.SSLError):
            return "tls_failed"
        if isinstance(error, TimeoutError):
            return "timeout"
        if isinstance(error, SMTPServerDisconnected):
            reason = "connection_lost"
        error = error.__cause__
    return reason
