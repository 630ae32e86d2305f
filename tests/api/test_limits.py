"""Rate limits: what one credential may do in a minute, counted for all processes together."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from .calling import NOBODY, Api, ApiHub, Caller, problem

LIMIT = 5
Make = Callable[..., Any]


async def key(api: Api, account: str = "acme") -> Caller:
    made = await api.post("/v1/keys", {"account": account, "scopes": ["directory", "events"]})
    return Caller(made.json()["key"])


async def limited(make_hub: Make, **settings: Any) -> Api:
    """Open a hub with low limits, and an account with two users and an admin."""
    api = Api(await make_hub(**{"rate_limit_keys": LIMIT, "rate_limit_users": LIMIT, **settings}))
    await api.put("/v1/accounts/acme", {})
    for user, role in (("ann", "agent"), ("bob", "agent"), ("olga", "admin")):
        await api.put(f"/v1/users/{user}", {"account": "acme", "roles": [role]})
    return api


async def statuses(api: Api, by: Caller, times: int) -> Counter[int]:
    answers = await asyncio.gather(*(api.get("/v1/types", by=by) for _ in range(times)))
    return Counter(answer.status_code for answer in answers)


def refused(kind: str) -> float:
    return REGISTRY.get_sample_value("hub_requests_limited_total", {"kind": kind}) or 0.0


@pytest.mark.parametrize("kind", ["key", "user"])
async def test_over_the_limit_it_is_429_with_whole_seconds_to_wait_and_counted(make_hub: Make, kind: str) -> None:
    api, before = await limited(make_hub), refused(kind)
    by = api.user("ann") if kind == "user" else await key(api)
    for _ in range(LIMIT):
        assert (await api.get("/v1/types", by=by)).status_code == 200
    answer = await api.get("/v1/types", by=by)
    problem(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert refused(kind) == before + 1


async def test_each_credential_has_its_own_minute_and_the_operator_is_not_limited(make_hub: Make) -> None:
    api = await limited(make_hub)
    callers = [api.user("ann"), api.user("bob"), await key(api), await key(api)]
    for by in callers:
        assert await statuses(api, by, LIMIT) == {200: LIMIT}
    for by in callers:
        assert await statuses(api, by, 1) == {429: 1}
    for _ in range(LIMIT * 2):
        assert (await api.get("/v1/types")).status_code == 200


async def test_a_user_has_one_minute_however_many_tokens_they_hold(make_hub: Make) -> None:
    api = await limited(make_hub)
    assert await statuses(api, api.user("ann"), LIMIT) == {200: LIMIT}
    assert await statuses(api, Caller(api.hub.identity.mint("ann", 1800)), 1) == {429: 1}


async def test_a_log_in_as_session_counts_for_who_acts(make_hub: Make) -> None:
    api = await limited(make_hub)
    assert await statuses(api, api.user("ann", actor="olga"), LIMIT + 1) == {200: LIMIT, 429: 1}
    assert await statuses(api, api.user("olga"), 1) == {429: 1}
    assert await statuses(api, api.user("ann"), 1) == {200: 1}


async def test_processes_count_together_whatever_comes_at_once(make_hub: Make, store_url: str) -> None:
    api = await limited(make_hub)
    other = ApiHub(store_url, api.hub.store.keys.prefix, {"rate_limit_keys": LIMIT, "rate_limit_users": LIMIT})
    await other.open()
    second, by = Api(other), await key(api)
    found = await asyncio.gather(statuses(api, by, LIMIT * 2), statuses(second, by, LIMIT * 2))
    assert found[0] + found[1] == {200: LIMIT, 429: LIMIT * 3}
    await other.store.close()


async def test_zero_is_no_limit(make_hub: Make) -> None:
    api = await limited(make_hub, rate_limit_keys=0, rate_limit_users=0)
    assert await statuses(api, api.user("ann"), LIMIT * 3) == {200: LIMIT * 3}
    assert await statuses(api, await key(api), LIMIT * 3) == {200: LIMIT * 3}


async def test_who_is_not_let_in_is_not_counted_and_who_is_is_always(make_hub: Make) -> None:
    """A refusal behind the door costs as much as an answer; in front of it there is nobody whom it could cost."""
    api = await limited(make_hub)
    for _ in range(LIMIT * 2):
        problem(await api.get("/v1/types", by=NOBODY), 401, "unauthenticated")
        problem(await api.get("/v1/types", by=Caller("hubk_unknown")), 401, "unauthenticated")
    by = api.user("ann")
    for _ in range(LIMIT):
        problem(await api.get("/v1/users/nobody", by=by), 404, "not_found")
    problem(await api.put("/v1/users/ann", {}, by=by), 429, "rate_limited")


async def test_a_request_that_was_refused_did_nothing(make_hub: Make) -> None:
    api = await limited(make_hub, rate_limit_keys=1)
    by, event = await key(api), {"type": "voicemails", "account": "acme"}
    assert (await api.post("/v1/events", event, by=by, key="k1")).status_code == 202
    problem(await api.post("/v1/events", event, by=by, key="k2"), 429, "rate_limited")
    assert (await api.get("/v1/inbox?user=ann")).json()["unread"] == 1, "of the first alone"
    other = await key(api)
    assert (await api.post("/v1/events", event, by=other, key="k2")).status_code == 202


async def test_a_store_that_is_down_is_503_and_not_a_way_round() -> None:
    hub = ApiHub("unix:///nowhere/socket", "t", {})
    async with Api(hub) as api:
        problem(await api.get("/v1/types", by=Caller("hubk_any")), 503, "unavailable")
    await hub.store.close()


async def test_what_is_counted_begins_with_the_prefix_and_ends_by_itself(make_hub: Make) -> None:
    api = await limited(make_hub)
    await statuses(api, api.user("ann"), 1)
    store = api.hub.store
    names = [name async for name in store.redis.scan_iter(match="*limit*")]
    mine = [name.decode() for name in names if name.decode().startswith(f"{store.keys.prefix}:")]
    assert len(mine) == 1
    assert 60_000 < await store.command("PTTL", mine[0]) <= 120_000
