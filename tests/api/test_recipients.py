"""Who got a broadcast, as far as who asks may know the people."""

import pytest_asyncio

from .calling import Api, Caller


@pytest_asyncio.fixture
async def wim(acme: Api) -> Caller:
    """A manager of west, whose group has members in the account above."""
    await acme.put("/v1/users/wim", {"account": "west", "roles": ["manager"]})
    await acme.put("/v1/groups/mixed", {"account": "west", "name": "Mixed", "members": ["ann", "wes"]})
    return acme.user("wim")


async def test_E_18_people_beyond_the_caller_s_tree_are_counted_and_not_named(acme: Api, wim: Caller) -> None:
    sent = (await acme.post("/v1/broadcasts", {"message": "Hi", "groups": ["mixed"]}, by=wim)).json()
    assert sent["recipients"] == 2
    path = f"/v1/broadcasts/{sent['id']}"
    assert (await acme.get("/v1/users/ann", by=wim)).status_code == 404
    rows = (await acme.get(f"{path}/recipients", by=wim)).json()["items"]
    assert [(one["user"], one["account"], one["delivered"]) for one in rows] == [
        ("wes", "west", True),
        (None, None, True),
    ]
    assert rows[1]["notification"] is None
    assert (await acme.get(path, by=wim)).json()["delivered"] == 2
    seen = (await acme.get(f"{path}/recipients")).json()["items"]
    assert [(one["user"], one["account"]) for one in seen] == [("wes", "west"), ("ann", "acme")]
    paged = list[object]()
    cursor: str | None = ""
    while cursor is not None:
        page = (await acme.get(f"{path}/recipients?limit=1&cursor={cursor}", by=wim)).json()
        paged, cursor = paged + page["items"], page["next_cursor"]
    assert paged == rows
