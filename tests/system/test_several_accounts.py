"""Happenings that concern several accounts, with the hub killed between one account and the next.

What was acknowledged reaches everybody named, in every account, exactly once; what is not finished is finished by
whoever comes next.
"""

import asyncio
import json
from collections.abc import Callable

import httpx2

from hub.engine.connection import Store

from .processes import PATIENCE, Api, HubProcess, StoreProcess, Tab

StartHub = Callable[..., HubProcess]
POSTERS = 16
MEMBERS = 3_000
LINES_A_REQUEST = 1_000


async def unfinished(store: StoreProcess) -> int:
    """Count the plans that wait in the store while no hub runs."""
    peek = Store(store.url)
    await peek.open()
    try:
        return int(await peek.command("ZCARD", peek.keys.work("queue")))
    finally:
        await peek.close()


async def seed_family(api: Api) -> None:
    """Make a parent that rolls up its child, with two people in each."""
    await api.put("/v1/accounts/parent", name="Parent", add_ons=["rollup"])
    await api.put("/v1/accounts/child", name="Child", parent="parent")
    for account, users in {"parent": ("pia", "paul"), "child": ("carl", "cora")}.items():
        for user in users:
            await api.put(f"/v1/users/{user}", account=account, name=user.title())
    for user in ("pia", "paul"):
        await api.put(f"/v1/users/{user}/rollup", accounts=["child"])


async def post_until(api: Api, ids: list[str], number: int, stop: asyncio.Event) -> None:
    """Post events of a child account one after the other, each until it is acknowledged."""
    count = 0
    while not stop.is_set():
        id = f"evt-{number:02}-{count:04}"
        await api.insist(id, type="system_information", account="child", contact=None)
        ids.append(id)
        count += 1


async def test_C_18_killed_between_two_accounts_both_are_told_once(
    outside_store: StoreProcess, start_hub: StartHub
) -> None:
    hub = start_hub(store=outside_store)
    acknowledged: list[str] = []
    caught = 0
    async with Api(hub) as api:
        await seed_family(api)
        stop = asyncio.Event()
        posters = [asyncio.create_task(post_until(api, acknowledged, n, stop)) for n in range(POSTERS)]
        for kill in range(1, 5):
            while len(acknowledged) < 40 * kill:
                await asyncio.sleep(0.01)
            hub.kill()
            caught += await unfinished(outside_store)
            hub.start()
        stop.set()
        await asyncio.gather(*posters)
        assert caught, "no kill came between two accounts: nothing was shown"
        await finished(outside_store)
        for user in ("pia", "paul", "carl", "cora"):
            assert sorted(await api.log_of(user)) == sorted(acknowledged), user


async def finished(store: StoreProcess) -> None:
    """Wait until nothing is left of any plan."""
    for _ in range(int(PATIENCE * 4)):
        if await unfinished(store) == 0:
            return
        await asyncio.sleep(0.25)
    raise AssertionError("a plan was never finished")


async def test_D_05_a_notice_killed_while_it_is_paged_reaches_all_accounts_once(
    outside_store: StoreProcess, start_hub: StartHub
) -> None:
    hub = start_hub(store=outside_store)
    async with Api(hub) as api:
        for account in ("one", "two"):
            await api.put(f"/v1/accounts/{account}", name=account)
            await seed_many(api, account)
        notice = await api.client.post("/v1/system-notices", json={"message": "Maintenance", "accounts": "all"})
        assert notice.status_code == 202, notice.text
        id, wanted = notice.json()["id"], 2 * MEMBERS
        assert notice.json()["recipients"] == wanted
        while not await delivered(api, id):
            await asyncio.sleep(0.005)
        hub.kill()
        assert await unfinished(outside_store), "the kill came too late: nothing was left to finish"
        hub.start()
        await finished(outside_store)
        assert await delivered(api, id) == wanted
        for account in ("one", "two"):
            for number in (0, MEMBERS // 2, MEMBERS - 1):
                tab = await Tab(f"{account}-{number}", "A").open(hub, "focused")
                assert [entry["title"] for entry in tab.entries.values()] == ["Important system notification"]
                assert tab.unread == 1
                await tab.close()


async def seed_many(api: Api, account: str) -> None:
    lines = [json.dumps({"kind": "user", "id": f"{account}-{n}", "account": account}) for n in range(MEMBERS)]
    for start in range(0, MEMBERS, LINES_A_REQUEST):
        body = "\n".join(lines[start : start + LINES_A_REQUEST])
        headers = {"Content-Type": "application/x-ndjson"}
        answer = await api.client.post("/v1/directory", content=body, headers=headers)
        assert answer.json() == {"stored": LINES_A_REQUEST, "errors": []}


async def delivered(api: Api, id: str) -> int:
    try:
        answer = await api.client.get(f"/v1/system-notices/{id}")
    except httpx2.HTTPError:
        return 0
    return int(answer.json()["delivered"])
