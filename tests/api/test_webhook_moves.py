"""Accounts that move while webhooks listen to them, through the API."""

from .calling import Api
from .hooks import make


async def hooks(api: Api, account: str) -> set[str]:
    store = api.hub.store
    return {hook.decode() for hook in await store.command("HKEYS", store.keys.account(account, "hooks"))}


async def test_C_18_who_is_no_longer_above_an_account_hears_no_more_of_it_when_its_move_can_be_seen(acme: Api) -> None:
    await acme.put("/v1/accounts/far", {"name": "Far", "parent": "acme"})
    above, own = await make(acme), await make(acme, "far")
    directory, seen = acme.hub.directory, list[set[str]]()
    put_account = directory.put_account

    async def seeing(*asked: object, **more: object) -> int:
        seen.append(await hooks(acme, "far"))
        return await put_account(*asked, **more)  # type: ignore[arg-type]

    directory.put_account = seeing  # type: ignore[method-assign]
    assert await hooks(acme, "far") == {above["id"], own["id"]}
    assert (await acme.patch("/v1/accounts/far", {"parent": "globex"})).status_code == 200
    assert seen == [{own["id"]}]
    assert await hooks(acme, "far") == {own["id"]}
    assert await directory.placed.all() == {}
