"""Who listens where: webhooks are heard of in their account and in all below it, whatever moves, and whoever dies."""

import asyncio
import contextlib
from collections.abc import Sequence

import msgpack
import pytest
import pytest_asyncio

from hub.core.directory import Account, User
from hub.core.webhooks import CREATED, DISMISSED
from hub.engine.connection import Store, Unavailable
from hub.engine.couriers import WEBHOOK
from hub.engine.directory import Changed, Directory, absent
from hub.engine.listening import Listening
from hub.engine.log import Log
from hub.engine.messages import Messages

from .conftest import everything, happening, naming, recipients
from .hearing import told, waiting, webhook
from .test_cut_off import cut_off

STEPS = range(10)


@pytest_asyncio.fixture
async def directory(store: Store) -> Directory:
    directory = Directory(store)
    for id, parent in (("acme", None), ("west", "acme"), ("far", "west"), ("globex", None)):
        await directory.put_account(Account(id, parent=parent))
    for user, account in (("ann", "acme"), ("wes", "west"), ("fay", "far"), ("gus", "globex")):
        await directory.put_user(User(user, account))
    return directory


@pytest.fixture
def messages(store: Store, log: Log) -> Messages:
    return Messages(store, log.couriers)


@pytest.fixture
def listening(directory: Directory, messages: Messages) -> Listening:
    return Listening(directory, directory.webhooks, messages)


async def hooks(store: Store) -> dict[str, list[str]]:
    """Say who listens in each account."""
    found = {}
    for account in ("acme", "west", "far", "globex", "new"):
        there = await store.command("HKEYS", store.keys.account(account, "hooks"))
        if there:
            found[account] = sorted(hook.decode() for hook in there)
    return found


async def make(directory: Directory, listening: Listening, *webhooks: tuple[str, str]) -> None:
    for id, account in webhooks:
        await directory.webhooks.put(webhook(id, account), absent())
        await listening.spread(id)


async def place(directory: Directory, listening: Listening, id: str, parent: str | None) -> None:
    await directory.put_account(Account(id, parent=parent), places=True)
    await listening.place(id)


# Where


async def test_C_18_a_webhook_is_heard_of_in_its_account_and_in_all_below(
    store: Store, directory: Directory, listening: Listening
) -> None:
    await make(directory, listening, ("wh-a", "acme"), ("wh-w", "west"), ("wh-g", "globex"))
    assert await hooks(store) == {
        "acme": ["wh-a"], "west": ["wh-a", "wh-w"], "far": ["wh-a", "wh-w"], "globex": ["wh-g"],
    }  # fmt: skip
    assert await directory.webhooks.spreading.all() == {}


async def test_an_account_that_is_made_is_heard_by_whoever_is_above(
    store: Store, directory: Directory, listening: Listening
) -> None:
    await make(directory, listening, ("wh-a", "acme"), ("wh-w", "west"))
    await place(directory, listening, "new", "west")
    assert (await hooks(store))["new"] == ["wh-a", "wh-w"]


async def test_what_moves_under_another_tenant_is_heard_there_and_no_longer_where_it_was(
    store: Store, directory: Directory, listening: Listening, log: Log, messages: Messages
) -> None:
    await make(directory, listening, ("wh-a", "acme"), ("wh-g", "globex"))
    await log.append(happening(account="far"), recipients("fay"), "e")
    await place(directory, listening, "west", "globex")
    assert await hooks(store) == {"acme": ["wh-a"], "west": ["wh-g"], "far": ["wh-g"], "globex": ["wh-g"]}
    await log.append(happening("h2", account="far"), recipients("fay"), "e")
    assert [(one.lane.user, one.fact.id) for one in await told(messages)] == [("wh-g", "h2-0")]
    assert [name for _, name in await waiting(store, "far")] == ["msg_h1-0_created"], "it stays where it is"


async def test_one_that_is_turned_off_hears_nothing_and_what_waited_goes_when_it_is_on(
    store: Store, directory: Directory, listening: Listening, log: Log, messages: Messages
) -> None:
    await make(directory, listening, ("wh-a", "acme"))
    await log.append(happening(), recipients("ann"), "e")
    await directory.webhooks.rewrite("wh-a", lambda one: one.changed(active=False))
    await listening.spread("wh-a")
    assert await hooks(store) == {}
    await log.append(happening("h2"), recipients("ann"), "e")
    for _ in range(2):
        assert await told(messages) == []
    assert await log.couriers.left(WEBHOOK, 0) == 0, "nobody looks at it in vain"
    await directory.webhooks.rewrite("wh-a", lambda one: one.changed(active=True))
    await listening.spread("wh-a")
    assert [one.fact.id for one in await told(messages)] == ["h1-0"]


async def test_a_change_of_what_it_listens_to_counts_from_then_on(
    store: Store, directory: Directory, listening: Listening, log: Log
) -> None:
    await make(directory, listening, ("wh-a", "acme"))
    await log.append(happening(account="west"), recipients("wes"), "e")
    await directory.webhooks.rewrite("wh-a", lambda one: one.changed(events=(DISMISSED,)))
    await listening.spread("wh-a")
    await log.append(happening("h2", account="west"), recipients("wes"), "e")
    await log.mark("west", "wes", "dismissed", None, 9, "e")
    names = [name for _, name in await waiting(store, "west")]
    assert names == ["msg_h1-0_created", "msg_h1-0_dismissed", "msg_h2-0_dismissed"]


async def test_one_that_is_removed_leaves_nothing_anywhere(
    store: Store, directory: Directory, listening: Listening, log: Log, messages: Messages
) -> None:
    await make(directory, listening, ("wh-a", "acme"), ("wh-w", "west"))
    for base, account, user in (("h1", "acme", "ann"), ("h2", "far", "fay")):
        await log.append(happening(base, account=account), recipients(user), "e")
    removed = await directory.webhooks.get("wh-a")
    assert removed is not None
    await directory.webhooks.note(removed, {"id": "1", "state": "sent"}, 1_000)
    await directory.webhooks.delete(removed)
    await listening.spread("wh-a")
    left = naming(await everything(store), "wh-a")
    assert {name for name in left if not name.endswith("webhooks:changes")} == set()
    assert [one.lane.user for one in await told(messages)] == ["wh-w"]


async def test_who_is_erased_is_named_to_nobody_any_more(
    store: Store, directory: Directory, listening: Listening, log: Log, messages: Messages
) -> None:
    await make(directory, listening, ("wh-a", "acme"))
    await log.append(happening(), recipients("ann"), "e")
    await log.mark("acme", "ann", "dismissed", None, 9, "e")
    await directory.delete_user("ann")
    assert await told(messages) == []
    left = naming(await everything(store), "ann")
    assert {name for name in left if not name.endswith(":changes")} == set()


async def test_an_account_that_is_removed_takes_its_webhooks_along(
    store: Store, directory: Directory, listening: Listening, log: Log
) -> None:
    await make(directory, listening, ("wh-a", "acme"), ("wh-f", "far"))
    await log.append(happening(account="far"), recipients("fay"), "e")
    await directory.delete_user("fay")
    await directory.delete_account("far")
    kept = await everything(store)
    assert not {name for name in kept if "{far}" in name and not name.endswith(":changes")}
    assert {name for name in naming(kept, "wh-f") if not name.endswith("webhooks:changes")} == set()
    assert list(await directory.webhooks.all()) == ["wh-a"]


# Whoever dies


@pytest.mark.parametrize("step", STEPS)
async def test_a_webhook_whose_making_was_cut_off_is_heard_of_everywhere_or_nowhere(
    store: Store, directory: Directory, listening: Listening, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    with cut_off(store, monkeypatch, step):
        await make(directory, listening, ("wh-a", "acme"))
    await listening.finish_all()
    is_there = await directory.webhooks.get("wh-a") is not None
    assert is_there == (step > 0)
    assert await hooks(store) == ({id: ["wh-a"] for id in ("acme", "west", "far")} if is_there else {})
    assert await directory.webhooks.spreading.all() == {}


@pytest.mark.parametrize("step", STEPS)
async def test_a_removal_that_was_cut_off_is_finished(
    store: Store, directory: Directory, listening: Listening, log: Log, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    await make(directory, listening, ("wh-a", "acme"))
    await log.append(happening(account="far"), recipients("fay"), "e")
    removed = await directory.webhooks.get("wh-a")
    assert removed is not None
    with cut_off(store, monkeypatch, step):
        await directory.webhooks.delete(removed)
        await listening.spread("wh-a")
    await listening.finish_all()
    left = naming(await everything(store), "wh-a")
    if step:
        assert {name for name in left if not name.endswith("webhooks:changes")} == set()
    else:
        assert (await hooks(store)).keys() == {"acme", "west", "far"}


@pytest.mark.parametrize("step", STEPS)
async def test_a_move_that_was_cut_off_is_finished(
    store: Store, directory: Directory, listening: Listening, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    await make(directory, listening, ("wh-a", "acme"), ("wh-g", "globex"))
    with cut_off(store, monkeypatch, step):
        await place(directory, listening, "west", "globex")
    await listening.finish_all()
    there = (await directory.tree()).root("west")
    expected = {"acme": ["wh-a"], "globex": ["wh-g"]}
    above = {"acme": ["wh-a"], "globex": ["wh-g"]}[there]
    assert await hooks(store) == {**expected, "west": above, "far": above}


async def test_what_several_change_at_once_ends_up_true(store: Store, log: Log, directory: Directory) -> None:
    """Each has a view of its own, as several processes have."""

    async def change(n: int) -> None:
        own = Directory(store)
        listening = Listening(own, own.webhooks, Messages(store, log.couriers))
        with contextlib.suppress(Changed):
            if n % 3:
                await make(own, listening, (f"wh-{n}", ("acme", "west", "globex")[n % 2]))
            else:
                await place(own, listening, "far", ("west", "globex", "acme")[n % 4 % 3])

    await asyncio.gather(*(change(n) for n in range(12)))
    before = await hooks(store)
    listening = Listening(directory, directory.webhooks, Messages(store, log.couriers))
    await listening.finish_all()
    assert await hooks(store) == before
    await listening.mend()
    assert await hooks(store) == before


async def test_what_was_lost_is_mended(
    store: Store, directory: Directory, listening: Listening, log: Log, messages: Messages
) -> None:
    await make(directory, listening, ("wh-a", "acme"))
    await store.command("DEL", store.keys.account("far", "hooks"))
    packed = msgpack.packb({"e": [CREATED], "v": 0})
    await store.command("HSET", store.keys.account("globex", "hooks"), "wh-none", packed)
    await log.append(happening(account="globex"), recipients("gus"), "e")
    await listening.mend()
    assert await hooks(store) == {id: ["wh-a"] for id in ("acme", "west", "far")}
    assert not naming(await everything(store), "wh-none"), "and nothing waits for what is not there"


class Deaf(Store):
    """Dies before it says that something was queued."""

    async def call(self, operation: str, keys: Sequence[str], *arguments: object) -> object:
        if operation == "raise_courier":
            raise Unavailable("cut off")
        return await super().call(operation, keys, *arguments)  # type: ignore[arg-type]


async def test_an_account_whose_word_was_lost_is_found_by_the_next_look(
    server_url: str, store: Store, directory: Directory, listening: Listening, messages: Messages
) -> None:
    await make(directory, listening, ("wh-a", "acme"))
    deaf = Deaf(server_url, prefix=store.keys.prefix)
    await deaf.open()
    with pytest.raises(Unavailable):
        await Log(deaf).append(happening(account="far"), recipients("fay"), "e")
    await deaf.close()
    assert await told(messages) == []
    await listening.remind(0)
    assert [one.fact.id for one in await told(messages)] == ["h1-0"]
