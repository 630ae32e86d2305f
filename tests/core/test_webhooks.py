"""Webhooks: which secrets sign, when one is told nothing, and what a message says."""

import orjson

from hub.core.directory import Account, AccountTree
from hub.core.webhooks import (
    CREATED,
    DISMISSED,
    FAILED,
    FINISHED,
    MOST_SECRETS,
    OVERLAP,
    PING,
    Fact,
    Webhook,
    most_hearing,
    payload,
)

NOW, DAY = 1_805_025_600.0, 86_400.0
HOOK = Webhook("wh-1", "acme", "https://hook.example/in", (CREATED,), secrets=(("a", None),))
BODY = b'{"type":"voicemails","title":"New voicemail","account":"west"}'


def test_a_new_secret_signs_beside_the_one_before_for_a_day() -> None:
    rotated = HOOK.rotated("b", NOW)
    assert rotated.signing(NOW + OVERLAP - 1) == ("b", "a")
    assert rotated.signing(NOW + OVERLAP) == ("b",)
    assert (rotated.overlap_until(NOW), rotated.overlap_until(NOW + OVERLAP)) == (NOW + OVERLAP, None)


def test_rotated_again_and_again_each_secret_has_its_day_and_the_oldest_goes_first() -> None:
    hook = HOOK
    for n, secret in enumerate("bcd"):
        hook = hook.rotated(secret, NOW + n)
    assert hook.signing(NOW + 3) == ("d", "c", "b")
    assert len(hook.secrets) == MOST_SECRETS
    assert hook.signing(NOW + 1 + DAY) == ("d", "c"), "b was replaced a second after a"
    assert hook.rotated("e", NOW + 3 * DAY).secrets == (("e", None), ("d", NOW + 3 * DAY + OVERLAP))


def test_it_is_told_something_only_while_it_is_active() -> None:
    assert HOOK.state == "active"
    assert HOOK.changed(active=False).state == "inactive"
    given_up = HOOK.given_up("gone")
    assert given_up.state == given_up.changed(description="old").state == "disabled"
    assert given_up.changed(active=True).state == "active"
    assert given_up.version == HOOK.version + 1


def test_it_is_read_as_it_was_written() -> None:
    rotated = HOOK.rotated("b", NOW)
    stored = orjson.loads(orjson.dumps({name: getattr(rotated, name) for name in Webhook.__dataclass_fields__}))
    read = Webhook.from_document(stored)
    assert (read.signing(NOW), read.events, read.version) == (("b", "a"), (CREATED,), 1)


def test_a_message_says_what_happened_to_whom() -> None:
    fact = Fact(DISMISSED, int(NOW * 1000), "h1-0", "ann", "named")
    assert orjson.loads(payload(fact, "acme", BODY, {"named": "You are named."})) == {
        "type": "notification.dismissed",
        "timestamp": "2027-03-14T12:00:00.000Z",
        "data": {
            "account": "acme",
            "user": "ann",
            "notification": {
                "id": "h1-0", "type": "voicemails", "title": "New voicemail", "account": "west",
                "reason": "You are named.",
            },
        },
    }  # fmt: skip


def test_a_failure_says_where_to_and_why() -> None:
    fact = Fact(FAILED, 0, "h1-0", "ann", "named", "text", "+15550100", "number_unknown", 6)
    assert orjson.loads(payload(fact, "acme", BODY))["data"]["delivery"] == {
        "id": "h1-0:text", "channel": "text", "to": "+15550100", "reason": "number_unknown", "attempts": 6,
    }  # fmt: skip


def test_a_broadcast_that_is_through_says_how_many_have_it() -> None:
    document = b'{"id":"h1","title":"Note","message":"<b>Hi</b>","body":"Hi","recipients":3,"by":"mia","parts":[]}'
    told = orjson.loads(payload(Fact(FINISHED, 0, "h1", delivered=2), "acme", document))["data"]["broadcast"]
    assert (told["id"], told["recipients"], told["delivered"], told["recalled_at"]) == ("h1", 3, 2, None)
    assert "parts" not in told


def test_a_message_has_a_name_that_no_other_has() -> None:
    facts = [
        Fact(CREATED, 0, "h1-0"), Fact(DISMISSED, 0, "h1-0"), Fact(CREATED, 0, "h1-1"), Fact(FINISHED, 0, "h1"),
        *(Fact(FAILED, 0, "h1-0", channel=channel, attempts=n) for channel in ("text", "email") for n in (1, 6)),
        Fact(PING, 0, "h1"),
    ]  # fmt: skip
    names = {fact.message for fact in facts}
    assert len(names) == len(facts)
    assert not any("." in name for name in names), "a dot would part what is signed"


def test_an_account_is_heard_by_its_own_webhooks_and_those_of_the_accounts_above() -> None:
    parents = {"top": None, "left": "top", "right": "top", "deep": "left"}
    tree = AccountTree({id: Account(id, parent=parent) for id, parent in parents.items()})
    webhooks = [
        Webhook(f"wh-{n}", account, "", ()) for n, account in enumerate(["top", "left", "left", "deep", "right"])
    ]
    assert most_hearing(tree, webhooks, "top", ()) == 4, "deep hears its own, two of left and one of top"
    assert most_hearing(tree, webhooks, "deep", ("left", "top")) == 4
    assert most_hearing(tree, webhooks, "deep", ("right", "top")) == 3, "where it may move to"
    assert most_hearing(tree, [], "deep", ("left", "top")) == 0


def test_a_webhook_knows_when_it_was_turned_on_last() -> None:
    made = Webhook("wh-1", "acme", "", ())
    assert made.changed(active=True, description="x").turned_on == 0
    off = made.changed(active=False)
    assert (off.turned_on, off.changed(active=True).turned_on) == (0, 2)
    assert made.given_up("failing").changed(active=True).turned_on == 2
