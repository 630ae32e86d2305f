"""What the Functions answer, decoded into values: entries of the inbox and changes of the log."""

from dataclasses import dataclass
from typing import Any

import orjson

from hub.core.inbox import lean


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification as one user has it. `body` is the JSON object that all its users share, as bytes."""

    id: str
    seq: int
    state: str
    reason: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Notified:
    """A change of the log: a notification. `tab` and `gen` say to whom its pop-up was offered then."""

    seq: int
    entry: Entry
    tab: str
    gen: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A change of the log: entries were dismissed, read, recalled, archived or restored."""

    seq: int
    operation: str
    ids: tuple[str, ...] | None
    up_to: int | None


Change = Notified | Marked


@dataclass(frozen=True, slots=True)
class Record:
    """The shared part of a happening: its body (JSON) and a sentence for each reason code.

    As one value it is lines, since orjson writes no raw newline: the body, the reasons, and where the body has more
    `data` than a snapshot may carry, that body is the lean one and the whole one is a third line. The Functions cut
    the third line off where a snapshot is read (library.lua, `read_row`).
    """

    body: bytes
    reasons: dict[str, str]

    def encode(self) -> bytes:
        """Return it as one value."""
        slim, reasons = lean(self.body), orjson.dumps(self.reasons)
        return b"\n".join((slim, reasons) if slim == self.body else (slim, reasons, self.body))

    @classmethod
    def decode(cls, record: bytes | str) -> "Record":
        """Read what `encode` wrote, whole or cut."""
        data = record.encode() if isinstance(record, str) else record
        body, reasons, *whole = data.split(b"\n")
        return cls(whole[0] if whole else body, orjson.loads(reasons))


def parted(id: str) -> tuple[str, int]:
    """Take the id of a notification apart, as the hub made it."""
    base, _, index = id.rpartition("-")
    return base, int(index)


def field_of(id: str, channel: str) -> str:
    """Name the record of a notification's text or e-mail among the deliveries of its happening."""
    return f"{parted(id)[1]}:{channel}"


def text(value: bytes | str) -> str:
    """Decode a reply that may be bytes."""
    return value.decode() if isinstance(value, bytes) else value


def scored(found: list[Any]) -> list[tuple[str, float]]:
    """Decode members with their scores, as either protocol gives them."""
    pairs = found if found and isinstance(found[0], list) else list(zip(found[::2], found[1::2], strict=True))
    return [(text(member), float(score)) for member, score in pairs]


def read_entry(row: list[Any]) -> Entry:
    """Decode a row {id, seq, state, reason code, record}."""
    record = Record.decode(row[4])
    code = text(row[3])
    return Entry(text(row[0]), int(row[1]), text(row[2]), record.reasons.get(code, code), record.body)


def read_change(row: list[Any]) -> Change:
    """Decode a row of the log, as `missed_rows` in library.lua gives it."""
    operation = text(row[0])
    if operation == "notify":
        entry = read_entry(row[1])
        return Notified(entry.seq, entry, text(row[2]), int(row[3]))
    concerned = row[2]
    if isinstance(concerned, list):
        return Marked(int(row[1]), operation, tuple(text(id) for id in concerned), None)
    return Marked(int(row[1]), operation, None, int(concerned))
