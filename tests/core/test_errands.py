"""Texts and e-mail: where they go and when, broadcasts, samples, who is counted, and how it is said."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from hub.core.broadcasts import resolve
from hub.core.catalogue import load
from hub.core.directory import Account, Group, Line
from hub.core.events import Event
from hub.core.personal import GOES, Errand, destination, errands, numbered, reached, sample_errands, sending_beside
from hub.core.preferences import Defaults, QuietHours
from hub.core.routing import Reason, sentence, tell
from hub.core.turns import at_once
from tests.core.scenes import OFF, scene
from tests.core.test_personal import BOTH, EVE, LEAD, NOON, person, said, sent, ticked, ways_of

# Where they go.


@pytest.mark.parametrize(
    ("enabled", "custom", "backup", "to"),
    [
        (True, "+15550100777", "+15550100888", "+15550100777"),
        (True, None, "+15550100888", "+15550100888"),
        (True, "+15550100777", None, "+15550100777"),
        (True, None, None, "no_number"),
        (False, "+15550100777", "+15550100888", "channel_off"),
        (False, None, None, "channel_off"),
        (True, "+15550100500", "+15550100888", "own_line"),
        (True, None, "+15550100500", "own_line"),
    ],
)
def test_A_38_A_39_A_40_AMB_36_the_chosen_number_else_the_backup_one(
    enabled: bool, custom: str | None, backup: str | None, to: str
) -> None:
    ann = ticked("ann", text_enabled=enabled, custom_number=custom, backup_number=backup)
    set_up = replace(scene(LEAD, ann, contacts=[EVE]), numbers=frozenset({"+15550100500"}))
    text, email = ways_of(set_up)
    assert (text.to or text.reason.value) == to
    assert email.is_queued


@pytest.mark.parametrize(
    ("enabled", "address", "to"),
    [(True, "a@x.example", "a@x.example"), (True, None, "no_email"), (False, "a@x.example", "channel_off")],
)
def test_A_37_the_channel_email_as_a_whole(enabled: bool, address: str | None, to: str) -> None:
    text, email = sent(LEAD, ticked("ann", email_enabled=enabled, email=address))
    assert (email.to or email.reason.value) == to
    assert text.is_queued


def test_R_03_AMB_41_AMB_48_copies_by_email_are_a_switch_for_the_types_of_retailcrm_alone() -> None:
    ann = person("ann", {"new_lead": BOTH}, email_copy=False)
    order = Event("order_created", "acme", contact="c7")
    assert said(sent(order, ann), "email") == {"ann": "copy_off"}
    assert said(sent(order, person("ann")), "email") == {"ann": "assigned_user"}
    assert said(sent(Event("important_system_notice", "acme"), ann), "email") == {"ann": "copy_off"}
    assert said(sent(LEAD, ann), "email") == {"ann": "assigned_user"}


def test_AMB_06_who_never_touched_anything_gets_no_texts_and_few_letters() -> None:
    roles = ("admin", "billing_admin")
    letters = set()
    for kind in load():
        event = Event(
            kind.id, "acme", contact="c7", original_contact="c7", users=("ann",), line="l1", origin="sales_cycle"
        )
        event = replace(event, data={"changes": {"status": [1, 2]}})
        found = sent(event, person("ann", roles=roles), line=Line("l1", "acme", owner="ann"))
        assert not [one for one in found if one.is_queued and one.channel == "text"]
        letters |= {kind.id for one in found if one.is_queued}
    retailcrm = {kind.id for kind in load() if kind.source_system == "retailcrm"}
    assert letters == retailcrm | {"billing_warning", "integration_connection_failed", "webhook_failure_report"}


def minutes(now: float, errand: Errand) -> float | None:
    return None if errand.not_before is None else (errand.not_before - now) / 60


def test_E_20_an_e_mail_waits_for_its_grace_and_a_text_does_not() -> None:
    text, email = sent(LEAD, ticked("ann", grace_minutes=3))
    assert (text.not_before, text.unless_seen) == (None, False)
    assert (minutes(NOON, email), email.waits, email.unless_seen, email.urgent) == (3, "grace", True, False)


@pytest.mark.parametrize(
    "pace", [{}, {"grace_minutes": 0}, {"grace_minutes": 0, "defaults": Defaults(grace_minutes=9)}]
)
def test_AMB_48_without_a_grace_it_goes_at_once_seen_or_not(pace: dict[str, Any]) -> None:
    _, email = sent(LEAD, ticked("ann", **pace))
    assert (email.not_before, email.unless_seen) == (None, False)


@pytest.mark.parametrize(
    ("start", "end", "waits", "reason"),
    [
        ("11:00", "12:03", 5, "grace"),  # it is noon, and quiet for three minutes more
        ("11:00", "12:30", 30, "quiet_hours"),
        ("12:04", "12:30", 30, "quiet_hours"),  # it will be quiet when the grace ends
        ("12:06", "12:30", 5, "grace"),
        ("11:00", "12:05", 5, "grace"),
    ],
)
def test_E_20_the_later_one_of_grace_and_quiet_hours_counts(start: str, end: str, waits: int, reason: str) -> None:
    _, email = sent(LEAD, ticked("ann", grace_minutes=5, quiet_hours=QuietHours(start, end, "UTC")))
    assert (minutes(NOON, email), email.waits, email.unless_seen) == (waits, reason, True)


def test_E_20_what_is_mandatory_waits_for_its_grace_and_for_no_quiet_hours() -> None:
    ann = person("ann", grace_minutes=5, quiet_hours=QuietHours("11:00", "23:00", "UTC"))
    (notice,) = sent(Event("important_system_notice", "acme"), ann)
    assert (minutes(NOON, notice), notice.waits, notice.unless_seen, notice.urgent) == (5, "grace", True, True)


def test_E_20_what_is_not_sent_waits_for_nothing() -> None:
    found = sent(LEAD, person("ann", grace_minutes=5, email=None, types={"new_lead": BOTH}))
    assert [(one.not_before, one.unless_seen) for one in found if not one.is_queued] == [(None, False)]


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({}, "ann@acme.example"),
        ({"types": {}}, "type_off"),
        ({"email_enabled": False}, "channel_off"),
        ({"email": None}, "no_email"),
    ],
)
def test_E_21_whether_an_e_mail_is_still_wanted(chosen: dict[str, Any], reason: str | None) -> None:
    member = person("ann", **{"types": {"new_lead": BOTH}, **chosen})
    assert destination(load()["new_lead"], "email", member) == reason
    copied = person("ann", email_copy=False)
    assert destination(load()["order_created"], "email", copied) is Reason.COPY_OFF


def test_E_21_an_accounts_defaults_count_until_the_user_chooses() -> None:
    defaults = Defaults({"new_lead": {"text": True}})
    assert said(sent(LEAD, person("ann", defaults=defaults))) == {"ann": "assigned_user"}
    assert said(sent(LEAD, person("ann", {"new_lead": {"text": False}}, defaults=defaults))) == {"ann": "type_off"}


# When they go.

NIGHT = QuietHours("11:00", "15:00")


@pytest.mark.parametrize(
    ("quiet", "user_zone", "account_zone", "end"),
    [
        (NIGHT, None, "UTC", "2027-01-10T15:00:00+00:00"),
        (NIGHT, None, "Europe/Berlin", "2027-01-10T15:00:00+01:00"),
        (NIGHT, "Europe/Berlin", "America/New_York", "2027-01-10T15:00:00+01:00"),
        (QuietHours("11:00", "15:00", "Europe/London"), "Europe/Berlin", "UTC", "2027-01-10T15:00:00+00:00"),
        (QuietHours("22:00", "08:00"), "America/New_York", "UTC", "2027-01-10T08:00:00-05:00"),
        (NIGHT, "America/New_York", "UTC", None),
        (None, None, "UTC", None),
    ],
)
def test_quiet_hours_let_both_channels_wait_in_the_nearest_zone_that_is_known(
    quiet: QuietHours | None, user_zone: str | None, account_zone: str, end: str | None
) -> None:
    ann = ticked("ann", quiet_hours=quiet, time_zone=user_zone)
    found = sent(LEAD, ann, accounts=[Account("acme", time_zone=account_zone)])
    waits = datetime.fromisoformat(end).timestamp() if end else None
    assert [(one.is_queued, one.not_before, one.urgent) for one in found] == [(True, waits, False)] * 2


def test_AMB_41_what_nobody_can_turn_off_does_not_wait() -> None:
    ann = person("ann", quiet_hours=NIGHT)
    (notice,) = sent(Event("important_system_notice", "acme"), ann)
    assert (notice.is_queued, notice.not_before, notice.urgent) == (True, None, True)


def test_what_is_not_sent_waits_for_nothing() -> None:
    found = sent(LEAD, person("ann", quiet_hours=NIGHT), ticked("bob", quiet_hours=NIGHT))
    assert {(one.is_queued, one.not_before) for one in found} == {(False, None)}


# Broadcasts, samples, and counting.


def test_R_13_AMB_41_a_broadcast_goes_by_email_to_whom_it_is_for() -> None:
    crew = [person("ann"), person("bob", email_copy=False), person("cat", active=False), person("sam", account="shop")]
    members = {one.user.id: one for one in crew}
    group = Group("sales", "acme", members=("ann", "bob", "cat", "gone"))
    routed = resolve("group_broadcast", [group], ["sam"], members)
    found = at_once(sending_beside(load()["group_broadcast"], routed.decisions, members, scene(LEAD).tree, NOON))
    assert said(found, "email") == {"ann": "group_member", "bob": "copy_off", "cat": "inactive", "sam": "named"}
    assert {(one.channel, one.urgent) for one in found if one.is_queued} == {("email", True)}
    assert [one.account for one in found] == ["acme", "acme", "acme", "shop"]


@pytest.mark.parametrize("quiet", [None, NIGHT])
def test_A_41_AMB_37_a_sample_goes_to_who_asked_at_once_even_of_a_type_that_is_off(quiet: QuietHours | None) -> None:
    ann = person("ann", {"task_due": {"system": False, "text": False, "email": False}}, quiet_hours=quiet)
    text, email = sample_errands(load()["task_due"], ["text", "email"], ann)
    assert (text.to, text.urgent, text.not_before) == ("+15550100001", True, None)
    assert (email.to, email.urgent, email.reason) == ("ann@acme.example", True, Reason.NAMED)


def test_A_41_a_sample_takes_no_channel_that_is_off_or_that_the_type_lacks() -> None:
    ann = person("ann", text_enabled=False)
    (text,) = sample_errands(load()["task_due"], ["text"], ann)
    assert (text.reason, text.to, text.urgent) == (Reason.CHANNEL_OFF, None, False)
    assert sample_errands(load()["account_paused"], ["text", "email"], ann) == ()
    own = sample_errands(load()["task_due"], ["text"], person("ann"), frozenset({"+15550100001"}))
    assert said(own) == {"ann": "own_line"}


def test_recipients_are_the_users_told_over_at_least_one_channel() -> None:
    off = {"new_lead": {"system": False, **BOTH}}
    set_up = scene(LEAD, person("ann", off), person("bob"), person("cat", {"new_lead": OFF}), contacts=[EVE])
    ways = tell(load(), set_up)
    assert reached(ways, errands(load(), set_up, ways[0], NOON)) == 2  # ann by text and e-mail, bob in the app
    assert reached(ways, ()) == 1


def test_users_keep_their_number_and_who_is_no_audience_of_the_app_comes_after() -> None:
    set_up = scene(
        Event("new_lead", "shop", contact="c7"), ticked("ann"), person("sue", account="shop"), contacts=[EVE]
    )
    (way,) = tell(load(), set_up)
    assert numbered(way, errands(load(), set_up, way, NOON)) == {"sue": 0, "ann": 1}


# What is said.


@pytest.mark.parametrize(
    ("reason", "text", "email"),
    [
        (
            "assigned_user",
            "You get the “New Lead” notifications of your own contacts by text, and Eve is yours.",
            "You get the “New Lead” notifications of your own contacts by e-mail, and Eve is yours.",
        ),
        (
            "not_assigned_user",
            "A text goes only to the contact's assigned user.",
            "An e-mail goes only to the contact's assigned user.",
        ),
        (
            "channel_off",
            "The user gets nothing by text: that channel is turned off in their preferences.",
            "The user gets nothing by e-mail: that channel is turned off in their preferences.",
        ),
        (
            "type_off",
            "“New Lead” notifications by text are turned off in the user's preferences.",
            "“New Lead” notifications by e-mail are turned off in the user's preferences.",
        ),
        ("inactive", "The user is not active.", "The user is not active."),
        ("of_a_newer_hub", "Reason: of_a_newer_hub.", "Reason: of_a_newer_hub."),
    ],
)
def test_a_reason_is_said_for_its_channel(reason: str, text: str, email: str) -> None:
    names = ("New Lead", "Eve", "Acme")
    assert [sentence(reason, *names, channel) for channel in ("text", "email")] == [text, email]


@pytest.mark.parametrize("channel", ["system", "text", "email"])
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_for_every_channel(reason: Reason, channel: str) -> None:
    told = sentence(reason, "New Lead", None, None, channel)
    assert told.endswith(".")
    assert not told.startswith("Reason:")
    assert not set("{}") & set(told)


@pytest.mark.parametrize("reason", sorted(GOES))
def test_why_something_is_sent_names_the_channel(reason: Reason) -> None:
    told = {channel: sentence(reason, "New Lead", "Eve", "Acme", channel) for channel in ("system", "text", "email")}
    assert len({*told.values()}) == 3
    assert " text" in told["text"]
    assert " e-mail" in told["email"]
