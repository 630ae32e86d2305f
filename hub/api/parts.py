"""What is stored of a happening for the users of one account: who is told in the app, who is not, and their errands.

A user has one number in a happening for all channels. Whom only a text or an e-mail concerns has a note among the
decisions all the same, under a code that is never shown: so that everybody of a happening can be found by one index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from hub.core.inbox import notification_id
from hub.core.personal import Errand
from hub.core.routing import Decision, sentence
from hub.core.turns import Turns, at_once, pieces
from hub.engine.log import Happening, Outgoing, Recipient, Skipped
from hub.engine.plans import Part

ERRAND_ONLY = "errand_only"  # the code of whom only a text or an e-mail concerns
ALIKE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of the users of one account under one type; each has a number in the happening."""

    decisions: list[tuple[int, Decision]] = field(default_factory=list)
    errands: list[tuple[int, Errand]] = field(default_factory=list)

    def part(self, happening: Happening) -> Part:
        """Make the part of a publication."""
        return at_once(self.parting(happening))

    def parting(self, happening: Happening, shown: Mapping[str, str] = ALIKE) -> Turns[Part]:
        """Do the same in turns. `shown` says under which id a user sees this in the app, where that is another."""
        told, noted, sent = list[Recipient](), list[Skipped](), list[Outgoing]()
        for some in pieces(self.decisions):
            told += (Recipient(one.user, index, one.reason, one.channel) for index, one in some if one.told)
            noted += (Skipped(one.user, index, one.reason) for index, one in some if not one.told)
            yield len(some)
        for going in pieces(self.errands):
            sent += (outgoing(one, index, _elsewhere(one, index, happening, shown)) for index, one in going)
            yield len(going)
        return Part(happening, told, [*noted, *self._beside()], sent)

    def sentences(self, title: str, contact: str | None, account: str | None) -> dict[str, str]:
        """Say why those get it who do, by the code of the app, or by the channel and the code."""
        told = {("system", str(one.reason)) for _, one in self.decisions if one.told}
        sent = {(one.channel, str(one.reason)) for _, one in self.errands if one.is_queued}
        return {
            spoken(channel, code): sentence(code, title, contact, account, channel)
            for channel, code in sorted(told | sent)
        }

    def _beside(self) -> Iterator[Skipped]:
        considered = {index for index, _ in self.decisions}
        found = {index: one.user for index, one in self.errands if index not in considered}
        return (Skipped(user, index, ERRAND_ONLY) for index, user in found.items())


def shown_as(parts: Sequence[tuple[Happening, Decided]]) -> Turns[Mapping[str, str]]:
    """Say under which id each user sees an event in the app: that may be told as another type there than by e-mail."""
    found = dict[str, str]()
    for happening, decided in parts if len(parts) > 1 else ():
        for some in pieces(decided.decisions):
            found.update((one.user, notification_id(happening.base, index)) for index, one in some if one.told)
            yield len(some)
    return found


def _elsewhere(errand: Errand, index: int, happening: Happening, shown: Mapping[str, str]) -> str | None:
    there = shown.get(errand.user) if errand.channel == "email" else None
    return None if there == notification_id(happening.base, index) else there


def outgoing(errand: Errand, index: int, shown_as: str | None = None) -> Outgoing:
    """Write an errand as it is stored."""
    due = None if errand.not_before is None else ceil(errand.not_before * 1000)
    return Outgoing(
        errand.user, index, errand.channel, errand.to, str(errand.reason), due, errand.urgent, str(errand.waits),
        errand.unless_seen, shown_as,
    )  # fmt: skip


def spoken(channel: str, code: str) -> str:
    """Name the sentence of a code in a record: of the app by the code alone."""
    return code if channel == "system" else f"{channel}:{code}"


def why(reasons: Mapping[str, str], channel: str, code: str) -> str | None:
    """Find what a record says of a code on a channel."""
    return reasons.get(spoken(channel, code))
