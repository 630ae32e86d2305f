"""What providers post: Twilio's report on a text that it took over (protocol.md 6, Texting).

Who posts is known by the signature alone, which only who has our token at Twilio can make. A report on a text that the
hub does not know is none of its business, and is taken all the same: Twilio reports on everything an account sends.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from hub.api.call import NO_CONTENT, Answer
from hub.api.decoding import read_body
from hub.api.models import TwilioStatusForm
from hub.api.needs import Hub
from hub.api.problem import forbidden, invalid
from hub.api.route import OpenRoute
from hub.core.twilio import is_signed, read_account, read_report
from hub.metrics import DEAD_LETTERS, DELIVERIES

STATUS_PATH = "/v1/inbound/twilio/status"
SIGNATURE = "X-Twilio-Signature"
MOST_FIELDS = 200

Form = list[tuple[str, str]]


async def status(hub: Hub, request: Request) -> Answer:
    """Take Twilio's word on what became of a text; only that it failed changes anything."""
    report = read_report(await _signed(hub, request))
    if report is None:
        raise invalid(("MessageSid", "and MessageStatus are required"))
    now_ms = int(hub.clock.now() * 1000)
    if report.failure and await hub.deliveries.reports.take(report.sid, report.failure, now_ms):
        DELIVERIES.labels("text", "failed").inc()
        DEAD_LETTERS.inc()
    return NO_CONTENT


async def _signed(hub: Hub, request: Request) -> Form:
    """Read a form that Twilio signed; raise 403 for one that it did not."""
    form = _form(await read_body(request, hub.settings.body_limit))
    token = read_account(hub.settings.sms_url).token if hub.settings.sms_url else ""
    signature = request.headers.get(SIGNATURE, "")
    if not token or not is_signed(signature, token, _address(hub, request), form):
        raise forbidden(f"This takes Twilio's signature ({SIGNATURE}) of the account that texts go out by.")
    return form


def _form(raw: bytes) -> Form:
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise invalid(("", f"the form cannot be read: {error}")) from None


def _address(hub: Hub, request: Request) -> str:
    """Say under which address Twilio knows this path."""
    if not hub.settings.public_url:
        return str(request.url)
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{hub.settings.public_url.rstrip('/')}{request.url.path}{query}"


ROUTES = [
    OpenRoute(
        STATUS_PATH, status, "Hear from Twilio what became of a text", "POST",
        form=TwilioStatusForm, status=204, refuses=(403, 413, 422),
    )
]  # fmt: skip
