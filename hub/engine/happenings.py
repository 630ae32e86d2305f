"""What is appended: a happening, the users it is for and those it is not for, what goes out of it; and how that is said
to the Function that appends it.

Times are milliseconds of business time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.engine.rows import Record

PAGE = 100
SKIPPED = 1_000  # of a page: a note takes far less than an entry
QUEUED = 10  # notes that one text or e-mail weighs as much as
TALLIED = ("at", "more_than", "window", "kept", "fires")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One user of a resolved audience. `index` is the position in it, `reason` a code of the record, and `channel` the
    suffix of the channel in their account over which they are told."""

    user: str
    index: int
    reason: str
    channel: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """One user who was considered and is not told; numbered with the recipients."""

    user: str
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text or e-mail to one user, or why there is none; numbered with the recipients.

    It is sent iff `to` names where. `not_before_ms` is when the user's quiet hours, or their grace, end, in business
    time, and `waits` the code of what it waits for; what is `urgent` never waits for quiet hours. With `unless_seen` it
    is not sent once they saw the notification in the app, which is `shown_as` where it has another id there.
    """

    user: str
    index: int
    channel: str  # text, email
    to: str | None
    reason: str
    not_before_ms: int | None = None
    urgent: bool = False
    waits: str = "quiet_hours"
    unless_seen: bool = False
    shown_as: str | None = None

    @property
    def weight(self) -> int:
        """Measure what it costs to append, in notes; a page holds as much as 1,000 of them."""
        return QUEUED if self.to is not None else 1

    def due(self, at: int) -> int | None:
        """Say when it is to be sent, of what happens at a time, both in ms; None for what is not sent."""
        return None if self.to is None else max(at, self.not_before_ms or at)


@dataclass(frozen=True, slots=True)
class Happening:
    """What is appended: shared by all recipients of one account.

    `base` begins the ids of its notifications. `origin` is the account that the event is of, where that is not the
    recipients' (roll-up). `counted`: it keeps receipts, and can be recalled. A `sample` is read from the first and
    changes no count.
    """

    base: str
    account: str
    record: Record
    at: int
    cutoff: int
    sticky: bool = False
    origin: str | None = None
    counted: bool = False
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """Makes a posted event one event: its id, unique in its account, a digest of its body, and what was answered."""

    event: str
    digest: str
    answer: bytes = b"{}"


@dataclass(frozen=True, slots=True)
class Tally:
    """A text from a contact, which counts in the step that stores it (core/bursts.py): for which line and number, and
    when it was sent, in ms. `fires` says whether what is stored tells of a burst."""

    line: str
    number: str
    at: int
    more_than: int
    window: int
    kept: int
    fires: bool = False


@dataclass(frozen=True, slots=True)
class First:
    """What the first page of a publication brings in the same step: the marker, the document of a broadcast (id,
    JSON), with `planned` the word that its plan holds, and what it counts as."""

    marker: Marker
    broadcast: tuple[str, bytes] | None = None
    planned: bool = False
    tally: Tally | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """How many users got it now; `earlier` is (digest, answer) when the event had been accepted before.

    `fires` says whether its text makes a burst, where the page said otherwise: then nothing is written.
    """

    count: int
    earlier: tuple[str, bytes] | None = None
    fires: bool | None = None


def page_of(
    happening: Happening,
    recipients: Sequence[Recipient],
    skipped: Sequence[Skipped],
    outgoing: Sequence[Outgoing],
    channels: Sequence[str],
    epoch: str,
) -> dict[str, Any]:
    """Write the argument of one append."""
    number = {channel: i for i, channel in enumerate(channels, 1)}
    return {
        "base": happening.base, "record": happening.record.encode().decode(), "sticky": happening.sticky,
        "at": happening.at, "cutoff": happening.cutoff, "epoch": epoch, "counted": happening.counted,
        "sample": happening.sample,
        "account": happening.origin or happening.account, "channels": list(channels),
        "users": [(to.user, to.index, to.reason, number[to.channel]) for to in recipients],
        "skipped": [(one.user, one.index, one.reason) for one in skipped],
        "outgoing": [written(one, happening.at) for one in outgoing],
    }  # fmt: skip


def written(one: Outgoing, at: int) -> tuple[Any, ...]:
    """Write what goes out of a happening at a time; what is not sent ends with its reason."""
    row, due = (one.user, one.index, one.channel, one.reason), one.due(at)
    if due is None:
        return row
    return (*row, one.to, due, one.waits if due > at else False, one.urgent, one.unless_seen, one.shown_as)


def first_of(base: str, first: First) -> dict[str, Any]:
    """Write what the first page brings beside."""
    marker, tally = first.marker, first.tally
    return {
        "event": marker.event, "marker": f"{base} {marker.digest} {marker.answer.decode()}",
        "planned": first.planned, "broadcast": first.broadcast and (first.broadcast[0], first.broadcast[1].decode()),
        "tally": tally and {name: getattr(tally, name) for name in TALLIED},
    }  # fmt: skip


def read_marker(marker: bytes) -> tuple[str, bytes]:
    """Take the digest of its body and the stored answer out of an event's marker; the base stands before them."""
    _, digest, answer = marker.split(b" ", 2)
    return digest.decode(), answer
