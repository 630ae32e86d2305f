"""Contacts, groups, ring groups and lines on the real store: current everywhere, in order, and let go of."""

import asyncio

import pytest

from hub.core.directory import Account, Contact, Group, Line, RingGroup, User
from hub.core.preferences import Defaults
from hub.engine.connection import Store
from hub.engine.directory import Directory, Place


@pytest.fixture
def directory(store: Store) -> Directory:
    return Directory(store)


async def test_who_is_in_which_group_is_known_everywhere_without_reading_all(
    store: Store, directory: Directory
) -> None:
    elsewhere = Directory(store)
    await directory.put("acme", Group("sales", "acme", members=("ann", "bob")))
    assert await elsewhere.groups_of("acme", "ann", "bob", "zoe") == [("sales",), ("sales",), ()]
    await directory.put("acme", Group("support", "acme", members=("ann",)))
    await directory.put("acme", Group("sales", "acme", members=("bob",)))
    assert await elsewhere.groups_of("acme", "ann", "bob") == [("support",), ("sales",)]
    assert sorted(await elsewhere.groups("acme")) == ["sales", "support"]
    await directory.delete(Group, "acme", "support")
    assert await elsewhere.groups_of("acme", "ann") == [()]
    assert await elsewhere.groups_of("zeta", "ann") == [()]


async def test_a_crowd_that_comes_at_once_reads_the_groups_once(store: Store, directory: Directory) -> None:
    await asyncio.gather(*(directory.put("acme", Group(f"g{n:04}", "acme", members=("ann",))) for n in range(1200)))
    elsewhere = Directory(store)
    found = await asyncio.gather(*(elsewhere.groups_of("acme", "ann") for _ in range(50)))
    assert {len(groups) for (groups,) in found} == {1200}


async def test_accounts_of_many_users_are_read_together(directory: Directory) -> None:
    users = [f"u{n}" for n in range(1100)]
    for n in range(2, 6):
        await directory.put_account(Account(f"a{n}"))
    await asyncio.gather(*(directory.put_user(User(id, f"a{len(id)}")) for id in users))
    assert await directory.accounts_of([*users, "nobody"]) == {id: f"a{len(id)}" for id in users}
    assert await directory.accounts_of([]) == {}


async def test_a_touch_grows_the_generation_of_each(directory: Directory, store: Store) -> None:
    async def generation(user: str) -> int:
        return int(await store.command("HGET", store.keys.person("acme", user)[0], "rev") or 0)

    users = [f"u{n}" for n in range(250)]
    await directory.touch("acme", users)
    await directory.touch("acme", users[:1], "preferences")
    assert [await generation(id) for id in ("u0", "u1", "u249", "u250")] == [2, 1, 1, 0]


async def test_who_leaves_is_taken_out_also_while_others_write(directory: Directory, store: Store) -> None:
    elsewhere = Directory(store)
    await directory.put("acme", RingGroup("rg", "acme", members=("ann", "bob")))
    await directory.put("acme", Line("l1", "acme", "+15550100001", owner="ann"))
    await asyncio.gather(*(directory.put("acme", Group(f"g{n}", "acme", members=("ann", "bob"))) for n in range(5)))
    names = asyncio.gather(
        *(elsewhere.put("acme", Group(f"g{n}", "acme", "Renamed", members=("ann", "bob"))) for n in range(5))
    )
    await asyncio.gather(directory.leave("acme", "ann"), names)
    await directory.leave("acme", "ann")
    assert {group.members for group in (await directory.groups("acme")).values()} == {("bob",)}
    assert (await directory.ring_groups("acme"))["rg"].members == ("bob",)
    assert (await directory.lines("acme"))["l1"].owner is None
    await directory.delete(RingGroup, "acme", "rg")
    assert await directory.ring_groups("acme") == {}


async def test_contacts_are_listed_by_account_and_id_a_page_at_a_time(directory: Directory) -> None:
    await directory.put_account(Account("acme"))
    for account in ("acme", "acme.b", "acme-a", "west"):
        for n in range(3):
            await directory.put("acme", Contact(f"{account}-{n}", account))
    ordered = sorted((account, f"{account}-{n}") for account in ("acme", "acme.b", "acme-a", "west") for n in range(3))

    async def listed(accounts: list[str] | None, limit: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        after = None
        while page := await directory.page(Contact, "acme", accounts, after, limit):
            assert len(page) <= limit
            found += [(contact.account, contact.id) for contact in page]
            after = Place(*found[-1])
        return found

    for limit in (1, 2, 5, 100):
        assert await listed(None, limit) == ordered
        assert await listed(["west", "acme"], limit) == [place for place in ordered if place[0] in ("west", "acme")]
    await directory.put("acme", Contact("west-1", "acme"))
    await directory.delete(Contact, "acme", "west-2")
    assert await listed(["west"], 5) == [("west", "west-0")]
    assert ("acme", "west-1") in await listed(["acme"], 5)


async def test_defaults_are_joined_into_what_everybody_chose(directory: Directory, store: Store) -> None:
    elsewhere = Directory(store)
    await directory.put_account(Account("acme"))
    await directory.put_user(User("ann", "acme"))
    await elsewhere.members("acme")
    held, quiet = await directory.held_defaults("acme"), Defaults({"voicemails": {"system": False}})
    await directory.put_defaults("acme", quiet, held)
    assert (await elsewhere.members("acme"))["ann"].preferences.defaults == quiet
    chosen = await elsewhere.held_preferences("acme", "ann")
    assert (chosen.value.defaults, chosen.document) == (quiet, b"")
    await elsewhere.put_preferences("acme", "ann", chosen.value, chosen)
    await directory.put_defaults("acme", Defaults())
    assert (await elsewhere.members("acme"))["ann"].preferences.defaults == Defaults()
    assert (await elsewhere.preferences("acme", "ann")).defaults == Defaults()
    await directory.put_user(User("bob", "acme"))
    assert (await elsewhere.members("acme"))["bob"].preferences.defaults == Defaults()
