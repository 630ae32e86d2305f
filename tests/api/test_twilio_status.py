"""Twilio's report on a text to a user: signed, idempotent, and known again in the deliveries (E-07, E-22)."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
import pytest_asyncio

from hub.core.jobs import Sent
from tests.channels.web_server import WebServer

from .calling import NOBODY, Api, ApiHub, problem
from .live import live
from .office import number, open_office
from .test_retries import Provider

PATH = "/v1/inbound/twilio/status"
TOKEN, HERE = "s3cret/token", "https://crm.example/hub"
SMS_URL = "twilio://AC1:s3cret%2Ftoken@127.0.0.1:9?scheme=http"


def signed(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def failing(sid: str = "SM1", code: str = "30003", status: str = "undelivered") -> dict[str, str]:
    return {"MessageSid": sid, "MessageStatus": status, "ErrorCode": code, "To": number("ann"), "AccountSid": "AC1"}


async def report(api: Api, form: dict[str, str], url: str = HERE + PATH, **headers: str) -> httpx2.Response:
    """Post a report as Twilio does."""
    sent = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed(url, form), **headers}
    return await api.call("POST", PATH, by=NOBODY, content=urlencode(form).encode(), headers=sent)


async def text(api: Api) -> dict[str, Any]:
    (row,) = await api.deliveries("e1", channel="text", user="ann")
    return row


@pytest_asyncio.fixture
async def office(make_hub: Callable[..., ApiHub]) -> AsyncIterator[Api]:
    """Open the office, and send Ann a text that the provider calls SM1."""
    hub = await make_hub(test_mode=True, sms_url=SMS_URL, public_url=HERE)
    hub.ends["text"] = Provider(Sent("SM1"))
    async with Api(hub) as api:
        await open_office(api)
        await api.event("voicemails", contact="c7", id="e1")
        await api.post("/v1/test/settle")
        assert (await text(api))["state"] == "sent"
        yield api


async def test_E_07_a_text_that_the_carrier_did_not_deliver_has_failed(office: Api) -> None:
    for _ in range(2):
        answer = await report(office, failing(code="21610"))
        assert (answer.status_code, answer.content) == (204, b"")
    row = await text(office)
    assert (row["state"], row["reason"], row["attempts"]) == ("failed", "recipient_opted_out", 1)
    assert row["why"] == "It could not be sent: recipient opted out."
    assert [one["id"] for one in (await office.get("/v1/deliveries?state=failed")).json()["items"]] == [row["id"]]
    assert (await office.post(f"/v1/deliveries/{row['id']}/retry")).status_code == 202


@pytest.mark.parametrize("status", ["queued", "sent", "delivered"])
async def test_a_text_on_its_way_stays_sent(office: Api, status: str) -> None:
    assert (await report(office, failing(status=status))).status_code == 204
    assert (await text(office))["state"] == "sent"


async def test_a_text_that_the_hub_does_not_know_is_taken_and_forgotten(office: Api) -> None:
    assert (await report(office, failing("SM2"))).status_code == 204
    assert (await text(office))["state"] == "sent"


async def test_who_does_not_sign_as_twilio_changes_nothing(office: Api) -> None:
    form = failing()
    for signature in ("", "x", "é", signed(HERE + PATH, form, "another"), signed(f"http://127.0.0.1{PATH}", form)):
        raw: Any = {"X-Twilio-Signature": signature.encode()}
        problem(await report(office, form, **raw), 403, "forbidden")
    altered = {"X-Twilio-Signature": signed(HERE + PATH, failing("SM3"))}
    problem(await report(office, form, **altered), 403, "forbidden")
    assert (await text(office))["state"] == "sent"


async def test_what_is_signed_and_no_report_is_refused(office: Api) -> None:
    problem(await report(office, {"MessageStatus": "failed"}), 422, "invalid")
    problem(await report(office, {f"n{n}": "" for n in range(300)}), 422, "invalid")


async def test_without_a_provider_of_texts_nobody_is_believed(acme: Api) -> None:
    url = f"http://127.0.0.1{PATH}"
    problem(await report(acme, failing(), url, **{"X-Twilio-Signature": signed(url, failing(), "")}), 403, "forbidden")


async def test_without_a_public_url_the_request_says_what_was_signed(make_hub: Callable[..., ApiHub]) -> None:
    async with Api(await make_hub(sms_url=SMS_URL)) as api:
        assert (await report(api, failing(), f"http://127.0.0.1{PATH}")).status_code == 204


@pytest.mark.parametrize("public_url", [HERE, None])
async def test_a_text_says_where_to_report_back(store_url: str, public_url: str | None) -> None:
    async with WebServer(201, {"sid": "SM1", "status": "queued"}).running() as web:
        url = f"twilio://AC1:{TOKEN.replace('/', '%2F')}@127.0.0.1:{web.port}?scheme=http"
        async with live(store_url, sms_url=url, sms_from="+12025550100", public_url=public_url) as town:
            await open_office(town)
            await town.event("voicemails", contact="c7", id="e1")
            await town.post("/v1/test/settle")
            (asked,) = web.asked
            assert asked.form.get("StatusCallback") == (public_url and [HERE + PATH])
            assert (await report(town, failing(), (public_url or "http://127.0.0.1") + PATH)).status_code == 204
            assert (await text(town))["reason"] == "handset_unreachable"
