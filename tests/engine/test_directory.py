"""The directory on the real store: always current, also in another process."""

import pytest

from hub.core.directory import Account, Contact, ProducerKey, User
from hub.core.preferences import Preferences
from hub.engine.connection import Store
from hub.engine.directory import Directory, Taken
from hub.engine.log import Log

from .conftest import happening, recipients


@pytest.fixture
def directory(store: Store) -> Directory:
    return Directory(store)


async def test_another_process_sees_a_change_at_its_next_read(store: Store, directory: Directory) -> None:
    elsewhere = Directory(store)
    await directory.put_account(Account("acme"))
    await directory.put_user(User("ann", "acme", "Ann"))
    assert (await elsewhere.members("acme"))["ann"].user.name == "Ann"
    await directory.put_user(User("ann", "acme", "Anna"))
    await directory.put_preferences("acme", "ann", Preferences(types={"voicemails": {"system": False}}))
    member = (await elsewhere.members("acme"))["ann"]
    assert (member.user.name, member.preferences.types) == ("Anna", {"voicemails": {"system": False}})


async def test_a_deleted_user_leaves_nothing(store: Store, directory: Directory, log: Log) -> None:
    await directory.put_user(User("ann", "acme"))
    await directory.members("acme")
    await directory.put_preferences("acme", "ann", Preferences(email_copy=False))
    await log.append(happening("h1"), recipients("ann"), "e")
    await directory.delete_user("ann")
    assert await directory.user("ann") is None
    assert "ann" not in await directory.members("acme")
    assert await directory.preferences("acme", "ann") == Preferences()
    assert (await log.tails("acme", ["ann"]))[0].seq == 0


async def test_a_moved_user_keeps_preferences_and_begins_a_new_log(directory: Directory, log: Log) -> None:
    await directory.put_user(User("ann", "acme"))
    await directory.put_preferences("acme", "ann", Preferences(email_copy=False))
    await log.append(happening("h1"), recipients("ann"), "e")
    await directory.put_user(User("ann", "other"))
    assert (await directory.user("ann")) == User("ann", "other")
    assert "ann" not in await directory.members("acme")
    assert (await directory.members("other"))["ann"].preferences.email_copy is False
    assert (await log.tails("acme", ["ann"]))[0].seq == 0


async def test_a_user_id_is_unique_in_the_installation(store: Store, directory: Directory) -> None:
    await directory.put_user(User("ann", "acme"))
    index = store.keys.directory("users")
    assert await store.call("claim_id", [index], "ann", "other", "") == b"acme"
    assert issubclass(Taken, Exception)


async def test_contacts_live_under_their_root_account(directory: Directory) -> None:
    for root in ("acme", "zeta"):
        await directory.put_account(Account(root))
        await directory.put(root, Contact("c7", root, "Eve"))
    assert (await directory.get(Contact, "acme", "c7")) == Contact("c7", "acme", "Eve")
    assert sorted(await directory.find(Contact, "c7")) == ["acme", "zeta"]
    assert await directory.delete(Contact, "acme", "c7")
    assert not await directory.delete(Contact, "acme", "c7")
    assert sorted(await directory.find(Contact, "c7")) == ["zeta"]


async def test_a_revoked_key_is_unknown_at_once(directory: Directory) -> None:
    key = ProducerKey("k1", "acme", ("events",), "digest")
    await directory.put_key(key)
    assert await directory.key_by_digest("digest") == key
    await directory.delete_key(key)
    assert await directory.key_by_digest("digest") is None
    assert await directory.producer_keys() == []


async def test_no_account_can_be_named_like_a_slot_of_the_hub(store: Store, directory: Directory) -> None:
    for account in ("directory", "work", "operator"):
        await directory.put_account(Account(account))
        await directory.put_user(User(f"ann-of-{account}", account))
    assert sorted(await directory.members("directory")) == ["ann-of-directory"]
    assert await directory.account_of("ann-of-work") == "work"
    slots = [store.keys.directory("users"), store.keys.work("plans"), store.keys.idempotency("operator", "k")]
    assert all("{#" in name for name in slots)
