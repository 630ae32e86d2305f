"""What the Functions answer, decoded into values: entries of the inbox and changes of the log."""

from dataclasses import dataclass
from typing import Any

import orjson


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
    """The shared part of a happening: its body (JSON) and a sentence for each reason code."""

    body: bytes
    reasons: dict[str, str]

    def encode(self) -> bytes:
        """Return both as one value; orjson writes no raw newline, so it separates them."""
        return self.body + b"\n" + orjson.dumps(self.reasons)

    @classmethod
    def decode(cls, record: bytes | str) -> "Record":
        """Read what `encode` wrote."""
        data = record.encode() if isinstance(record, str) else record
        body, _, reasons = data.partition(b"\n")
        return cls(body, orjson.loads(reasons))


def text(value: bytes | str) -> str:
    """Decode a reply that may be bytes."""
    return value.decode() if isinstance(value, bytes) else value


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
