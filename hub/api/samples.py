"""Samples: how a type of notification looks on each channel, to who asks for it and to nobody else (A-41, AMB-37).

A sample says that it is one. In the app it comes up like any other, but its entry is born read and changes no count.
By text and e-mail it goes where the real ones would, at once; a channel that is turned off as a whole stays off.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import orjson

from hub.api.answers import SampleAnswer
from hub.api.auth import OWN
from hub.api.call import Answer, Call
from hub.api.idempotency import key_of
from hub.api.inbox import kept_from, meant
from hub.api.limits import counted_sample
from hub.api.models import SampleBody, UserQuery
from hub.api.notifications import deliveries_of, located
from hub.api.parts import Decided, spoken
from hub.api.problem import Problem, conflict, invalid
from hub.api.publishing import at_text, new_base
from hub.api.route import Route
from hub.core.catalogue import NotificationType
from hub.core.directory import User
from hub.core.events import Event
from hub.core.inbox import notification_id, shared_body
from hub.core.personal import CHANNELS, sample_errands
from hub.core.routing import Decision, Member, Reason
from hub.engine.log import Happening, Marker
from hub.engine.plans import Publication
from hub.engine.rows import Record

MARKER = "#sample:"  # no id holds a #: nobody's event is taken for a sample
WHY = "You asked for this sample."


async def post(call: Call) -> Answer:
    """Send one, and say what comes of it on each channel."""
    user: User = call.target
    kind = _kind(call, user)
    if not user.active:
        raise conflict("The user is not active, so nothing goes to them.")
    happening = _happening(call, user, kind)
    decided = await _decided(call, user, kind)
    marker = Marker(_derived(call) or f"{MARKER}{happening.base}", "-", orjson.dumps(happening.base))
    appended = await call.hub.plans.publish(Publication([decided.part(happening)], marker), secrets.token_hex(4))
    base = orjson.loads(appended.earlier[1]) if appended.earlier else happening.base
    return Answer(await _shown(call, user, base, happening.record), 202)


async def _shown(call: Call, user: User, base: str, record: Record) -> dict[str, Any]:
    found = next((one for one in await located(call, base, 0, [user.account])), None)
    deliveries = await deliveries_of(call, found, record) if found else []
    return {"id": notification_id(base, 0) if found and found.exists else None, "deliveries": deliveries}


def _kind(call: Call, user: User) -> NotificationType:
    """Find the type; raise 422 for one that the user cannot have, and for a channel that it does not use (C-13)."""
    body: SampleBody = call.body
    kind = call.hub.catalogue.get(body.type)
    if kind is None or not kind.visible_to(user):
        message = f"there is no type {body.type}"
        raise Problem("unknown_type", f"type: {message}", [("type", message)])
    wanted = enumerate(body.channels or ())
    if lacking := [(f"channels[{i}]", f"{kind.id} does not use it") for i, one in wanted if one not in kind.channels]:
        raise invalid(*lacking)
    return kind


async def _decided(call: Call, user: User, kind: NotificationType) -> Decided:
    wanted = call.body.channels or kind.channels
    directory = call.hub.directory
    preferences = directory.preferences(user.account, user.id)
    leaves = any(channel in wanted for channel in CHANNELS)
    member = Member(user, await (counted_sample(call.hub, user.id, preferences) if leaves else preferences))
    lines = await directory.lines(call.reach.tree.root(user.account)) if "text" in wanted else {}
    numbers = frozenset(line.number for line in lines.values())
    errands = sample_errands(kind, [channel for channel in CHANNELS if channel in wanted], member, numbers)
    shown = Decision(user.id, user.account, kind.id, True, Reason.NAMED, f"u:{user.id}")
    return Decided([(0, shown)] if "system" in wanted else [], [(0, errand) for errand in errands])


def _happening(call: Call, user: User, kind: NotificationType) -> Happening:
    now = call.hub.clock.now()
    body = shared_body(Event(kind.id, user.account, body=kind.description), kind, at_text(now), sample=True)
    record = Record(body, {spoken(channel, Reason.NAMED.value): WHY for channel in ("system", *CHANNELS)})
    at, kept = int(now * 1000), kept_from(call, user)
    return Happening(new_base(now), user.account, record, at, kept, sticky=kind.sticky, sample=True)


def _derived(call: Call) -> str | None:
    key = key_of(call)
    return MARKER + hashlib.sha256(repr((call.caller.id, key)).encode()).hexdigest()[:32] if key else None


ROUTES = [
    Route(
        "POST", "/v1/samples", post, OWN, "Send a sample to who asks", meant, SampleBody, query=UserQuery, status=202,
        answer=SampleAnswer,
    )
]  # fmt: skip
