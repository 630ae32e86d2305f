"""Texts and e-mails on their way out: a real mail server, real stores, a clock that the tests turn."""

import asyncio
import random

import orjson
import pytest

from hub.app import composition
from hub.core.changes import QuietHours
from hub.core.directory import User
from hub.core.events import Event
from hub.core.inbox import shared_body
from hub.core.jobs import PATIENCE_MS, PAUSES, Later, Refused, Sent
from hub.core.preferences import Preferences
from hub.engine.log import Happening, Outgoing
from hub.engine.rows import Record
from hub.settings import Settings
from hub.workers import courier as couriers
from tests.channels.mail_server import MailServer

from .conftest import SENT_MS
from .town import CATALOGUE, LINK, NOW, WANTED, Scripted, Town, arrived, mailing, titles

# What arrives


async def test_C_12_an_email_goes_to_a_real_mail_server(town: Town, server: MailServer) -> None:
    base = await town.tell("ann")
    async with mailing(server) as mailer:
        await town.courier(email=mailer).settle()
    (letter,) = server.letters
    assert letter.to == ["ann@acme.example"]
    assert letter.message["Subject"] == "New voicemail 1"
    assert letter.message["From"].startswith("Acme Alarms")
    assert letter.message["Message-ID"].startswith(f"<{base}-0%3Aemail@")
    assert letter.message["List-Unsubscribe"] == f"<{LINK}>"
    row = await town.only(base)
    assert (row.state, row.attempts, row.at) == ("sent", 1, SENT_MS)


async def test_C_11_a_text_is_one_line_in_the_account_s_name(town: Town) -> None:
    phones = Scripted()
    base = await town.tell("7", "ann", channel="text")
    await town.courier(text=phones).settle()
    (text,) = phones.taken
    assert (text.to, text.body) == ("+1555010ann", "Acme Alarms: New voicemail 1")
    states = [row.state for row in await town.deliveries.of("acme", base, [0, 1])]
    assert states == ["sent"], "7 is nobody here"


async def test_a_running_courier_sends_at_once_and_in_order(town: Town, server: MailServer) -> None:
    async with mailing(server) as mailer:
        running = town.courier(email=mailer)
        running.start()
        for _ in range(5):
            await town.tell("ann", "bob")
        while len(server.letters) < 10:
            await asyncio.sleep(0.02)
        await running.stop()
    for user in ("ann", "bob"):
        assert arrived(server, user) == titles(1, 2, 3, 4, 5)


async def test_a_provider_that_hangs_holds_up_neither_the_app_nor_the_other_channel(
    town: Town, server: MailServer
) -> None:
    """The gate of the text provider never opens while everything else goes on."""
    phones = Scripted(gate=asyncio.Event())
    async with mailing(server) as mailer:
        running = town.courier(text=phones, email=mailer)
        running.start()
        for _ in range(3):
            await town.tell("ann", channel="text")
        while not phones.at_once:
            await asyncio.sleep(0.02)
        await town.tell("ann")
        while not server.letters:
            await asyncio.sleep(0.02)
        assert phones.taken == []
        assert phones.gate is not None
        phones.gate.set()
        while len(phones.taken) < 3:
            await asyncio.sleep(0.02)
        await running.stop()
    assert phones.most_at_once == 1, "one phone hears one text after the other"


async def test_so_many_are_sent_at_once_and_no_more(town: Town) -> None:
    many = [f"u{n}" for n in range(60)]
    await town.settled(*many)
    await town.tell(*many)
    mail = Scripted(gate=asyncio.Event())
    running = town.courier(email=mail)
    running.start()
    while mail.at_once < couriers.SLOTS["email"]:
        await asyncio.sleep(0.02)
    assert mail.gate is not None
    mail.gate.set()
    while len(mail.taken) < 60:
        await asyncio.sleep(0.02)
    await running.stop()
    assert mail.most_at_once == couriers.SLOTS["email"]


async def test_what_has_no_provider_is_kept_and_the_oldest_leave(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "OUTBOX_KEPT", 2)
    settings = Settings(redis_url=town.store.url, jwt_secret="s" * 32, email_from="hub@acme.example")
    kept = composition.ends(settings, town.store, town.clock)
    for _ in range(3):
        await town.tell("ann")
    await town.tell("ann", channel="text")
    sending = town.courier(email=kept["email"])
    await sending.settle()
    await sending.stop()
    rows = [orjson.loads(row) for row in await town.store.command("LRANGE", town.store.keys.work("outbox"), 0, -1)]
    assert [(row["channel"], row["to"], row["subject"]) for row in rows] == [
        ("email", "ann@acme.example", title) for title in titles(2, 3)
    ]


# What is not sent after all


async def test_AMB_31_who_is_deactivated_meanwhile_gets_nothing(town: Town) -> None:
    mail, base = Scripted(), await town.tell("ann")
    await town.directory.put_user(User("ann", "acme", active=False))
    await town.courier(email=mail).settle()
    row = await town.only(base)
    assert (row.state, row.reason, row.attempts, mail.tried) == ("skipped", "inactive", 0, 0)


async def test_who_is_erased_meanwhile_gets_nothing(town: Town) -> None:
    mail, base = Scripted(), await town.tell("ann")
    await town.directory.delete_user("ann")
    await town.courier(email=mail).settle()
    assert mail.tried == 0
    assert await town.deliveries.of("acme", base, [0]) == []


async def test_what_is_recalled_meanwhile_is_not_sent(town: Town) -> None:
    mail, base = Scripted(), await town.tell("ann")
    await town.store.command("HSET", town.store.keys.account("acme", "recalls"), base, 1)
    await town.courier(email=mail).settle()
    assert ((await town.only(base)).reason, mail.tried) == ("recalled", 0)


async def test_a_retry_does_not_ring_at_night(town: Town) -> None:
    """It is noon in UTC; the night begins at 12:10 and ends at 20:00."""
    mail = Scripted([Later("timeout", 900), Sent(), Sent()])
    await town.directory.put_preferences(
        "acme", "ann", Preferences(types=WANTED, quiet_hours=QuietHours("12:10", "20:00", "UTC"))
    )  # fmt: skip
    base, sending = await town.tell("ann"), town.courier(email=mail, chance=lambda: 0.0)
    await sending.settle()
    town.clock.advance(900)
    urgent = await town.tell("ann", urgent=True)
    await sending.settle()
    row = await town.only(base)
    assert (row.state, row.reason, row.attempts, row.due) == ("queued", "quiet_hours", 1, SENT_MS + 8 * 3_600_000)
    assert (await town.only(urgent)).state == "sent"
    town.clock.freeze(NOW + 8 * 3600)
    await sending.settle()
    assert (await town.only(base)).state == "sent"
    await sending.stop()


# Again and again


async def test_a_failing_send_is_tried_again_and_given_up_in_the_end(town: Town, server: MailServer) -> None:
    server.orders.replies["RCPT"] = "451 4.2.1 not now"
    async with mailing(server) as mailer:
        base, sending = await town.tell("ann"), town.courier(email=mailer, chance=lambda: 1.0)
        for attempt, pause in enumerate(PAUSES, 1):
            await sending.settle()
            row = await town.only(base)
            assert (row.state, row.attempts) == ("queued", attempt)
            assert row.due == int(town.clock.now() * 1000 + pause * 1000)
            town.clock.advance(pause - 1)
            await sending.settle()
            assert (await town.only(base)).attempts == attempt, "it is not due yet"
            town.clock.advance(1)
        await sending.settle()
        row = await town.only(base)
        assert (row.state, row.reason, row.attempts) == ("failed", "mail_deferred", len(PAUSES) + 1)
        (dead,) = await town.deliveries.dead("acme", 9)
        server.orders.replies.clear()
        await sending.settle()
        assert server.letters == []
        assert dead.id == f"{base}-0:email"
        await sending.stop()


async def test_a_permanent_refusal_fails_at_once_and_lets_the_next_pass(town: Town, server: MailServer) -> None:
    server.orders.replies["RCPT"] = "550 5.1.1 no such user"
    async with mailing(server) as mailer:
        base, sending = await town.tell("ann"), town.courier(email=mailer)
        await sending.settle()
        row = await town.only(base)
        assert (row.state, row.reason, row.attempts) == ("failed", "mailbox_unknown", 1)
        server.orders.replies.clear()
        await town.tell("ann")
        await sending.settle()
        await sending.stop()
    assert arrived(server) == ["ann New voicemail 2"]


async def test_what_the_provider_asks_to_wait_is_waited(town: Town) -> None:
    phones = Scripted([Later("rate_limited", 600)])
    base, sending = await town.tell("ann", channel="text"), town.courier(text=phones, chance=lambda: 0.0)
    await sending.settle()
    town.clock.advance(599)
    await sending.settle()
    assert phones.tried == 1
    town.clock.advance(1)
    await sending.settle()
    assert (await town.only(base)).state == "sent"
    await sending.stop()


async def test_retries_are_spread_over_the_whole_pause(town: Town) -> None:
    many = [f"u{n}" for n in range(40)]
    await town.settled(*many)
    base, mail = await town.tell(*many), Scripted([Later("timeout")] * 40)
    sending = town.courier(email=mail, chance=random.Random(7).random)
    await sending.settle()
    due = [row.due or 0 for row in await town.deliveries.of("acme", base, range(40))]
    assert min(due) < SENT_MS + 10_000
    assert SENT_MS + 50_000 < max(due) <= SENT_MS + 60_000
    await sending.stop()


async def test_nobody_is_given_up_for_five_short_pauses(town: Town) -> None:
    """Full jitter may draw next to nothing five times; the provider may be away for an hour all the same."""
    mail = Scripted([Later("timeout")] * 6)
    base, sending = await town.tell("ann"), town.courier(email=mail, chance=lambda: 0.001)
    for _ in range(6):
        await sending.settle()
        town.clock.advance(60)
    row = await town.only(base)
    assert (row.state, row.attempts) == ("queued", 6)
    assert PATIENCE_MS > 4 * 3_600_000
    town.clock.advance(60)
    await sending.settle()
    assert (await town.only(base)).state == "sent"
    await sending.stop()


async def test_a_letter_that_cannot_be_written_is_tried_again_and_harms_no_other(town: Town) -> None:
    """A newer hub may know a type that this one does not."""
    body = shared_body(Event("voicemails", "acme"), CATALOGUE["voicemails"], "2027-03-14T12:00:00Z")
    strange = Record(body.replace(b'"voicemails"', b'"smoke_signals"'), {})
    sent = [Outgoing("ann", 0, "email", "ann@acme.example", "assigned_user")]
    base = f"{0:026}"
    await town.log.append(Happening(base, "acme", strange, SENT_MS, 0), [], "e", outgoing=sent)
    mail = Scripted()
    await town.tell("bob")
    await town.courier(email=mail).settle()
    assert [letter.to for letter in mail.taken] == ["bob@acme.example"]
    row = await town.only(base)
    assert (row.state, row.reason) == ("queued", "internal_error")


async def test_E_22_a_dead_letter_that_is_tried_again_arrives(town: Town) -> None:
    mail = Scripted([Refused("mailbox_unknown")])
    base, sending = await town.tell("ann"), town.courier(email=mail)
    await sending.settle()
    assert await town.deliveries.retry("acme", f"{base}-0:email", SENT_MS)
    await sending.settle()
    await sending.stop()
    assert ((await town.only(base)).state, [letter.subject for letter in mail.taken]) == ("sent", titles(1))


async def test_D_05_a_provider_that_is_away_for_an_hour_gets_everything_in_order_and_once(
    town: Town, server: MailServer
) -> None:
    server.orders.greeting = "421 4.3.2 gone fishing"
    users, chance = ["ann", "bob", "cy"], random.Random(11).random
    async with mailing(server) as mailer:
        sending = town.courier(email=mailer, chance=chance)
        for _ in range(12):
            await town.tell(*users)
            await sending.settle()
            town.clock.advance(300)
        assert server.letters == []
        server.orders.greeting = ""
        for _ in range(36):
            town.clock.advance(900)
            await sending.settle()
        await sending.stop()
    assert await town.deliveries.dead("acme", 99) == []
    for user in users:
        assert arrived(server, user) == titles(*range(1, 13))


async def test_settling_leaves_what_is_planned_for_later(town: Town) -> None:
    mail = Scripted([Later("timeout", 60)])
    later, sending = await town.tell("bob", not_before_ms=SENT_MS + 60_000), town.courier(email=mail)
    base = await town.tell("ann")
    await sending.settle()
    assert [(await town.only(one)).state for one in (base, later)] == ["queued", "queued"]
    assert mail.tried == 1
    await sending.stop()
