"""Events that concern several accounts: roll-up, contacts that move, people named elsewhere in the tree, lines."""

from typing import Any

import pytest

from .calling import Api, Caller, fields, problem

EVERYONE = 4  # people of acme in the fixture
MOVED = {"type": "single_reassigned", "account": "acme", "contact": "c7", "id": "evt-1"}


async def roll_up(acme: Api, user: str, *accounts: str) -> None:
    """Turn the add-on of acme on, and have a user of it roll accounts up."""
    await acme.patch("/v1/accounts/acme", {"add_ons": ["rollup"]})
    assert (await acme.put(f"/v1/users/{user}/rollup", {"accounts": list(accounts)})).status_code == 200


async def types(api: Api, user: str) -> list[str]:
    return [entry["type"] for entry in await api.inbox(user)]


async def rows(api: Api, event: str) -> dict[str, tuple[str, str, str]]:
    """Return account, type and reason of each user's delivery."""
    found = (await api.get(f"/v1/deliveries?event={event}&channel=system&limit=200")).json()["items"]
    assert len({row["user"] for row in found}) == len(found), "a user is considered once"
    return {row["user"]: (row["account"], row["type"], row["reason"]) for row in found}


async def test_C_18_what_happens_below_reaches_who_rolled_it_up_in_their_own_account(acme: Api) -> None:
    await roll_up(acme, "ann", "west")
    answer = await acme.event("voicemails", "west", contact="cw", id="evt-1")
    assert answer.json() == {"id": "evt-1", "status": "accepted", "recipients": 2}
    (entry,) = await acme.inbox("ann")
    assert (entry["account"], entry["event"], entry["contact"]) == ("west", "evt-1", "cw")
    assert entry["reason"] == "You rolled up West, and you get its “Voicemails” notifications."
    assert await acme.inbox("bob") == []
    assert await rows(acme, "evt-1") == {
        "ann": ("acme", "voicemails", "rolled_up"),
        "wes": ("west", "voicemails", "all_of_type"),
    }
    shown = await acme.get(f"/v1/notifications/{entry['id']}", by=acme.user("ann"))
    assert (shown.status_code, shown.json()["user"]) == (200, "ann")
    for account, count in (("west", 1), ("acme", 0)):
        found = (await acme.get(f"/v1/inbox?account={account}", by=acme.user("ann"))).json()
        assert len(found["items"]) == count


async def test_C_14_rolled_up_is_what_the_user_chose_in_control(acme: Api) -> None:
    await roll_up(acme, "ann", "west")
    await acme.patch(
        "/v1/users/ann/preferences", {"types": {"voicemails": {"au": True}, "new_lead": {"system": False}}}
    )
    assert (await acme.event("voicemails", "west", contact="cw", id="evt-1")).json()["recipients"] == 1
    assert (await acme.event("new_lead", "west", contact="cw")).json()["recipients"] == 1
    assert await acme.inbox("ann") == []
    assert (await rows(acme, "evt-1"))["ann"] == ("acme", "voicemails", "not_assigned_user")


async def test_AMB_14_with_the_add_on_off_nothing_rolls_up(acme: Api) -> None:
    await roll_up(acme, "ann", "west")
    await acme.patch("/v1/accounts/acme", {"add_ons": []})
    assert (await acme.event("voicemails", "west")).json()["recipients"] == 1


async def test_a_repeated_event_of_several_accounts_is_one_event(acme: Api) -> None:
    await roll_up(acme, "ann", "west")
    event = {"type": "voicemails", "account": "west", "id": "evt-1"}
    first, again = await acme.post("/v1/events", event), await acme.post("/v1/events", event)
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    assert (len(await acme.inbox("ann")), len(await acme.inbox("wes"))) == (1, 1)


async def test_a_bulk_to_several_accounts_is_told_in_all_of_them(acme: Api) -> None:
    await roll_up(acme, "ann", "west")
    posted = [
        {"type": "voicemails", "account": account, "title": f"{account} {i}"}
        for i in range(3)
        for account in ("west", "acme")
    ]
    results = (await acme.post("/v1/events", posted)).json()["results"]
    assert [result["body"]["recipients"] for result in results] == [2, EVERYONE] * 3
    titles = [entry["title"] for entry in await acme.inbox("ann")]
    assert titles == [event["title"] for event in reversed(posted)]


async def test_AMB_09_a_move_tells_both_accounts_and_counts_both(acme: Api) -> None:
    moved = {**MOVED, "data": {"from_account": "west"}}
    assert (await acme.post("/v1/events", moved)).json()["recipients"] == EVERYONE + 1
    assert (await acme.post("/v1/events", moved)).headers["idempotent-replayed"] == "true"
    (left,), (received,) = await acme.inbox("wes"), await acme.inbox("ann")
    assert (left["type"], left["account"], left["data"]["to_account"]) == ("contact_moved", "west", "acme")
    assert (received["type"], received["account"]) == ("single_reassigned", "acme")
    assert left["event"] == received["event"] == "evt-1"
    assert left["reason"] == "You get every “Contact Moved” notification of West."


async def test_C_27_who_rolled_up_both_accounts_is_told_of_a_move_once(acme: Api) -> None:
    await acme.put("/v1/accounts/east", {"name": "East", "parent": "acme"})
    await acme.put("/v1/users/eva", {"account": "east"})
    await acme.put("/v1/contacts/ce", {"account": "east", "assigned_user": "eva"})
    for user in ("ann", "mia"):
        await roll_up(acme, user, "west", "east")
    moved = {**MOVED, "account": "east", "contact": "ce", "data": {"from_account": "west"}}
    assert (await acme.post("/v1/events", moved)).json()["recipients"] == 4
    for user, type in {
        "ann": "single_reassigned",
        "mia": "single_reassigned",
        "eva": "single_reassigned",
        "wes": "contact_moved",
    }.items():
        assert await types(acme, user) == [type]
    found = (await acme.get("/v1/deliveries?event=evt-1&user=ann&channel=system")).json()["items"]
    assert {(row["type"], row["state"], row["reason"]) for row in found} == {
        ("single_reassigned", "sent", "rolled_up"),
        ("contact_moved", "skipped", "already_told"),
    }


async def contacts(api: Api, count: int) -> list[str]:
    ids = [f"m{i}" for i in range(count)]
    for id in ids:
        await api.put(f"/v1/contacts/{id}", {"account": "acme", "assigned_user": "ann"})
    return ids


@pytest.mark.parametrize("kind", ["reassigned", "released"])
async def test_C_40_C_41_six_contacts_make_one_bulk_notice_and_five_make_single_ones(acme: Api, kind: str) -> None:
    ids = await contacts(acme, 6)
    bulk = await acme.event(f"bulk_{kind}", contacts=ids, id="evt-6", data={"from_account": "west"})
    assert bulk.json() == {"id": "evt-6", "status": "accepted", "recipients": EVERYONE + 1}
    few = await acme.event(f"bulk_{kind}", contacts=ids[:5], id="evt-5", data={"from_account": "west"})
    assert few.json()["recipients"] == EVERYONE + 1
    entries = await acme.inbox("ann")
    assert [entry["type"] for entry in entries] == [f"single_{kind}"] * 5 + [f"bulk_{kind}"]
    assert sorted(entry["contact"] for entry in entries[:5]) == ids[:5]
    assert entries[5]["data"]["count"] == 6
    left = await acme.inbox("wes")
    assert [(entry["type"], entry["data"]["count"]) for entry in left] == [("contact_moved", 5), ("contact_moved", 6)]


async def test_AMB_10_a_single_move_cut_off_between_its_accounts_is_completed_by_its_plan(acme: Api) -> None:
    """The first step stored the event with its plan; whoever finds the plan tells the other account."""
    plans, log = acme.hub.plans, acme.hub.log
    append, steps = log.append, 0

    async def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps > 1:
            raise RuntimeError("the process dies here")
        return await append(*arguments, **named)

    log.append = dying  # type: ignore[method-assign]
    moved = {**MOVED, "data": {"from_account": "west"}}
    assert (await acme.post("/v1/events", moved)).status_code == 500
    log.append = append  # type: ignore[method-assign]
    assert (await types(acme, "ann"), await types(acme, "wes")) == (["single_reassigned"], [])
    again = await acme.post("/v1/events", moved)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    (work,) = [text.decode() for text in await acme.hub.store.command("ZRANGE", plans.queue._name, 0, -1)]
    _, account, base = work.split("/")
    assert await plans.resume(account, base) == 1
    assert (await types(acme, "ann"), await types(acme, "wes")) == (["single_reassigned"], ["contact_moved"])


async def test_named_users_are_told_wherever_in_the_tree_they_are(acme: Api, producer: Caller) -> None:
    event = {"type": "mention", "account": "acme", "users": ["wes", "ann"], "contact": "c7", "id": "evt-1"}
    assert (await acme.post("/v1/events", event, by=producer)).json()["recipients"] == 2
    (entry,) = await acme.inbox("wes")
    assert entry["account"] == "acme"
    assert entry["reason"].endswith("is addressed to you.")
    assert await rows(acme, "evt-1") == {"ann": ("acme", "mention", "named"), "wes": ("west", "mention", "named")}
    refused = await acme.post("/v1/events", {**event, "id": "evt-2", "users": ["wes", "gus"]}, by=producer)
    assert fields(problem(refused, 422, "unknown_reference")) == ["users[1]"]


async def test_A_05_a_line_reaches_its_ring_group_wherever_they_are(acme: Api, producer: Caller) -> None:
    await acme.put("/v1/ring-groups/rg", {"account": "acme", "members": ["bob", "wes"]})
    await acme.put("/v1/lines/l1", {"account": "acme", "number": "+12025550199", "ring_group": "rg"})
    answer = await acme.event("line_voicemail", line="l1", contact="c7", id="evt-1")
    assert answer.json()["recipients"] == EVERYONE + 1
    assert {user: row[1:] for user, row in (await rows(acme, "evt-1")).items()} == {
        "bob": ("line_voicemail", "ring_group_member"),
        "wes": ("line_voicemail", "ring_group_member"),
        "ann": ("voicemails", "all_of_type"),
        "mia": ("voicemails", "all_of_type"),
        "olga": ("voicemails", "all_of_type"),
    }


async def test_A_07_a_fax_reaches_the_owner_of_the_personal_line(acme: Api) -> None:
    await acme.put("/v1/lines/l1", {"account": "acme", "number": "+12025550199", "owner": "wes"})
    assert (await acme.event("line_fax", line="l1", id="evt-1")).json()["recipients"] == 1
    assert await rows(acme, "evt-1") == {"wes": ("west", "line_fax", "line_owner")}
    assert await types(acme, "wes") == ["line_fax"]
