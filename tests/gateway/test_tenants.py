"""Two tenants on one hub, under random load: neither ever gets a byte of the other.

Every string of a tenant holds its canary, and half of their ids are the same, where ids may be. Each credential of a
tenant also asks for what is the other's: what it asked for may come back in a refusal, and nothing else.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from tests.api.calling import Caller
from tests.api.live import LiveApi, live

from .conftest import PATIENCE, TabClient

SEED = 20_261_123
STEPS = 300  # of each tenant
CANARIES = {"red": "kestrel", "blue": "marmot"}
JSON, PACKED = "hub.v1+json", "hub.v1+msgpack"
WITH_CONTACT = ("new_lead", "voicemails", "text_received", "customer_changed", "single_reassigned", "duplicate_client")
WITH_LINE = ("call_incoming", "line_text", "line_voicemail")
TO_ALL = ("system_information", "client_import", "bulk_released")
LISTS = ("accounts", "users", "groups", "ring-groups", "lines", "contacts", "keys", "broadcasts", "audit")
ITEMS = ("accounts", "users", "groups", "ring-groups", "lines", "contacts", "broadcasts", "notifications")
OWN = ("preferences", "rollup", "line-opt-ins")
MARKS = ("dismiss", "read", "archive", "restore")


class Tenant:
    """One tenant: what it has, who calls for it, and every byte that its tabs and requests were given."""

    def __init__(self, name: str, hub: LiveApi) -> None:
        self.name, self.hub = name, hub
        self.canary = CANARIES[name]
        self.chance = random.Random(f"{SEED} {name}")
        self.accounts = [f"{name}-root", f"{name}-north", f"{name}-south"]
        self.users = [f"{name}-u{n}" for n in range(8)]
        self.contacts = ["c1", "c2", f"{name}-c3"]
        self.ids: dict[str, list[str]] = {
            "accounts": self.accounts, "users": self.users, "contacts": self.contacts, "groups": ["g1", f"{name}-g2"],
            "ring-groups": ["r1"], "lines": ["l1", f"{name}-l2"], "broadcasts": [], "notifications": [],
        }  # fmt: skip
        self.callers: list[Caller] = []
        self.tabs: list[Tab] = []
        self.bodies: list[bytes] = []
        self.accepted = 0

    def text(self) -> str:
        return f"{self.canary} {self.chance.randrange(10**6)}"

    def pick(self, kind: str) -> str:
        return self.chance.choice(self.ids[kind] or ["none"])

    async def settle_in(self) -> None:
        """Make accounts, people, groups, lines and contacts; make keys and tokens."""
        root, north, south = self.accounts
        for account, parent in ((root, None), (north, root), (south, north)):
            await self.put("accounts", account, parent=parent, add_ons=["rollup"], sender_name=self.text())
        roles = ("admin", "manager", "agent", "salesperson", "agent", "admin", "agent", "manager")
        homes = (root, root, root, root, north, north, south, south)
        for user, role, account in zip(self.users, roles, homes, strict=True):
            await self.put("users", user, account=account, roles=[role], email=f"{user}@{self.canary}.example")
        for number, contact in enumerate(self.contacts):
            assigned = {"account": root, "assigned_user": self.users[number]}
            await self.put("contacts", contact, name=None, first_name=self.text(), last_name=self.canary, **assigned)
        for kind in ("groups", "ring-groups"):
            for id in self.ids[kind]:
                await self.put(kind, id, account=root, members=self.chance.sample(self.users, 5))
        for number, line in enumerate(self.ids["lines"]):
            behind = {"ring_group": "r1"} if number else {"owner": self.users[2]}
            phone = f"+1555010{len(self.name)}00{number}"
            await self.put(
                "lines", line, name=None, account=root, number=phone, messaging_service=self.text(), **behind
            )
        await self.put(f"users/{self.users[0]}", "rollup", name=None, accounts=[north, south])
        for account in (root, north):
            scopes = ["events", "directory", "broadcasts", "texts"]
            made = await self.hub.post("/v1/keys", {"account": account, "scopes": scopes})
            self.callers.append(Caller(made.json()["key"]))
        self.callers += [self.hub.user(user) for user in self.users]
        self.callers.append(self.hub.user(self.users[2], actor=self.users[0]))

    async def put(self, kind: str, id: str, **fields: Any) -> None:
        """Put an object, by default with a name."""
        body = {"name": self.text(), **fields}
        path = f"/v1/{kind}/{id}"
        answer = await self.hub.put(
            path, {name: value for name, value in body.items() if (name, value) != ("name", None)}
        )
        assert answer.status_code == 200, answer.text

    async def ask(self, method: str, path: str, body: Any = None, by: Caller | None = None) -> Any:
        """Call by somebody of this tenant, and keep all that comes back but what was asked with."""
        caller = by or self.chance.choice(self.callers)
        answer = await self.hub.call(method, path, body, by=caller, headers={"X-API-KEY": caller.credential})
        assert answer.status_code < 500, answer.text
        got = orjson.dumps([list(answer.headers.items()), answer.text])
        for asked in {*path.split("?")[0].split("/"), *path.partition("=")[2].split("&"), *words(body)}:
            got = got.replace(asked.encode(), b"") if len(asked) > 4 else got
        self.bodies.append(got)
        self.accepted += answer.is_success
        return answer


def words(value: Any) -> Iterator[str]:
    """List the strings of a body."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from words(part)


class Tab:
    """A tab that keeps every byte that it hears."""

    def __init__(self, user: str, client: TabClient) -> None:
        self.user, self.client = user, client
        self.heard: list[bytes] = []
        self.told: set[str] = set()
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for data in self.client.connection:
            self.heard.append(data if isinstance(data, bytes) else data.encode())
            frame = self.client.read(data)
            if frame["op"] == "notify":
                self.told.add(frame["entry"]["id"])
            if frame["op"] == "ping":
                await self.client.say("pong")


class Load:
    """What one tenant does, step by step; `other` is whose things it asks for, too."""

    def __init__(self, tenant: Tenant, other: Tenant) -> None:
        self.of, self.other = tenant, other

    async def run(self) -> None:
        acts = [self.post, self.post, self.broadcast, self.prefer, self.mark, self.look, self.look, self.look, self.pry,
                self.pry, self.intrude, self.rename]  # fmt: skip
        for _ in range(STEPS):
            await self.of.chance.choice(acts)()

    def event(self, of: Tenant) -> dict[str, Any]:
        """Write an event about things of a tenant, with this tenant's words."""
        mine, chance = self.of, self.of.chance
        kind = chance.choice((*WITH_CONTACT, *WITH_LINE, *TO_ALL, "mention"))
        event: dict[str, Any] = {
            "type": kind,
            "account": of.pick("accounts"),
            "title": mine.text(),
            "body": mine.text(),
        }
        event["data"] = {mine.canary: mine.text(), "changes": {"status": [mine.text(), mine.text()]}}
        if kind in WITH_CONTACT:
            event |= {
                "account": of.accounts[0],
                "contact": of.pick("contacts"),
                "original_contact": of.pick("contacts"),
            }
        if kind in WITH_LINE:
            event |= {"account": of.accounts[0], "line": of.pick("lines")}
        if kind == "mention":
            event["users"] = chance.sample(of.users, 3)
        return event

    async def post(self) -> None:
        await self.of.ask("POST", "/v1/events", self.event(self.of), self.of.callers[0])

    async def broadcast(self) -> None:
        body = {"message": f"<b>{self.of.text()}</b>", "groups": self.of.ids["groups"], "title": self.of.text()}
        answer = await self.of.ask("POST", "/v1/broadcasts", body, self.of.callers[self.of.chance.choice((0, 2, 3))])
        self.of.ids["broadcasts"].append(answer.json()["id"])

    async def prefer(self) -> None:
        chance, user = self.of.chance, self.of.chance.randrange(len(self.of.users))
        options = {"system": chance.random() < 0.7, "au": chance.random() < 0.3}
        body = {"types": dict.fromkeys(chance.sample(WITH_CONTACT, 2), options)}
        await self.of.ask("PATCH", "/v1/users/me/preferences", body, self.of.callers[2 + user])

    async def mark(self) -> None:
        """Put entries away: one's own, and what would be the other's."""
        ids = [self.of.pick("notifications"), self.other.pick("notifications")]
        await self.of.ask("POST", f"/v1/inbox/{self.of.chance.choice(MARKS)}", {"ids": ids})
        await self.of.chance.choice(self.of.tabs).client.say("dismiss", ids=ids, ref=1)

    async def look(self) -> None:
        """Read what is one's own."""
        answer = await self.of.ask("GET", f"/v1/inbox?user={self.of.pick('users')}")
        if answer.is_success:
            self.of.ids["notifications"] = [entry["id"] for entry in answer.json()["items"]][:20] or ["none"]
        await self.of.ask("GET", self.path(self.of))

    async def pry(self) -> None:
        """Read what is the other's."""
        await self.of.ask("GET", self.path(self.other))
        await self.of.ask("GET", f"/v1/{self.of.chance.choice(LISTS)}?account={self.other.pick('accounts')}")

    async def intrude(self) -> None:
        """Write to what is the other's, and name it in what is one's own."""
        mine, theirs = self.of, self.other
        await mine.ask("POST", "/v1/events", self.event(theirs))
        await mine.ask("POST", "/v1/broadcasts", {"message": mine.text(), "users": [theirs.pick("users")]})
        await mine.ask("POST", "/v1/log-in-as", {"user": theirs.pick("users")})
        await mine.ask("PATCH", f"/v1/users/{theirs.pick('users')}/preferences", {"types": {}})
        body = {"account": mine.accounts[0], "name": mine.text(), "members": [theirs.pick("users")]}
        await mine.ask("PUT", "/v1/groups/g1", body)

    async def rename(self) -> None:
        path = self.of.chance.choice([f"users/{self.of.pick('users')}", f"groups/{self.of.pick('groups')}"])
        await self.of.ask("PATCH", f"/v1/{path}", {"name": self.of.text()}, self.of.callers[0])

    def path(self, of: Tenant) -> str:
        chance = self.of.chance
        kind = chance.choice(ITEMS)
        return chance.choice([
            f"/v1/{kind}/{of.pick(kind)}",
            f"/v1/{chance.choice(LISTS)}",
            f"/v1/users/{of.pick('users')}/{chance.choice(OWN)}",
            f"/v1/inbox?user={of.pick('users')}",
            f"/v1/deliveries?user={of.pick('users')}",
            f"/v1/deliveries?event={of.pick('notifications')}",
            f"/v1/broadcasts/preview?groups={of.pick('groups')}",
            f"/v1/broadcasts/{of.pick('broadcasts')}/recipients",
            f"/v1/accounts/{of.pick('accounts')}/defaults",
        ])  # fmt: skip


@pytest_asyncio.fixture
async def tenants(store_url: str) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """Settle two tenants into one hub, with tabs of both."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(live(store_url, rate_limit_keys=0, rate_limit_users=0))
        red, blue = Tenant("red", hub), Tenant("blue", hub)
        for tenant in (red, blue):
            await tenant.settle_in()
            for number, user in enumerate(tenant.users):
                tenant.tabs.append(await opened(stack, hub, user, PACKED if number % 2 else JSON))
            tenant.tabs.append(await opened(stack, hub, tenant.users[0], PACKED))
            tenant.tabs.append(await opened(stack, hub, tenant.users[2], JSON, actor=tenant.users[0]))
        yield red, blue


async def opened(stack: AsyncExitStack, hub: LiveApi, user: str, protocol: Any, actor: str | None = None) -> Tab:
    """Open a tab that listens from its welcome on."""
    url = f"ws://127.0.0.1:{hub.port}/v1/ws"
    connection = await stack.enter_async_context(connect(url, subprotocols=[protocol]))
    token = hub.user(user, actor).credential
    tab = Tab(user, TabClient(connection, lambda user: token))
    await tab.client.say("hello", token=token, tab=f"tab-{user}-{protocol[-4:]}", state="focused", after=None)
    return tab


async def everything_told(tenant: Tenant) -> None:
    """Wait until each tab was told all that is in its user's inbox."""
    for tab in tenant.tabs:
        answer = await tenant.hub.get("/v1/inbox?limit=200", by=tenant.hub.user(tab.user))
        inbox = {entry["id"] for entry in answer.json()["items"]}
        async with asyncio.timeout(PATIENCE):
            while not inbox <= tab.told:
                await asyncio.sleep(0.02)


async def test_neither_tenant_ever_gets_a_byte_of_the_other(tenants: tuple[Tenant, Tenant]) -> None:
    red, blue = tenants
    await asyncio.gather(Load(red, blue).run(), Load(blue, red).run())
    await red.hub.post("/v1/test/settle")
    for mine, other in ((red, blue), (blue, red)):
        await everything_told(mine)
        frames = b"".join(frame for tab in mine.tabs for frame in tab.heard)
        assert frames.count(mine.canary.encode()) > STEPS, "its own did arrive"
        assert other.canary.encode() not in frames
        assert f"{other.name}-".encode() not in frames
        assert mine.accepted > STEPS / 2
        for body in mine.bodies:
            assert other.canary.encode() not in body, body
            assert f"{other.name}-".encode() not in body, body
        assert all(tab.told for tab in mine.tabs), [tab.user for tab in mine.tabs if not tab.told]
    metrics = (await red.hub.get("/metrics")).text
    assert not [word for word in CANARIES.values() if word in metrics]


@pytest.mark.parametrize("verb", MARKS)
async def test_what_is_the_others_is_unknown_and_stays_as_it_is(tenants: tuple[Tenant, Tenant], verb: str) -> None:
    red, blue = tenants
    event = {"type": "mention", "account": blue.accounts[0], "users": [blue.users[0]], "title": blue.text()}
    await blue.ask("POST", "/v1/events", event, blue.callers[0])
    theirs = blue.hub.user(blue.users[0])
    (entry,) = (await blue.hub.get("/v1/inbox", by=theirs)).json()["items"]
    for by in red.callers[2:-1]:
        done = (await red.hub.post(f"/v1/inbox/{verb}", {"ids": [entry["id"]]}, by=by)).json()
        assert (done["changed"], done["unknown"]) == ([], [entry["id"]])
    assert (await blue.hub.get("/v1/inbox", by=theirs)).json()["items"] == [entry]
