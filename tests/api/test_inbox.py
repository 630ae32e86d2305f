"""The inbox: pages, states, and what dismissing, reading, archiving and restoring change."""

from typing import Any

import pytest

from hub.engine.tabs import Viewer
from hub.engine.views import ViewLog

from .calling import Api, fields, problem


async def filled(api: Api, count: int) -> list[str]:
    """Fill ann's inbox; return the ids, oldest first."""
    await api.post("/v1/events", [{"type": "voicemails", "account": "acme", "title": f"{i}"} for i in range(count)])
    items = (await api.get("/v1/inbox?limit=200", by=api.user("ann"))).json()["items"]
    return [entry["id"] for entry in reversed(items)]


async def mark(api: Api, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(f"/v1/inbox/{verb}", body, by=api.user("ann"))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def listed(api: Api, state: str) -> list[str]:
    items = (await api.get(f"/v1/inbox?state={state}", by=api.user("ann"))).json()["items"]
    return [entry["id"] for entry in items]


async def test_an_empty_inbox(acme: Api) -> None:
    answer = await acme.get("/v1/inbox", by=acme.user("ann"))
    assert answer.json() == {"items": [], "next_cursor": None, "unread": 0}


async def test_dismissing_reads_and_is_idempotent(acme: Api) -> None:
    a, b, c = await filled(acme, 3)
    assert await mark(acme, "dismiss", {"ids": [a, "none", a]}) == {"changed": [a], "unknown": ["none"], "unread": 2}
    assert await mark(acme, "dismiss", {"ids": [a]}) == {"changed": [], "unknown": [], "unread": 2}
    assert await listed(acme, "unread") == [c, b]
    assert await listed(acme, "all") == [c, b, a]


async def test_AMB_47_a_dismissal_touches_nobody_elses_copy(acme: Api) -> None:
    (id,) = await filled(acme, 1)
    bobs = (await acme.get("/v1/inbox", by=acme.user("bob"))).json()["items"][0]["id"]
    assert bobs != id
    assert await mark(acme, "dismiss", {"ids": [id, bobs]}) == {"changed": [id], "unknown": [bobs], "unread": 0}
    assert (await acme.get("/v1/inbox", by=acme.user("bob"))).json()["unread"] == 1


async def test_reading_up_to_a_number_of_the_log(acme: Api) -> None:
    ids = await filled(acme, 5)
    assert await mark(acme, "read", {"up_to": 3}) == {"changed": ids[:3], "unknown": [], "unread": 2}
    assert (await mark(acme, "read", {"up_to": 0}))["changed"] == []


async def test_the_archive_and_back(acme: Api) -> None:
    a, b = await filled(acme, 2)
    assert await mark(acme, "archive", {"ids": [a]}) == {"changed": [a], "unknown": [], "unread": 1}
    assert (await listed(acme, "archived"), await listed(acme, "all")) == ([a], [b])
    assert (await mark(acme, "archive", {"ids": [a]}))["changed"] == []
    assert await mark(acme, "restore", {"ids": [a]}) == {"changed": [a], "unknown": [], "unread": 1}
    assert await listed(acme, "all") == [b, a]
    entry = (await acme.get(f"/v1/notifications/{a}", by=acme.user("ann"))).json()
    assert entry["state"] == "read"


@pytest.mark.parametrize(
    "body", [{}, {"ids": [], "up_to": 1}, {"ids": None}, {"ids": "n1"}, {"ids": [1]}, {"ids": [""]}, {"up_to": -1}]
)
async def test_either_ids_or_a_number(acme: Api, body: dict[str, Any]) -> None:
    problem(await acme.post("/v1/inbox/dismiss", body, by=acme.user("ann")), 422, "invalid")


async def test_an_unknown_field_is_refused(acme: Api) -> None:
    answer = await acme.post("/v1/inbox/read", {"ids": [], "all": True}, by=acme.user("ann"))
    problem(answer, 422, "unknown_field")


async def test_a_key_acts_for_any_user_by_id(acme: Api) -> None:
    (id,) = await filled(acme, 1)
    answer = await acme.post("/v1/inbox/read?user=ann", {"ids": [id]})
    assert answer.json() == {"changed": [id], "unknown": [], "unread": 0}
    assert fields(problem(await acme.post("/v1/inbox/read", {"ids": [id]}), 422, "invalid")) == ["user"]


async def test_entries_of_one_account_only(acme: Api) -> None:
    await filled(acme, 2)
    by = acme.user("ann")
    assert len((await acme.get("/v1/inbox?account=acme", by=by)).json()["items"]) == 2
    assert (await acme.get("/v1/inbox?account=west", by=by)).json()["items"] == []
    problem(await acme.get("/v1/inbox?account=globex", by=by), 404, "not_found")


async def test_what_an_account_no_longer_keeps_is_gone(acme: Api) -> None:
    await acme.patch("/v1/accounts/acme", {"retention_days": 30})
    await acme.put("/v1/test/clock", {"now": "2027-01-01T00:00:00Z"})
    await filled(acme, 1)
    await acme.post("/v1/test/clock/advance", {"seconds": 31 * 86_400})
    answer = (await acme.get("/v1/inbox", by=acme.user("ann"))).json()
    assert (answer["items"], answer["unread"]) == ([], 0)


async def test_every_entry_is_on_one_page_newest_first(acme: Api) -> None:
    ids = await filled(acme, 23)
    for limit in (1, 10, 23, 200):
        found, cursor = [], ""
        while cursor is not None:
            page = (await acme.get(f"/v1/inbox?limit={limit}&cursor={cursor}", by=acme.user("ann"))).json()
            found += [entry["id"] for entry in page["items"]]
            assert page["unread"] == 23
            cursor = page["next_cursor"]
        assert found == ids[::-1]


LISTS = (
    *("/v1/inbox?user=ann", "/v1/deliveries?", "/v1/groups?", "/v1/contacts?", "/v1/users?", "/v1/accounts?"),
    *("/v1/keys?", "/v1/test/outbox?"),
)


@pytest.mark.parametrize("path", LISTS)
async def test_the_bounds_of_a_page(acme: Api, path: str) -> None:
    for limit in ("0", "201", "-1", "ten", "1.5", "", "01", "%205", "+5", "5%20", "5_0", "%D9%A5", "9" * 5000):
        assert fields(problem(await acme.get(f"{path}&limit={limit}"), 422, "invalid")) == ["limit"]
    for limit in ("1", "200"):
        answer = await acme.get(f"{path}&limit={limit}")
        assert set(answer.json()) >= {"items", "next_cursor"}
    for cursor in ("x", "bm9uc2Vuc2U", "W10", "WzEsMiwzXQ", "%C3%A9", "bnVsbA"):
        assert fields(problem(await acme.get(f"{path}&cursor={cursor}"), 422, "invalid")) == ["cursor"]


@pytest.mark.parametrize("path", ["/v1/users", "/v1/accounts", "/v1/contacts", "/v1/groups", "/v1/keys"])
async def test_every_object_is_on_one_page_of_its_list(acme: Api, path: str) -> None:
    for _ in range(3):
        await acme.post("/v1/keys", {"account": "acme", "scopes": ["events"]})
    whole = (await acme.get(path)).json()["items"]
    found, cursor = [], ""
    while cursor is not None:
        page = (await acme.get(f"{path}?limit=1&cursor={cursor}")).json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert found == whole
    assert len(whole) >= 2


async def test_AMB_17_a_log_in_as_session_reads_its_own_inbox(acme: Api) -> None:
    ids = await filled(acme, 3)
    await acme.put("/v1/users/olga", {"account": "acme", "name": "Olga", "roles": ["admin"]})
    viewer = Viewer("acme", "ann", "olga")
    await ViewLog(acme.hub.store).put_away(viewer, "dismissed", ids[:1], None)
    for by, unread, shown in ((acme.user("ann", actor="olga"), 2, ids[:0:-1]), (acme.user("ann"), 3, ids[::-1])):
        page = (await acme.get("/v1/inbox?state=unread", by=by)).json()
        assert ([entry["id"] for entry in page["items"]], page["unread"]) == (shown, unread)
