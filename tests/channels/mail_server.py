"""A real SMTP server (aiosmtpd) in a thread of its own, which refuses, hangs and hangs up as it is told."""

import asyncio
import email
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.channels.certificates import Certificate

USER, PASSWORD = "hub@acme.example", "p/ss w@rd"


@dataclass
class Received:
    """Hold one letter that the server took, and how it came."""

    sender: str
    to: list[str]
    content: bytes
    is_encrypted: bool
    user: str | None
    connection: int

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.content, policy=default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class Orders:
    """Say what the server does: replies by command or address, and at which command it hangs or hangs up."""

    replies: dict[str, str] = field(default_factory=dict)
    hang_at: str = ""
    hang_up_at: str = ""
    hang_up_after: int = 0  # letters over one connection
    greeting: str = ""


class MailServer:
    """Take letters on a free port of loopback; `certificate` offers STARTTLS, or with `wrapped` TLS at once."""

    def __init__(self, certificate: Certificate | None = None, *, wrapped: bool = False, **options: Any) -> None:
        self.orders = Orders()
        self.letters: list[Received] = []
        self.connections = 0
        self.logins: list[tuple[str, bool]] = []
        self.commands: list[str] = []
        self.open: set[SMTP] = set()
        self.port = 0
        self._context = certificate.server() if certificate else None
        self._wrapped = wrapped
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def running(self) -> Iterator["MailServer"]:
        self._thread.start()
        self._ready.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def url(self, scheme: str = "smtp", host: str = "127.0.0.1", user: str = "") -> str:
        return f"{scheme}://{user}{host}:{self.port}"

    def hang_up(self) -> None:
        """Close all connections, as a server does that has waited long enough."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (self._end(), done.set()))
        done.wait()

    def _end(self) -> None:
        for session in self.open:
            if session.transport:
                session.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        inner = {"tls_context": self._context} if self._context and not self._wrapped else {}
        outer = self._context if self._wrapped else None

        def made() -> SMTP:
            return _Conversation(self, hostname="mail.example", loop=self._loop, **inner, **self._options)

        server = self._loop.run_until_complete(self._loop.create_server(made, "127.0.0.1", 0, ssl=outer))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._end()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class _Conversation(SMTP):
    """Speak with one client, and do to it what the orders say."""

    def __init__(self, server: MailServer, **options: Any) -> None:
        self._server = server
        self._number = 0
        super().__init__(_Handler(server, self), enable_SMTPUTF8=options.pop("utf8", True), **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._number:  # STARTTLS makes the connection a second time
            self._server.connections += 1
            self._number = self._server.connections
            self._server.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.open.discard(self)
        super().connection_lost(error)

    async def push(self, status: str | bytes) -> None:
        if isinstance(status, str) and status.startswith("220 mail.example"):
            await self.ordered("greeting")
            status = self._server.orders.greeting or status
        await super().push(status)

    async def ordered(self, command: str) -> str | None:
        orders = self._server.orders
        self._server.commands.append(command)
        if orders.hang_at == command:
            await asyncio.Event().wait()
        if orders.hang_up_at == command and self.transport:
            self.transport.abort()
        return orders.replies.get(command)

    async def smtp_DATA(self, arg: str) -> None:
        if self._server.orders.hang_up_at == "content":
            await self.push("354 go on")
            if self.transport:
                self.transport.abort()
            return
        await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg: str) -> None:
        if reply := await self.ordered("RSET"):
            await self.push(reply)
            return
        await super().smtp_RSET(arg)


class _Handler:
    def __init__(self, server: MailServer, conversation: _Conversation) -> None:
        self._server = server
        self._conversation = conversation
        self._taken = 0

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, sender: str, options: list[str]) -> str:
        if reply := await self._conversation.ordered("MAIL"):
            return reply
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, to: str, ___: list[str]) -> str:
        reply = await self._conversation.ordered("RCPT") or self._server.orders.replies.get(to)
        if not reply:
            envelope.rcpt_tos.append(to)
        return reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if reply := await self._conversation.ordered("DATA"):
            return reply
        content = envelope.original_content or b""
        user = session.auth_data
        self._server.letters.append(
            Received(
                envelope.mail_from or "",
                [*envelope.rcpt_tos],
                content,
                session.ssl is not None or self._server._wrapped,
                user if isinstance(user, str) else None,
                self._conversation._number,
            )
        )
        self._taken += 1
        if self._taken == self._server.orders.hang_up_after:
            asyncio.get_running_loop().call_soon(server.transport.abort)
        return "250 2.0.0 Ok: queued as 4XyZ"


def authenticator(server: MailServer) -> Any:
    """Know one user, and write down who came, and whether anybody could listen in."""

    def check(_: SMTP, session: Session, __: Envelope, mechanism: str, data: Any) -> AuthResult:
        server.logins.append((mechanism, session.ssl is not None))
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=is_right, handled=False, auth_data=USER)

    return check
