"""How far a long command has come: a bar on a terminal, now and then a line elsewhere; always on standard error."""

from __future__ import annotations

import sys
import time
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from hub.app.operating import printable

EVERY_SECONDS = 5.0  # between two plain lines


class Meter(Protocol):
    """Shows progress while it is entered; `note` says in words what `done` of the total means."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *raised: object) -> None: ...

    def show(self, done: int, note: str) -> None:
        """Tell how far it is."""
        ...

    def say(self, text: str) -> None:
        """Print a line beside the progress."""
        ...


def meter(total: int | None) -> Meter:
    """Choose how progress is shown; a total of None is not known."""
    return Bar(total) if sys.stderr.isatty() else Lines(total)


class Bar:
    """A bar that stays in its place, on a terminal."""

    def __init__(self, total: int | None) -> None:
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}", markup=False))
        self._console = Console(stderr=True)
        self._progress = Progress(*columns, TimeRemainingColumn(), console=self._console)
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._progress.stop()

    def show(self, done: int, note: str) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, description=note)

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


class Lines:
    """A line now and then, where the output goes into a file or another program."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._next = time.monotonic() + EVERY_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def show(self, done: int, note: str) -> None:
        """Print the note, unless another was printed a moment ago."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        self.say(f"{done * 100 // self._total} %, {note}" if self._total else note)

    def say(self, text: str) -> None:
        """Print a line."""
        print(printable(text), file=sys.stderr, flush=True)
