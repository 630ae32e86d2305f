"""Where texts and e-mail go and when: numbers, switches, quiet hours, copies; and how a receipt counts them."""

from typing import Any

import pytest
import pytest_asyncio

from .calling import Api
from .office import address, ask_for_everything, number, open_office, sent

EVERYBODY = 6
NIGHT = {"from": "22:00", "to": "07:00", "time_zone": "America/New_York"}
ABOUT = {"contact": "c7"}
BOTH = {"text": ["ann"], "email": ["ann"]}


@pytest_asyncio.fixture
async def office(api: Api) -> Api:
    await open_office(api)
    return api


async def row(office: Api, event: str, user: str, channel: str) -> dict[str, Any]:
    (found,) = await office.deliveries(event, user=user, channel=channel)
    return found


async def outcome(office: Api, event: str, user: str, channel: str) -> tuple[str, str, str | None]:
    found = await row(office, event, user, channel)
    return found["state"], found["reason"], found["to"]


# Numbers


async def test_A_38_a_number_of_the_users_own_choice_comes_first(office: Api) -> None:
    await office.choose("ann", channels={"text": {"custom_number": "+12025550999"}})
    await office.event("voicemails", **ABOUT, id="e1")
    (text,) = await office.outbox("text")
    assert (text["to"], text["subject"], text["html"], text["media"]) == ("+12025550999", None, None, [])
    assert text["text"].startswith("Acme: Voicemails")


async def test_A_40_without_one_it_is_the_backup_number(office: Api) -> None:
    await office.event("voicemails", **ABOUT, id="e1")
    assert [text["to"] for text in await office.outbox("text")] == [number("ann")]


async def test_AMB_36_without_any_number_that_is_recorded(office: Api) -> None:
    await office.patch("/v1/users/ann", {"backup_number": None})
    await office.event("voicemails", **ABOUT, id="e1")
    assert await office.outbox("text") == []
    assert await outcome(office, "e1", "ann", "text") == ("skipped", "no_number", None)
    assert "no number for texts" in (await row(office, "e1", "ann", "text"))["why"]


async def test_AMB_36_a_number_that_became_a_line_of_the_hub_gets_no_text(office: Api) -> None:
    await office.choose("ann", channels={"text": {"custom_number": "+12025550777"}})
    await office.put("/v1/lines/l3", {"account": "west", "number": "+12025550777"})
    await office.event("voicemails", **ABOUT, id="e1")
    assert await outcome(office, "e1", "ann", "text") == ("skipped", "own_line", None)


async def test_A_39_texts_off_disables_the_custom_number_too_and_remembers_it(office: Api) -> None:
    await office.choose("ann", channels={"text": {"custom_number": "+12025550999", "enabled": False}})
    await office.event("voicemails", **ABOUT, id="e1")
    assert await sent(office, "e1") == {"text": [], "email": ["ann"]}
    assert await outcome(office, "e1", "ann", "text") == ("skipped", "channel_off", None)
    await office.choose("ann", channels={"text": {"enabled": True}})
    await office.event("voicemails", **ABOUT, id="e2")
    assert [text["to"] for text in await office.outbox("text")] == ["+12025550999"]


# Switches


async def test_A_37_e_mail_off_as_a_whole(office: Api) -> None:
    await office.choose("ann", channels={"email": {"enabled": False}})
    await office.event("voicemails", **ABOUT, id="e1")
    assert await sent(office, "e1") == {"text": ["ann"], "email": []}
    assert await outcome(office, "e1", "ann", "email") == ("skipped", "channel_off", None)


async def test_C_11_text_and_e_mail_do_not_depend_on_what_is_shown_in_the_app(office: Api) -> None:
    await office.choose("ann", types={"voicemails": {"system": False, "au": False}})
    answer = await office.event("voicemails", **ABOUT, id="e1")
    assert answer.json()["recipients"] == EVERYBODY, "told on at least one channel"
    assert await sent(office, "e1") == BOTH
    assert await office.inbox("ann") == []
    found = await row(office, "e1", "ann", "email")
    assert (found["state"], found["reason"]) == ("sent", "assigned_user")
    assert found["why"] == "You get the “Voicemails” notifications of your own contacts by e-mail, and Eve is yours."
    shown = (await office.get(f"/v1/notifications/{found['notification']}", by=office.user("ann"))).json()
    assert [(one["channel"], one["state"]) for one in shown["deliveries"]] == [
        ("system", "skipped"), ("text", "sent"), ("email", "sent"),
    ]  # fmt: skip


async def test_C_12_what_a_user_did_not_tick_is_not_sent(office: Api) -> None:
    await office.choose("ann", types={"voicemails": {"text": False}})
    await office.event("voicemails", **ABOUT, id="e1")
    assert await sent(office, "e1") == {"text": [], "email": ["ann"]}
    assert (await row(office, "e1", "ann", "text"))["why"] == (
        "“Voicemails” notifications by text are turned off in the user's preferences."
    )


async def test_AMB_04_without_an_assigned_user_nobody_is_sent_it(office: Api) -> None:
    await office.event("voicemails", contact="c9", id="e1")
    await office.event("voicemails", id="e2")
    assert [await sent(office, event) for event in ("e1", "e2")] == [{"text": [], "email": []}] * 2
    assert await outcome(office, "e1", "ann", "text") == ("skipped", "no_assigned_user", None)


@pytest.mark.parametrize(("type", "copied"), [("task_due", True), ("mention", False)])
async def test_R_03_AMB_48_copies_off_stops_the_e_mail_of_retailcrms_types_alone(
    office: Api, type: str, copied: bool
) -> None:
    await office.choose("ann", channels={"email": {"copy": False}})
    await office.event(type, users=["ann", "bob"], id="e1")
    assert (await sent(office, "e1"))["email"] == (["bob"] if copied else ["ann", "bob"])
    assert (await row(office, "e1", "ann", "email"))["reason"] == ("copy_off" if copied else "named")


async def test_AMB_48_a_copy_by_e_mail_is_sent_though_it_was_seen_in_the_app(office: Api) -> None:
    await office.event("task_due", users=["ann"], id="e1")
    await office.post("/v1/inbox/dismiss?user=ann", {"ids": [(await office.inbox("ann"))[0]["id"]]})
    assert (await sent(office, "e1"))["email"] == ["ann"]


async def test_R_03_e_mail_of_retailcrms_types_is_on_unless_somebody_turns_it_off(office: Api) -> None:
    person = {"account": "acme", "email": "new@crm.example", "backup_number": "+12025550666"}
    await office.put("/v1/users/new", person)
    await office.event("task_due", users=["new"], title="Call Eve back", url="https://crm.example/t/1", id="e1")
    (letter,) = await office.outbox()
    assert (letter["channel"], letter["to"], letter["subject"]) == ("email", "new@crm.example", "Call Eve back")
    assert "https://crm.example/t/1" in letter["text"]
    assert "https://crm.example/t/1" in letter["html"]


async def test_no_address_is_recorded(office: Api) -> None:
    await office.patch("/v1/users/ann", {"email": None})
    await office.event("task_due", users=["ann"], id="e1")
    assert await outcome(office, "e1", "ann", "email") == ("skipped", "no_email", None)


async def test_A_15_AMB_30_a_plain_admin_gets_no_billing_warnings_and_who_lost_the_role_no_reports(office: Api) -> None:
    await office.patch("/v1/users/olga", {"roles": ["agent"]})
    await office.patch("/v1/users/mia", {"roles": ["admin"]})
    await ask_for_everything(office, "mia")
    await office.event("billing_warning", id="e1")
    await office.event("daily_activity_report", id="e2")
    assert (await sent_of(office, "e1"), await sent_of(office, "e2")) == (["bea"], ["mia"])


async def test_A_27_a_report_is_opt_in(office: Api) -> None:
    await office.choose("olga", types={"daily_activity_report": {"email": False}})
    answer = await office.event("daily_activity_report", id="e1")
    assert (answer.json()["status"], answer.json()["recipients"]) == ("accepted", 0)
    assert await outcome(office, "e1", "olga", "email") == ("skipped", "type_off", None)


async def sent_of(office: Api, event: str) -> list[str]:
    await office.post("/v1/test/settle")
    return [found["user"] for found in await office.deliveries(event, channel="email", state="sent")]


# Quiet hours


async def test_quiet_hours_defer_texts_and_e_mail_to_their_end_and_not_the_app(office: Api) -> None:
    await office.put("/v1/test/clock", {"now": "2027-01-15T23:30:00-05:00"})
    await office.choose("ann", quiet_hours=NIGHT)
    await office.event("voicemails", **ABOUT, id="e1")
    assert len(await office.inbox("ann")) == 1
    assert await office.outbox() == []
    assert await outcome(office, "e1", "ann", "text") == ("queued", "quiet_hours", number("ann"))
    assert (await row(office, "e1", "ann", "text"))["why"] == "This waits for the end of the user's quiet hours."
    await office.post("/v1/test/clock/advance", {"seconds": 7.5 * 3600 - 1})
    assert await office.outbox() == []
    await office.post("/v1/test/clock/advance", {"seconds": 1})
    assert sorted(message["at"] for message in await office.outbox()) == ["2027-01-16T12:00:00.000Z"] * 2
    assert await outcome(office, "e1", "ann", "text") == ("sent", "assigned_user", number("ann"))


async def test_quiet_hours_end_where_the_clock_of_the_zone_says_so(office: Api) -> None:
    """In the night to 14 March 2027 New York puts its clock forward: 07:00 comes an hour sooner."""
    await office.put("/v1/test/clock", {"now": "2027-03-14T00:00:00-05:00"})
    await office.choose("ann", quiet_hours=NIGHT)
    await office.event("voicemails", **ABOUT, id="e1")
    await office.post("/v1/test/clock/advance", {"seconds": 6 * 3600})
    assert {message["at"] for message in await office.outbox()} == {"2027-03-14T11:00:00.000Z"}


async def test_AMB_41_what_is_mandatory_does_not_wait(office: Api) -> None:
    await office.put("/v1/test/clock", {"now": "2027-01-15T23:30:00-05:00"})
    for user in ("ann", "bob"):
        await office.choose(user, quiet_hours=NIGHT)
    await office.post("/v1/broadcasts", {"message": "Fire drill", "users": ["ann"]})
    await office.post("/v1/system-notices", {"message": "We move", "accounts": ["acme"]})
    mailed = [message["to"] for message in await office.outbox("email")]
    assert (mailed.count(address("ann")), mailed.count(address("bob"))) == (2, 1)


async def test_nobody_waits_outside_their_quiet_hours(office: Api) -> None:
    await office.put("/v1/test/clock", {"now": "2027-01-15T21:59:00-05:00"})
    await office.choose("ann", quiet_hours=NIGHT)
    await office.event("voicemails", **ABOUT, id="e1")
    assert await sent(office, "e1") == BOTH


# Elsewhere in the tree, and under other names


async def test_C_11_the_assigned_user_is_reached_wherever_in_the_tree(office: Api) -> None:
    await office.put("/v1/contacts/cw", {"account": "west", "first_name": "Wim", "assigned_user": "ann"})
    answer = await office.event("voicemails", "west", contact="cw", id="e1")
    assert answer.json()["recipients"] == 1
    assert await sent(office, "e1") == BOTH
    assert await office.inbox("ann") == []
    rows = await office.deliveries("e1", user="ann")
    assert [(found["channel"], found["account"]) for found in rows] == [("text", "acme"), ("email", "acme")]
    assert (await office.get(f"/v1/notifications/{rows[0]['notification']}", by=office.user("ann"))).is_success


async def test_AMB_14_what_is_rolled_up_is_in_the_app_alone(office: Api) -> None:
    await office.patch("/v1/accounts/acme", {"add_ons": ["rollup"]})
    await office.put("/v1/users/bob/rollup", {"accounts": ["west"]})
    await office.put("/v1/contacts/cw", {"account": "west", "assigned_user": None})
    await office.event("voicemails", "west", contact="cw", id="e1")
    assert len(await office.inbox("bob")) == 1
    assert [found["channel"] for found in await office.deliveries("e1")] == ["system"]


async def test_AMB_05_the_duplicates_own_assigned_user_gets_nothing_by_virtue_of_it(office: Api) -> None:
    await office.event("duplicate_client", contact="c7", original_contact="c8", id="e1")
    assert await sent(office, "e1") == {"text": ["bob"], "email": ["bob"]}
    assert await outcome(office, "e1", "ann", "email") == ("skipped", "not_assigned_user", None)


async def test_AMB_08_one_happening_is_one_text_under_the_first_type_that_sends_it(office: Api) -> None:
    await office.choose("ann", types={"parser_created": {"text": False}, "new_lead": {"system": False}})
    await office.event("parser_created", **ABOUT, origin="parser", id="e1")
    assert await sent(office, "e1") == BOTH
    assert {(found["channel"], found["type"]) for found in await office.deliveries("e1", user="ann", state="sent")} == {
        ("system", "parser_created"), ("text", "new_lead"), ("email", "parser_created"),
    }  # fmt: skip


async def test_E_15_a_blocked_contact_raises_no_text_and_no_e_mail(office: Api) -> None:
    await office.patch("/v1/contacts/c7", {"blocked": True})
    await office.event("voicemails", **ABOUT, id="e1")
    assert await sent(office, "e1") == {"text": [], "email": []}


async def test_AMB_28_a_busy_user_is_not_texted_of_a_call_without_fisher_mode(office: Api) -> None:
    await office.patch("/v1/users/ann", {"presence": "on_call"})
    await office.event("call_incoming", line="l2", id="e1")
    assert (await sent(office, "e1"))["text"] == ["bob", "kim"]
    await office.patch("/v1/ring-groups/desk", {"fisher_mode": True})
    await office.event("call_incoming", line="l2", id="e2")
    await office.post("/v1/test/settle")
    assert len(await office.deliveries("e2", channel="text", state="sent")) == 3


async def test_a_repeated_event_is_sent_once(office: Api) -> None:
    for _ in range(2):
        answer = await office.event("voicemails", **ABOUT, id="e1")
        assert answer.json() == {"id": "e1", "status": "accepted", "recipients": EVERYBODY}
    assert await sent(office, "e1") == BOTH


async def test_who_is_deactivated_before_it_is_due_gets_nothing(office: Api) -> None:
    await office.event("voicemails", **ABOUT, id="e1")
    await office.patch("/v1/users/ann", {"active": False})
    assert await office.outbox() == []
    assert (await outcome(office, "e1", "ann", "email"))[:2] == ("skipped", "inactive")


async def test_E_22_a_large_audience_is_answered_with_null_and_everybody_is_mailed(office: Api) -> None:
    lines = (f'{{"kind":"user","id":"u{id}","account":"west","email":"u{id}@crm.example"}}' for id in range(600))
    await office.call("POST", "/v1/directory", content="\n".join(lines).encode())
    users = [f"u{id}" for id in range(600)]
    answer = await office.event("task_due", "west", users=users, id="e1")
    assert answer.json()["recipients"] is None
    await office.post("/v1/test/settle")
    (last,) = await office.deliveries("e1", user="u599", channel="email")
    assert last["state"] == "sent"
    length = await office.hub.store.command("LLEN", office.hub.store.keys.work("outbox"))
    assert length == 600


# Messages to many


async def test_R_13_a_broadcast_is_mailed_to_all_who_get_it_and_counted(office: Api) -> None:
    await office.choose("bob", channels={"email": {"copy": False}})
    sent = (await office.post("/v1/broadcasts", {"message": "<b>Lunch</b>", "groups": ["sales"]})).json()
    assert sent["recipients"] == 3
    letters = await office.outbox("email")
    assert sorted(letter["to"] for letter in letters) == [address("ann"), address("mia")]
    assert "<b>Lunch</b>" in letters[0]["html"]
    shown = (await office.get(f"/v1/broadcasts/{sent['id']}")).json()
    assert (shown["recipients"], shown["delivered"], shown["emailed"]) == (3, 3, 2)
    rows = (await office.get("/v1/deliveries?user=bob&channel=email")).json()["items"]
    assert [(found["state"], found["reason"]) for found in rows] == [("skipped", "copy_off")]
    assert await office.outbox("text") == []


async def test_AMB_40_members_of_other_accounts_and_absent_ones_are_mailed_at_once(office: Api) -> None:
    await office.put("/v1/users/wes", {"account": "west", "email": "wes@crm.example"})
    await office.put("/v1/groups/all", {"account": "acme", "members": ["ann", "wes"]})
    broadcast = (await office.post("/v1/broadcasts", {"message": "Hello", "groups": ["all"]})).json()
    assert sorted(letter["to"] for letter in await office.outbox()) == [address("ann"), "wes@crm.example"]
    assert (await office.get(f"/v1/broadcasts/{broadcast['id']}")).json()["emailed"] == 2


async def test_AMB_41_an_important_notice_is_mailed_to_everybody_who_wants_copies(office: Api) -> None:
    await office.choose("ann", channels={"email": {"copy": False}})
    notice = (await office.post("/v1/system-notices", {"message": "We move", "accounts": "all"})).json()
    assert notice["recipients"] == EVERYBODY
    assert len(await office.outbox("email")) == EVERYBODY - 1
    assert (await office.get(f"/v1/system-notices/{notice['id']}")).json()["emailed"] == EVERYBODY - 1


async def test_a_recalled_broadcast_is_not_mailed_any_more(office: Api) -> None:
    broadcast = (await office.post("/v1/broadcasts", {"message": "Oops", "groups": ["sales"]})).json()
    await office.delete(f"/v1/broadcasts/{broadcast['id']}")
    assert await office.outbox() == []
    rows = (await office.get("/v1/deliveries?user=ann&channel=email")).json()["items"]
    assert [(found["state"], found["reason"]) for found in rows] == [("skipped", "recalled")]
    assert (await office.get(f"/v1/broadcasts/{broadcast['id']}")).json()["emailed"] == 0
