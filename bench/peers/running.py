"""What the scenarios need to know of a server that runs, and how one is started and stopped."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.bus import Happening
from bench.measure import SERVER_CORE, on_core
from bench.store import HOST, wait_for_port
from bench.tab import Greeting

STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A peer that listens: where, which processes to measure, which channel feeds it, how tabs greet it.

    `behind` are further processes of the same product that do not hold tabs (API, workers). `post` sends one event
    through the product's own HTTP API, where it has one; `happening` is what that API made of such an event.
    """

    name: str
    port: int
    processes: list[int]
    channel: str
    greetings: list[Greeting]
    behind: list[int] = field(default_factory=list)
    post: Callable[[int], None] | None = None
    happening: Happening | None = None

    @property
    def address(self) -> tuple[str, int]:
        return (HOST, self.port)


@contextmanager
def server(
    command: Sequence[str], port: int, environment: Mapping[str, str], core: int = SERVER_CORE
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server on one core, wait until it listens, and end it after the block."""
    with on_core(core):
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, process, most_seconds=30.0)
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a server to end, and insist when it does not."""
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
