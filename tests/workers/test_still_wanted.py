"""What is looked at before each attempt: whether a user still wants it, and where they are reached now."""

from typing import Any

import pytest

from hub.core.changes import QuietHours
from hub.core.directory import Line, User
from hub.core.jobs import Later
from hub.core.preferences import Preferences

from .conftest import SENT_MS
from .town import NOW, WANTED, Scripted, Town, titles

OFF: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("email", {"types": {}}, {}, "type_off"),
    ("email", {"email_enabled": False}, {}, "channel_off"),
    ("email", {}, {"email": None}, "no_email"),
    ("text", {"types": {}}, {}, "type_off"),
    ("text", {"text_enabled": False}, {}, "channel_off"),
    ("text", {}, {"backup_number": None}, "no_number"),
    ("text", {"custom_number": "+15550199"}, {}, "own_line"),
]


async def change(town: Town, chosen: dict[str, Any], person: dict[str, Any]) -> None:
    await town.directory.put("acme", Line("desk", "acme", number="+15550199"))
    known = {"email": "ann@acme.example", "backup_number": "+1555010ann"}
    await town.directory.put_user(User("ann", "acme", "Ann", **{**known, **person}))
    await town.directory.put_preferences("acme", "ann", Preferences(**{"types": WANTED, **chosen}))


@pytest.mark.parametrize(("channel", "chosen", "person", "reason"), OFF, ids=[f"{row[0]} {row[3]}" for row in OFF])
@pytest.mark.parametrize("is_retry", [False, True])
async def test_E_22_what_was_turned_off_while_it_waited_does_not_go_out(
    town: Town, channel: str, chosen: dict[str, Any], person: dict[str, Any], reason: str, is_retry: bool
) -> None:
    other = Scripted([Later("timeout")] if is_retry else [])
    due_ms = SENT_MS if is_retry else SENT_MS + 60_000
    base = await town.tell("ann", channel=channel, not_before_ms=due_ms, waits="grace", unless_seen=True)
    sending = town.courier(text=other, email=other, chance=lambda: 1.0)
    await sending.settle()
    await change(town, chosen, person)
    town.clock.advance(60)
    await sending.settle()
    await sending.stop()
    row = await town.only(base)
    assert (row.state, row.reason, row.attempts, other.tried) == ("skipped", reason, is_retry, is_retry)


async def test_AMB_48_copies_that_were_turned_off_meanwhile_do_not_go_out(town: Town) -> None:
    base = await town.tell("ann", type="order_created", not_before_ms=SENT_MS + 60_000)
    await town.directory.put_preferences("acme", "ann", Preferences(email_copy=False))
    mail = Scripted()
    town.clock.advance(60)
    await town.courier(email=mail).settle()
    row = await town.only(base)
    assert (row.state, row.reason, mail.taken) == ("skipped", "copy_off", [])


async def test_AMB_41_no_option_of_its_type_stops_what_is_urgent(town: Town) -> None:
    mail = Scripted()
    base = await town.tell("ann", urgent=True)
    await change(town, {"types": {}}, {})
    await town.courier(email=mail).settle()
    assert (await town.only(base)).state == "sent"


@pytest.mark.parametrize(
    ("channel", "chosen", "person", "to"),
    [
        ("email", {}, {"email": "ann@home.example"}, "ann@home.example"),
        ("text", {}, {"backup_number": "+15550177"}, "+15550177"),
        ("text", {"custom_number": "+15550188"}, {}, "+15550188"),
    ],
)
async def test_A_38_it_goes_to_where_the_user_is_reached_now(
    town: Town, channel: str, chosen: dict[str, Any], person: dict[str, Any], to: str
) -> None:
    other = Scripted()
    base = await town.tell("ann", channel=channel)
    await change(town, chosen, person)
    await town.courier(text=other, email=other).settle()
    assert ([message.to for message in other.taken], (await town.only(base)).to) == ([to], to)


async def test_what_only_a_newer_hub_knows_waits_and_holds_up_nothing_else(town: Town) -> None:
    mail, lane = Scripted(), town.store.keys.lane("acme", "email", "ann")
    await town.tell("ann")
    await town.store.command("ZADD", lane, 0, "chorus:voicemails")
    await town.courier(email=mail).settle()
    assert [letter.subject for letter in mail.taken] == titles(1)
    due = await town.store.command("ZSCORE", lane, "chorus:voicemails")
    assert float(due) == SENT_MS + 300_000


async def test_what_waited_for_the_night_to_end_has_all_its_patience(town: Town) -> None:
    """It is looked at at noon and put off to the evening: that was no attempt."""
    quiet = QuietHours("11:00", "20:00", "UTC")
    await town.directory.put_preferences("acme", "ann", Preferences(types=WANTED, quiet_hours=quiet))
    mail = Scripted([Later("timeout")] * 99)
    base, sending = await town.tell("ann"), town.courier(email=mail, chance=lambda: 0.0)
    await sending.settle()
    for minute in range(10):
        town.clock.freeze(NOW + 8 * 3600 + 60 * minute)
        await sending.settle()
    await sending.stop()
    assert ((await town.only(base)).state, mail.tried) == ("queued", 10)
