"""Texts and e-mails as the tests of the engine queue and send them."""

from typing import Any

from hub.engine.deliveries import Deliveries, Delivery, Job, Lane, Outcome
from hub.engine.log import Log, Outgoing

from .conftest import happening

NOW = 1_000  # when the happenings of these tests are, in ms of business time
SENT, REFUSED = Outcome("sent", reference="r-1"), Outcome("failed", "mailbox_unknown")


def mail(user: str, index: int = 0, **fields: Any) -> Outgoing:
    return Outgoing(user, index, "email", f"{user}@acme.example", "assigned_user", **fields)


def text_to(user: str, index: int = 0, **fields: Any) -> Outgoing:
    return Outgoing(user, index, "text", "+15550100", "assigned_user", **fields)


async def append(log: Log, base: str, *outgoing: Outgoing, **fields: Any) -> None:
    await log.append(happening(base, **fields), [], "e", outgoing=outgoing)


async def lane_of(deliveries: Deliveries, user: str, channel: str = "email", now: int = NOW) -> Lane:
    """Claim the lane of one user; the others that are due are claimed too."""
    lanes = {lane.user: lane for lane in await deliveries.claim(channel, now, 99)}
    return lanes[user]


async def begin(deliveries: Deliveries, lane: Lane, now: int = NOW) -> Job:
    id = await deliveries.next(lane, now)
    assert id is not None
    job = await deliveries.take(lane, id, now)
    assert isinstance(job, Job)
    return job


async def finish(deliveries: Deliveries, lane: Lane, outcome: Outcome = SENT, now: int = NOW) -> list[str]:
    """Work a lane until it is given back; return what was tried."""
    tried = []
    while id := await deliveries.next(lane, now):
        job = await deliveries.take(lane, id, now)
        if isinstance(job, Job):
            tried.append(id)
            await deliveries.settle(job, outcome, now)
    return tried


async def only(deliveries: Deliveries, base: str = "h1", index: int = 0) -> Delivery:
    (row,) = await deliveries.of("acme", base, [index])
    return row
