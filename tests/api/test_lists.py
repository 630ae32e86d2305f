"""Lists of what lies under root accounts: in pages, in order, and only what the caller sees."""

from typing import Any

import pytest
import pytest_asyncio

from .calling import OPERATOR, Api, Caller, problem

KINDS = {
    "contacts": {},
    "groups": {},
    "ring-groups": {},
    "lines": {"number": "+15550100001"},
}
PLACES = [(account, f"x{n}") for account in ("acme", "west", "deep", "globex") for n in range(4)]


@pytest_asyncio.fixture(params=KINDS)
async def many(acme: Api, request: pytest.FixtureRequest) -> tuple[Api, str]:
    """Four objects of a kind in each of four accounts; some of the other tenant's ids are those of acme's."""
    await acme.put("/v1/accounts/deep", {"parent": "west"})
    for kind in ("contacts", "groups"):
        for item in (await acme.get(f"/v1/{kind}")).json()["items"]:
            await acme.delete(f"/v1/{kind}/{item['id']}")
    for account, id in PLACES:
        own = id if account in ("acme", "globex") else f"{account}-{id}"
        await acme.put(f"/v1/{request.param}/{own}", {"account": account, **KINDS[request.param]})
    return acme, request.param


async def walk(api: Api, kind: str, query: str = "", by: Caller = OPERATOR, limit: int = 3) -> list[str]:
    """Read a list page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        answer = (await api.get(f"/v1/{kind}?limit={limit}{query}{more}", by=by)).json()
        assert len(answer["items"]) <= limit
        found += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            return [f"{item['account']}/{item['id']}" for item in found]
        assert len(answer["items"]) == limit


def those(*accounts: str) -> list[str]:
    return [
        f"{account}/{id}" if account in ("acme", "globex") else f"{account}/{account}-{id}"
        for account in accounts
        for wanted, id in PLACES
        if wanted == account
    ]


async def test_a_list_is_whole_in_order_and_narrowed_to_the_tree(many: tuple[Api, str]) -> None:
    api, kind = many
    made = await api.post("/v1/keys", {"account": "west", "scopes": ["directory"]})
    west = Caller(made.json()["key"])
    for limit in (1, 3, 16, 200):
        assert await walk(api, kind, limit=limit) == those("acme", "deep", "west", "globex")
    assert await walk(api, kind, by=api.user("ann")) == those("acme", "deep", "west")
    assert await walk(api, kind, by=west) == those("deep", "west")
    assert await walk(api, kind, "&account=deep", by=west) == those("deep")
    assert await walk(api, kind, by=api.user("gus")) == those("globex")


async def test_a_list_follows_what_moves_and_goes(many: tuple[Api, str]) -> None:
    api, kind = many
    await api.delete(f"/v1/{kind}/west-x1")
    await api.patch(f"/v1/{kind}/west-x2", {"account": "acme"})
    assert await walk(api, kind, by=api.user("ann")) == sorted(
        [*those("acme", "deep"), "acme/west-x2", "west/west-x0", "west/west-x3"]
    )
    for cursor in ("x", "WzFd", "WyJhY21lIl0"):
        problem(await api.get(f"/v1/{kind}?cursor={cursor}"), 422, "invalid")


async def test_E_13_a_salesperson_reads_their_own_contacts_only(acme: Api) -> None:
    await acme.patch("/v1/users/ann", {"roles": ["salesperson"]})
    for n in range(30):
        await acme.put(f"/v1/contacts/n{n:02}", {"account": "acme", "assigned_user": "ann" if n % 10 == 0 else "bob"})
    ann = acme.user("ann")
    assert await walk(acme, "contacts", by=ann, limit=2) == ["acme/c7", "acme/n00", "acme/n10", "acme/n20"]
    assert (await acme.get("/v1/contacts/n10", by=ann)).status_code == 200
    for id in ("n11", "cw", "cg"):
        problem(await acme.get(f"/v1/contacts/{id}", by=ann), 404, "not_found")
    problem(await acme.patch("/v1/contacts/n11", {}, by=ann), 404, "not_found")
    problem(await acme.put("/v1/contacts/n11", {"account": "acme"}, by=ann), 404, "not_found")
    view = acme.user("ann", actor="olga")
    assert len(await walk(acme, "contacts", by=view)) == 4
    await acme.patch("/v1/contacts/n10", {"assigned_user": "bob"})
    problem(await acme.get("/v1/contacts/n10", by=ann), 404, "not_found")


@pytest.mark.parametrize("overseer", ["manager", "admin"])
async def test_E_13_a_salesperson_who_oversees_others_reads_all(acme: Api, overseer: str) -> None:
    await acme.patch("/v1/users/bob", {"roles": ["salesperson", overseer]})
    assert (await acme.get("/v1/contacts/c7", by=acme.user("bob"))).status_code == 200
    assert await walk(acme, "contacts", by=acme.user("bob")) == ["acme/c7", "west/cw"]
