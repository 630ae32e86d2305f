"""Texts over an HTTP server that answers as Twilio does: what is posted, and what each answer means."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hub.channels.sms import Texter
from hub.core.jobs import Later, Refused, Sent, Verdict
from hub.core.mail import Text
from hub.core.twilio import on_code, read_account
from tests.channels.web_server import WebServer

pytestmark = pytest.mark.usefixtures("no_proxy")

SID, TOKEN = "AC0123456789", "t/ken secret"
TEXT = Text("+15550100001", "Acme: New Lead", notification="n1")
FROM, SERVICE = "+15550109999", "MG42"
PATIENCE = 10.0
SHORT = 0.2
ACCEPTED = {"sid": "SM1", "status": "queued", "error_code": None}


@asynccontextmanager
async def texter(web: WebServer, sender: str | None = FROM, **options: Any) -> AsyncIterator[Texter]:
    url = f"twilio://{SID}:t%2Fken%20secret@127.0.0.1:{web.port}?scheme=http"
    made = Texter(url, sender, **{"timeout": PATIENCE, **options})
    try:
        yield made
    finally:
        await made.close()


async def sent(web: WebServer, text: Text = TEXT, sender: str | None = FROM, **options: Any) -> Verdict:
    async with texter(web, sender, **options) as made:
        return await made.send(text)


async def test_A_37_a_text_is_one_form_post_with_the_accounts_credentials(web: WebServer) -> None:
    web.status, web.answer = 201, ACCEPTED
    assert await sent(web) == Sent("SM1")
    (asked,) = web.asked
    assert (asked.method, asked.path) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert asked.form == {"To": ["+15550100001"], "From": [FROM], "Body": ["Acme: New Lead"]}
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_E_07_a_messaging_service_is_named_as_such(web: WebServer) -> None:
    web.status, web.answer = 201, ACCEPTED
    await sent(web, sender=SERVICE)
    assert web.asked[0].form.keys() == {"To", "MessagingServiceSid", "Body"}
    assert web.asked[0].form["MessagingServiceSid"] == [SERVICE]


async def test_a_texts_own_sender_media_and_the_callback_go_along(web: WebServer) -> None:
    web.status, web.answer = 201, ACCEPTED
    text = Text(
        "+15550100001", "ü & = +", ("https://x.example/a.png", "https://x.example/b.png"), sender="+15550102222"
    )
    await sent(web, text, callback="https://hub.example/v1/inbound/twilio/status")
    assert web.asked[0].form == {
        "To": ["+15550100001"],
        "From": ["+15550102222"],
        "Body": ["ü & = +"],
        "MediaUrl": ["https://x.example/a.png", "https://x.example/b.png"],
        "StatusCallback": ["https://hub.example/v1/inbound/twilio/status"],
    }


async def test_without_a_sender_nothing_is_asked_and_nothing_lost(web: WebServer) -> None:
    assert await sent(web, sender=None) == Later("provider_sender")
    assert not web.asked


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, 21610, Refused("recipient_opted_out")),
        (400, 21211, Refused("invalid_number")),
        (400, 21614, Refused("invalid_number")),
        (400, 21408, Refused("region_not_allowed")),
        (400, 21617, Refused("body_too_long")),
        (400, 21606, Later("provider_sender")),
        (400, 21611, Later("provider_queue_full")),
        (400, 30002, Later("provider_account_suspended")),
        (400, 99999, Refused("provider_refused")),
        (400, None, Refused("provider_refused")),
        (401, 20003, Later("provider_credentials")),
        (403, None, Later("provider_credentials")),
        (404, 20404, Later("provider_credentials")),
        (404, None, Later("provider_credentials")),
        (408, None, Later("provider_unavailable")),
        (429, 20429, Later("rate_limited")),
        (429, None, Later("rate_limited")),
        (500, None, Later("provider_unavailable")),
        (503, 20500, Later("provider_unavailable")),
        (307, None, Later("provider_unavailable")),
    ],
)
async def test_E_07_every_refusal_has_a_stable_reason(
    web: WebServer, status: int, code: int | None, verdict: Verdict
) -> None:
    web.status, web.answer = status, {"code": code, "message": "…", "status": status}
    assert await sent(web) == verdict


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (30003, "handset_unreachable"),
        (30004, "blocked_by_recipient"),
        (30005, "unknown_number"),
        (30006, "landline"),
        (30007, "filtered_by_carrier"),
        (30008, "unknown_error"),
    ],
)
async def test_E_07_a_text_that_fails_after_it_was_taken_has_one_too(web: WebServer, code: int, reason: str) -> None:
    assert on_code(code) == Refused(reason)
    web.status, web.answer = 201, {**ACCEPTED, "status": "failed", "error_code": code}
    assert await sent(web) == Refused(reason)


@pytest.mark.parametrize("status", [429, 503])
async def test_the_providers_own_wait_is_passed_on(web: WebServer, status: int) -> None:
    web.status, web.headers = status, {"Retry-After": "17"}
    verdict = await sent(web)
    assert isinstance(verdict, Later)
    assert verdict.after_seconds == 17


@pytest.mark.parametrize("answer", [b"<html>", b"", b"[1]", b'"x"', b"\xff"])
async def test_an_answer_that_is_no_json_is_judged_by_its_status(web: WebServer, answer: bytes) -> None:
    web.answer = answer
    web.status = 201
    assert await sent(web) == Sent("")
    web.status = 502
    assert await sent(web) == Later("provider_unavailable")
    web.status = 400
    assert await sent(web) == Refused("provider_refused")


async def test_a_provider_that_hangs_is_given_up(web: WebServer) -> None:
    web.hangs = True
    assert await sent(web, timeout=SHORT) == Later("timeout")


async def test_a_connection_that_breaks_is_tried_later_and_the_next_text_goes_out(web: WebServer) -> None:
    async with texter(web) as made:
        web.hangs_up = True
        assert await made.send(TEXT) == Later("connection_failed")
        web.hangs_up = False
        web.status, web.answer = 201, ACCEPTED
        assert await made.send(TEXT) == Sent("SM1")


async def test_nobody_listening_is_tried_later() -> None:
    async with WebServer().running() as web:
        pass
    assert await sent(web) == Later("connection_failed")


async def test_a_redirect_is_not_followed_with_the_credentials(web: WebServer) -> None:
    async with WebServer().running() as other:
        web.status, web.headers = 302, {"Location": f"http://127.0.0.1:{other.port}/"}
        assert await sent(web) == Later("provider_unavailable")
        assert not other.asked


async def test_no_more_calls_than_allowed_run_at_a_time_and_waiting_is_no_time_out(web: WebServer) -> None:
    web.status, web.answer = 201, ACCEPTED
    async with texter(web, connections=2) as made:
        verdicts = await asyncio.gather(*(made.send(TEXT) for _ in range(20)))
    assert verdicts == [Sent("SM1")] * 20
    assert len({asked.client for asked in web.asked}) <= 2


async def test_the_token_is_never_logged_or_shown(web: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "httpx2")
    web.status, web.answer = 401, {"code": 20003}
    async with texter(web) as made:
        await made.send(TEXT)
        seen = repr(made) + repr(vars(made)) + caplog.text
    for secret in (TOKEN, "t%2Fken", base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()):
        assert secret not in seen


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("twilio://AC1:t@api.twilio.com", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"),
        ("twilio://AC1:t@[::1]:8443", "https://[::1]:8443/2010-04-01/Accounts/AC1/Messages.json"),
        ("twilio://AC1:t@localhost:4010?scheme=http", "http://localhost:4010/2010-04-01/Accounts/AC1/Messages.json"),
        ("twilio://A%2F1:t%40@x.example", "https://x.example/2010-04-01/Accounts/A%2F1/Messages.json"),
    ],
)
def test_an_accounts_address_is_read(url: str, where: str) -> None:
    assert read_account(url).url == where


def test_an_unknown_code_means_nothing() -> None:
    assert on_code(12345) is None
