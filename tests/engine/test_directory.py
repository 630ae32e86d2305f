"""The directory on the real store: always current, also in another process."""

import asyncio
import contextlib

import pytest
import pytest_asyncio

from hub.core.directory import Account, Contact, ProducerKey, User
from hub.core.preferences import Preferences
from hub.engine.connection import Store, Unavailable
from hub.engine.directory import Changed, Directory, Held
from hub.engine.log import Log

from .conftest import happening, recipients


@pytest_asyncio.fixture
async def directory(store: Store) -> Directory:
    """Make one with the accounts that the users of the tests are in."""
    directory = Directory(store)
    for id in ("acme", "other", "third"):
        await directory.put_account(Account(id))
    return directory


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


async def test_nothing_is_written_onto_what_was_not_held(store: Store, directory: Directory) -> None:
    await directory.put("acme", Contact("c7", "acme", "Eve"))
    held = await directory.held(Contact, "c7", "acme")
    assert held is not None
    await directory.put("acme", Contact("c7", "acme", "Eva"), held)
    with pytest.raises(Changed):
        await directory.put("acme", Contact("c7", "acme", "Evi"), held)
    await directory.put("acme", Contact("c7", "acme", "Eva"), held)  # as a repetition whose first answer was lost
    await directory.delete(Contact, "acme", "c7")
    with pytest.raises(Changed):
        await directory.put("acme", Contact("c7", "acme", "Evi"), held)
    assert await directory.held(Contact, "c7", "acme") is None
    never = await directory.held_preferences("acme", "ann")
    assert never == Held(Preferences(), b"", "acme")
    await directory.put_preferences("acme", "ann", Preferences(email_copy=False), never)
    with pytest.raises(Changed):
        await directory.put_preferences("acme", "ann", Preferences(text_enabled=False), never)


async def test_a_held_user_moves_only_from_where_they_were(directory: Directory, log: Log) -> None:
    await directory.put_user(User("ann", "acme"))
    await directory.put_preferences("acme", "ann", Preferences(email_copy=False))
    held = await directory.held_user("ann")
    assert held is not None
    await directory.put_user(User("ann", "other"), held)
    assert await directory.user("ann") == User("ann", "other")
    assert (await directory.members("other"))["ann"].preferences.email_copy is False
    assert "ann" not in await directory.members("acme")
    for late in (User("ann", "acme", "Ann"), User("ann", "third")):
        with pytest.raises(Changed):
            await directory.put_user(late, held)
    assert await directory.user("ann") == User("ann", "other")
    await directory.delete_user("ann")
    with pytest.raises(Changed):
        await directory.put_user(User("ann", "other", "Ann"), Held(User("ann", "other"), b"{}", "other"))
    assert await directory.user("ann") is None


async def test_an_account_made_again_shows_its_users_to_whoever_knew_the_old_one(
    store: Store, directory: Directory
) -> None:
    knew = Directory(store)
    for _ in range(2):
        await directory.put_account(Account("acme"))
        for n in range(3):
            await directory.put_user(User(f"u{n}", "acme"))
        assert sorted(await knew.members("acme")) == ["u0", "u1", "u2"]
        for n in range(3):
            await directory.delete_user(f"u{n}")
        await directory.delete_account("acme")


async def test_a_store_restored_to_an_older_state_is_read_anew(store: Store, directory: Directory) -> None:
    for n in range(5):
        await directory.put_user(User(f"u{n}", "acme"))
    assert len(await directory.members("acme")) == 5
    name = store.keys.account("acme", "users")
    await store.command("DEL", name, f"{name}:changes")
    await directory.put_user(User("u9", "acme"))
    assert list(await directory.members("acme")) == ["u9"]


async def test_a_directory_larger_than_a_page_is_read_whole(store: Store, directory: Directory) -> None:
    await asyncio.gather(*(directory.put_user(User(f"u{n:04}", "acme")) for n in range(2500)))
    assert len(await Directory(store).members("acme")) == 2500


@pytest.mark.parametrize("step", range(8))
async def test_a_move_cut_off_at_any_step_is_finished_by_the_repeat(
    store: Store, directory: Directory, log: Log, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The store goes away before the n-th write of the move; whoever was not answered repeats it."""
    await directory.put_user(User("ann", "acme"))
    await directory.put_preferences("acme", "ann", Preferences(email_copy=False))
    await log.append(happening("h1"), recipients("ann"), "e")
    command, left = store.command, step

    async def cut_off(*words: object) -> object:
        nonlocal left
        if words[0] in ("HSET", "HDEL", "DEL") or (words[0] == "FCALL" and not str(words[1]).endswith("changed")):
            left -= 1
            if left < 0:
                raise Unavailable("cut off")
        return await command(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "command", cut_off)
    with contextlib.suppress(Unavailable):
        await directory.put_user(User("ann", "other"))
    monkeypatch.undo()
    assert await directory.user("ann") is not None, "found at every moment"
    await directory.put_user(User("ann", "other"))
    assert "ann" not in await directory.members("acme")
    assert (await directory.members("other"))["ann"].preferences.email_copy is False
    assert (await log.tails("acme", ["ann"]))[0].seq == 0
