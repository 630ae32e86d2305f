"""Who may do what: every credential on every route, in its own account, in one below it and in another tenant's.

The table is in permission_table.py. A route that is not in it fails here, and so does one that does not ask about all
three accounts, unless it says that it has no account to ask about.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from hub.api.application import ASYNCAPI, OPENAPI, TABLE
from hub.api.testing import ROUTES as TEST_ROUTES

from .calling import NOBODY, OPERATOR, Api, ApiHub, Caller
from .permission_table import CALLERS, ROWS, WITHOUT_ACCOUNT, Row

ROUTES = [*TABLE, *TEST_ROUTES, OPENAPI, ASYNCAPI]
SCOPES = ("events", "directory", "broadcasts", "texts")
ACCOUNTS = {"acme": None, "west": "acme", "globex": None}
PEOPLE = [
    ("ann", "acme", "agent"), ("bob", "acme", "agent"), ("mia", "acme", "manager"), ("olga", "acme", "admin"),
    ("bea", "acme", "billing_admin"), ("sal", "acme", "salesperson"), ("wes", "west", "agent"),
    ("wyn", "west", "admin"), ("gil", "globex", "agent"), ("gus", "globex", "admin"),
]  # fmt: skip
# What a row is about, by the account it names. `ann` is the agent herself; `spare` is who is written and removed.
NAMED: dict[str, dict[str, str]] = {
    "acme": {"user": "bob", "spare": "sa", "contact": "ca", "group": "ga", "ring": "ra", "line": "la", "owner": "olga"},
    "west": {"user": "wes", "spare": "sw", "contact": "cw", "group": "gw", "ring": "rw", "line": "lw", "owner": "wyn"},
    "globex": {"user": "gil", "spare": "sg", "contact": "cg", "group": "gg", "ring": "rg", "line": "lg", "owner": "gus"},
}
NAMED["ann"] = {**NAMED["acme"], "user": "ann"}
NAMED["-"] = NAMED["acme"]


class World:
    """A hub with three accounts, somebody of every role in it, and one of everything in each account."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.callers: dict[str, Caller] = {"operator": OPERATOR, "nobody": NOBODY}
        self.made: dict[tuple[str, str], str] = {}  # ids that the hub chose, by noun and account

    async def fill(self) -> None:
        for account, parent in ACCOUNTS.items():
            await self.put(f"accounts/{account}", {"parent": parent, "add_ons": ["rollup"]})
        for user, account, role in PEOPLE:
            await self.put(f"users/{user}", {"account": account, "roles": [role]})
        for account in ACCOUNTS:
            await self.furnish(account)
        await self.let_in()

    async def put(self, path: str, body: Mapping[str, Any]) -> None:
        answer = await self.api.put(f"/v1/{path}", dict(body))
        assert answer.status_code == 200, answer.text

    async def furnish(self, account: str) -> None:
        named, post = NAMED[account], self.api.post
        await self.put(f"contacts/{named['contact']}", {"account": account, "assigned_user": named["user"]})
        await self.put(f"accounts/{account}", body_of("PUT", "/v1/accounts/{id}", account) | {"owner": named["owner"]})
        for noun in ("users", "groups", "ring-groups", "lines"):
            await self.renew(noun, account)
        await post("/v1/events", {"type": "new_lead", "account": account, "contact": named["contact"]})
        entry = (await self.api.get(f"/v1/inbox?user={named['user']}")).json()["items"][0]
        sent = (await post("/v1/broadcasts", {"message": "Hello", "groups": [named["group"]]})).json()
        notice = (await post("/v1/system-notices", {"message": "Hello", "accounts": [account]})).json()
        for noun, id in (("notifications", entry["id"]), ("broadcasts", sent["id"]), ("system-notices", notice["id"])):
            self.made[noun, account] = id

    async def let_in(self) -> None:
        for scope in SCOPES:
            self.callers[scope] = await self.key("acme", scope)
        self.callers |= {"below": await self.key("west", *SCOPES), "foreign": await self.key("globex", *SCOPES)}
        people = {"agent": "ann", "manager": "mia", "admin": "olga", "billing": "bea", "sales": "sal"}
        people |= {"lower": "wyn", "stranger": "gus"}
        self.callers |= {name: self.api.user(user) for name, user in people.items()}
        self.callers["view"] = self.api.user("ann", actor="olga")

    async def key(self, account: str, *scopes: str) -> Caller:
        made = (await self.api.post("/v1/keys", {"account": account, "scopes": scopes})).json()
        self.made["keys", account] = made["id"]
        return Caller(made["key"])

    async def renew(self, noun: str, account: str) -> None:
        """Put something (back) that rows write or remove."""
        if noun in KINDS:
            path = f"/v1/{noun}/{{id}}"
            await self.put(f"{noun}/{NAMED[account][KINDS[noun]]}", body_of("PUT", path, account))
        elif noun == "keys":
            await self.key(account, "events")

    async def id(self, row: Row, noun: str) -> str:
        """Name what a row is about; what it may remove is there again for each caller."""
        if row.method in ("PUT", "DELETE") and row.account in ACCOUNTS and row.path.count("/") == 3:
            await self.renew(noun, row.account)
        account = row.account if row.account in ACCOUNTS else "acme"
        if noun == "accounts":
            return account
        if noun == "users" and row.spares_people:
            return NAMED[row.account]["spare"]
        kind = {**KINDS, "users": "user"}.get(noun)
        return NAMED[row.account][kind] if kind else self.made[noun, account]

    async def status(self, row: Row, caller: str) -> int:
        id = await self.id(row, row.path.split("/")[2]) if "{id}" in row.path else ""
        path = row.path.format(id=id, account=row.account, **NAMED[row.account])
        by = self.callers[caller]
        headers = {"X-API-KEY": by.credential} if by.credential else {}
        body = body_of(row.method, row.route, row.account, caller)
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        return (await self.api.call(row.method, path, by=by, headers=headers, **sent)).status_code


KINDS = {"users": "spare", "contacts": "contact", "groups": "group", "ring-groups": "ring", "lines": "line"}


def body_of(method: str, route: str, account: str, caller: str = "operator") -> Any:
    """Write the body that a row sends: a right one, in or about this account."""
    make = BODIES.get((method, route)) or BODIES.get((method, "*"))
    where = "acme" if account in ("ann", "-") else account
    return make(where, {**NAMED[account], "caller": caller}) if make else None


def log_in_as(account: str, named: Mapping[str, str]) -> dict[str, str]:
    """A key says who looks: an admin who may."""
    is_key = named["caller"] in (*SCOPES, "operator", "below", "foreign")
    return {"user": named["user"], **({"actor": named["owner"]} if is_key else {})}


Make = Callable[[str, Mapping[str, str]], Any]
BODIES: dict[tuple[str, str], Make] = {
    ("PUT", "/v1/accounts/{id}"): lambda at, of: {"parent": ACCOUNTS[at], "add_ons": ["rollup"]},
    ("PUT", "/v1/users/{id}"): lambda at, of: {"account": at},
    ("PUT", "/v1/contacts/{id}"): lambda at, of: {"account": at, "assigned_user": of["user"]},
    ("PUT", "/v1/groups/{id}"): lambda at, of: {"account": at, "members": [of["user"]]},
    ("PUT", "/v1/ring-groups/{id}"): lambda at, of: {"account": at, "members": [of["user"]]},
    ("PUT", "/v1/lines/{id}"): lambda at, of: {"account": at, "number": "+15550100111"},
    ("PUT", "/v1/users/{id}/rollup"): lambda at, of: {"accounts": []},
    ("PUT", "/v1/users/{id}/line-opt-ins"): lambda at, of: {"lines": []},
    ("PATCH", "*"): lambda at, of: {},
    ("POST", "/v1/keys"): lambda at, of: {"account": at, "scopes": ["directory"]},
    ("POST", "/v1/directory"): lambda at, of: b'{"kind": "group", "id": "loaded", "account": "%b"}' % at.encode(),
    ("POST", "/v1/events"): lambda at, of: {"type": "new_lead", "account": at},
    ("POST", "/v1/broadcasts"): lambda at, of: {"message": "Hello", "groups": [of["group"]]},
    ("POST", "/v1/system-notices"): lambda at, of: {"message": "Hello", "accounts": ["acme"]},
    ("POST", "/api/v5/notifications/send"): lambda at, of: {
        "notification": {"type": "api.info", "message": "Hello", "userGroups": [of["group"]]}
    },
    ("POST", "/v1/log-in-as"): log_in_as,
    ("POST", "/v1/inbox/dismiss"): lambda at, of: {"ids": []},
    ("POST", "/v1/inbox/read"): lambda at, of: {"ids": []},
    ("POST", "/v1/inbox/archive"): lambda at, of: {"ids": []},
    ("POST", "/v1/inbox/restore"): lambda at, of: {"ids": []},
    ("PUT", "/v1/test/clock"): lambda at, of: {"now": datetime.now(UTC).isoformat()},
    ("POST", "/v1/test/clock/advance"): lambda at, of: {"seconds": 0},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(store_url: str) -> AsyncIterator[World]:
    """Fill one hub for all rows: none of them leaves it otherwise than it found it."""
    hub = ApiHub(store_url, "t-permissions", {"test_mode": True, "rate_limit_users": 0, "rate_limit_keys": 0})
    await hub.open()
    async with Api(hub) as api:
        world = World(api)
        await world.fill()
        yield world
    await hub.store.close()


def test_every_route_is_in_the_table_for_every_account() -> None:
    asked: dict[tuple[str, str], set[str]] = {}
    for row in ROWS:
        asked.setdefault((row.method, row.route), set()).add(row.account)
    assert asked.keys() == {(route.method, route.path) for route in ROUTES}
    holes = {route for route, accounts in asked.items() if not accounts >= ACCOUNTS.keys()}
    assert holes == WITHOUT_ACCOUNT


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_the_table(world: World, row: Row) -> None:
    got = {caller: await world.status(row, caller) for caller in CALLERS}
    await world.api.hub.clock.turn_all(None)
    assert got == row.expected
