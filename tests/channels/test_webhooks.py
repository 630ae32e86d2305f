"""Webhooks: signed so that the reference library verifies them, and never sent to where only the hub can reach."""

import asyncio
import base64
import socket
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hub.channels import addresses, webhooks
from hub.channels.addresses import Allowed, resolve
from hub.channels.webhooks import Hook, objection
from hub.core.jobs import Later, Refused, Sent, Verdict
from tests.channels.certificates import Certificate
from tests.channels.web_server import WebServer

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()
OLDER = "whsec_" + base64.b64encode(b"o" * 24).decode()
PAYLOAD = '{"type":"new_lead","title":"Привет"}'.encode()
LOOPBACK = ("127.0.0.1/32",)
PATIENCE = 10.0
SHORT = 0.2


class Names:
    """Resolve as told: one answer after another, the last again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = [*answers]
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


HERE = Names(["127.0.0.1"])


@asynccontextmanager
async def hook(url: str, secrets: Sequence[str] = (SECRET,), **options: Any) -> AsyncIterator[Hook]:
    made = Hook(url, secrets, **{"allowed": LOOPBACK, "resolve": HERE, "timeout": PATIENCE, **options})
    try:
        yield made
    finally:
        await made.close()


async def sent(web: WebServer, payload: bytes = PAYLOAD, **options: Any) -> Verdict:
    async with hook(f"http://hook.example:{web.port}/in?a=1", **options) as made:
        return await made.send("msg_1", time.time(), payload)


async def test_what_arrives_is_verified_by_the_reference_library(web: WebServer) -> None:
    assert await sent(web, secrets=(SECRET, OLDER)) == Sent()
    (asked,) = web.asked
    for secret in (SECRET, OLDER):
        Webhook(secret).verify(asked.body, asked.headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(asked.body + b" ", asked.headers)
    assert (asked.method, asked.path, asked.body) == ("POST", "/in", PAYLOAD)
    assert asked.headers["host"] == f"hook.example:{web.port}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["webhook-id"] == "msg_1"


async def test_tls_is_verified_for_the_name_although_an_address_is_connected_to(certificate: Certificate) -> None:
    async with WebServer(certificate=certificate).running() as web:
        async with hook(f"https://hook.example:{web.port}/", tls=certificate.client()) as made:
            assert await made.send("msg_1", time.time(), PAYLOAD) == Sent()
        async with hook(f"https://other.example:{web.port}/", tls=certificate.client()) as made:
            assert await made.send("msg_1", time.time(), PAYLOAD) == Later("tls_failed")
        async with hook(f"https://hook.example:{web.port}/") as made:
            assert await made.send("msg_1", time.time(), PAYLOAD) == Later("tls_failed")
        assert web.names[:2] == ["hook.example", "other.example"]
        assert len(web.asked) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::1", "2002:7f00:1::1", "2001:0:0:0:0:0:80ff:fffe", "100::1", "2001:db8::1", "nonsense", ""),
    ],
)
async def test_an_address_that_is_not_public_is_refused(web: WebServer, address: str) -> None:
    assert address not in Allowed()
    assert await sent(web, resolve=Names([address]), allowed=()) == Refused("address_not_allowed")
    assert not web.asked


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert address in Allowed()


def test_what_the_operator_allows_is_allowed_and_nothing_beside_it() -> None:
    allowed = Allowed(["10.1.0.0/16", "fd00::/64"])
    assert all(address in allowed for address in ("10.1.2.3", "fd00::1", "8.8.8.8"))
    assert not any(address in allowed for address in ("10.2.0.1", "fd00:0:0:1::1", "127.0.0.1"))


async def test_one_address_that_is_not_public_spoils_the_name(web: WebServer) -> None:
    names = Names(["127.0.0.1", "169.254.169.254"])
    assert await sent(web, resolve=names) == Refused("address_not_allowed")
    assert not web.asked


async def test_a_name_that_changes_after_it_was_judged_gains_nothing(web: WebServer) -> None:
    """DNS rebinding: each attempt resolves once, and connects to the very address that was judged."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with hook(f"http://hook.example:{web.port}/", resolve=names) as made:
        assert await made.send("msg_1", time.time(), PAYLOAD) == Sent()
        assert names.asked == [("hook.example", web.port)]
        assert await made.send("msg_2", time.time(), PAYLOAD) == Refused("address_not_allowed")
    assert len(web.asked) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
async def test_loopback_is_refused_however_it_is_spelled(web: WebServer, host: str) -> None:
    async with hook(f"http://{host}:{web.port}/", allowed=(), resolve=resolve) as made:
        verdict = await made.send("msg_1", time.time(), PAYLOAD)
    assert verdict in (Refused("address_not_allowed"), Refused("invalid_url"), Later("name_not_resolved"))
    assert not web.asked


async def test_the_systems_resolver_finds_what_is_allowed(web: WebServer) -> None:
    async with hook(f"http://127.0.0.1:{web.port}/", resolve=resolve) as made:
        assert await made.send("msg_1", time.time(), PAYLOAD) == Sent()


async def test_the_next_address_is_tried_where_one_takes_no_connection(web: WebServer) -> None:
    names = Names(["127.0.0.2", "::1", "127.0.0.1"])
    assert await sent(web, resolve=names, allowed=("127.0.0.0/8", "::1/128")) == Sent()
    assert len(web.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(web: WebServer, status: int) -> None:
    async with WebServer().running() as other:
        web.status, web.headers = status, {"Location": f"http://127.0.0.1:{other.port}/"}
        assert await sent(web) == Later(f"http_{status}")
        assert not other.asked


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Sent()),
        (202, Sent()),
        (204, Sent()),
        (410, Refused("gone")),
        (400, Later("http_400")),
        (404, Later("http_404")),
        (429, Later("http_429", 9)),
        (500, Later("http_500", 9)),
        (503, Later("http_503", 9)),
    ],
)
async def test_the_status_is_the_verdict(web: WebServer, status: int, verdict: Verdict) -> None:
    web.status, web.answer = status, b""
    web.headers = {"Retry-After": "9"} if isinstance(verdict, Later) and verdict.after_seconds else {}
    assert await sent(web) == verdict


async def test_a_long_answer_is_not_read(web: WebServer) -> None:
    web.answer = b"x" * 10_000_000
    async with hook(f"http://hook.example:{web.port}/") as made:
        assert await made.send("msg_1", time.time(), PAYLOAD) == Sent()
        web.answer = b"ok"
        assert await made.send("msg_2", time.time(), PAYLOAD) == Sent()
        assert await made.send("msg_3", time.time(), PAYLOAD) == Sent()
    ports = [asked.client for asked in web.asked]
    assert ports[0] != ports[1] == ports[2]


async def test_a_payload_that_is_too_large_is_not_sent(web: WebServer) -> None:
    assert await sent(web, payload=b'"%b"' % (b"x" * 300_000)) == Refused("payload_too_large")
    assert not web.asked


async def test_a_receiver_that_hangs_is_given_up(web: WebServer) -> None:
    web.hangs = True
    assert await sent(web, timeout=SHORT) == Later("timeout")


async def test_a_connection_that_breaks_is_tried_later(web: WebServer) -> None:
    web.hangs_up = True
    assert await sent(web) == Later("connection_failed")


async def test_nobody_listening_is_tried_later() -> None:
    async with WebServer().running() as web:
        pass
    assert await sent(web) == Later("connection_failed")


@pytest.mark.parametrize("host", ["nowhere.invalid", "x" * 64 + ".example"])
async def test_a_name_that_nobody_has_is_tried_later(host: str) -> None:
    async with hook(f"http://{host}/", resolve=resolve) as made:
        assert await made.send("msg_1", time.time(), PAYLOAD) in (Later("name_not_resolved"), Refused("invalid_url"))


@pytest.mark.parametrize("url", ["ftp://x.example/", "file:///etc/passwd", "x.example", "", "http://", "http://[::1"])
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    async with hook(url) as made:
        assert await made.send("msg_1", time.time(), PAYLOAD) == Refused("invalid_url")


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_"], ["whsec_*"], [SECRET, "x"]])
def test_what_is_no_secret_is_refused_when_the_hook_is_made(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="needs secrets"):
        Hook("https://hook.example/", secrets)


async def test_a_proxy_of_the_environment_is_not_asked(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebServer().running() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert await sent(web) == Sent()
        assert not proxy.asked


# What is said before anything is sent


@pytest.mark.parametrize(
    ("url", "addresses", "reason"),
    [
        ("https://hook.example/in", ["8.8.8.8"], None),
        ("https://hook.example/in", [], None),  # it may resolve when it counts
        ("https://hook.example/in", ["8.8.8.8", "10.0.0.1"], "address_not_allowed"),
        ("https://169.254.169.254/latest", ["169.254.169.254"], "address_not_allowed"),
        ("http://hook.example/in", ["8.8.8.8"], "https_required"),
        ("http://hook.example/in", [], "https_required"),
        ("http://hook.example/in", ["127.0.0.1"], None),
        ("http://hook.example/in", ["127.0.0.1", "8.8.8.8"], "https_required"),
        ("https://ann:secret@hook.example/in", ["8.8.8.8"], "invalid_url"),
        ("https://hook.example/in#there", ["8.8.8.8"], "invalid_url"),
        ("ftp://hook.example/in", ["8.8.8.8"], "invalid_url"),
        ("https://", ["8.8.8.8"], "invalid_url"),
        ("nonsense", ["8.8.8.8"], "invalid_url"),
    ],
)
async def test_what_speaks_against_a_url_is_said_before(url: str, addresses: list[str], reason: str | None) -> None:
    assert await objection(url, LOOPBACK, Names(addresses)) == reason


async def test_who_does_not_say_where_a_name_leads_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "RESOLVE_SECONDS", 0.05)

    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    assert await objection("https://hook.example/in", (), silent) is None


async def test_without_tls_nothing_goes_but_to_where_the_operator_allows() -> None:
    async with hook("http://hook.example/", resolve=Names(["8.8.8.8"])) as made:
        assert await made.send("msg_1", time.time(), PAYLOAD) == Refused("https_required")


async def test_names_whose_servers_do_not_answer_hold_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that asks the system cannot be stopped; so it is none of those that everybody shares."""
    answer, real = threading.Event(), socket.getaddrinfo

    def silent(host: str, *rest: Any, **more: Any) -> Any:
        if host.endswith(".tarpit.example"):
            answer.wait(PATIENCE)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(addresses, "RESOLVE_SECONDS", SHORT)
    hooks = [Hook(f"https://{n % 2}.tarpit.example/in", [SECRET]) for n in range(40)]
    sending = [asyncio.create_task(hook.send("msg", time.time(), b"{}")) for hook in hooks]
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE / 2):
        assert await resolve("other.example", 443) == ("127.0.0.1",), "another webhook"
        assert await asyncio.get_running_loop().getaddrinfo("localhost", 25), "a mail server"
        assert set(await asyncio.gather(*sending)) == {Later("name_not_resolved")}
    answer.set()
