"""The API alone, in process, on a real store: no gateway, no worker process, no mock."""

import secrets
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from .calling import Api, ApiHub, Caller
from .live import LiveApi, live


@pytest_asyncio.fixture
async def make_hub(store_url: str) -> AsyncIterator[Callable[..., ApiHub]]:
    """Make hubs with settings of the test's own; each has its own prefix."""
    hubs: list[ApiHub] = []

    async def make(**settings: object) -> ApiHub:
        hub = ApiHub(store_url, f"t{secrets.token_hex(4)}", settings)
        await hub.open()
        hubs.append(hub)
        return hub

    yield make  # type: ignore[misc]
    for hub in hubs:
        await hub.store.close()


@pytest_asyncio.fixture
async def hub(make_hub: Callable[..., ApiHub]) -> ApiHub:
    made: ApiHub = await make_hub(test_mode=True)
    return made


@pytest_asyncio.fixture
async def api(hub: ApiHub) -> AsyncIterator[Api]:
    """The operator's view of an empty hub."""
    async with Api(hub) as api:
        yield api


async def populate(api: Api) -> None:
    """Make two tenants: acme with a sub-account, and globex, each with people and a contact."""
    for id, parent in (("acme", None), ("west", "acme"), ("globex", None)):
        await api.put(f"/v1/accounts/{id}", {"name": id.title(), "parent": parent})
    people = [
        ("ann", "acme", ["agent"]),
        ("bob", "acme", ["agent"]),
        ("mia", "acme", ["manager"]),
        ("olga", "acme", ["admin"]),
        ("wes", "west", ["agent"]),
        ("gus", "globex", ["admin"]),
    ]
    for id, account, roles in people:
        await api.put(f"/v1/users/{id}", {"account": account, "name": id.title(), "roles": roles})
    for id, account, assigned in (("c7", "acme", "ann"), ("cw", "west", "wes"), ("cg", "globex", "gus")):
        await api.put(f"/v1/contacts/{id}", {"account": account, "first_name": "Eve", "assigned_user": assigned})
    await api.put("/v1/groups/sales", {"account": "acme", "name": "Sales", "members": ["ann", "bob"]})
    await api.put("/v1/groups/gg", {"account": "globex", "name": "All", "members": ["gus"]})


@pytest_asyncio.fixture
async def acme(api: Api) -> Api:
    """Two tenants, in process and without a gateway."""
    await populate(api)
    return api


@pytest_asyncio.fixture
async def town(store_url: str) -> AsyncIterator[LiveApi]:
    """The same tenants in a whole hub, where people open tabs."""
    async with live(store_url) as town:
        await populate(town)
        yield town


@pytest_asyncio.fixture
async def producer(acme: Api) -> Caller:
    """A producer key of acme with every scope."""
    scopes = ["events", "directory", "broadcasts", "texts"]
    made = (await acme.post("/v1/keys", {"account": "acme", "scopes": scopes})).json()
    return Caller(made["key"])
