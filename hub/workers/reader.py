"""Whoever a text or an e-mail is for, as they are when it is about to be sent."""

import asyncio
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import orjson

from hub.core.audience import Member
from hub.core.catalogue import NotificationType
from hub.core.directory import Account, User
from hub.core.personal import Channel, destination
from hub.core.preferences import Preferences
from hub.core.quiet import quiet_until, zone_of
from hub.core.reasons import Reason
from hub.engine.deliveries import Attempt
from hub.engine.directory import Directory
from hub.engine.roster import with_defaults


@dataclass(frozen=True, slots=True)
class Reader:
    """A user with their account and what they chose. `numbers` are those of the lines of its tree, for texts."""

    user: User
    account: Account | None
    preferences: Preferences
    numbers: frozenset[str] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        """Give the zone of their days: their own, else their account's."""
        return zone_of(self.user.time_zone, self._home)

    @property
    def sender(self) -> str | None:
        """Name their account, in whose name it comes."""
        return (self.account.sender_name or self.account.name) if self.account else None

    def address(self, kind: NotificationType, channel: Channel, *, urgent: bool = False) -> str | Reason:
        """Say where a text or an e-mail of a type that they wanted goes now, or why they want it no more."""
        return destination(kind, channel, Member(self.user, self.preferences), self.numbers, urgent=urgent)

    def quiet_until(self, now: float) -> float | None:
        """Say when their quiet hours end; None = it is not quiet."""
        quiet = self.preferences.quiet_hours
        if quiet is None:
            return None
        return quiet_until(quiet, zone_of(quiet.time_zone, self.user.time_zone, self._home), now)

    @property
    def _home(self) -> str | None:
        return self.account.time_zone if self.account else None


async def read_reader(directory: Directory, attempt: Attempt) -> Reader:
    """Read who it is for, out of stored documents and what is known of their account."""
    account, chosen = attempt.lane.account, attempt.chosen
    found, defaults = await asyncio.gather(directory.account(account), directory.defaults(account))
    numbers = await _numbers(directory, account) if attempt.lane.channel == "text" else frozenset()
    preferences = Preferences.from_document(orjson.loads(chosen)) if chosen else Preferences()
    return Reader(
        User.from_document(orjson.loads(attempt.person)), found, with_defaults(preferences, defaults), numbers
    )  # fmt: skip


async def _numbers(directory: Directory, account: str) -> frozenset[str]:
    lines = await directory.lines(await directory.root(account))
    return frozenset(line.number for line in lines.values())
