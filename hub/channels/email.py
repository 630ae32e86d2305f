"""The mail server: letters go out over SMTP, on connections that are kept for the next.

TLS. `smtps://` wraps the connection. `smtp://` takes STARTTLS where it is offered, and insists on it when there is a
password to protect; certificates are verified. On loopback there is nobody to listen in: there a server may speak
plainly, and with a certificate that nobody signed.

Reasons. What concerns one letter or one address ends it (`mailbox_unknown`, `message_too_large`, …); what the operator
can mend is `Later` (`provider_credentials`, `sender_refused`, `tls_failed`, …), so that nothing is lost meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import cast
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPServerDisconnected,
)

from hub.channels.mime import Message, Unmailable, compose, read_sender
from hub.channels.replies import is_garbled, verdict_on
from hub.core.jobs import Later, Refused, Sent, Verdict
from hub.core.mail import Letter

TIMEOUT_SECONDS = 30.0  # for one step: a connection, an answer
STEPS = 6  # so many time-outs are the time for a whole letter, connection and all
IDLE_SECONDS = 30.0  # many servers hang up after a minute or more; a letter a second keeps one connection busy
CONNECTIONS = 4
LETTERS_EACH = 100  # over one connection; several large providers take no more

journal = structlog.get_logger(__name__)


class Unusable(Exception):
    """Say why the server cannot be used as the settings say; the words are a stable reason."""


@dataclass(frozen=True, slots=True)
class Server:
    """Hold what an smtp:// or smtps:// address says."""

    host: str
    port: int
    wrapped: bool
    username: str | None
    password: str = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """Tell whether what is said to it stays on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")


@dataclass(slots=True)
class _Connection:
    client: SMTP
    letters: int = 0
    timer: asyncio.TimerHandle | None = None


class Mailer:
    """Sends letters; `timeout` is in seconds and bounds each step of one, six of it the whole."""

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        connections: int = CONNECTIONS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = read_server(url)
        self._sender = read_sender(sender)
        self._timeout = timeout
        self._idle_seconds = idle_seconds
        self._tls = tls or (_unverified() if self._server.is_loopback else ssl.create_default_context())
        self._slots = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<Mailer to {self._server.host}:{self._server.port}, {len(self._idle)} connections idle>"

    async def send(self, letter: Letter) -> Verdict:
        """Hand a letter to the mail server; the verdict is on its one recipient."""
        try:
            message = compose(letter, self._sender)
        except Unmailable as error:
            return Refused(str(error))
        async with self._slots:
            return await self._deliver(message)

    async def close(self) -> None:
        """Take leave on every connection that is kept."""
        self._is_closed = True
        for connection in [*self._idle]:
            self._leave(connection)
        await asyncio.gather(*self._leaving)

    async def _deliver(self, message: Message) -> Verdict:
        """Send over a connection of ours; an end that was not clean ends the connection too."""
        connection = None
        try:
            async with asyncio.timeout(STEPS * self._timeout):
                connection = await self._connection()
                answer = await self._hand_over(connection, message)
                self._keep(connection)
                connection = None
                return answer
        except (SMTPException, OSError, Unusable) as error:  # a time-out is an OSError
            return self._blame(error)
        finally:
            if connection:
                _abort(connection.client)

    async def _hand_over(self, connection: _Connection, message: Message) -> Verdict:
        """Give the message to the server; its refusal leaves the connection usable, aiosmtplib has sent RSET."""
        options = ["SMTPUTF8"] if message.utf8 else []
        connection.letters += 1
        try:
            _, answer = await connection.client.sendmail(
                message.sender, [message.to], message.content, mail_options=options
            )
        except SMTPNotSupported:
            return Refused("address_not_supported")
        except SMTPException as error:
            if not connection.client.is_connected or is_garbled(error):
                raise
            return self._blame(error)
        return Sent(" ".join(answer.split())[:200])

    def _blame(self, error: BaseException) -> Verdict:
        verdict = Later(str(error)) if isinstance(error, Unusable) else verdict_on(error)
        if isinstance(verdict, Later) and verdict.reason in _MENDABLE:
            journal.warning("the mail server cannot be used", server=self._server.host, reason=verdict.reason)
        return verdict

    async def _connection(self) -> _Connection:
        """Give a kept connection that still answers, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.timer:
                connection.timer.cancel()
            if await self._answers(connection.client):
                return connection
        return _Connection(await self._open())

    async def _answers(self, client: SMTP) -> bool:
        """Find out whether a kept connection still lives, and clear what was said on it."""
        answers = False
        with contextlib.suppress(SMTPException, OSError):
            try:
                await client.rset()
                answers = True
            finally:
                if not answers:
                    _abort(client)
        return answers

    async def _open(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            timeout=self._timeout,
            use_tls=server.wrapped,
            start_tls=False,
            tls_context=self._tls,
        )
        await client.connect()
        try:
            await self._prepare(client)
        except BaseException:
            _abort(client)
            raise
        return client

    async def _prepare(self, client: SMTP) -> None:
        """Greet, encrypt and log in, as the head of this file says."""
        server = self._server
        await _greet(client)
        if not server.wrapped:
            if client.supports_extension("starttls"):
                await client.starttls()
                await _greet(client)
            elif server.username and not server.is_loopback:
                raise Unusable("tls_missing")
        if server.username:
            await _log_in(client, server.username, server.password)

    def _keep(self, connection: _Connection) -> None:
        """Put a connection back for the next letter; alone for too long, it is given up."""
        if not connection.client.is_connected:
            return
        self._idle.append(connection)
        if self._is_closed or connection.letters >= LETTERS_EACH:
            self._leave(connection)
        else:
            connection.timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._leave, connection)

    def _leave(self, connection: _Connection) -> None:
        self._idle.remove(connection)
        if connection.timer:
            connection.timer.cancel()
        task = asyncio.create_task(_quit(connection.client))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


_MENDABLE = frozenset({"provider_credentials", "sender_refused", "tls_missing", "tls_failed"})


def read_server(url: str) -> Server:
    """Read smtp://user:password@host:587 or smtps://…; without a port 587 with a password, else 25, and 465."""
    parts = urlsplit(url)
    wrapped = parts.scheme == "smtps"
    usual = 465 if wrapped else 587 if parts.username else 25
    return Server(
        host=parts.hostname or "localhost",
        port=parts.port or usual,
        wrapped=wrapped,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
    )


async def _greet(client: SMTP) -> None:
    """Say EHLO, and HELO to a server that does not know it."""
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


async def _log_in(client: SMTP, username: str, password: str) -> None:
    try:
        await client.login(username, password)
    except (SMTPAuthenticationError, SMTPServerDisconnected):
        raise
    except SMTPException:  # AUTH, or a way of it that we know, is not offered
        raise Unusable("provider_credentials") from None


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _quit(client: SMTP) -> None:
    """Take leave, and return when the connection is gone; aiosmtplib's own quit leaves TLS closing behind."""
    protocol = client.protocol
    with contextlib.suppress(SMTPException, OSError):
        await client.execute_command(b"QUIT")
    _abort(client)
    while protocol and protocol.transport:  # a turn or two of the loop: nobody is asked any more
        await asyncio.sleep(0)


def _abort(client: SMTP) -> None:
    """Drop a connection at once: a polite close would wait for a peer that may hang."""
    if client.transport:
        cast(asyncio.WriteTransport, client.transport).abort()  # uvloop's are none of asyncio's classes
    client.close()
