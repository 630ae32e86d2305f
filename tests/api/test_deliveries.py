"""Notifications and deliveries: what became of an event, for whom, and why."""

from typing import Any

import pytest

from hub.engine.log import Considered, Log

from .calling import Api, problem

ROWS = 4


async def test_a_notification_says_why_its_user_got_it(acme: Api) -> None:
    big = {"text": "x" * 9_000}
    await acme.event(contact="c7", id="evt-1", data=big)
    (entry,) = (await acme.get("/v1/inbox", by=acme.user("ann"))).json()["items"]
    for caller in (acme.user("ann"), acme.user("olga")):
        shown = (await acme.get(f"/v1/notifications/{entry['id']}", by=caller)).json()
        assert shown["reason"] == "You get every “Voicemails” notification of Acme."
        assert shown["data"] == big
        delivery, *others = shown["deliveries"]
        assert delivery["attempts"] == 1
        assert (delivery["channel"], delivery["to"], delivery["state"]) == ("system", "ann", "sent")
        assert delivery["why"] == shown["reason"]
        assert [(row["channel"], row["to"], row["reason"], row["attempts"]) for row in others] == [
            ("text", None, "type_off", 0),
            ("email", None, "type_off", 0),
        ]
    problem(await acme.get(f"/v1/notifications/{entry['id']}", by=acme.user("bob")), 403, "forbidden")
    problem(await acme.get(f"/v1/notifications/{entry['id']}", by=acme.user("gus")), 404, "not_found")


async def test_notifications_that_are_not(acme: Api) -> None:
    await acme.event(id="evt-1")
    (entry,) = (await acme.get("/v1/inbox?user=ann")).json()["items"]
    base = entry["id"].partition("-")[0]
    for id in ("n1", f"{base}-99", f"{base}-00", "0" * 26 + "-0"):
        problem(await acme.get(f"/v1/notifications/{id}"), 404, "not_found")


async def test_AMB_03_who_was_not_told_is_listed_with_the_reason(acme: Api) -> None:
    for user, choice in (("ann", {"au": True}), ("bob", {"au": True}), ("mia", {"system": False})):
        await acme.patch(f"/v1/users/{user}/preferences", {"types": {"voicemails": choice}})
    await acme.patch("/v1/users/olga", {"active": False})
    assert (await acme.event(contact="c7", id="evt-1")).json()["recipients"] == 1
    rows = await acme.deliveries("evt-1", channel="system")
    assert {row["user"]: (row["state"], row["reason"]) for row in rows} == {
        "ann": ("sent", "assigned_user"),
        "bob": ("skipped", "not_assigned_user"),
        "mia": ("skipped", "type_off"),
        "olga": ("skipped", "inactive"),
    }
    skipped = (await acme.get("/v1/deliveries?event=evt-1&state=skipped&user=bob")).json()["items"]
    assert [(row["user"], row["notification"]) for row in skipped] == [("bob", None)]
    assert [row["user"] for row in await acme.deliveries("evt-1", channel="email")] == ["ann"]
    problem(await acme.get("/v1/deliveries?channel=pigeon"), 422, "invalid")


async def test_a_person_sees_their_own_deliveries_and_an_admin_those_of_the_tree(acme: Api) -> None:
    await acme.event()
    await acme.event(account="west")
    await acme.event(account="globex")

    async def seen_by(user: str) -> set[str]:
        rows = (await acme.get("/v1/deliveries", by=acme.user(user))).json()["items"]
        return {row["user"] for row in rows}

    assert await seen_by("ann") == {"ann"}
    assert await seen_by("olga") == {"ann", "bob", "mia", "olga", "wes"}
    assert await seen_by("gus") == {"gus"}


async def test_every_delivery_is_listed_once_however_long_the_pages(acme: Api) -> None:
    """A frozen clock puts all happenings into the same millisecond."""
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})
    await acme.post("/v1/events", [{"type": "voicemails", "account": "acme"}] * 60)
    await acme.post("/v1/events", [{"type": "voicemails", "account": "west"}] * 60)
    for limit in (7, 120, 200):
        rows, cursor = [], ""
        while cursor is not None:
            page = (await acme.get(f"/v1/deliveries?limit={limit}&cursor={cursor}")).json()
            assert len(page["items"]) <= limit
            rows += [row["notification"] for row in page["items"]]
            cursor = page["next_cursor"]
        assert len(rows) == len(set(rows)) == 60 * ROWS + 60


async def crowd(api: Api, count: int) -> None:
    """Put so many people into globex."""
    for start in range(0, count, 500):
        ids = range(start, min(count, start + 500))
        lines = [f'{{"kind":"user","id":"u{id:05}","account":"globex"}}' for id in ids]
        await api.call("POST", "/v1/directory", content="\n".join(lines).encode())


async def test_a_page_reads_a_bounded_part_of_a_large_audience(acme: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await crowd(acme, 1_500)
    await acme.event(account="globex", id="evt-1")
    await acme.post("/v1/test/settle")
    read: Any = Log.decisions
    count = 0

    async def counted(log: Log, *place: Any) -> list[Considered]:
        nonlocal count
        found: list[Considered] = await read(log, *place)
        count += len(found)
        return found

    monkeypatch.setattr(Log, "decisions", counted)
    page = (await acme.get("/v1/deliveries?event=evt-1&limit=50")).json()
    assert (len(page["items"]), page["next_cursor"] is None) == (50, False)
    assert count <= 300
    following = (await acme.get(f"/v1/deliveries?event=evt-1&limit=50&cursor={page['next_cursor']}")).json()
    assert following["items"][0]["user"] > page["items"][-1]["user"]
    count = 0
    (row,) = (await acme.get("/v1/deliveries?event=evt-1&user=u01499")).json()["items"]
    assert (row["user"], row["state"], row["reason"], count) == ("u01499", "sent", "all_of_type", 0)
    shown = await acme.get(f"/v1/notifications/{row['notification']}")
    assert (shown.json()["user"], count < 10) == ("u01499", True)


async def test_deliveries_of_one_user_among_many_happenings(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})
    for _ in range(2):
        await acme.post("/v1/events", [{"type": "voicemails", "account": "acme"}] * 80)
    await acme.event("mention", users=["ann"], contact="c7", id="evt-1")
    found, cursor = [], ""
    while cursor is not None:
        page = (await acme.get(f"/v1/deliveries?user=ann&channel=system&limit=50&cursor={cursor}")).json()
        found += [row["notification"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert len(found) == len(set(found)) == 161
    (row,) = await acme.deliveries("evt-1", channel="system")
    assert (row["user"], row["type"], row["reason"]) == ("ann", "mention", "named")


async def test_E_22_texts_and_e_mails_in_a_state_are_found_without_a_walk_through_all_that_happened(
    acme: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account, user in (("acme", "ann"), ("west", "wes")):
        await acme.put(f"/v1/users/{user}", {"account": account, "email": f"{user}@acme.example"})
        await acme.choose(user, types={"voicemails": {"email": True, "text": True}})
    for n in range(5):
        await acme.event(contact="c7", id=f"e{n}")
        await acme.event(account="west", contact="cw", id=f"w{n}")
    await acme.post("/v1/test/settle")
    await acme.event(contact="c7", id="last")

    for account in ("acme", "west"):
        await acme.hub.deliveries.index.fill(account, 0)

    async def no_walk(*_: object) -> Any:
        raise AssertionError("it walks through everything")

    monkeypatch.setattr(Log, "recent", no_walk)

    async def found(query: str, limit: int = 3) -> list[tuple[str, str]]:
        rows, cursor = [], ""
        while cursor is not None:
            page = (await acme.get(f"/v1/deliveries?{query}&limit={limit}&cursor={cursor}")).json()
            assert len(page["items"]) <= limit
            rows += page["items"]
            cursor = page["next_cursor"]
        channel, state = (part.partition("=")[2] for part in query.split("&"))
        assert {(row["channel"], row["state"]) for row in rows} <= {(channel, state)}
        return [(row["user"], row["event"]) for row in rows]

    mailed = [("ann", f"e{n}") for n in (4, 3, 2, 1, 0)] + [("wes", f"w{n}") for n in (4, 3, 2, 1, 0)]
    for limit in (1, 3, 5, 10, 200):
        assert await found("channel=email&state=sent", limit) == mailed
    assert await found("channel=email&state=queued") == [("ann", "last")]
    assert await found("channel=text&state=skipped", 200) == [("ann", "last"), *mailed]
    assert await found("channel=text&state=sent") == await found("channel=text&state=failed") == []
    olga = acme.user("olga")
    shown = (await acme.get("/v1/deliveries?channel=email&state=queued", by=olga)).json()["items"]
    assert [(row["event"], row["why"]) for row in shown] == [
        ("last", "You get the “Voicemails” notifications of your own contacts by e-mail, and Eve is yours.")
    ]
    stranger = (await acme.get("/v1/deliveries?channel=email&state=queued", by=acme.user("gus"))).json()
    assert stranger == {"items": [], "next_cursor": None}


async def test_E_22_deliveries_that_are_older_than_the_index_of_states_are_listed_too(acme: Api) -> None:
    await acme.put("/v1/users/ann", {"account": "acme", "email": "ann@acme.example"})
    await acme.choose("ann", types={"voicemails": {"email": True}})
    for n in range(3):
        await acme.event(contact="c7", id=f"e{n}")
    await acme.post("/v1/test/settle")
    states = acme.hub.store.keys.account("acme", "states")
    await acme.hub.store.command("UNLINK", states)

    async def found() -> list[str]:
        events, cursor = [], ""
        while cursor is not None:
            page = (await acme.get(f"/v1/deliveries?channel=email&state=sent&limit=2&cursor={cursor}")).json()
            events += [row["event"] for row in page["items"]]
            cursor = page["next_cursor"]
        return events

    assert sorted(await found()) == ["e0", "e1", "e2"]
    first = (await acme.get("/v1/deliveries?channel=email&state=sent&limit=2")).json()
    await acme.hub.deliveries.index.fill("acme", 0)
    rest = (await acme.get(f"/v1/deliveries?channel=email&state=sent&cursor={first['next_cursor']}")).json()
    assert sorted(row["event"] for row in first["items"] + rest["items"]) == ["e0", "e1", "e2"], (
        "it goes on as it began"
    )
    assert await found() == ["e2", "e1", "e0"]
    assert await acme.hub.store.command("ZCARD", states) == 7, "the texts that were skipped, and that it is whole"
    assert (await acme.get("/v1/deliveries?channel=email&state=sent&cursor=nonsense")).status_code == 422
