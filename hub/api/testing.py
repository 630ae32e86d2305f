"""Test mode: a business clock that can be set, and what would have been sent (protocol.md 8)."""

from __future__ import annotations

from typing import Any

import orjson

from hub.api.answers import ClockAnswer, MessageAnswer, SettledAnswer
from hub.api.auth import OPERATOR
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.fields import parse_time
from hub.api.models import AdvanceBody, ClockBody, OutboxQuery
from hub.api.paging import listed, read_cursor, write_cursor
from hub.api.problem import invalid
from hub.api.publishing import at_text
from hub.api.route import Route

OUTBOX = "outbox"
YEARS = range(1971, 9000)


async def freeze(call: Call) -> Answer:
    """Stop business time at a moment."""
    moment = parse_time(call.body.now)
    if moment.year not in YEARS:
        raise invalid(("now", f"must lie in the years {YEARS.start} to {YEARS.stop - 1}"))
    await call.hub.clock.turn_all(moment.timestamp())
    return _now(call)


async def run(call: Call) -> Answer:
    """Let business time run again."""
    await call.hub.clock.turn_all(None)
    return NO_CONTENT


async def advance(call: Call) -> Answer:
    """Move business time on; answer when all that is due by then is done."""
    await call.hub.clock.turn_all(call.hub.clock.now() + call.body.seconds)
    await call.hub.settle()
    return _now(call)


async def settle(call: Call) -> Answer:
    """Answer when no accepted work is left."""
    await call.hub.settle()
    return Answer({"settled": True})


async def outbox(call: Call) -> Answer:
    """List what would have been sent, oldest first."""
    query = call.query
    start = read_cursor(query.cursor, int)[0] if query.cursor else 0
    name = call.hub.store.keys.work(OUTBOX)
    stored = await call.hub.store.command("LRANGE", name, start, -1)
    messages = [(place, _shown(message)) for place, message in enumerate(stored, start + 1)]
    wanted = [(place, message) for place, message in messages if _is_wanted(message, query)]
    found = wanted[: query.limit]
    cursor = write_cursor([found[-1][0]]) if len(wanted) > len(found) else None
    return Answer(listed([message for _, message in found], cursor))


async def empty_outbox(call: Call) -> Answer:
    """Forget what would have been sent."""
    await call.hub.store.command("DEL", call.hub.store.keys.work(OUTBOX))
    return NO_CONTENT


def _shown(stored: bytes) -> dict[str, Any]:
    """Show a message; whose it is, is kept for their erasure."""
    return {name: value for name, value in orjson.loads(stored).items() if name != "user"}


def _is_wanted(message: dict[str, Any], query: OutboxQuery) -> bool:
    return query.channel in (None, message["channel"]) and query.to in (None, message["to"])


def _now(call: Call) -> Answer:
    return Answer({"now": at_text(call.hub.clock.now())})


ROUTES = [
    Route("PUT", "/v1/test/clock", freeze, OPERATOR, "Freeze the business clock", body=ClockBody, answer=ClockAnswer),
    Route("DELETE", "/v1/test/clock", run, OPERATOR, "Let the business clock run", status=204),
    Route(
        "POST",
        "/v1/test/clock/advance",
        advance,
        OPERATOR,
        "Move the business clock",
        body=AdvanceBody,
        answer=ClockAnswer,
    ),
    Route("POST", "/v1/test/settle", settle, OPERATOR, "Wait for accepted work", answer=SettledAnswer),
    Route("GET", "/v1/test/outbox", outbox, OPERATOR, "Read the outbox", query=OutboxQuery, answer=MessageAnswer),
    Route("DELETE", "/v1/test/outbox", empty_outbox, OPERATOR, "Empty the outbox", status=204),
]
