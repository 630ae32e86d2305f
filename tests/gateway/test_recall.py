"""What is withdrawn leaves every screen, over whichever channel it came, however late a tab hears of it."""

from typing import Any

import pytest_asyncio

from hub.core.broadcasts import Broadcast
from hub.core.directory import Group
from hub.engine.broadcasts import Broadcasts, write_broadcast
from hub.engine.log import Happening, Marker, Recipient
from hub.engine.plans import Part, Plans, Publication
from hub.engine.rows import Record

from .conftest import Deaf, World
from .test_recovery import after
from .test_views import shown, view_of

BASE = "1" * 26
SENT = "2027-03-14T12:00:00Z"
PEOPLE = ("ann", "bob")


class Announcer:
    """Sends one broadcast to a group of everybody, and takes it back."""

    def __init__(self, world: World) -> None:
        edge = world.first
        self.plans = Plans(edge.store, edge.log)
        self.broadcasts = Broadcasts(edge.store, edge.log, self.plans)
        self.sent = Broadcast(
            id=BASE, account="acme", type="group_broadcast", title="Note", message="Hi", body="Hi", by="mia",
            at=SENT, recipients=2, parts=(("acme", BASE),),
        )  # fmt: skip

    async def send(self) -> str:
        body = (
            b'{"event":null,"type":"group_broadcast","title":"Note","body":"Hi","account":"acme",'
            b'"at":"2027-03-14T12:00:00Z","sticky":true,"important":false,"sample":false}'
        )
        happening = Happening(BASE, "acme", Record(body, {"group_member": "You belong."}), 1, 0, True, counted=True)
        told = [Recipient(user, n, "group_member", "g:sales") for n, user in enumerate(PEOPLE)]
        document = (BASE, write_broadcast(self.sent))
        await self.plans.publish(Publication([Part(happening, told)], Marker("evt-1", "d"), document), "e")
        return f"{BASE}-0"

    async def recall(self) -> None:
        await self.broadcasts.recall(self.sent, SENT)


@pytest_asyncio.fixture
async def announcer(world: World) -> Announcer:
    await world.user("bob")
    await world.first.directory.put("acme", Group("sales", "acme", members=PEOPLE))
    return Announcer(world)


def gone(frame: dict[str, Any]) -> tuple[str, int | None, list[str], int]:
    """Say what a frame withdrew: the op, its number, the ids, and how many are unread then."""
    return frame["op"], frame.get("seq"), frame["ids"], frame["unread"]


async def test_a_recall_reaches_every_tab_of_everyone_on_every_gateway(world: World, announcer: Announcer) -> None:
    await world.edge()
    tabs = [await world.tab(user) for user in PEOPLE]
    far = await world.tab("ann", "A2", "hidden", world.edges[1])
    await announcer.send()
    for tab in (*tabs, far):
        await tab.hear("notify")
    await announcer.recall()
    for tab, id in ((tabs[0], f"{BASE}-0"), (tabs[1], f"{BASE}-1"), (far, f"{BASE}-0")):
        assert gone(await tab.hear()) == ("recalled", 2, [id], 0)
    await world.post("ann")
    assert (await tabs[0].hear("notify"))["seq"] == 3


async def test_a_recall_that_the_bus_lost_is_found(world: World, announcer: Announcer, deaf: Deaf) -> None:
    tab = await world.tab()
    id = await announcer.send()
    await tab.hear("notify")
    deaf.lose("recall")
    await announcer.recall()
    await deaf.lost.wait()
    await world.first.gateway.pulse.compare_now()
    assert gone(await tab.hear()) == ("recalled", 2, [id], 0)


async def test_who_lost_both_messages_stays_connected(world: World, announcer: Announcer, deaf: Deaf) -> None:
    tab = await world.tab()
    deaf.lose("notify")
    id = await announcer.send()
    await deaf.lost.wait()
    deaf.lose("recall")
    await announcer.recall()
    await deaf.lost.wait()
    await world.first.gateway.pulse.compare_now()
    assert [gone(await tab.hear()) for _ in range(2)] == [("recalled", seq, [id], 0) for seq in (1, 2)]


async def test_a_returning_tab_hears_of_it_or_never_sees_it(world: World, announcer: Announcer) -> None:
    tab = await world.open()
    welcome = await tab.hello()
    id = await announcer.send()
    await tab.hear("notify")
    await tab.connection.close()
    await announcer.recall()
    knew, knew_not, new = [await world.open() for _ in range(3)]
    again = await knew.hello(after=after(welcome, 1))
    assert (again["recovered"], again["unread"], again["popups"]) == (True, 0, [])
    assert gone(await knew.hear()) == ("recalled", 2, [id], 0)
    assert (await knew_not.hello(tab="B1", after=after(welcome, 0)))["recovered"] is True
    assert [gone(await knew_not.hear())[:2] for _ in range(2)] == [("recalled", 1), ("recalled", 2)]
    assert (await new.hello(tab="C1"))["inbox"] == []


async def test_AMB_17_a_log_in_as_session_sees_it_go(world: World, announcer: Announcer) -> None:
    await world.user("olga", roles=("admin",))
    view = await view_of(world)
    id = await announcer.send()
    assert shown(await view.hear()) == (id, True, 1)
    await announcer.recall()
    assert gone(await view.hear()) == ("recalled", 2, [id], 0)
    await world.post("ann")
    assert (await view.hear("notify"))["seq"] == 3
