"""Requests of the directory that are cut off: the same one again finishes the work, and so does the scheduler."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hub.api import accounts
from hub.core.directory import Account
from hub.engine.connection import Unavailable
from hub.engine.directory import Directory
from hub.engine.erasure import Erasure
from hub.workers.scheduler import Scheduler

from .calling import Api, ApiHub, Caller, problem
from .live import LiveApi

NUMBERS = {"users:changes", "preferences:changes"}  # up to which removals are forgotten


async def away(*_: object, **__: object) -> None:
    """Be a step that the store went away in."""
    raise Unavailable("cut off")


async def look_for_unfinished(hub: ApiHub) -> None:
    """Do what the scheduler of a worker does every second."""
    parts = (hub.directory, hub.log, hub.broadcasts, hub.deliveries, hub.audit, hub.clock)
    await Scheduler(*parts, lambda: accounts.finish_all(hub)).settle()


async def keys(hub: ApiHub, kind: str) -> list[str]:
    """List the keys whose names say something."""
    prefix = hub.store.keys.prefix
    return [name.decode() async for name in hub.store.redis.scan_iter(f"{prefix}:*") if kind in name.decode()]


async def paused(api: Api) -> list[str]:
    return [entry["title"] for entry in await api.inbox("ann") if entry["type"] == "account_paused"]


async def test_a_delete_of_a_user_that_was_cut_off_is_finished_by_the_next(
    acme: Api, producer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = Caller((await acme.post("/v1/keys", {"account": "globex", "scopes": ["directory"]})).json()["key"])
    await acme.event(id="e1")
    with monkeypatch.context() as cut:
        cut.setattr(Erasure, "user", away)
        problem(await acme.delete("/v1/users/ann", by=producer), 503, "unavailable")
    problem(await acme.get("/v1/users/ann", by=producer), 404, "not_found")
    problem(await acme.delete("/v1/users/ann", by=rival), 404, "not_found")
    assert (await acme.delete("/v1/users/ann", by=producer)).status_code == 204
    problem(await acme.delete("/v1/users/ann", by=producer), 404, "not_found")
    assert await keys(acme.hub, ":ann") == []
    assert (await acme.put("/v1/users/ann", {"account": "globex"}, by=rival)).status_code == 200


async def test_an_id_that_is_being_erased_can_be_put_again(acme: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await acme.event(id="e1")
    with monkeypatch.context() as cut:
        cut.setattr(Erasure, "user", away)
        await acme.delete("/v1/users/ann")
    assert (await acme.put("/v1/users/ann", {"account": "acme"})).status_code == 200
    assert await acme.inbox("ann") == []


@pytest.mark.parametrize("step", ["account", "numbers"])
async def test_a_delete_of_an_account_that_was_cut_off_is_finished_by_the_next(
    acme: Api, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for again in (lambda: acme.delete("/v1/accounts/gone"), lambda: acme.put("/v1/accounts/gone", {"name": "New"})):
        await acme.put("/v1/accounts/gone", {"name": "Gone"})
        await acme.put("/v1/users/gil", {"account": "gone"})
        await acme.event(account="gone", title="secret")
        await acme.delete("/v1/users/gil")
        with monkeypatch.context() as cut:
            cut.setattr(Erasure, step, away)
            problem(await acme.delete("/v1/accounts/gone"), 503, "unavailable")
        assert (await again()).is_success
        assert {name.rpartition("}:")[2] for name in await keys(acme.hub, "{gone}")} <= NUMBERS
    assert (await acme.get("/v1/accounts/gone")).json()["name"] == "New"


@pytest.mark.parametrize("by_repeating", [True, False])
async def test_C_21_a_pause_that_was_cut_off_before_it_was_told_is_told_once(
    acme: Api, monkeypatch: pytest.MonkeyPatch, by_repeating: bool
) -> None:
    async def finish() -> None:
        if by_repeating:
            assert (await acme.patch("/v1/accounts/acme", {"status": "paused"})).status_code == 200
        else:
            await look_for_unfinished(acme.hub)

    for times in (1, 2):
        with monkeypatch.context() as cut:
            cut.setattr(acme.hub.plans, "publish", away)
            problem(await acme.patch("/v1/accounts/acme", {"status": "paused"}), 503, "unavailable")
        await finish()
        await finish()
        assert len(await paused(acme)) == times
        await acme.patch("/v1/accounts/acme", {"status": "active"})
    assert await acme.hub.directory.pausing.all() == {}


async def test_C_21_a_pause_that_ended_before_it_was_told_is_told_all_the_same(
    acme: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(acme.hub.plans, "publish", away)
        await acme.patch("/v1/accounts/acme", {"status": "paused"})
        problem(await acme.patch("/v1/accounts/acme", {"status": "active"}), 503, "unavailable")
        assert (await acme.get("/v1/accounts/acme")).json()["status"] == "paused", "it waits until that is told"
    for status in ("active", "paused"):
        await acme.patch("/v1/accounts/acme", {"status": status})
    assert len(await paused(acme)) == 2


@pytest.mark.parametrize("by_repeating", [True, False])
async def test_the_users_of_an_account_that_moved_away_leave_its_old_tree_also_later(
    acme: Api, monkeypatch: pytest.MonkeyPatch, by_repeating: bool
) -> None:
    await acme.put("/v1/accounts/box", {"parent": "acme"})
    await acme.put("/v1/users/bea", {"account": "box"})
    await acme.put("/v1/groups/mix", {"account": "acme", "members": ["ann", "bea"]})
    with monkeypatch.context() as cut:
        cut.setattr(acme.hub.directory, "leave", away)
        problem(await acme.patch("/v1/accounts/box", {"parent": "globex"}), 503, "unavailable")
    if by_repeating:
        assert (await acme.patch("/v1/accounts/box", {"parent": "globex"})).status_code == 200
    else:
        await look_for_unfinished(acme.hub)
    assert (await acme.get("/v1/groups/mix")).json()["members"] == ["ann"]
    assert await acme.hub.directory.uprooted.all() == {}


async def test_an_account_is_removed_or_gets_a_user_but_not_both(acme: Api) -> None:
    for n in range(10):
        await acme.put(f"/v1/accounts/t{n}", {})

        async def put(n: int = n) -> int:
            for _ in range(n):
                await asyncio.sleep(0)
            return (await acme.put(f"/v1/users/w{n}", {"account": f"t{n}"})).status_code

        removed, made = await asyncio.gather(acme.delete(f"/v1/accounts/t{n}"), put())
        assert (removed.status_code, made) in ((204, 422), (409, 200))
        assert (await acme.put(f"/v1/users/w{n}", {"account": "acme"})).status_code == 200


async def test_a_user_put_when_their_account_is_just_gone_is_refused(
    acme: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account was there when the request looked, and is not when the user is written."""
    await acme.put("/v1/accounts/gone", {})
    put_user: Callable[..., Awaitable[None]] = Directory.put_user

    async def later(directory: Directory, *words: object) -> None:
        await directory.delete_account("gone")
        await put_user(directory, *words)

    monkeypatch.setattr(Directory, "put_user", later)
    problem(await acme.put("/v1/users/late", {"account": "gone"}), 422, "unknown_reference")
    monkeypatch.undo()
    assert (await acme.put("/v1/users/late", {"account": "acme"})).status_code == 200


async def test_an_account_is_removed_or_gets_a_sub_account_but_not_both(acme: Api) -> None:
    directory = acme.hub.directory
    for n in range(10):
        await acme.put(f"/v1/accounts/t{n}", {})
        removed, made = await asyncio.gather(
            acme.delete(f"/v1/accounts/t{n}"), acme.put(f"/v1/accounts/s{n}", {"parent": f"t{n}"})
        )
        assert (removed.status_code, made.status_code) in ((204, 422), (409, 200))
        expected = Account(f"s{n}", parent=f"t{n}") if made.is_success else None
        assert await directory.account(f"s{n}") == expected


async def test_a_whole_hub_looks_for_what_was_cut_off(town: LiveApi, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(town.hub.plans, "publish", away)
        problem(await town.patch("/v1/accounts/acme", {"status": "paused"}), 503, "unavailable")
    await town.hub.settle()
    assert len(await paused(town)) == 1
