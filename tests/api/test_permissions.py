"""Who may do what: every credential on every route, in its own account, in one below it and in another tenant's.

The table is in permission_table.py. A route that is not in it fails here, and so does one that does not ask about all
three accounts, unless it says that it has no account to ask about.
"""

import re
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
    "acme": {"user": "bob", "spare": "sa", "contact": "ca", "group": "ga", "ring": "ra", "line": "la"},
    "west": {"user": "wes", "spare": "sw", "contact": "cw", "group": "gw", "ring": "rw", "line": "lw"},
    "globex": {"user": "gil", "spare": "sg", "contact": "cg", "group": "gg", "ring": "rg", "line": "lg"},
}
ADMINS = {"acme": "olga", "west": "wyn", "globex": "gus"}
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
            await self.put(f"users/{user}", {"account": account, "roles": [role], "email": f"{user}@crm.example"})
        for account in ACCOUNTS:
            await self.furnish(account)
        await self.let_in()

    async def put(self, path: str, body: Mapping[str, Any]) -> None:
        answer = await self.api.put(f"/v1/{path}", dict(body))
        assert answer.status_code == 200, answer.text

    async def furnish(self, account: str) -> None:
        named, post = NAMED[account], self.api.post
        await self.put(f"contacts/{named['contact']}", {"account": account, "assigned_user": named["user"]})
        await self.put(f"accounts/{account}", body_of("PUT", "/v1/accounts/{id}", account) | {"owner": ADMINS[account]})
        for noun in ("users", "groups", "ring-groups", "lines", "webhooks"):
            await self.renew(noun, account)
        await post("/v1/events", {"type": "new_lead", "account": account, "contact": named["contact"]})
        for at in (account, *(["ann"] if account == "acme" else [])):
            found = (await self.api.get(f"/v1/inbox?user={NAMED[at]['user']}")).json()["items"]
            self.made["notifications", at] = found[0]["id"]
        message = {"message": "Hello", "groups": [named["group"]], "account": account}
        sent = (await post("/v1/broadcasts", message)).json()
        notice = (await post("/v1/system-notices", {"message": "Hello", "accounts": [account]})).json()
        self.made["broadcasts", account], self.made["system-notices", account] = sent["id"], notice["id"]
        mailed = (await self.api.get(f"/v1/deliveries?user={named['user']}&channel=email")).json()["items"]
        self.made["deliveries", account] = mailed[0]["id"]  # no dead letter: who may is answered 409

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
        elif noun == "webhooks":
            if before := self.made.get((noun, account)):
                await self.api.delete(f"/v1/webhooks/{before}")
            made = await self.api.post("/v1/webhooks", body_of("POST", "/v1/webhooks", account))
            self.made["webhooks", account] = made.json()["id"]

    async def id(self, row: Row, noun: str) -> str:
        """Name what a row is about; what it may remove is there again for each caller."""
        if row.method in ("PUT", "DELETE") and row.account in ACCOUNTS and row.path.count("/") == 3:
            await self.renew(noun, row.account)
        if noun == "accounts":
            return row.account
        if noun == "users" and (row.account == "ann" or not row.changes_people):
            return NAMED[row.account]["user"]
        account = "acme" if row.account == "-" else row.account
        return NAMED[account][KINDS[noun]] if noun in KINDS else self.made[noun, account]

    async def status(self, row: Row, caller: str) -> int:
        id = await self.id(row, row.path.split("/")[2]) if "{id}" in row.path else ""
        path = row.path.format(id=id, account=row.account, **NAMED[row.account])
        by = self.callers[caller]
        headers = {"X-API-KEY": by.credential} if by.credential else {}
        body = body_of(row.method, route_of(row), row.account, caller)
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        return (await self.api.call(row.method, path, by=by, headers=headers, **sent)).status_code


def route_of(row: Row) -> str:
    """Name the route of a row: its path without the query, or the template that the path fits."""
    path = row.path.partition("?")[0]
    known = {route.path for route in ROUTES}
    return path if path in known else next(one for one in known if re.fullmatch(one.replace("{id}", "[^/]+"), path))


KINDS = {"users": "spare", "contacts": "contact", "groups": "group", "ring-groups": "ring", "lines": "line"}


def body_of(method: str, route: str, account: str, caller: str = "operator") -> Any:
    """Write the body that a row sends: a right one, in or about this account."""
    make = BODIES.get((method, route)) or BODIES.get((method, "*"))
    where = "acme" if account in ("ann", "-") else account
    return make(where, {**NAMED[account], "caller": caller}) if make else None


def log_in_as(account: str, named: Mapping[str, str]) -> dict[str, str]:
    """A key says who looks: an admin who may."""
    is_key = named["caller"] in (*SCOPES, "operator", "below", "foreign")
    return {"user": named["user"], **({"actor": ADMINS[account]} if is_key else {})}


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
    ("POST", "/v1/webhooks"): lambda at, of: {
        "account": at,
        "url": "https://8.8.8.8/in",
        "events": ["delivery.failed"],
    },
    ("POST", "/v1/directory"): lambda at, of: b'{"kind": "group", "id": "loaded", "account": "%b"}' % at.encode(),
    ("POST", "/v1/events"): lambda at, of: {"type": "new_lead", "account": at},
    ("POST", "/v1/broadcasts"): lambda at, of: {"message": "Hello", "groups": [of["group"]]},
    ("POST", "/v1/system-notices"): lambda at, of: {"message": "Hello", "accounts": ["acme"]},
    ("POST", "/api/v5/notifications/send"): lambda at, of: {
        "notification": {"type": "api.info", "message": "Hello", "userGroups": [of["group"]]}
    },
    ("POST", "/v1/log-in-as"): log_in_as,
    ("POST", "/v1/samples"): lambda at, of: {"type": "task_due", "channels": ["system"]},
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
        asked.setdefault((row.method, route_of(row)), set()).add(row.account)
    assert asked.keys() == {(route.method, route.path) for route in ROUTES}
    holes = {route for route, accounts in asked.items() if not accounts >= ACCOUNTS.keys()}
    assert holes == WITHOUT_ACCOUNT


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_the_table(world: World, row: Row) -> None:
    got = {caller: await world.status(row, caller) for caller in CALLERS.values()}
    await world.api.hub.clock.turn_all(None)
    assert got == row.expected


def test_a_line_too_many_or_too_few_cannot_be_read_over() -> None:
    assert len({(row.method, row.path, row.account) for row in ROWS}) == len(ROWS)
    assert all(len(row.expected) == len(CALLERS) for row in ROWS)


# What a status alone does not show.


async def test_a_line_of_a_directory_that_lies_outside_the_tree_is_not_stored(acme: Api, producer: Caller) -> None:
    lines = b'{"kind": "group", "id": "g1", "account": "globex"}\n{"kind": "group", "id": "g2", "account": "west"}'
    answer = (await acme.call("POST", "/v1/directory", by=producer, content=lines)).json()
    assert (answer["stored"], [error["line"] for error in answer["errors"]]) == (1, [1])


async def test_an_id_that_belongs_elsewhere_cannot_be_taken(acme: Api, producer: Caller) -> None:
    made = await acme.post("/v1/keys", {"account": "west", "scopes": ["directory"]})
    below = Caller(made.json()["key"])
    assert (await acme.put("/v1/users/gus", {"account": "acme"}, by=producer)).status_code == 409
    assert (await acme.put("/v1/users/ann", {"account": "west"}, by=below)).status_code == 409
    assert (await acme.put("/v1/contacts/c7", {"account": "west"}, by=below)).status_code == 409
    assert (await acme.put("/v1/accounts/new", {}, by=producer)).status_code == 422, "no root account"
    assert (await acme.put("/v1/accounts/acme", {"parent": "west"}, by=producer)).status_code == 422


async def test_lists_hold_what_the_caller_sees(acme: Api, producer: Caller) -> None:
    async def ids(path: str, by: Caller) -> set[str]:
        return {item["id"] for item in (await acme.get(path, by=by)).json()["items"]}

    olga, gus = acme.user("olga"), acme.user("gus")
    assert await ids("/v1/accounts", producer) == await ids("/v1/accounts", olga) == {"acme", "west"}
    assert await ids("/v1/accounts", gus) == {"globex"}
    assert await ids("/v1/users", olga) == {"ann", "bob", "mia", "olga", "wes"}
    assert await ids("/v1/contacts", olga) == {"c7", "cw"}
    assert await ids("/v1/groups", gus) == {"gg"}


async def test_a_view_writes_nothing_and_is_told_why(acme: Api) -> None:
    answer = await acme.post("/v1/inbox/read", {"ids": []}, by=acme.user("ann", actor="olga"))
    assert answer.json()["code"] == "log_in_as_view"


@pytest.mark.parametrize("change", [{"roles": ["agent"]}, {"active": False}, {"account": "west"}, None])
async def test_AMB_16_a_log_in_as_session_ends_when_its_actor_loses_the_right(
    acme: Api, change: dict[str, object] | None
) -> None:
    view = acme.user("ann", actor="olga")
    assert (await acme.get("/v1/users/me", by=view)).json()["id"] == "ann"
    changed = await acme.patch("/v1/users/olga", change) if change else await acme.delete("/v1/users/olga")
    assert changed.is_success
    assert (await acme.get("/v1/users/me", by=view)).status_code == 401


async def test_a_log_in_as_session_into_another_tenant_is_refused(acme: Api) -> None:
    assert (await acme.get("/v1/users/me", by=acme.user("ann", actor="gus"))).status_code == 401


async def test_roles_come_from_the_directory_at_once(acme: Api) -> None:
    ann = acme.user("ann")
    assert (await acme.get("/v1/users/bob", by=ann)).status_code == 403
    await acme.patch("/v1/users/ann", {"roles": ["admin"]})
    assert (await acme.get("/v1/users/bob", by=ann)).status_code == 200


async def test_a_revoked_key_is_refused_at_once(acme: Api, producer: Caller) -> None:
    (key,) = (await acme.get("/v1/keys")).json()["items"]
    assert set(key) == {"id", "account", "scopes"}
    assert (await acme.delete(f"/v1/keys/{key['id']}")).status_code == 204
    assert (await acme.get("/v1/groups", by=producer)).status_code == 401
    assert (await acme.delete(f"/v1/keys/{key['id']}")).status_code == 404


async def test_a_key_makes_no_key_that_may_do_more_than_itself(acme: Api) -> None:
    made = await acme.post("/v1/keys", {"account": "acme", "scopes": ["directory"]})
    key = Caller(made.json()["key"])
    assert (await acme.post("/v1/keys", {"account": "west", "scopes": ["directory"]}, by=key)).status_code == 200
    assert (await acme.post("/v1/keys", {"account": "west", "scopes": ["events"]}, by=key)).status_code == 403
    assert (await acme.post("/v1/keys", {"account": "globex", "scopes": ["directory"]}, by=key)).status_code == 422
