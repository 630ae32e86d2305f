"""One-time messages to groups and users: whom they reach, what they say, what is refused (R-09 to R-13, D-05)."""

import asyncio
from typing import Any

import pytest

from .calling import OPERATOR, Api, Caller, fields, problem

LIST = "/v1/broadcasts"
HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '<a href="javascript:alert(1)">go</a>',
    '<b onclick="alert(1)" style="color:red">bold</b>',
    "<svg><script>alert(1)</script></svg>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<b><i>left open",
    "a < b && b > c",
]


async def send(api: Api, by: Caller, key: str | None = None, **body: Any) -> dict[str, Any]:
    """Send a broadcast to the group sales, unless told otherwise."""
    answer = await api.post(LIST, {"message": "Lunch", "groups": ["sales"], **body}, by=by, key=key)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def mia(acme: Api) -> Caller:
    """The manager."""
    return acme.user("mia")


async def test_R_09_R_11_R_12_a_manager_sends_a_message_to_the_members_of_a_group(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})
    mia = acme.user("mia")
    preview = await acme.get(f"{LIST}/preview?groups=sales", by=mia)
    assert preview.json() == {"recipients": 2}
    sent = await send(
        acme, mia, message="  <b>Lunch</b> at <i>one</i> ", title="Today", url="https://crm.example/lunch"
    )
    assert (set(sent), sent["recipients"]) == ({"id", "recipients"}, 2)
    (entry,) = await acme.inbox("ann")
    assert entry.pop("id").startswith(sent["id"])
    assert entry == {
        "event": None,
        "type": "group_broadcast",
        "title": "Today",
        "body": "Lunch at one",
        "html": "<b>Lunch</b> at <i>one</i>",
        "url": "https://crm.example/lunch",
        "account": "acme",
        "at": "2027-03-14T12:00:00.000Z",
        "state": "unread",
        "sticky": True,
        "important": False,
        "sample": False,
        "sender": "Mia",
        "reason": "You belong to a group that this message was sent to.",
    }
    for user in ("mia", "olga", "wes", "gus"):
        assert await acme.inbox(user) == []
    assert (await acme.get(f"{LIST}/{sent['id']}", by=mia)).json() == {
        "id": sent["id"],
        "account": "acme",
        "type": "group_broadcast",
        "title": "Today",
        "message": "<b>Lunch</b> at <i>one</i>",
        "body": "Lunch at one",
        "url": "https://crm.example/lunch",
        "groups": ["sales"],
        "users": [],
        "accounts": [],
        "sender": "Mia",
        "by": "mia",
        "at": "2027-03-14T12:00:00.000Z",
        "expires_at": None,
        "recalled_at": None,
        "status": "sent",
        "recipients": 2,
        "delivered": 2,
        "shown": 0,
        "dismissed": 0,
        "emailed": 0,
    }


async def test_without_a_title_a_broadcast_has_that_of_its_type(acme: Api, mia: Caller) -> None:
    await send(acme, mia)
    (entry,) = await acme.inbox("ann")
    assert entry["title"] == "One-time notification for system users"


async def test_AMB_40_the_sender_gets_it_as_a_member_and_each_once_from_overlapping_groups(
    acme: Api, mia: Caller
) -> None:
    await acme.put("/v1/groups/lunch", {"account": "acme", "name": "Lunch", "members": ["bob", "mia", "wes"]})
    sent = await send(acme, mia, groups=["sales", "lunch"], users=["ann", "olga"])
    assert sent["recipients"] == 5
    for user in ("ann", "bob", "mia", "olga", "wes"):
        assert len(await acme.inbox(user)) == 1, user
    (entry,) = await acme.inbox("olga")
    assert entry["reason"] == "This notification is addressed to you."


async def test_members_in_sub_accounts_get_it_in_their_own_account(acme: Api, mia: Caller) -> None:
    await acme.put("/v1/groups/field", {"account": "acme", "name": "Field", "members": ["wes"]})
    sent = await send(acme, mia, groups=["field"])
    (entry,) = await acme.inbox("wes")
    assert (sent["recipients"], entry["account"], entry["sender"]) == (1, "acme", "Mia")
    found = (await acme.get(f"{LIST}/{sent['id']}/recipients", by=mia)).json()
    assert found["items"] == [
        {
            "user": "wes", "account": "west", "notification": entry["id"], "reason": "group_member",
            "delivered": True, "shown": False, "dismissed": False,
        }
    ]  # fmt: skip


async def test_AMB_40_only_active_members_at_that_moment_get_it(acme: Api, mia: Caller) -> None:
    await acme.patch("/v1/users/bob", {"active": False})
    sent = await send(acme, mia)
    assert sent["recipients"] == 1
    await acme.patch("/v1/users/bob", {"active": True})
    await acme.put("/v1/groups/sales", {"account": "acme", "name": "Sales", "members": ["ann", "bob", "olga"]})
    assert (await acme.inbox("bob"), await acme.inbox("olga")) == ([], [])
    rows = (await acme.get(f"{LIST}/{sent['id']}/recipients")).json()["items"]
    assert [(row["user"], row["reason"], row["delivered"]) for row in rows] == [
        ("ann", "group_member", True),
        ("bob", "inactive", False),
    ]
    assert (await acme.get(f"{LIST}/preview?groups=sales", by=mia)).json() == {"recipients": 3}


async def test_AMB_41_a_broadcast_cannot_be_turned_off(acme: Api, mia: Caller) -> None:
    off = {"types": {"group_broadcast": {"system": False}}}
    problem(await acme.patch("/v1/users/ann/preferences", off, by=acme.user("ann")), 422, "mandatory")
    assert (await send(acme, mia))["recipients"] == 2


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"message": ""}, "invalid", "message"),
        ({"message": " \n "}, "invalid", "message"),
        ({"message": "<b> </b>"}, "invalid", "message"),
        ({"message": "x" * 2001}, "invalid", "message"),
        ({"groups": []}, "invalid", "groups"),
        ({"groups": ["sales", "none"]}, "unknown_reference", "groups[1]"),
        ({"groups": ["sales", "gg"]}, "unknown_reference", "groups[1]"),
        ({"users": ["ann", "gus"]}, "unknown_reference", "users[1]"),
        ({"groups": [], "users": ["nobody"]}, "unknown_reference", "users[0]"),
        ({"url": "javascript:alert(1)"}, "invalid", "url"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid", "expires_at"),
        ({"expires_at": "tomorrow"}, "invalid", "expires_at"),
        ({"account": "west"}, "invalid", "account"),
        ({"colour": "red"}, "unknown_field", "colour"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_AMB_42_what_is_not_right_is_refused_as_a_whole(
    acme: Api, mia: Caller, body: dict[str, Any], code: str, field: str
) -> None:
    answer = await acme.post(LIST, {"message": "Lunch", "groups": ["sales"], **body}, by=mia)
    assert fields(problem(answer, 422, code)) == [field]
    assert (await acme.inbox("ann"), (await acme.get(LIST)).json()["items"]) == ([], [])


async def test_AMB_42_two_thousand_characters_are_counted_after_trimming(acme: Api, mia: Caller) -> None:
    await send(acme, mia, message=f"  {'x' * 2000}\n")
    (entry,) = await acme.inbox("ann")
    assert entry["body"] == "x" * 2000


@pytest.mark.parametrize("message", HOSTILE)
async def test_E_17_a_hostile_message_is_inert_in_html_and_text(acme: Api, mia: Caller, message: str) -> None:
    sent = await send(acme, mia, message=message)
    (entry,) = await acme.inbox("ann")
    shown = (await acme.get(f"{LIST}/{sent['id']}")).json()
    assert (shown["message"], shown["body"]) == (entry["html"], entry["body"])
    markup = entry["html"].replace("<b>", "").replace("</b>", "").replace("<i>", "").replace("</i>", "")
    markup = markup.replace("<a>", "").replace("</a>", "")
    assert "<" not in markup, "only harmless elements, without attributes, are left"
    assert entry["body"], "no words are lost"


async def test_a_key_sends_for_its_account_and_the_operator_for_the_root(acme: Api, producer: Caller) -> None:
    await acme.patch("/v1/accounts/acme", {"sender_name": "The CRM"})
    sent = await send(acme, producer, users=["wes"])
    shown = (await acme.get(f"{LIST}/{sent['id']}", by=producer)).json()
    assert (shown["account"], shown["sender"], shown["by"][:4]) == ("acme", "The CRM", "key:")
    west = await send(acme, producer, groups=[], users=["wes"], account="west")
    assert (await acme.get(f"{LIST}/{west['id']}")).json()["account"] == "west"
    by_group = await send(acme, OPERATOR, groups=["gg"])
    by_user = await send(acme, OPERATOR, groups=[], users=["wes"])
    shown = [(await acme.get(f"{LIST}/{one['id']}")).json()["account"] for one in (by_group, by_user)]
    assert shown == ["globex", "acme"]
    mixed = await acme.post(LIST, {"message": "Lunch", "groups": ["gg", "sales"]})
    assert fields(problem(mixed, 422, "unknown_reference")) == ["groups[1]"]


async def test_a_group_id_of_two_roots_takes_the_account_with_it(acme: Api) -> None:
    await acme.put("/v1/groups/gg", {"account": "acme", "name": "Also", "members": ["ann"]})
    problem(await acme.post(LIST, {"message": "Lunch", "groups": ["gg"]}), 409, "ambiguous_id")
    await send(acme, OPERATOR, groups=["gg"], account="globex")
    assert (len(await acme.inbox("gus")), len(await acme.inbox("ann"))) == (1, 0)
    assert (await acme.get(f"{LIST}/preview?groups=gg&account=acme")).json() == {"recipients": 1}


async def test_a_request_that_a_crash_cut_off_is_resumed_not_repeated(acme: Api, mia: Caller) -> None:
    first = await send(acme, mia, key="lunch")
    await acme.hub.store.command("DEL", acme.hub.store.keys.idempotency("user:mia", "lunch"))
    await acme.delete("/v1/groups/sales")
    assert await send(acme, mia, key="lunch") == first
    assert len(await acme.inbox("ann")) == 1
    await acme.hub.store.command("DEL", acme.hub.store.keys.idempotency("user:mia", "lunch"))
    other = await acme.post(LIST, {"message": "Other", "groups": ["sales"]}, by=mia, key="lunch")
    problem(other, 422, "idempotency_key_reused")
    again = await acme.post(LIST, {"message": "Lunch", "users": ["ann"]}, by=mia)
    assert again.status_code == 202, "without a key each is its own"
    assert len(await acme.inbox("ann")) == 2


async def test_a_recalled_broadcast_leaves_the_inboxes_and_keeps_its_receipts(acme: Api, mia: Caller) -> None:
    sent = await send(acme, mia)
    (entry,) = await acme.inbox("ann")
    await acme.post("/v1/inbox/dismiss", {"ids": [entry["id"]]}, by=acme.user("ann"))
    assert (await acme.delete(f"{LIST}/{sent['id']}", by=mia)).status_code == 204
    assert (await acme.inbox("ann"), await acme.inbox("bob")) == ([], [])
    problem(await acme.get(f"/v1/notifications/{entry['id']}"), 404, "not_found")
    shown = (await acme.get(f"{LIST}/{sent['id']}", by=mia)).json()
    assert (shown["status"], shown["delivered"], shown["dismissed"]) == ("recalled", 2, 1)
    assert shown["recalled_at"] is not None
    assert (await acme.delete(f"{LIST}/{sent['id']}", by=mia)).status_code == 204
    assert (await acme.get(f"{LIST}/{sent['id']}", by=mia)).json() == shown


async def test_broadcasts_are_listed_newest_first_page_by_page(acme: Api) -> None:
    await acme.put("/v1/test/clock", {"now": "2027-03-14T12:00:00Z"})
    mia = acme.user("mia")
    ids = [(await send(acme, mia, message=f"{i}"))["id"] for i in range(5)]
    await send(acme, OPERATOR, groups=["gg"])
    found, cursor = [], ""
    while cursor is not None:
        page = (await acme.get(f"{LIST}?limit=2&cursor={cursor}", by=mia)).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == list(reversed(ids))
    assert len((await acme.get(LIST)).json()["items"]) == 6
    assert len((await acme.get(f"{LIST}?account=globex")).json()["items"]) == 1


async def test_R_12_a_large_group_is_counted_at_once_and_told_in_the_background(acme: Api, producer: Caller) -> None:
    ids = [f"u{i:04}" for i in range(1_200)]
    for start in (0, 600):
        lines = [f'{{"kind":"user","id":"{id}","account":"acme"}}' for id in ids[start : start + 600]]
        await acme.call("POST", "/v1/directory", content="\n".join(lines).encode(), by=producer)
    await acme.put("/v1/groups/crowd", {"account": "acme", "name": "Crowd", "members": ids})
    sent = await send(acme, producer, groups=["crowd"])
    assert sent["recipients"] == 1_200
    path = f"{LIST}/{sent['id']}"
    before = (await acme.get(path)).json()
    assert (before["status"], before["recipients"]) == ("sending", 1_200)
    assert before["delivered"] < 1_200
    await acme.post("/v1/test/settle")
    after = (await acme.get(path)).json()
    assert (after["status"], after["delivered"]) == ("sent", 1_200)
    found, cursor = [], ""
    while cursor is not None:
        page = (await acme.get(f"{path}/recipients?limit=200&cursor={cursor}")).json()
        found += [row["user"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert found == ids
    await acme.delete(path)
    await acme.post("/v1/test/settle")
    assert (await acme.inbox("u0000"), await acme.inbox("u1199")) == ([], [])
    assert (await acme.get(path)).json()["status"] == "recalled"


async def test_of_many_requests_with_one_key_one_is_sent(acme: Api, mia: Caller) -> None:
    body = {"message": "Lunch", "groups": ["sales"]}
    answers = await asyncio.gather(*(acme.post(LIST, body, by=mia, key="lunch") for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len(await acme.inbox("ann")) == 1


async def test_sending_and_recalling_are_audited(acme: Api, mia: Caller, producer: Caller) -> None:
    sent = await send(acme, mia)
    await acme.delete(f"{LIST}/{sent['id']}", by=producer)
    await acme.delete(f"{LIST}/{sent['id']}", by=producer)
    records = (await acme.get("/v1/audit", by=acme.user("olga"))).json()["items"]
    found = [(one["actor"][:4], one["action"], one["broadcast"]) for one in records if "broadcast" in one]
    assert found == [("key:", "broadcast_recalled", sent["id"]), ("mia", "broadcast_sent", sent["id"])]


async def test_AMB_40_people_broadcast_within_their_own_tree(acme: Api, mia: Caller) -> None:
    await acme.put("/v1/users/max", {"account": "west", "roles": ["manager"]})
    await acme.put("/v1/groups/crew", {"account": "west", "members": ["wes", "ann"]})
    max, agent, stranger = acme.user("max"), acme.user("ann"), acme.user("gus")
    sent = await send(acme, max, groups=["crew"])
    assert sent["recipients"] == 2, "who is in the group gets it, wherever in the tree"
    (entry,) = await acme.inbox("ann")
    assert (entry["account"], entry["sender"]) == ("west", "max")
    refused = await acme.post(LIST, {"message": "Lunch", "groups": ["sales"]}, by=max)
    assert fields(problem(refused, 422, "unknown_reference")) == ["groups[0]"]
    refused = await acme.post(LIST, {"message": "Lunch", "users": ["ann"]}, by=max)
    assert fields(problem(refused, 422, "unknown_reference")) == ["users[0]"]
    above = f"{LIST}/{(await send(acme, mia))['id']}"
    own = f"{LIST}/{sent['id']}"
    for path in (above, f"{above}/recipients"):
        problem(await acme.get(path, by=max), 404, "not_found")
        problem(await acme.get(path, by=stranger), 404, "not_found")
        problem(await acme.get(path, by=agent), 403, "forbidden")
    problem(await acme.delete(above, by=max), 404, "not_found")
    problem(await acme.delete(above, by=agent), 403, "forbidden")
    assert (await acme.get(own, by=mia)).status_code == 200, "the account above sees those below"
    assert [item["id"] for item in (await acme.get(LIST, by=max)).json()["items"]] == [sent["id"]]
