"""What takes several steps, cut off before each of them: whoever comes next finishes it, or the scheduler does."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import pytest
import pytest_asyncio

from hub.core.directory import Account, Contact, Group, Line, ProducerKey, User
from hub.core.preferences import Defaults, Preferences
from hub.engine.connection import Store, Unavailable
from hub.engine.directory import Changed, Directory, Taken
from hub.engine.intentions import Intentions
from hub.engine.log import Log

from .conftest import everything, happening, naming, recipients

STEPS = range(0, 24, 2)
READING = ("HGET", "HGETALL", "HMGET", "HLEN", "HEXISTS", "HSCAN", "ZSCAN", "ZRANGEBYLEX")


@pytest_asyncio.fixture
async def directory(store: Store, log: Log) -> Directory:
    """Make one with two tenants; Zoe of acme is in everything."""
    directory = Directory(store)
    for account in (Account("acme"), Account("west", parent="acme"), Account("globex")):
        await directory.put_account(account)
    for user in ("ann", "zoe"):
        await directory.put_user(User(user, "acme"))
    await directory.put_preferences("acme", "zoe", Preferences(email_copy=False))
    await directory.put("acme", Group("sales", "acme", members=("ann", "zoe")))
    await directory.put("acme", Line("l1", "acme", "+12025550190", owner="zoe"))
    consent = {"basis": "web form", "by": "zoe", "at": "2027-03-14T12:00:00Z"}
    await directory.put("acme", Contact("c7", "acme", assigned_user="zoe", ok_to_sms=True, consent=consent))
    await log.append(happening("h1"), recipients("zoe"), "e")
    return directory


@contextlib.contextmanager
def cut_off(store: Store, monkeypatch: pytest.MonkeyPatch, step: int) -> Iterator[None]:
    """Take the store away before the n-th write."""
    command, left = store.command, step

    async def cut(*words: object) -> object:
        nonlocal left
        if words[0] not in READING and not (words[0] == "FCALL" and str(words[1]).endswith("changed")):
            left -= 1
            if left < 0:
                raise Unavailable("cut off")
        return await command(*words)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(store, "command", cut)
        with contextlib.suppress(Unavailable, Changed):
            yield


async def repeat(store: Store, directory: Directory) -> None:
    await directory.delete_user("zoe")


async def take_the_id(store: Store, directory: Directory) -> None:
    await directory.put_user(User("zoe", "globex"), allows=lambda account: account == "globex")
    await directory.delete_user("zoe")


async def look_for_unfinished(store: Store, directory: Directory) -> None:
    await directory.finish_all()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("finish", [repeat, take_the_id, look_for_unfinished])
async def test_an_erasure_cut_off_is_finished(
    store: Store,
    directory: Directory,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    finish: Callable[[Store, Directory], Awaitable[None]],
) -> None:
    with cut_off(store, monkeypatch, step):
        await directory.delete_user("zoe")
    if step == 0:  # nothing was written down: they are whole, and wait for the next request
        await directory.delete_user("zoe")
    await finish(store, directory)
    left = naming(await everything(store), "zoe")
    assert {name for name in left if not name.endswith(":changes")} == set()
    assert await directory.user("ann") is not None


@pytest.mark.parametrize("step", STEPS)
async def test_a_move_cut_off_is_finished_by_the_scheduler(
    store: Store, directory: Directory, log: Log, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    with cut_off(store, monkeypatch, step):
        await directory.put_user(User("zoe", "globex"))
    await directory.finish_all()
    found = await directory.user("zoe")
    assert found is not None
    there = [account for account in ("acme", "globex") if "zoe" in await directory.members(account)]
    assert there == [found.account], "they are in one place"
    assert (await directory.preferences(found.account, "zoe")).email_copy is False
    if there == ["globex"]:
        assert (await log.tails("acme", ["zoe"]))[0].seq == 0
        assert (await directory.groups("acme"))["sales"].members == ("ann",)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("by_repeating", [True, False])
async def test_an_account_whose_removal_was_cut_off_leaves_nothing(
    store: Store, directory: Directory, log: Log, monkeypatch: pytest.MonkeyPatch, step: int, by_repeating: bool
) -> None:
    await directory.put_account(Account("gone", parent="acme"))
    await directory.put_user(User("gil", "gone"))
    await directory.put_preferences("gone", "gil", Preferences(email_copy=False))
    await directory.put_defaults("gone", Defaults({"voicemails": {"system": False}}))
    await directory.put("acme", Group("their-group", "gone"))
    await directory.put("acme", Contact("their-contact", "gone"))
    await directory.put_key(ProducerKey("k1", "gone", ("events",), "digest"))
    await log.append(happening("h9", account="gone"), recipients("gil"), "e")
    await directory.delete_user("gil")
    with cut_off(store, monkeypatch, step):
        await directory.delete_account("gone")
    assert await directory.account("gone") is not None or not naming(await everything(store), "h9")
    if by_repeating or step == 0:
        await directory.delete_account("gone")
    else:
        await directory.finish_all()
    kept = await everything(store)
    assert naming(kept, "gil") == naming(kept, "their-contact") == naming(kept, "k1") == set()
    left = {name for name in naming(kept, "gone") if not name.endswith(":changes")}
    assert left == set()


async def test_nobody_takes_up_what_somebody_is_at(store: Store) -> None:
    here, elsewhere = (Intentions(store, "unfinished") for _ in range(2))
    async with here.at("ann", "move a b") as intended:
        assert intended == "move a b"
        with pytest.raises(Changed):
            async with elsewhere.at("ann"):
                pass
    assert await elsewhere.all() == {}
    async with elsewhere.at("ann") as intended:
        assert intended == ""


async def test_what_somebody_died_with_is_taken_up_when_their_lease_ran_out(store: Store) -> None:
    names = [store.keys.directory(kind) for kind in ("unfinished", "unfinished:leases")]
    await store.call("intend", names, "ann", "erase acme", "who-died", 0)
    moves = Intentions(store, "unfinished")
    async with moves.at("ann", "move a b") as intended:
        assert intended == "erase acme", "what was intended first goes first"
    assert await moves.all() == {}


async def test_whoever_could_not_let_go_may_take_it_up_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*words: object) -> object:
        raise Unavailable("away")

    here, elsewhere = (Intentions(store, "unfinished") for _ in range(2))
    with contextlib.suppress(Unavailable):
        async with here.at("ann", "erase acme"):
            monkeypatch.setattr(store, "call", away)
    monkeypatch.undo()
    with pytest.raises(Changed):
        async with elsewhere.at("ann"):
            pass
    async with here.at("ann") as intended:
        assert intended == "erase acme"
    assert await elsewhere.all() == {}


# Who comes at the same time


async def test_of_all_who_claim_a_new_user_id_only_one_gets_it(store: Store, directory: Directory) -> None:
    async def claim(hub: Directory, id: str, account: str) -> bool:
        try:
            await hub.put_user(User(id, account), allows=lambda place: place == account)
        except Taken:
            return False
        return True

    elsewhere = Directory(store)
    for n in range(20):
        id = f"new{n}"
        won = await asyncio.gather(claim(directory, id, "acme"), claim(elsewhere, id, "globex"))
        assert sorted(won) == [False, True]
        there = {account for account in ("acme", "globex") if id in await directory.members(account)}
        assert there == {await directory.account_of(id)} == {"acme" if won[0] else "globex"}


async def test_whoever_began_to_make_a_user_elsewhere_gives_them_up_to_their_own_tenant_only(
    store: Store, directory: Directory
) -> None:
    """The index says acme, and the request that said so was cut off before it wrote the user."""
    await store.command("HSET", store.keys.directory("users"), "new", "acme")
    with pytest.raises(Taken):
        await directory.put_user(User("new", "globex"), allows=lambda place: place == "globex")
    await directory.put_user(User("new", "west"), allows=lambda place: place in ("acme", "west"))
    assert await directory.user("new") == User("new", "west")
    assert "new" not in await directory.members("acme")


async def test_a_held_user_is_not_taken_from_where_they_may_not_be_taken(directory: Directory) -> None:
    held = await directory.held_user("zoe")
    with pytest.raises(Taken):
        await directory.put_user(User("zoe", "globex"), held, lambda place: place == "globex")
    assert await directory.user("zoe") == User("zoe", "acme")


async def test_an_account_that_closes_takes_nobody_in(store: Store, directory: Directory) -> None:
    async with directory.closing.at("globex", "close"):
        for change in (
            directory.put_user(User("new", "globex")),
            directory.put_user(User("zoe", "globex")),
            directory.put_account(Account("sub", parent="globex")),
            directory.put_account(Account("globex", "Globex")),
        ):
            with pytest.raises(Changed):
                await change
    assert await directory.account_of("new") is None
    assert (await directory.members("acme"))["zoe"].user == User("zoe", "acme")
    assert await directory.members("globex") == {}
    assert (await directory.groups("acme"))["sales"].members == ("ann", "zoe")
    assert await directory.unfinished.all() == {}


async def test_a_move_cut_off_on_its_way_to_an_account_that_is_gone_is_taken_back(
    store: Store, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cut_off(store, monkeypatch, 3):
        await directory.put_user(User("zoe", "globex"))
    assert await directory.unfinished.of("zoe") == "move acme globex"
    await store.command("HDEL", store.keys.directory("accounts"), "globex")
    await directory.put_user(User("zoe", "acme", "Zoe"))
    assert (await directory.members("acme"))["zoe"].user == User("zoe", "acme", "Zoe")
    assert await directory.members("globex") == {}
    assert await directory.unfinished.all() == {}


async def test_who_has_moved_can_be_changed_while_what_they_left_is_erased(
    store: Store, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = directory.leave

    async def meanwhile(root: str, user: str) -> None:
        await Directory(store).put_user(User("zoe", "globex", "Zoe"))
        await leave(root, user)

    monkeypatch.setattr(directory, "leave", meanwhile)
    await directory.put_user(User("zoe", "globex"))
    assert await directory.user("zoe") == User("zoe", "globex", "Zoe")


async def test_an_account_that_goes_before_a_new_user_is_written_has_none(
    store: Store, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id was claimed in time; the account had no users when it looked."""
    call, name = store.call, store.keys.account("globex", "users")

    async def later(operation: str, names: list[str], *arguments: object) -> object:
        if operation == "put" and names[0] == name:
            monkeypatch.undo()
            await Directory(store).delete_account("globex")
        return await call(operation, names, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "call", later)
    with pytest.raises(Changed):
        await directory.put_user(User("new", "globex"))
    assert await store.command("HLEN", name) == 0
    await directory.put_user(User("new", "acme"), allows=lambda place: place == "acme")


async def test_an_account_with_users_or_sub_accounts_does_not_close(directory: Directory) -> None:
    await directory.put_user(User("wes", "west"))
    for id in ("acme", "west"):
        with pytest.raises(Changed):
            await directory.delete_account(id)
        assert await directory.closing.of(id) == ""
    await directory.put_user(User("wes", "west", "Wes"))


async def test_whom_a_gone_account_held_is_free(store: Store, directory: Directory) -> None:
    await store.command("HSET", store.keys.directory("users"), "lost", "gone")
    await directory.put_user(User("lost", "globex"), allows=lambda place: place == "globex")
    assert await directory.user("lost") == User("lost", "globex")


async def test_no_sub_account_is_made_under_one_that_is_gone(directory: Directory) -> None:
    await directory.delete_account("globex")
    with pytest.raises(Changed):
        await directory.put_account(Account("sub", parent="globex"))
    assert await directory.account("sub") is None


async def test_a_crowd_leaves_one_group_at_once(store: Store, directory: Directory) -> None:
    crowd = [f"c{n}" for n in range(60)]
    await directory.put("acme", Group("many", "acme", members=(*crowd, "ann")))
    hubs = (directory, Directory(store))
    await asyncio.gather(*(hubs[n % 2].leave("acme", user) for n, user in enumerate(crowd)))
    assert (await directory.groups("acme"))["many"].members == ("ann",)


async def test_whoever_is_named_while_they_are_erased_is_let_go_of(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who looked Zoe up before writes a group after she was taken out of all of them."""
    leave, count = directory.leave, 0

    async def named_again(root: str, user: str) -> None:
        nonlocal count
        await leave(root, user)
        count += 1
        if count == 1:
            await directory.put(root, Group("late", root, members=(user, "ann")))

    monkeypatch.setattr(directory, "leave", named_again)
    await directory.delete_user("zoe")
    assert (await directory.groups("acme"))["late"].members == ("ann",)
