"""What the tests of the channels share: the loops they run on, a certificate, an HTTP server that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvloop

from tests.channels.certificates import Certificate, make_certificate
from tests.channels.mail_server import MailServer, authenticator
from tests.channels.web_server import WebServer


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the loop that serves in production; what depends on the loop's transports, on the plain one too."""
    plain = {"asyncio": asyncio.new_event_loop} if item.path.stem == "test_email" else {}
    return {"uvloop": uvloop.new_event_loop, **plain}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls") / "own.pem", "localhost", "hook.example")


@pytest.fixture
def plain_server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def tls_server(certificate: Certificate) -> Iterator[MailServer]:
    """Offer STARTTLS and, behind it, AUTH."""
    server = MailServer(certificate)
    server._options["authenticator"] = authenticator(server)
    with server.running():
        yield server


@pytest_asyncio.fixture
async def web() -> AsyncIterator[WebServer]:
    async with WebServer().running() as server:
        yield server


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what this machine says about proxies out of a test."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
