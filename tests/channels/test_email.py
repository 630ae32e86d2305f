"""E-mail over a real SMTP server: TLS, log-in, refusals by code, and everything that can break on the way."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from hub.channels.email import Mailer, read_server
from hub.core.jobs import Later, Refused, Sent, Verdict
from hub.core.mail import Letter
from tests.channels.certificates import Certificate
from tests.channels.mail_server import PASSWORD, USER, MailServer, authenticator

SENDER = "Hub <hub@acme.example>"
LETTER = Letter("ann@acme.example", "New Lead", "Eve\n", "<p>Eve</p>", "Acme", {"Message-ID": "<d1@hub.example>"})
ANN = LETTER.to
PATIENCE = 10.0  # seconds until a test gives up; no test asserts how long something took
SHORT = 0.2  # seconds: a time-out that is meant to be reached
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"
NEAR, FAR = "127.0.0.1", "127.1"  # the same place, but the second is not known as loopback


@asynccontextmanager
async def mailer(url: str, sender: str = SENDER, **options: Any) -> AsyncIterator[Mailer]:
    made = Mailer(url, sender, **{"timeout": PATIENCE, **options})
    try:
        yield made
    finally:
        await made.close()


async def sent(url: str, letter: Letter = LETTER, **options: Any) -> Verdict:
    async with mailer(url, **options) as made:
        return await made.send(letter)


def trusting(certificate: Certificate) -> ssl.SSLContext:
    """Trust the certificate under any name: that of FAR is no DNS name."""
    context = certificate.client()
    context.check_hostname = False
    return context


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_R_03_a_letter_arrives_with_both_parts_and_the_accounts_name(plain_server: MailServer) -> None:
    assert await sent(plain_server.url()) == Sent("2.0.0 Ok: queued as 4XyZ")
    (letter,) = plain_server.letters
    assert (letter.sender, letter.to) == ("hub@acme.example", [ANN])
    message = letter.message
    assert message["From"] == "Acme <hub@acme.example>"
    assert message["Message-ID"] == "<d1@hub.example>"
    parts = [part.get_content() for part in message.iter_parts()]
    assert [part.replace("\r\n", "\n").strip() for part in parts] == ["Eve", "<p>Eve</p>"]


async def test_starttls_is_taken_where_it_is_offered_and_loopback_needs_no_signed_certificate(
    tls_server: MailServer,
) -> None:
    assert isinstance(await sent(tls_server.url()), Sent)
    assert tls_server.letters[0].is_encrypted


async def test_smtps_is_encrypted_from_the_first_byte(certificate: Certificate) -> None:
    with MailServer(certificate, wrapped=True).running() as server:
        assert isinstance(await sent(server.url("smtps")), Sent)
        assert server.letters[0].is_encrypted


async def test_a_password_is_said_behind_tls(tls_server: MailServer) -> None:
    assert isinstance(await sent(tls_server.url(user=LOGIN)), Sent)
    assert tls_server.letters[0].user == USER
    assert [encrypted for _, encrypted in tls_server.logins] == [True]


async def test_a_password_is_not_said_to_a_far_server_without_tls() -> None:
    server = MailServer(auth_require_tls=False)
    server._options["authenticator"] = authenticator(server)
    with server.running():
        assert await sent(server.url(host=FAR, user=LOGIN)) == Later("tls_missing")
        assert not server.logins
        assert not server.letters


async def test_a_password_may_be_said_plainly_on_loopback() -> None:
    server = MailServer(auth_require_tls=False)
    server._options["authenticator"] = authenticator(server)
    with server.running():
        assert isinstance(await sent(server.url(user=LOGIN)), Sent)
        assert server.logins


async def test_a_far_server_without_tls_gets_letters_where_there_is_no_password(plain_server: MailServer) -> None:
    assert isinstance(await sent(plain_server.url(host=FAR)), Sent)


@pytest.mark.parametrize("user", ["", LOGIN])
async def test_a_far_certificate_that_nobody_signed_is_not_trusted(tls_server: MailServer, user: str) -> None:
    assert await sent(tls_server.url(host=FAR, user=user)) == Later("tls_failed")
    assert not tls_server.letters
    assert not tls_server.logins


async def test_a_far_smtps_certificate_that_nobody_signed_is_not_trusted(certificate: Certificate) -> None:
    with MailServer(certificate, wrapped=True).running() as server:
        assert await sent(server.url("smtps", host=FAR)) == Later("tls_failed")


async def test_a_far_certificate_that_is_signed_is_trusted(tls_server: MailServer, certificate: Certificate) -> None:
    verdict = await sent(tls_server.url(host=FAR, user=LOGIN), tls=trusting(certificate))
    assert isinstance(verdict, Sent)
    assert tls_server.letters[0].is_encrypted


async def test_a_wrong_password_loses_nothing(tls_server: MailServer) -> None:
    assert await sent(tls_server.url(user=f"{quote(USER)}:wrong@")) == Later("provider_credentials")


async def test_a_server_without_log_in_loses_nothing_either(plain_server: MailServer) -> None:
    assert await sent(plain_server.url(user=LOGIN)) == Later("provider_credentials")


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("450 4.7.1 Greylisted", Later("mail_deferred")),
        ("451 try again", Later("mail_deferred")),
        ("452 4.2.2 Mailbox full", Later("mailbox_full")),
        ("550 5.1.1 No such user", Refused("mailbox_unknown")),
        ("550 no such user", Refused("mailbox_unknown")),
        ("552 5.2.2 Mailbox full", Refused("mailbox_full")),
        ("550 5.2.1 Disabled", Refused("mailbox_disabled")),
        ("550 5.7.1 Blocked", Refused("rejected_by_policy")),
        ("554 5.5.0 Because", Refused("mail_refused")),
        ("556 Because", Refused("mail_refused")),
        ("530 5.7.0 Log in first", Later("provider_credentials")),
    ],
)
async def test_the_recipients_own_code_is_the_verdict(plain_server: MailServer, reply: str, verdict: Verdict) -> None:
    plain_server.orders.replies[ANN] = reply
    assert await sent(plain_server.url()) == verdict


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("451 4.3.0 Try later", Later("mail_deferred")),
        ("421 4.3.2 Going down", Later("mail_deferred")),
        ("552 5.3.4 Too large", Refused("message_too_large")),
        ("552 Too large", Refused("message_too_large")),
        ("554 5.7.1 Spam", Refused("rejected_by_policy")),
        ("554 No", Refused("mail_refused")),
    ],
)
async def test_a_refusal_after_data_is_the_verdict(plain_server: MailServer, reply: str, verdict: Verdict) -> None:
    plain_server.orders.replies["DATA"] = reply
    assert await sent(plain_server.url()) == verdict


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("550 5.7.1 Not your address", Later("sender_refused")),
        ("553 Not your address", Later("sender_refused")),
        ("530 Log in first", Later("provider_credentials")),
        ("451 4.3.0 Try later", Later("mail_deferred")),
        ("552 5.3.4 Too large", Refused("message_too_large")),
    ],
)
async def test_what_the_operator_can_mend_about_the_sender_loses_nothing(
    plain_server: MailServer, reply: str, verdict: Verdict
) -> None:
    plain_server.orders.replies["MAIL"] = reply
    assert await sent(plain_server.url()) == verdict


@pytest.mark.parametrize("greeting", ["554 No service here", "421 Too busy"])
async def test_a_server_that_turns_us_away_is_tried_later(plain_server: MailServer, greeting: str) -> None:
    plain_server.orders.greeting = greeting
    assert await sent(plain_server.url()) == Later("provider_unavailable")


async def test_what_is_no_smtp_is_tried_later(plain_server: MailServer) -> None:
    plain_server.orders.replies[ANN] = "what?"
    async with mailer(plain_server.url()) as made:
        assert await made.send(LETTER) == Later("connection_failed")
        plain_server.orders.replies.clear()
        assert isinstance(await made.send(LETTER), Sent)
    assert plain_server.letters[0].connection == 2


async def test_nobody_listening_is_tried_later(plain_server: MailServer) -> None:
    url = plain_server.url()
    with MailServer().running() as other:
        url = other.url()
    assert await sent(url) == Later("connection_failed")


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_says_nothing_at_all_is_given_up(plain_server: MailServer, scheme: str) -> None:
    plain_server.orders.hang_at = "greeting"
    assert await sent(plain_server.url(scheme), timeout=SHORT) == Later("timeout")


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_hangs_is_given_up_and_the_connection_with_it(plain_server: MailServer, step: str) -> None:
    plain_server.orders.hang_at = step
    async with mailer(plain_server.url(), timeout=SHORT) as made:
        assert await made.send(LETTER) == Later("timeout")
        assert "0 connections idle" in repr(made)
    plain_server.orders.hang_at = ""
    assert isinstance(await sent(plain_server.url()), Sent)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "content"])
async def test_a_connection_that_breaks_on_the_way_is_tried_later(plain_server: MailServer, step: str) -> None:
    plain_server.orders.hang_up_at = step
    assert await sent(plain_server.url()) == Later("connection_lost")


async def test_a_letter_that_is_sent_twice_has_the_same_message_id(plain_server: MailServer) -> None:
    async with mailer(plain_server.url()) as made:
        plain_server.orders.hang_up_at = "DATA"  # the content is there, the answer is lost
        assert await made.send(LETTER) == Later("connection_lost")
        plain_server.orders.hang_up_at = ""
        assert isinstance(await made.send(LETTER), Sent)
    assert {letter.message["Message-ID"] for letter in plain_server.letters} == {"<d1@hub.example>"}


async def test_a_cancelled_letter_leaves_no_connection_behind(plain_server: MailServer) -> None:
    plain_server.orders.hang_at = "RCPT"
    async with mailer(plain_server.url()) as made:
        task = asyncio.create_task(made.send(LETTER))
        await until(lambda: "RCPT" in plain_server.commands)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert "0 connections idle" in repr(made)
        await until(lambda: not plain_server.open)
        plain_server.orders.hang_at = ""
        assert isinstance(await made.send(LETTER), Sent)


async def test_a_connection_is_kept_for_the_next_letter_also_after_a_refusal(plain_server: MailServer) -> None:
    plain_server.orders.replies["nobody@acme.example"] = "550 5.1.1 No such user"
    async with mailer(plain_server.url()) as made:
        assert isinstance(await made.send(LETTER), Sent)
        assert isinstance(await made.send(replace(LETTER, to="nobody@acme.example")), Refused)
        assert isinstance(await made.send(LETTER), Sent)
    assert plain_server.connections == 1
    assert [letter.to for letter in plain_server.letters] == [[ANN], [ANN]]


async def test_no_more_connections_than_allowed_are_open_at_a_time(plain_server: MailServer) -> None:
    async with mailer(plain_server.url(), connections=2) as made:
        assert all(
            isinstance(verdict, Sent) for verdict in await asyncio.gather(*(made.send(LETTER) for _ in range(20)))
        )
    assert plain_server.connections <= 2
    assert len(plain_server.letters) == 20


async def test_a_kept_connection_that_the_server_closed_costs_no_letter(plain_server: MailServer) -> None:
    async with mailer(plain_server.url()) as made:
        await made.send(LETTER)
        plain_server.hang_up()
        assert isinstance(await made.send(LETTER), Sent)
    assert plain_server.connections == 2


@pytest.mark.parametrize("reply", ["421 4.4.2 Idle for too long", "500 What?"])
async def test_a_kept_connection_that_does_not_answer_well_costs_no_letter(
    plain_server: MailServer, reply: str
) -> None:
    async with mailer(plain_server.url()) as made:
        await made.send(LETTER)
        plain_server.orders.replies["RSET"] = reply
        assert isinstance(await made.send(LETTER), Sent)
    assert plain_server.connections == 2


async def test_a_connection_is_closed_when_idle(plain_server: MailServer) -> None:
    async with mailer(plain_server.url(), idle_seconds=0.01) as made:
        await made.send(LETTER)
        await until(lambda: not plain_server.open)
        assert "0 connections idle" in repr(made)


async def test_closing_takes_leave_of_every_connection(plain_server: MailServer) -> None:
    async with mailer(plain_server.url()) as made:
        await asyncio.gather(made.send(LETTER), made.send(LETTER))
    await until(lambda: not plain_server.open)


async def test_a_domain_of_any_script_is_reached_by_its_dns_name(plain_server: MailServer) -> None:
    assert isinstance(await sent(plain_server.url(), replace(LETTER, to="ann@bücher.example")), Sent)
    assert plain_server.letters[0].to == ["ann@xn--bcher-kva.example"]


async def test_a_name_of_any_script_goes_where_the_server_can_take_it(plain_server: MailServer) -> None:
    assert isinstance(await sent(plain_server.url(), replace(LETTER, to="юра@пример.рф")), Sent)
    assert plain_server.letters[0].to == ["юра@xn--e1afmkfd.xn--p1ai"]


async def test_a_name_of_any_script_is_refused_where_the_server_cannot_take_it() -> None:
    with MailServer(utf8=False).running() as server:
        async with mailer(server.url()) as made:
            assert await made.send(replace(LETTER, to="юра@пример.рф")) == Refused("address_not_supported")
            assert isinstance(await made.send(LETTER), Sent)
        assert server.connections == 1


@pytest.mark.parametrize(
    "to", ["", "ann", "ann@", "a b@x.example", "a@x.example>\r\nRCPT TO:<b@x.example", "@x.example"]
)
async def test_what_is_no_address_never_reaches_the_server(plain_server: MailServer, to: str) -> None:
    assert await sent(plain_server.url(), replace(LETTER, to=to)) == Refused("invalid_address")
    assert not plain_server.connections


async def test_a_line_of_a_single_dot_is_part_of_the_letter(plain_server: MailServer) -> None:
    await sent(plain_server.url(), replace(LETTER, text="one\n.\nMAIL FROM:<x@x.example>\n..two\n"))
    text = plain_server.letters[0].message.get_body(("plain",))
    assert text
    assert text.get_content().replace("\r\n", "\n") == "one\n.\nMAIL FROM:<x@x.example>\n..two\n"


async def test_a_password_is_never_logged_or_shown(tls_server: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with mailer(tls_server.url(user=LOGIN)) as made:
        await made.send(LETTER)
        seen = repr(made) + repr(vars(made)) + caplog.text
    assert PASSWORD not in seen
    assert quote(PASSWORD, safe="") not in seen


@pytest.mark.parametrize(
    ("url", "port", "user", "is_loopback"),
    [
        ("smtp://mail.example", 25, None, False),
        ("smtp://ann%40x:p@mail.example", 587, "ann@x", False),
        ("smtps://mail.example", 465, None, False),
        ("smtp://localhost:1025", 1025, None, True),
        ("smtp://[::1]", 25, None, True),
        ("smtp://127.9.9.9", 25, None, True),
        ("smtp://localhost.example", 25, None, False),
    ],
)
def test_a_servers_address_is_read(url: str, port: int, user: str | None, is_loopback: bool) -> None:
    server = read_server(url)
    assert (server.port, server.username, server.is_loopback) == (port, user, is_loopback)
