"""Copies of the directory while many read at once: nobody ever meets half of one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.core.directory import Account, Group, User
from hub.core.preferences import Defaults
from hub.engine.connection import Store
from hub.engine.directory import Directory
from hub.engine.erasure import Erasure

CROWD = [f"c{n}" for n in range(1500)]  # more than a page of changes


class Late:
    """Holds back the answer that brings the second page of a kind of changes, until it is told to let go."""

    def __init__(self, store: Store, kind: str) -> None:
        self._call: Callable[..., Awaitable[Any]] = store.call
        self._kind = kind
        self._count = 0
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def __call__(self, operation: str, names: list[str], *arguments: Any) -> Any:
        answer = await self._call(operation, names, *arguments)
        if operation == "changed" and names[0].endswith(f":{self._kind}"):
            self._count += 1
            if self._count == 2:
                self.is_asked.set()
                await self.may_answer.wait()
        return answer


async def in_acme(store: Store) -> Directory:
    directory = Directory(store)
    await directory.put_account(Account("acme"))
    await directory.put_user(User("ann", "acme"))
    return directory


async def test_whoever_reads_the_last_page_first_sees_the_pages_of_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, reader = await in_acme(store), Directory(store)
    await reader.members("acme")
    await asyncio.gather(*(directory.put_user(User(user, "acme")) for user in CROWD))
    monkeypatch.setattr(store, "call", late := Late(store, "users"))
    first = asyncio.create_task(reader.members("acme"))
    await late.is_asked.wait()
    assert set(await reader.members("acme")) == {"ann", *CROWD}
    late.may_answer.set()
    assert set(await first) == {"ann", *CROWD}


async def test_whoever_reads_the_last_groups_first_sees_the_groups_of_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, reader = Directory(store), Directory(store)
    await reader.groups("acme")
    await asyncio.gather(*(directory.put("acme", Group(id, "acme", members=("ann",))) for id in CROWD))
    monkeypatch.setattr(store, "call", late := Late(store, "groups"))
    first = asyncio.create_task(reader.groups_of("acme", "ann"))
    await late.is_asked.wait()
    assert await reader.groups_of("acme", "ann") == [tuple(sorted(CROWD))]
    late.may_answer.set()
    assert await first == [tuple(sorted(CROWD))]


async def test_who_is_there_stays_there_while_all_is_read_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, reader = await in_acme(store), Directory(store)
    await asyncio.gather(*(directory.put_user(User(user, "acme")) for user in CROWD))
    known = await reader.members("acme")
    await directory.delete_user("ann")
    assert await Erasure(store).numbers("acme")
    monkeypatch.setattr(store, "call", late := Late(store, "users"))
    anew = asyncio.create_task(reader.members("acme"))
    await late.is_asked.wait()
    assert set(known) == {"ann", *CROWD}, "whoever holds it from before goes on with it"
    late.may_answer.set()
    assert set(await anew) == set(CROWD)


async def test_all_who_read_meanwhile_see_new_defaults_at_everybody(store: Store) -> None:
    directory, reader = await in_acme(store), Directory(store)
    await asyncio.gather(*(directory.put_user(User(user, "acme")) for user in CROWD))
    await reader.members("acme")
    chosen = Defaults({"voicemails": {"system": False}})
    await directory.put_defaults("acme", chosen)

    async def all_have_them() -> bool:
        return all(member.preferences.defaults == chosen for member in (await reader.members("acme")).values())

    assert await asyncio.gather(*(all_have_them() for _ in range(5))) == [True] * 5
