"""An e-mail that waits to be seen in the app: whether it was is looked up in the very step that takes it (E-20)."""

from typing import Any

import msgpack
import pytest

from hub.engine.connection import Store
from hub.engine.deliveries import Deliveries, Outcome
from hub.engine.log import Log, Outgoing
from hub.engine.plans import Page, read_page, write_page

from .conftest import happening, recipients
from .sending import NOW, finish, lane_of, mail, only, text_to

pytestmark = pytest.mark.usefixtures("acme")

DUE = NOW + 180_000
GRACE: dict[str, Any] = {"not_before_ms": DUE, "waits": "grace", "unless_seen": True}


async def tell(log: Log, *outgoing: Outgoing, base: str = "h1") -> None:
    """Tell Ann in the app, and beside it."""
    await log.append(happening(base), recipients("ann"), "e", outgoing=outgoing)


async def outcome(deliveries: Deliveries) -> tuple[str, str, int]:
    """Work Ann's lane when the grace is over, and say what became of the e-mail."""
    await finish(deliveries, await lane_of(deliveries, "ann", now=DUE), now=DUE)
    row = await only(deliveries)
    return row.state, row.reason, row.attempts


async def test_E_20_an_e_mail_waits_for_its_grace(log: Log, deliveries: Deliveries) -> None:
    await tell(log, mail("ann", **GRACE))
    row = await only(deliveries)
    assert (row.state, row.reason, row.due) == ("queued", "grace", DUE)
    assert await deliveries.claim("email", DUE - 1, 9) == []
    assert await outcome(deliveries) == ("sent", "assigned_user", 1)


@pytest.mark.parametrize("operation", ["read", "dismissed", "archived"])
async def test_E_20_what_was_seen_before_is_not_sent(log: Log, deliveries: Deliveries, operation: str) -> None:
    await tell(log, mail("ann", **GRACE))
    await log.mark("acme", "ann", operation, ["h1-0"], None, "e")
    assert await outcome(deliveries) == ("skipped", "seen", 0)


async def test_E_20_what_was_archived_and_restored_was_seen(log: Log, deliveries: Deliveries) -> None:
    await tell(log, mail("ann", **GRACE))
    for operation in ("archived", "restored"):
        await log.mark("acme", "ann", operation, ["h1-0"], None, "e")
    assert (await outcome(deliveries))[:2] == ("skipped", "seen")


async def test_AMB_48_without_a_grace_it_is_sent_all_the_same(log: Log, deliveries: Deliveries) -> None:
    await tell(log, mail("ann", not_before_ms=DUE))
    await log.mark("acme", "ann", "read", ["h1-0"], None, "e")
    assert await outcome(deliveries) == ("sent", "assigned_user", 1)


async def test_E_20_what_is_not_in_the_app_cannot_be_seen_there(log: Log, deliveries: Deliveries) -> None:
    await log.append(happening(), [], "e", outgoing=[mail("ann", **GRACE)])
    assert (await outcome(deliveries))[0] == "sent"


async def test_E_20_what_others_saw_was_not_seen(log: Log, deliveries: Deliveries) -> None:
    await log.append(
        happening(), recipients("ann", "bob"), "e", outgoing=[mail("ann", **GRACE), mail("bob", 1, **GRACE)]
    )
    await log.mark("acme", "bob", "read", ["h1-1"], None, "e")
    for lane in await deliveries.claim("email", DUE, 9):
        await finish(deliveries, lane, now=DUE)
    rows = await deliveries.of("acme", "h1", [0, 1])
    assert [(row.state, row.reason) for row in rows] == [("sent", "assigned_user"), ("skipped", "seen")]


async def test_E_20_AMB_08_it_may_be_in_the_app_as_another_type(log: Log, deliveries: Deliveries) -> None:
    await tell(log, base="h0")
    await log.append(happening(), [], "e", outgoing=[mail("ann", **GRACE, shown_as="h0-0")])
    await log.mark("acme", "ann", "dismissed", ["h0-0"], None, "e")
    assert (await outcome(deliveries))[:2] == ("skipped", "seen")


async def test_E_20_a_retry_is_not_made_either_once_it_was_seen(log: Log, deliveries: Deliveries) -> None:
    await tell(log, mail("ann", **GRACE))
    await finish(
        deliveries, await lane_of(deliveries, "ann", now=DUE), Outcome("queued", "timeout", hold_ms=DUE + 9), DUE
    )
    await log.mark("acme", "ann", "read", ["h1-0"], None, "e")
    await finish(deliveries, await lane_of(deliveries, "ann", now=DUE + 9), now=DUE + 9)
    row = await only(deliveries)
    assert (row.state, row.reason, row.attempts) == ("skipped", "seen", 1)


async def test_E_20_a_text_does_not_wait(log: Log, deliveries: Deliveries) -> None:
    await tell(log, mail("ann", **GRACE), text_to("ann"))
    await log.mark("acme", "ann", "read", ["h1-0"], None, "e")
    assert await finish(deliveries, await lane_of(deliveries, "ann", "text")) == ["h1-0"]


async def test_a_plan_keeps_what_waits_to_be_seen_and_one_of_an_older_hub_is_read(store: Store) -> None:
    going = [mail("ann", **GRACE, shown_as="h0-0"), text_to("bob", 1)]
    assert read_page(write_page(Page(0, (), (), going))).outgoing == going
    older = msgpack.unpackb(write_page(Page(0, (), (), [mail("ann", not_before_ms=DUE)])))
    older["outgoing"] = [row[:7] for row in older["outgoing"]]
    assert read_page(msgpack.packb(older)).outgoing == [mail("ann", not_before_ms=DUE)]
