"""One conversation, start to finish: two tabs of Ann, one event, one Shift-close (conversation.md)."""

from .conftest import World


async def test_conversation(world: World) -> None:
    a = await world.open()
    welcome = await a.hello(tab="A1", state="focused")
    epoch, expires_at = welcome.pop("epoch"), welcome.pop("expires_at")
    assert epoch
    assert expires_at.endswith("Z")
    assert welcome == {
        "op": "welcome", "user": "ann", "roles": ["agent"], "tab": "A1", "seq": 0, "recovered": False,
        "elected": True, "unread": 0, "popups": [], "inbox": [], "heartbeat": 25,
    }  # fmt: skip
    b = await world.open()
    welcome = await b.hello(tab="B1", state="hidden")
    assert (welcome["epoch"], welcome["elected"], welcome["popups"]) == (epoch, False, [])

    n1 = await world.post("ann", channel="t:voicemails", body="Eve left 34 s")
    heard = await a.hear("notify")
    assert (heard["seq"], heard["popup"], heard["unread"]) == (1, True, 1)
    assert heard["entry"] == {
        "id": n1, "event": None, "type": "voicemails", "title": "New voicemail", "body": "Eve left 34 s",
        "account": "acme", "at": "2027-03-14T12:00:00Z", "state": "unread", "sticky": False, "important": False,
        "sample": False, "reason": "You get them all.",
    }  # fmt: skip
    assert await b.hear("notify") == heard | {"popup": False}
    await a.say("shown", ids=[n1])

    n2 = await world.post("ann", channel="t:voicemails")
    assert (await a.hear("notify"))["popup"] is True
    assert (await b.hear("notify"))["popup"] is False
    await a.say("shown", ids=[n2])

    await a.say("state", state="hidden")
    await b.say("state", state="focused")
    assert await a.hear() == {"op": "elected", "elected": False, "popups": []}
    moved = await b.hear("elected")
    assert (moved["elected"], [entry["id"] for entry in moved["popups"]]) == (True, [n1, n2])
    await b.say("shown", ids=[n1, n2])

    await b.say("dismiss", ids=[n1, n2], ref=1)
    closed, ack = await b.hear_all("dismissed", "ack")
    assert ack == {"op": "ack", "ref": 1, "changed": [n1, n2], "unknown": [], "unread": 0}
    assert closed == {"op": "dismissed", "seq": 3, "ids": [n1, n2], "unread": 0}
    assert await a.hear() == closed

    await a.connection.close()
    a = await world.open()
    welcome = await a.hello(tab="A1", state="hidden", after={"epoch": epoch, "seq": 2})
    assert (welcome["seq"], welcome["recovered"], welcome["elected"], welcome["popups"]) == (3, True, False, [])
    assert "inbox" not in welcome
    assert await a.hear() == closed

    n3 = await world.post("ann")
    assert (await b.hear("notify"))["popup"] is True, "B is frozen by the browser: it never says that it has it"
    assert (await a.hear("notify"))["popup"] is False
    offered = await a.hear("elected")
    assert (offered["elected"], [entry["id"] for entry in offered["popups"]]) == (True, [n3])
    await a.say("shown", ids=[n3])
