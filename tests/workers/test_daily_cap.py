"""The daily cap: so many single e-mails of a type a day, and the rest of them as one letter the next morning.

It is Sunday noon in UTC, and in New York 08:00, on the day when the clock was put forward there.
"""

import asyncio
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from hub.core.changes import QuietHours
from hub.core.directory import Account, User
from hub.core.jobs import Later, Refused, Sent
from hub.core.preferences import Defaults, Preferences
from tests.channels.mail_server import MailServer

from .town import LINK, WANTED, Scripted, Town, arrived, mailing, titles


@pytest_asyncio.fixture
async def town(town: Town) -> Town:
    await wants(town, daily_cap=2)
    return town


async def wants(town: Town, user: str = "ann", **chosen: Any) -> None:
    """Have somebody want these e-mails, and this of them."""
    await town.directory.put_preferences("acme", user, Preferences(types=WANTED, **chosen))


async def send(town: Town, mail: Scripted, *, at: str = "") -> list[str]:
    """Send what is due by now, or at a time; say what arrived in all."""
    if at:
        town.clock.freeze(datetime.fromisoformat(at).timestamp())
    courier = town.courier(email=mail, chance=lambda: 1.0)
    await courier.settle()
    await courier.stop()
    return [letter.subject for letter in mail.taken]


async def states(town: Town, *bases: str) -> list[tuple[str, str]]:
    rows = [await town.only(base) for base in bases]
    return [(row.state, row.reason) for row in rows]


async def left_over(town: Town) -> int:
    """Count what waits for summaries, and their places in the lane."""
    waiting = await town.store.command("ZCARD", town.store.keys.letters("acme", "ann")[1])
    return int(waiting + await town.store.command("ZCARD", town.store.keys.lane("acme", "email", "ann")))


MONDAY = "2027-03-15T08:00+00:00"
SENT, WAITING = ("sent", "assigned_user"), ("queued", "daily_cap")
FIVE = [*titles(1, 2), "3 notifications of the type “Voicemails”"]


async def test_E_21_what_is_too_much_for_a_day_comes_as_one_letter_the_next_morning(
    town: Town, server: MailServer
) -> None:
    bases = [await town.tell("ann") for _ in range(5)]
    async with mailing(server) as mailer:
        courier = town.courier(email=mailer)
        await courier.settle()
        assert arrived(server, "ann") == titles(1, 2)
        assert await states(town, *bases) == [SENT, SENT, WAITING, WAITING, WAITING]
        rows = [await town.only(base) for base in bases[2:]]
        morning = int(datetime.fromisoformat(MONDAY).timestamp() * 1000)
        assert {(row.attempts, row.due) for row in rows} == {(0, morning)}
        town.clock.freeze(morning / 1000 - 0.001)
        await courier.settle()
        assert arrived(server, "ann") == titles(1, 2)
        town.clock.freeze(morning / 1000)
        await courier.settle()
        await courier.stop()
    assert arrived(server, "ann") == FIVE
    summary = server.letters[-1].message
    assert (summary["List-Unsubscribe"], summary["From"].startswith("Acme Alarms")) == (f"<{LINK}>", True)
    plain = summary.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert [title in plain for title in titles(2, 3, 4, 5)] == [False, True, True, True]
    assert "You get so many e-mails of the type “Voicemails” a day" in plain
    assert await states(town, *bases) == [SENT] * 5
    assert {(row.attempts, row.at) for row in [await town.only(base) for base in bases[2:]]} == {(1, morning)}
    assert await left_over(town) == 0


async def test_E_21_a_russian_reads_it_in_russian(town: Town) -> None:
    await town.directory.put_user(User("ann", "acme", email="ann@acme.example", locale="ru-RU"))
    for _ in range(4):
        await town.tell("ann")
    mail = Scripted()
    await send(town, mail)
    assert (await send(town, mail, at=MONDAY))[2:] == ["2 уведомления типа «Voicemails»"]
    assert "собрано в одном письме" in mail.taken[-1].text
    assert f"Отписаться: {LINK}" in mail.taken[-1].text


async def test_E_21_each_type_and_each_user_has_a_cap_of_their_own(town: Town) -> None:
    mail = Scripted()
    for _ in range(3):
        await town.tell("ann", "bob")
    for _ in range(3):
        await town.tell("ann", type="new_lead", title="Lead")
    await send(town, mail)
    got = [(letter.to.partition("@")[0], letter.subject) for letter in mail.taken]
    assert [title for user, title in got if user == "bob"] == titles(1, 2, 3), "who set none has none"
    assert [title for user, title in got if user == "ann"] == [*titles(1, 2), "Lead 4", "Lead 5"]
    await send(town, mail, at=MONDAY)
    assert sorted(letter.subject for letter in mail.taken[7:]) == ["Lead 6", "New voicemail 3"]


async def test_AMB_41_what_is_mandatory_passes_and_does_not_count(town: Town) -> None:
    mail = Scripted()
    for n in range(6):
        await town.tell("ann", urgent=n % 2 == 0)
    assert await send(town, mail) == titles(1, 2, 3, 4, 5)


async def test_E_21_every_day_begins_anew_at_midnight_where_the_user_is(town: Town) -> None:
    mail = Scripted()
    await town.directory.put_user(User("ann", "acme", email="ann@acme.example", time_zone="America/New_York"))
    for at in ("2027-03-14T12:00-04:00", "2027-03-14T23:59-04:00", "2027-03-15T00:00-04:00"):
        await send(town, mail, at=at)
        for _ in range(3):
            await town.tell("ann")
        await send(town, mail)
    assert [letter.subject for letter in mail.taken] == titles(1, 2, 7, 8)
    await send(town, mail, at="2027-03-15T07:59:59-04:00")
    assert len(mail.taken) == 4
    await send(town, mail, at="2027-03-15T08:00-04:00")
    assert mail.taken[4].subject.startswith("5 notifications"), "what was too much on Monday goes with it"
    assert await send(town, mail, at="2027-03-16T08:00-04:00") == [letter.subject for letter in mail.taken[:5]]


async def test_E_21_the_account_s_zone_counts_where_the_user_has_none(town: Town) -> None:
    await town.directory.put_account(Account("acme", "Acme", time_zone="Asia/Kathmandu"))
    mail = Scripted()
    for _ in range(4):
        await town.tell("ann")
    await send(town, mail)
    await send(town, mail, at="2027-03-15T07:59:59+05:45")
    assert len(mail.taken) == 2
    await send(town, mail, at="2027-03-15T08:00+05:45")
    assert len(mail.taken) == 3


async def test_E_21_the_account_s_default_holds_until_the_user_chooses(town: Town) -> None:
    await town.directory.put_defaults("acme", Defaults({"voicemails": {"email": True}}, daily_cap=1))
    mail = Scripted()
    for _ in range(3):
        await town.tell("ann", "bob")
    await send(town, mail)
    assert sorted(letter.to for letter in mail.taken) == ["ann@acme.example"] * 2 + ["bob@acme.example"]


# What is left of it


async def test_what_was_recalled_or_with_a_grace_seen_is_left_out_of_the_summary(town: Town) -> None:
    mail = Scripted()
    bases = [await town.tell("ann", shown=True, unless_seen=True) for _ in range(8)]
    await send(town, mail)
    await town.store.command("HSET", town.store.keys.account("acme", "recalls"), bases[2], 1)
    for base, operation in zip(bases[3:6], ("read", "dismissed", "archived"), strict=True):
        await town.log.mark("acme", "ann", operation, [f"{base}-0"], None, "e")
    await town.log.mark("acme", "ann", "read", [f"{bases[0]}-0"], None, "e")
    assert await send(town, mail, at=MONDAY) == [*titles(1, 2), "2 notifications of the type “Voicemails”"]
    assert (await states(town, *bases))[2:] == [
        ("skipped", "recalled"), *[("skipped", "seen")] * 3, SENT, SENT,
    ]  # fmt: skip
    assert [title in mail.taken[-1].text for title in titles(3, 4, 5, 6, 7, 8)] == [False] * 4 + [True] * 2


async def test_AMB_48_without_a_grace_what_was_seen_comes_in_the_summary_all_the_same(town: Town) -> None:
    mail = Scripted()
    bases = [await town.tell("ann", shown=True) for _ in range(4)]
    await send(town, mail)
    await town.log.mark("acme", "ann", "read", None, 99, "e")
    assert await send(town, mail, at=MONDAY) == [*titles(1, 2), "2 notifications of the type “Voicemails”"]
    assert await states(town, *bases) == [SENT] * 4


async def test_if_one_is_left_it_goes_as_the_letter_that_it_would_have_been(town: Town) -> None:
    mail = Scripted()
    bases = [await town.tell("ann", shown=True, unless_seen=True) for _ in range(4)]
    await send(town, mail)
    await town.log.mark("acme", "ann", "read", [f"{bases[2]}-0"], None, "e")
    assert await send(town, mail, at=MONDAY) == titles(1, 2, 4)
    assert mail.taken[-1].headers["Message-ID"] == f"<{bases[3]}-0%3Aemail@hub.example>"
    assert (await states(town, *bases))[2:] == [("skipped", "seen"), SENT]


async def test_if_none_is_left_nothing_comes(town: Town) -> None:
    mail = Scripted()
    bases = [await town.tell("ann", shown=True, unless_seen=True) for _ in range(4)]
    await send(town, mail)
    await town.log.mark("acme", "ann", "read", None, 99, "e")
    assert await send(town, mail, at=MONDAY) == titles(1, 2)
    assert (await states(town, *bases))[2:] == [("skipped", "seen")] * 2
    assert await left_over(town) == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"types": {"voicemails": {"email": False}}}, "type_off"),
        ({"email_enabled": False}, "channel_off"),
        ({"active": False}, "inactive"),
        ({"email": None}, "no_email"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_who_unsubscribed_or_left_meanwhile_gets_no_summary(
    town: Town, change: dict[str, Any], reason: str
) -> None:
    mail = Scripted()
    bases = [await town.tell("ann") for _ in range(4)]
    await send(town, mail)
    if "active" in change or "email" in change:
        await town.directory.put_user(User("ann", "acme", **{"email": "ann@acme.example", **change}))
    else:
        types = {"types": {"voicemails": {"email": True}}}
        await town.directory.put_preferences("acme", "ann", Preferences(**{**types, **change}))
    await send(town, mail, at=MONDAY)
    assert (len(mail.taken), await left_over(town)) == (2, 0)
    rows = [await town.only(base) for base in bases[2:]]
    assert {(row.state, row.reason, row.attempts) for row in rows} == {("skipped", reason, 0)}


async def test_who_is_erased_meanwhile_leaves_nothing(town: Town) -> None:
    mail = Scripted()
    for _ in range(4):
        await town.tell("ann")
    await send(town, mail)
    await town.directory.delete_user("ann")
    await send(town, mail, at=MONDAY)
    assert len(mail.taken) == 2
    assert await town.store.command("EXISTS", *town.store.keys.letters("acme", "ann")) == 0


async def test_a_summary_waits_for_the_end_of_quiet_hours(town: Town) -> None:
    await wants(town, daily_cap=2, quiet_hours=QuietHours("20:00", "09:30", "UTC"))
    mail = Scripted()
    bases = [await town.tell("ann") for _ in range(4)]
    await send(town, mail)
    await send(town, mail, at="2027-03-15T08:00+00:00")
    assert len(mail.taken) == 2
    await send(town, mail, at="2027-03-15T09:30+00:00")
    assert len(mail.taken) == 3
    assert (await town.only(bases[3])).attempts == 1


async def test_a_flood_is_one_letter_that_names_the_first_fifty(town: Town) -> None:
    mail = Scripted()
    bases = [await town.tell("ann") for _ in range(252)]
    await send(town, mail)
    assert (await send(town, mail, at=MONDAY))[2:] == ["250 notifications of the type “Voicemails”"]
    text = mail.taken[-1].text
    assert [f"New voicemail {n}\n" in text for n in (2, 3, 52, 53)] == [False, True, True, False]
    assert "and 200 more" in text
    assert set(await states(town, *bases)) == {SENT}
    assert await left_over(town) == 0


# Again and again


async def test_a_summary_that_fails_is_tried_again_as_a_whole_and_is_known_as_one(
    town: Town, server: MailServer
) -> None:
    bases = [await town.tell("ann") for _ in range(4)]
    async with mailing(server) as mailer:
        courier = town.courier(email=mailer, chance=lambda: 1.0)
        await courier.settle()
        town.clock.freeze(datetime.fromisoformat(MONDAY).timestamp())
        server.orders.hang_up_at = "content"
        await courier.settle()
        assert await states(town, *bases[2:]) == [WAITING] * 2
        town.clock.advance(60)
        server.orders.hang_up_at = ""
        await courier.settle()
        await courier.stop()
    assert arrived(server, "ann") == [*titles(1, 2), "2 notifications of the type “Voicemails”"]
    assert {(row.state, row.attempts) for row in [await town.only(base) for base in bases[2:]]} == {("sent", 2)}


async def test_what_comes_while_a_summary_is_tried_again_waits_behind_it(town: Town) -> None:
    """It fails until Tuesday noon: only then Monday's are sent, as Tuesday's."""
    mail = Scripted([Sent(), Sent(), *[Later("timeout")] * 5])
    for _ in range(4):
        await town.tell("ann")
    await send(town, mail)
    await send(town, mail, at="2027-03-15T20:00+00:00")  # the hub was away on Monday morning
    for _ in range(4):
        await town.tell("ann")
    for hours in (1, 1, 2, 6):
        town.clock.advance(3_600 * hours)
        await send(town, mail)
    await send(town, mail, at="2027-03-16T12:10+00:00")
    summary = "2 notifications of the type “Voicemails”"
    assert [letter.subject for letter in mail.taken[2:]] == [summary, *titles(5, 6)]
    await send(town, mail, at="2027-03-17T07:59+00:00")
    assert len(mail.taken) == 5
    await send(town, mail, at="2027-03-17T08:00+00:00")
    assert mail.taken[5].subject == summary


async def test_E_21_there_is_one_summary_a_day_also_for_who_travels(town: Town) -> None:
    """At eight o'clock of Monday in Kiritimati it is still Sunday in London, and eight o'clock comes there again."""
    mail = Scripted()
    for zone, at in (("Pacific/Kiritimati", "2027-03-14T10:00+14:00"), ("Europe/London", "2027-03-15T08:00+14:00")):
        town.clock.freeze(datetime.fromisoformat(at).timestamp())
        await send(town, mail)
        await town.directory.put_user(User("ann", "acme", email="ann@acme.example", time_zone=zone))
        for _ in range(4):
            await town.tell("ann")
        await send(town, mail)
    assert len(mail.taken) == 3, "Sunday goes on"
    await send(town, mail, at="2027-03-15T08:00+00:00")
    assert len(mail.taken) == 3
    await send(town, mail, at="2027-03-16T08:00+00:00")
    assert mail.taken[3].subject == "4 notifications of the type “Voicemails”"


async def test_a_summary_that_is_given_up_leaves_each_of_its_e_mails_to_be_tried_again(town: Town) -> None:
    mail = Scripted([Sent(), Sent(), Refused("mailbox_unknown")])
    bases = [await town.tell("ann") for _ in range(4)]
    await send(town, mail)
    await send(town, mail, at=MONDAY)
    assert await states(town, *bases[2:]) == [("failed", "mailbox_unknown")] * 2
    dead = [letter.id for letter in await town.deliveries.dead("acme", 9)]
    assert sorted(dead) == [f"{base}-0:email" for base in bases[2:]]
    assert await left_over(town) == 0
    for id in dead:
        assert await town.deliveries.retry("acme", id, int(town.clock.now() * 1000))
    await send(town, mail)
    assert sorted(letter.subject for letter in mail.taken[2:]) == titles(3, 4)


async def test_a_retry_counts_once_a_day(town: Town) -> None:
    mail = Scripted([Later("timeout")])
    for _ in range(3):
        await town.tell("ann")
    await send(town, mail)
    town.clock.advance(60)
    assert await send(town, mail) == titles(1, 2)


# On several machines


async def test_two_couriers_at_once_never_exceed_the_cap_nor_send_a_summary_twice(
    town: Town, server: MailServer
) -> None:
    many = [f"u{n}" for n in range(12)]
    await town.settled(*many)
    for user in many:
        await wants(town, user, daily_cap=3)
    async with mailing(server) as one, mailing(server) as other:
        pair = [town.courier(email=mailer) for mailer in (one, other)]
        for courier in pair:
            courier.start()
        for _ in range(8):
            await town.tell(*many)
        await asyncio.gather(*(courier.settle() for courier in pair))
        assert len(server.letters) == 3 * len(many)
        town.clock.freeze(datetime.fromisoformat(MONDAY).timestamp())
        await asyncio.gather(*(courier.settle() for courier in pair))
        for courier in pair:
            await courier.stop()
    for user in many:
        assert arrived(server, user) == [*titles(1, 2, 3), "5 notifications of the type “Voicemails”"]
