"""What webhooks are told: by real HTTP, in order, again until it is taken, and never to anybody else."""

import asyncio
import base64
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from hub.core.directory import Account, User
from hub.core.jobs import PAUSES, Refused
from hub.core.webhooks import CREATED, DISMISSED, FAILED, PING
from hub.workers import webhooks as desks
from hub.workers.webhooks import Receivers
from tests.channels.web_server import WebServer

from .hooks import LOOPBACK, SECRET, Exchange, heard, ids, read, titles
from .town import Scripted

SHORT = 0.2


# What arrives


async def test_a_webhook_is_told_what_happened_in_order(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web)
    (first, second), (third,) = await exchange.notify("ann", "bob"), await exchange.notify("ann")
    await exchange.town.log.mark("acme", "ann", "dismissed", [first], None, "e")
    await exchange.settle()
    told = heard(web)
    assert [(one["type"], one["data"]["user"], one["data"]["notification"]["id"]) for one in told] == [
        (CREATED, "ann", first), (CREATED, "bob", second), (CREATED, "ann", third), (DISMISSED, "ann", first),
    ]  # fmt: skip
    assert told[0] == {
        "type": CREATED,
        "timestamp": "2027-03-14T12:00:00.000Z",
        "data": {
            "account": "acme",
            "user": "ann",
            "notification": {
                "id": first, "type": "voicemails", "title": "1", "account": "acme", "reason": "You are named.",
            },
        },
    }  # fmt: skip
    assert set(ids(web).values()) == {1}
    assert ids(web)[f"msg_{first}_created"] == ids(web)[f"msg_{first}_dismissed"] == 1
    assert await exchange.waiting() == (0, 0)


async def test_it_is_told_at_once_and_only_what_it_listens_to(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web, events=(DISMISSED,))
    running = exchange.courier()
    running.start()
    (id,) = await exchange.notify("ann")
    await exchange.town.log.mark("acme", "ann", "dismissed", None, 99, "e")
    while not web.asked:
        await asyncio.sleep(0.02)
    await running.stop()
    assert ids(web) == {f"msg_{id}_dismissed": 1}


async def test_a_text_that_is_given_up_is_told(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web, events=(FAILED,))
    base = await exchange.town.tell("ann", channel="text")
    refusing = exchange.courier(text=Scripted([Refused("number_unknown")]))
    await refusing.settle()
    await refusing.stop()
    (told,) = heard(web)
    assert told["data"]["delivery"] == {
        "id": f"{base}-0:text", "channel": "text", "to": "+1555010ann", "reason": "number_unknown", "attempts": 1,
    }  # fmt: skip
    assert told["data"]["notification"]["title"] == "New voicemail 1"


async def test_C_18_who_is_above_hears_what_happens_below_and_nobody_else_does(
    exchange: Exchange, web: WebServer
) -> None:
    for account in ("acme", "west", "globex"):
        await exchange.hook(web, account, f"wh-{account}")
    for user, account in (("ann", "acme"), ("wes", "west"), ("gus", "globex")):
        await exchange.notify(user, account=account)
    await exchange.settle()
    told = sorted((asked.path, one["data"]["user"]) for asked, one in zip(web.asked, heard(web), strict=True))
    assert told == [("/wh-acme", "ann"), ("/wh-acme", "wes"), ("/wh-globex", "gus"), ("/wh-west", "wes")]


async def test_who_is_erased_meanwhile_is_told_nothing_of(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web)
    await exchange.notify("ann", "bob")
    await exchange.town.directory.delete_user("ann")
    await exchange.settle()
    assert [one["data"]["user"] for one in heard(web)] == ["bob"]


async def test_what_nobody_keeps_any_more_is_not_told(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web)
    await exchange.notify("ann")
    await exchange.town.store.command("DEL", exchange.town.store.keys.account("acme", "notifications"))
    await exchange.settle()
    assert (web.asked, await exchange.waiting()) == ([], (0, 0))


# Secrets


async def test_a_rotated_secret_signs_beside_the_new_one_for_a_day(exchange: Exchange, web: WebServer) -> None:
    made = await exchange.hook(web)
    fresh = "whsec_" + base64.b64encode(b"n" * 24).decode()
    now = exchange.town.clock.now()
    await exchange.town.directory.webhooks.rewrite(made.id, lambda one: one.rotated(fresh, now))
    for days in (0, 1):
        exchange.town.clock.advance(days * 86_400)
        await exchange.notify("ann")
        await exchange.settle()
    first, later = web.asked
    for secret in (SECRET, fresh):
        read(first, secret)
    read(later, fresh)
    with pytest.raises(WebhookVerificationError):
        read(later, SECRET)


# Receivers that fail


async def test_nothing_is_lost_and_the_order_is_kept_when_the_receiver_is_down_for_an_hour(
    exchange: Exchange, web: WebServer
) -> None:
    await exchange.hook(web)
    web.status, courier = 503, exchange.courier()
    for _ in range(12):
        await exchange.notify("ann")
        await courier.settle()
        exchange.town.clock.advance(300)
    assert set(titles(web)) == {"1"}, "what came later waits"
    assert await exchange.waiting() == (12, 0)
    web.status = 200
    web.asked.clear()
    exchange.town.clock.advance(PAUSES[3])
    await courier.settle()
    await courier.stop()
    assert titles(web) == [str(n) for n in range(1, 13)]
    assert await exchange.waiting() == (0, 0)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 500}, "http_500"),
        ({"status": 404}, "http_404"),
        ({"status": 302, "headers": {"location": "/elsewhere"}}, "http_302"),
        ({"hangs": True}, "timeout"),
        ({"hangs_up": True}, "connection_failed"),
    ],
)
async def test_a_fault_is_tried_again_under_the_same_id(
    exchange: Exchange, web: WebServer, fault: dict[str, Any], reason: str
) -> None:
    exchange.receivers = Receivers(LOOPBACK, timeout=SHORT)
    made = await exchange.hook(web)
    (id,) = await exchange.notify("ann")
    for name, value in fault.items():
        setattr(web, name, value)
    await exchange.settle()
    (attempt,) = await exchange.town.directory.webhooks.attempts(made)
    assert (attempt["state"], attempt["reason"], attempt["attempt"]) == ("retrying", reason, 1)
    assert attempt["next_at"] == "2027-03-14T12:01:00.000Z"
    exchange.town.clock.advance(PAUSES[0] - 1)
    await exchange.settle()
    assert len(web.asked) == 1, "it is not due yet"
    web.status, web.hangs, web.hangs_up = 200, False, False
    exchange.town.clock.advance(1)
    await exchange.settle()
    assert ids(web) == {f"msg_{id}_created": 2}
    states = [row["state"] for row in await exchange.town.directory.webhooks.attempts(made)]
    assert states == ["sent", "retrying"]


async def test_who_asks_to_wait_is_left_alone_for_that_long(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web)
    await exchange.notify("ann")
    web.status, web.headers = 429, {"retry-after": "7200"}
    for seconds in (0, 7_199, 1):
        exchange.town.clock.advance(seconds)
        await exchange.settle()
    assert len(web.asked) == 2


async def test_what_is_not_taken_is_given_up_after_a_day_and_can_be_sent_again_in_its_place(
    exchange: Exchange, web: WebServer
) -> None:
    await exchange.hook(web)
    web.status = 500
    await exchange.notify("ann")
    await exchange.notify("ann")
    courier = exchange.courier()
    for seconds in (0, *PAUSES):
        exchange.town.clock.advance(seconds)
        await courier.settle()
    assert await exchange.waiting() == (1, 1)
    assert set(titles(web)) == {"1", "2"}
    web.asked.clear()
    web.status = 200
    assert await exchange.messages.replay("acme", "wh-1") == 1
    exchange.town.clock.advance(PAUSES[0])
    await courier.settle()
    await courier.stop()
    assert titles(web) == ["1", "2"]
    assert await exchange.waiting() == (0, 0)


async def test_a_webhook_that_is_gone_is_disabled_at_once_and_what_waits_goes_when_it_is_turned_on(
    exchange: Exchange, web: WebServer
) -> None:
    made, webhooks = await exchange.hook(web), exchange.town.directory.webhooks
    web.status = 410
    await exchange.notify("ann", "bob")
    await exchange.settle()
    found = await webhooks.get(made.id)
    assert found is not None
    assert (found.state, found.disabled, len(web.asked)) == ("disabled", "gone", 1)
    await exchange.listening.finish_all()
    await exchange.notify("ann")
    await exchange.settle()
    assert (len(web.asked), await exchange.waiting()) == (1, (2, 0)), "what happens meanwhile is not told"
    web.status = 200
    await webhooks.rewrite(made.id, lambda one: one.changed(active=True))
    await exchange.listening.spread(made.id)
    await exchange.settle()
    assert titles(web)[1:] == ["1", "1"]


async def test_a_webhook_that_takes_nothing_for_three_days_is_disabled(exchange: Exchange, web: WebServer) -> None:
    made, webhooks = await exchange.hook(web), exchange.town.directory.webhooks
    web.status = 500
    await exchange.notify("ann")
    courier = exchange.courier()
    for _ in range(11):  # a quarter of a day each
        await courier.settle()
        await exchange.notify("ann")
        exchange.town.clock.advance(21_600)
    found = await webhooks.get(made.id)
    assert found is not None
    assert found.state == "active"
    exchange.town.clock.advance(21_600)
    await courier.settle()
    await courier.stop()
    found = await webhooks.get(made.id)
    assert found is not None
    assert (found.state, found.disabled) == ("disabled", "failing")


async def test_one_success_in_three_days_is_enough(exchange: Exchange, web: WebServer) -> None:
    made, webhooks = await exchange.hook(web), exchange.town.directory.webhooks
    for status in (500, 200, 500, 500):
        web.status = status
        await exchange.notify("ann")
        await exchange.settle()
        exchange.town.clock.advance(86_400)
    found, (health,) = await webhooks.get(made.id), await webhooks.health([made])
    assert found is not None
    assert found.state == "active"
    assert health.failing_since == int((exchange.town.clock.now() - 2 * 86_400) * 1000)


async def test_an_address_that_is_not_public_is_never_connected_to(exchange: Exchange, web: WebServer) -> None:
    exchange.receivers = Receivers()
    made = await exchange.hook(web)
    await exchange.notify("ann")
    await exchange.settle()
    (attempt,) = await exchange.town.directory.webhooks.attempts(made)
    assert (web.asked, attempt["reason"], await exchange.waiting()) == ([], "address_not_allowed", (1, 0))


async def test_a_ping_goes_before_all_that_waits_and_is_tried_once(exchange: Exchange, web: WebServer) -> None:
    made, now_ms = await exchange.hook(web), int(exchange.town.clock.now() * 1000)
    web.status = 500
    await exchange.notify("ann")
    await exchange.settle()
    assert await exchange.messages.ping("acme", made.id, "p1", now_ms)
    await exchange.settle()
    assert [one["type"] for one in heard(web)] == [CREATED, PING]
    assert await exchange.waiting() == (1, 0), "nobody waits for a ping"
    web.status = 200
    assert await exchange.messages.ping("acme", made.id, "p2", now_ms)
    await exchange.settle()
    assert [one["type"] for one in heard(web)] == [CREATED, PING, PING, CREATED], "what waits goes with the ping"
    assert await exchange.messages.ping("acme", "wh-none", "p1", now_ms) is None


# Many


async def test_a_webhook_that_hangs_holds_up_no_other(exchange: Exchange, web: WebServer) -> None:
    """Its lanes are more than there are slots; it never answers while the other is told."""
    accounts = [f"a{n}" for n in range(40)]
    for account in accounts:
        await exchange.town.directory.put_account(Account(account, parent="acme"))
        await exchange.town.directory.put_user(User(f"of-{account}", account))
    await exchange.hook(web, "globex", "wh-2")
    async with WebServer(hangs=True).running() as hanging:
        await exchange.hook(hanging)
        running = exchange.courier()
        running.start()
        for account in accounts:
            await exchange.notify(f"of-{account}", account=account)
        while len(hanging.asked) < desks.SLOTS_OF_ONE:
            await asyncio.sleep(0.02)
        await exchange.notify("gus", account="globex")
        while not web.asked:
            await asyncio.sleep(0.02)
        assert len(hanging.asked) == desks.SLOTS_OF_ONE
    await running.stop()


async def test_while_a_webhook_is_away_its_other_lanes_rest(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web)
    web.status = 500
    await exchange.notify("ann")
    await exchange.settle()
    await exchange.notify("wes", account="west")
    await exchange.settle()
    assert titles(web) == ["1"]
    web.status = 200
    exchange.town.clock.advance(60)
    await exchange.settle()
    assert sorted(titles(web)) == ["1", "1", "2"]


async def test_two_desks_at_once_never_tell_twice(exchange: Exchange, web: WebServer) -> None:
    await exchange.hook(web)
    pair = [exchange.courier() for _ in range(2)]
    for courier in pair:
        courier.start()
    for _ in range(20):
        await exchange.notify("ann", "bob")
        await exchange.notify("wes", account="west")
    while len(web.asked) < 60:
        await asyncio.sleep(0.02)
    await asyncio.gather(*(courier.settle() for courier in pair))
    for courier in pair:
        await courier.stop()
    assert set(ids(web).values()) == {1}
    for account in ("acme", "west"):
        numbers = [int(one["data"]["notification"]["title"]) for one in heard(web) if one["data"]["account"] == account]
        assert numbers == sorted(numbers)
