"""Who listens where, however late somebody says it, whoever leaves meanwhile, and whatever is left of who is gone."""

import asyncio
from collections.abc import Sequence

import pytest
import pytest_asyncio

from hub.core.directory import Account, User
from hub.engine.connection import Store, Unavailable
from hub.engine.directory import Changed, Directory, absent
from hub.engine.lanes import Outcome
from hub.engine.listening import Listening
from hub.engine.log import Log
from hub.engine.messages import Messages, Older, Read

from .conftest import everything, happening, naming, recipients
from .hearing import told, webhook


@pytest_asyncio.fixture
async def directory(store: Store) -> Directory:
    directory = Directory(store)
    for id, parent in (("acme", None), ("west", "acme"), ("globex", None)):
        await directory.put_account(Account(id, parent=parent))
    await directory.put_user(User("wes", "west"))
    return directory


@pytest.fixture
def messages(store: Store, log: Log) -> Messages:
    return Messages(store, log.couriers)


@pytest.fixture
def listening(directory: Directory, messages: Messages) -> Listening:
    return Listening(directory, directory.webhooks, messages)


async def hooks(store: Store, account: str) -> list[str]:
    there = await store.command("HKEYS", store.keys.account(account, "hooks"))
    return sorted(hook.decode() for hook in there)


async def make(directory: Directory, listening: Listening, id: str, account: str) -> None:
    await directory.webhooks.put(webhook(id, account), absent())
    await listening.spread(id)


class Late(Messages):
    """Says who listens in west only when it is let, and then dies."""

    def __init__(self, store: Store, log: Log) -> None:
        super().__init__(store, log.couriers)
        self.has_come, self.may_go = asyncio.Event(), asyncio.Event()

    async def listen(self, account: str, hooks: Sequence[tuple[str, bytes]], read: Read) -> list[str]:
        if account != "west" or self.may_go.is_set():
            return await super().listen(account, hooks, read)
        self.has_come.set()
        await self.may_go.wait()
        try:
            await super().listen(account, hooks, read)
        finally:
            raise Unavailable("the next account did not answer")


async def test_C_18_who_read_less_and_comes_late_does_not_undo_what_is_true_by_then(
    store: Store, directory: Directory, listening: Listening, log: Log
) -> None:
    await make(directory, listening, "wh-a", "acme")
    own, late = Directory(store), Late(store, log)
    mending = asyncio.create_task(Listening(own, own.webhooks, late).mend())
    await late.has_come.wait()
    await directory.put_account(Account("west", parent="globex"), places=True)
    await listening.place("west")
    late.may_go.set()
    with pytest.raises(Unavailable):
        await mending
    assert await hooks(store, "west") == []


async def test_an_account_that_knows_more_is_written_by_who_reads_anew(store: Store, messages: Messages) -> None:
    await messages.listen("west", [], Read(5, 5))
    for read in (Read(4, 9), Read(9, 4)):
        with pytest.raises(Older) as refused:
            await messages.listen("west", [("wh-a", b"x")], read)
        assert refused.value.version == "5 5"
    await messages.listen("west", [("wh-a", b"x")], Read(5, 5))


async def test_a_directory_that_lost_its_latest_changes_is_believed_all_the_same(
    store: Store, directory: Directory, listening: Listening, messages: Messages
) -> None:
    await make(directory, listening, "wh-a", "acme")
    await messages.listen("west", [], Read(10**9, 10**9))
    await listening.mend()
    assert await hooks(store, "west") == ["wh-a"]


# Moves


async def test_C_18_who_will_not_be_above_an_account_hears_no_more_before_the_move_can_be_seen(
    store: Store, directory: Directory, listening: Listening
) -> None:
    for id, account in (("wh-a", "acme"), ("wh-w", "west"), ("wh-g", "globex")):
        await make(directory, listening, id, account)
    async with listening.moving("west", "globex"):
        assert await hooks(store, "west") == ["wh-w"]
        await directory.put_account(Account("west", parent="globex"), places=True)
    await listening.place("west")
    assert await hooks(store, "west") == ["wh-g", "wh-w"]
    assert await directory.placed.all() == {}


async def test_a_move_that_comes_to_nothing_is_heard_of_no_more(
    store: Store, directory: Directory, listening: Listening
) -> None:
    await make(directory, listening, "wh-a", "acme")
    with pytest.raises(Changed):
        async with listening.moving("west", "globex"):
            raise Changed("west")
    await listening.finish_all()
    assert await hooks(store, "west") == ["wh-a"]


# Accounts that are gone


@pytest.mark.parametrize("is_closing", [True, False])
async def test_C_18_nobody_makes_a_webhook_in_an_account_that_closes_or_is_gone(
    store: Store, directory: Directory, is_closing: bool
) -> None:
    if is_closing:
        await store.command("HSET", directory.closing.name, "west", "close")
    else:
        await directory.delete_user("wes")
        await directory.delete_account("west")
    with pytest.raises(Changed):
        await directory.webhooks.put(webhook("wh-w", "west"), absent())
    assert await directory.webhooks.all() == {}


async def test_C_18_who_gets_the_id_of_a_gone_account_is_not_heard_by_what_it_left(
    store: Store, directory: Directory, listening: Listening
) -> None:
    await make(directory, listening, "wh-w", "west")
    await store.command("HDEL", store.keys.directory("accounts"), "west")  # as if it had slipped in
    await store.command("ZADD", store.keys.directory("accounts:changes"), 99, "west")
    await listening.mend()
    assert await directory.webhooks.all() == {}
    await directory.put_account(Account("west", parent="globex"), places=True)
    await listening.place("west")
    assert await hooks(store, "west") == []


async def test_a_webhook_that_is_removed_takes_along_what_was_given_up(
    store: Store, directory: Directory, listening: Listening, log: Log, messages: Messages
) -> None:
    await make(directory, listening, "wh-a", "acme")
    await log.append(happening(account="west"), recipients("wes"), "e")
    await told(messages, outcome=Outcome("failed", "http_500"))
    assert await messages.count("west", "wh-a") == (0, 1)
    removed = await directory.webhooks.get("wh-a")
    assert removed is not None
    await directory.webhooks.delete(removed)
    await listening.spread("wh-a")
    left = naming(await everything(store), "wh-a")
    assert {name for name in left if not name.endswith("webhooks:changes")} == set()
