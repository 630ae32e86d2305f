"""`hub import`: a directory of any size, from a file or a pipe, loaded piece by piece in its order.

Loading is safe to repeat. So a piece whose answer never came is sent again, and an import that ended early goes on from
its first line that was not done. Lines are counted as the file has them, whatever piece they travel in.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from hub.app.operating import Refused, RunningHub, count, insist, printable
from hub.app.progress import Meter, meter
from hub.settings import Unfit

MOST_LINES = 1_000  # in one request
STDIN = "-"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
STOPPED = 130  # the exit status after Ctrl-C, as shells have it


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: its number from 1, its text without the end, its bytes in the file. A text of None was too
    long to be sent."""

    number: int
    text: bytes | None
    size: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that was refused, and why."""

    line: Line
    message: str


@dataclass(slots=True)
class Tally:
    """What an import has done so far; `last` is the last line that is done with."""

    last: int = 0
    size: int = 0
    stored: int = 0
    refused: int = 0

    def __str__(self) -> str:
        return f"stored {self.stored:,}, refused {self.refused:,}"


@dataclass(slots=True)
class Import:
    """One run: from `first` on, naming at most `named` refused lines."""

    hub: RunningHub
    name: str
    limit: int
    first: int = 1
    named: int = 50
    tally: Tally = field(default_factory=Tally)

    def run(self) -> int:
        """Load the whole file; return the exit status. Raise Unfit for a file that cannot be read."""
        with _opened(self.name) as file:
            self.hub.get("/v1/accounts", limit="1")  # a wrong address or key is said at once, and not tried for minutes
            total = _size(file)
            with meter(total) as shown:
                status = self._load_all(file, total, shown)
        if self.tally.refused > self.named:
            print(f"… and {count(self.tally.refused - self.named, 'more refused line')}", file=sys.stderr)
        return status

    def _load_all(self, file: BinaryIO, total: int | None, shown: Meter) -> int:
        try:
            for piece in pieces(read_lines(file, self.limit), self.limit):
                self._take(piece, shown)
                shown.show(self.tally.size, self._note(total))
        except KeyboardInterrupt:
            shown.say(f"stopped. {self._rest()}")
            return STOPPED
        except (OSError, Unfit) as error:
            raise Unfit(f"{error}\n{self._rest()}") from error
        return 1 if self.tally.refused else 0

    def _rest(self) -> str:
        """Say how far it came, and how to go on."""
        tally = self.tally
        done = f"Done up to line {tally.last:,}: {tally}." if tally.last >= self.first else "Nothing is done yet."
        again = max(tally.last + 1, self.first)
        return f"{done} Go on with: hub import {printable(shlex.quote(self.name))} --from-line {again}"

    def _note(self, total: int | None) -> str:
        size = _megabytes(self.tally.size) + (f" of {_megabytes(total)}" if total else "")
        refused = f", {self.tally.refused:,} refused" if self.tally.refused else ""
        return f"{size}, {count(self.tally.last, 'line')}{refused}"

    def _take(self, piece: list[Line], shown: Meter) -> None:
        stored, faults = self._load([line for line in piece if line.number >= self.first], shown)
        for fault in faults:
            self.tally.refused += 1
            if self.tally.refused <= self.named:
                shown.say(_described(fault))
        self.tally.stored += stored
        self.tally.size += sum(line.size for line in piece)
        self.tally.last = piece[-1].number

    def _load(self, lines: list[Line], shown: Meter) -> tuple[int, list[Fault]]:
        """Send lines in one request, or in two where the hub takes less at a time than was thought."""
        long = [Fault(line, f"too_large: over {self.limit:,} bytes") for line in lines if line.text is None]
        sent = [(line, line.text) for line in lines if line.text and line.text.strip()]
        if not sent:
            return 0, long
        try:
            answer = insist(lambda: self.hub.load(b"\n".join(text for _, text in sent)), shown.say)
        except Refused as refusal:
            if refusal.status != 413:
                raise
            stored, faults = self._load_halves([line for line, _ in sent], refusal, shown)
        else:
            stored, faults = answer["stored"], _faults(sent, answer["errors"])
        return stored, sorted(long + faults, key=lambda fault: fault.line.number)

    def _load_halves(self, lines: list[Line], refusal: Refused, shown: Meter) -> tuple[int, list[Fault]]:
        if len(lines) == 1:
            return 0, [Fault(lines[0], str(refusal))]
        middle = len(lines) // 2
        (stored, faults), (more, others) = self._load(lines[:middle], shown), self._load(lines[middle:], shown)
        return stored + more, faults + others


def read_lines(file: BinaryIO, limit: int) -> Iterator[Line]:
    """Read line by line, never more than a little over `limit` bytes at a time."""
    number = 0
    while raw := file.readline(limit + 2):  # a line end is one byte or two
        number += 1
        size, ended = len(raw), raw.endswith(b"\n")
        text = raw.rstrip(b"\r\n").removeprefix(BYTE_ORDER_MARK if number == 1 else b"")
        while not ended and len(text) > limit and (rest := file.readline(limit)):
            size, ended = size + len(rest), rest.endswith(b"\n")
        yield Line(number, text if len(text) <= limit else None, size)


def pieces(lines: Iterable[Line], limit: int) -> Iterator[list[Line]]:
    """Cut lines into pieces that each fit into one request."""
    piece: list[Line] = []
    size = 0
    for line in lines:
        more = len(line.text or b"") + 1
        if piece and (size + more > limit + 1 or len(piece) == MOST_LINES):  # the last line needs no end
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += more
    if piece:
        yield piece


def _faults(sent: list[tuple[Line, bytes]], errors: list[dict[str, Any]]) -> list[Fault]:
    """Find the lines that the hub means: to it, a lone carriage return ends a line too."""
    counted = [line for line, text in sent for _ in text.splitlines()]
    return [Fault(counted[error["line"] - 1], f"{error['code']}: {error['message']}") for error in errors]


def _described(fault: Fault) -> str:
    try:
        value = orjson.loads(fault.line.text or b"")
        name = f"{value['kind']} {value['id']}: "
    except (orjson.JSONDecodeError, TypeError, KeyError, IndexError):
        name = ""
    return printable(f"line {fault.line.number}: {name}{fault.message}")


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  # closed below; what is read later has its own words
    except OSError as error:
        raise Unfit(f"{name} cannot be read: {error.strerror or error}") from error
    with file:
        yield file


def _size(file: BinaryIO) -> int | None:
    """Tell how many bytes are to come, where that can be known."""
    with contextlib.suppress(OSError):
        found = os.fstat(file.fileno())
        return found.st_size if stat.S_ISREG(found.st_mode) else None
    return None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
