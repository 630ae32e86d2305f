"""Who is erased leaves nothing in their account: no log, no reason, no name on a broadcast."""

import asyncio
from dataclasses import replace

import orjson
import pytest

from hub.core.broadcasts import Broadcast
from hub.core.directory import Account, Contact, User
from hub.core.preferences import Preferences
from hub.engine.broadcasts import Broadcasts, write_broadcast
from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries
from hub.engine.directory import Directory
from hub.engine.erasure import PAGE, Erasure
from hub.engine.log import Considered, Log, Marker, Skipped
from hub.engine.plans import Part, Plans, Publication
from hub.engine.rows import Record
from hub.engine.tabs import Tabs

from .conftest import everything, happening, marked, naming, recipients, seat
from .sending import NOW, append, finish, lane_of, mail, text_to

NUMBERS = ("users:changes", "preferences:changes")  # every process has to hear that the user is gone


@pytest.fixture
def directory(store: Store) -> Directory:
    return Directory(store)


async def settle_in(directory: Directory, *users: str) -> None:
    await directory.put_account(Account("acme"))
    await directory.put_account(Account("west"))
    for user in users:
        await directory.put_user(User(user, "acme"))


def announcement(id: str, **fields: object) -> Broadcast:
    return Broadcast(
        id=id, account="acme", type="group_broadcast", title="Note", message="Hi", body="Hi",
        at="2027-03-14T12:00:00Z", parts=(("acme", id),), **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def left_behind(kept: dict[str, str], user: str) -> set[str]:
    """Tell which keys of the account still say a user."""
    return {name for name in naming(kept, user) if "{acme}" in name and not name.endswith(NUMBERS)}


async def live_through_everything(store: Store, log: Log, directory: Directory) -> None:
    """Let Zoe be told of things, left out, sent a broadcast and send one, and use the hub."""
    await directory.put_preferences("acme", "zoe", Preferences())
    await log.append(happening("h1", sticky=True), recipients("ann", "zoe"), "e", (), marked("evt-1"))
    await log.append(happening("h2"), recipients("ann"), "e", [Skipped("zoe", 1, "type_off")], marked("evt-2"))
    for n, sent in enumerate((announcement("h3", by="zoe"), announcement("h4", by="mia", users=("ann", "zoe"))), 3):
        part = Part(happening(sent.id, counted=True), recipients("ann", "zoe"))
        document = (sent.id, write_broadcast(sent))
        await Plans(store, log).publish(Publication([part], Marker(f"evt-{n}", "d"), document), "e")
    await Tabs(store, "gateway-1").attach(seat("zoe", "Z"), "focused", None, limit=9, oldest=0, epoch="e")
    await log.mark("acme", "zoe", "dismissed", ["h1-1"], None, "e")
    await log.mark("acme", "zoe", "archived", ["h3-1"], None, "e")


async def test_an_erased_user_is_named_nowhere_in_the_account(store: Store, log: Log, directory: Directory) -> None:
    await settle_in(directory, "ann", "zoe")
    await live_through_everything(store, log, directory)
    assert len(left_behind(await everything(store), "zoe")) > 9
    await directory.delete_user("zoe")
    assert left_behind(await everything(store), "zoe") == set()
    assert await log.decisions("acme", "h1") == [Considered(0, "ann", "all_of_type")]
    broadcasts = Broadcasts(store, log, Plans(store, log))
    assert [(one.by, one.users) for one in await broadcasts.all("acme")] == [("mia", ("ann",)), ("", ())]


async def test_after_the_next_sweep_no_byte_of_a_user_is_left(store: Store, log: Log, directory: Directory) -> None:
    await settle_in(directory, "ann", "zoe")
    await live_through_everything(store, log, directory)
    await directory.delete_user("zoe")
    assert naming(await everything(store), "zoe"), "every process has to hear that the user is gone"
    assert await Erasure(store).numbers("acme") == 2
    assert naming(await everything(store), "zoe") == set()
    assert await Erasure(store).numbers("acme") == 0


async def test_who_has_not_heard_of_a_removal_reads_the_users_anew(store: Store, directory: Directory) -> None:
    crowd = [f"c{n}" for n in range(2_300)]
    await settle_in(directory, "ann", "zoe", *crowd)
    late, current, new = Directory(store), Directory(store), Directory(store)
    for reader in (late, current):
        assert len(await reader.members("acme")) == 2_302
    await directory.delete_user("zoe")
    await current.members("acme")
    assert await Erasure(store).numbers("acme") == 2
    await directory.put_user(User("bob", "acme"))
    for reader in (late, current, new):
        assert set(await reader.members("acme")) == {"ann", "bob", *crowd}
    await directory.delete_user("bob")
    assert "bob" not in await late.members("acme")


async def test_who_moved_away_leaves_nothing_behind_either(store: Store, log: Log, directory: Directory) -> None:
    await settle_in(directory, "ann", "zoe")
    await live_through_everything(store, log, directory)
    await directory.put_user(User("zoe", "west"))
    assert left_behind(await everything(store), "zoe") == set()


async def test_a_large_audience_under_way_does_not_bring_a_user_back(
    store: Store, log: Log, directory: Directory
) -> None:
    crowd = [f"c{n}" for n in range(600)]
    await settle_in(directory, "zoe")
    await asyncio.gather(*(directory.put_user(User(user, "acme")) for user in crowd))
    plans = Plans(store, log)
    part = Part(happening("h1"), recipients(*crowd, "zoe"), [Skipped("zoe", 900, "type_off")])
    await plans.publish(Publication([part], Marker("evt-1", "d")), "e")
    await directory.delete_user("zoe")
    assert await plans.resume("acme", "h1") == 500
    assert left_behind(await everything(store), "zoe") == set()


async def test_reasons_are_found_in_many_happenings(store: Store, log: Log, directory: Directory) -> None:
    await settle_in(directory, "ann", "zoe")
    skipped = [Skipped("zoe", 1, "type_off")]
    await asyncio.gather(
        *(log.append(happening(f"h{n}"), recipients("ann"), "e", skipped, marked(f"evt-{n}")) for n in range(700))
    )
    await Erasure(store).user("acme", "zoe")
    assert naming(await everything(store), "zoe type_off") == set()
    assert await log.decisions("acme", "h699") == [Considered(0, "ann", "all_of_type")]


async def test_the_name_of_an_erased_sender_is_taken_off_what_others_have(
    store: Store, log: Log, directory: Directory
) -> None:
    await settle_in(directory, "ann", "zoe")
    await directory.put_user(User("wes", "west"))
    bodies = {
        sender: Record(b'{"title":"Note","sender":"%b"}' % sender.encode(), {}) for sender in ("Zoe Z.", "Mia M.")
    }
    for n, (by, sender) in enumerate((("zoe", "Zoe Z."), ("mia", "Mia M."))):
        sent = replace(announcement(f"h{n}", by=by, sender=sender), parts=(("acme", f"h{n}"), ("west", f"w{n}")))
        parts = [
            Part(replace(happening(base, account=account, counted=True), record=bodies[sender]), recipients(user))
            for (account, base), user in zip(sent.parts, ("ann", "wes"), strict=True)
        ]
        document = (sent.id, write_broadcast(sent))
        await Plans(store, log).publish(Publication(parts, Marker(f"evt-{n}", "d"), document), "e")
    await directory.delete_user("zoe")
    assert naming(await everything(store), "Zoe Z.") == set()
    broadcasts = Broadcasts(store, log, Plans(store, log))
    assert [one.sender for one in await broadcasts.all("acme")] == ["Mia M.", None]
    for account, user in (("acme", "ann"), ("west", "wes")):
        entries = (await log.inbox(account, user, "all", 9, None, 0)).entries
        assert [orjson.loads(entry.body) for entry in entries] == [
            {"title": "Note", "sender": "Mia M."},
            {"title": "Note"},
        ]


async def test_S_02_who_said_that_a_contact_may_be_texted_is_forgotten_the_basis_is_not(directory: Directory) -> None:
    await settle_in(directory, "ann", "zoe")
    for id, by in (("c1", "zoe"), ("c2", "ann")):
        consent = {"basis": "web form", "by": by, "at": "2027-03-14T12:00:00Z"}
        await directory.put("acme", Contact(id, "acme", ok_to_sms=True, consent=consent))
    await directory.delete_user("zoe")
    found = {contact.id: contact for contact in await directory.all(Contact, "acme")}
    assert found["c1"].consent == {"basis": "web form", "at": "2027-03-14T12:00:00Z"}
    assert found["c2"].consent is not None
    assert (found["c1"].ok_to_sms, found["c2"].consent["by"]) == (True, "ann")


async def test_an_account_that_is_gone_leaves_nothing_that_happened_in_it(
    store: Store, log: Log, directory: Directory
) -> None:
    await settle_in(directory, "ann", "zoe")
    await live_through_everything(store, log, directory)
    for user in ("ann", "zoe"):
        await directory.delete_user(user)
    await directory.delete_account("acme")
    kept = await everything(store)
    assert {name for name in kept if "{acme}" in name and not name.endswith(NUMBERS)} == set()
    assert naming(kept, "ann") == naming(kept, "zoe") == set()


async def test_the_messages_of_an_erased_user_leave_the_outbox(store: Store, directory: Directory) -> None:
    """Of several pages, while others' go in and out."""
    await settle_in(directory, "ann", "zoe")
    outbox = store.keys.work("outbox")
    kept = [orjson.dumps({"to": "+15550100", "user": ("ann", "zoe")[n % 2], "at": n // 4}) for n in range(2 * PAGE + 7)]
    await store.command("RPUSH", outbox, *kept)

    async def push_out() -> None:
        for n in range(40):
            await store.command("RPUSH", outbox, orjson.dumps({"user": "bob", "at": n}))
            await store.command("LTRIM", outbox, 1, -1)

    await asyncio.gather(directory.delete_user("zoe"), push_out())
    left = [orjson.loads(message)["user"] for message in await store.command("LRANGE", outbox, 0, -1)]
    assert (left.count("zoe"), left.count("bob")) == (0, 40)
    assert left.count("ann") >= PAGE + 3 - 40


async def test_E_22_what_waited_for_who_moves_away_is_skipped_for_it_and_erased_with_them(
    store: Store, log: Log
) -> None:
    """What was sent to them is forgotten where they were, as all else."""
    directory, deliveries = Directory(store, lambda: 7.0), Deliveries(store, log.couriers)
    await settle_in(directory, "ann", "zoe")
    await append(log, "h1", mail("zoe"))
    await finish(deliveries, await lane_of(deliveries, "zoe"))
    for base in ("h2", "h3"):
        told, skipped = recipients("ann", "zoe"), [Skipped("zoe", 1, "type_off")]
        outgoing = [mail("ann"), mail("zoe", 1), text_to("zoe", 1)]
        await log.append(happening(base), told[:1], "e", skipped, outgoing=outgoing)
    for place in ("west", "acme", "west"):
        await directory.put_user(User("zoe", place))
    assert await deliveries.of("acme", "h1", [0]) == []
    rows = await deliveries.of("acme", "h2", [0, 1])
    assert [(row.user, row.state, row.reason, row.to, row.at) for row in rows] == [
        ("ann", "queued", "assigned_user", "ann@acme.example", NOW),
        ("zoe", "skipped", "moved", None, 7_000), ("zoe", "skipped", "moved", None, 7_000),
    ]  # fmt: skip
    assert await log.decision("acme", "h2", 1) == Considered(1, "zoe", "type_off")
    assert await deliveries.standing("acme", "text", "skipped", 9) == ["h3-1", "h2-1"]
    assert [lane.user for lane in await deliveries.claim("email", NOW, 9)] == ["ann"]
    await directory.delete_user("zoe")
    assert {name for name in naming(await everything(store), "zoe") if not name.endswith(NUMBERS)} == set()
    assert await deliveries.standing("acme", "text", "skipped", 9) == []
