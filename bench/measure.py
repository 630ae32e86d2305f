"""CPU time and memory of running processes, read from /proc, and pinning to cores.

CPU time is the scheduler's own count in nanoseconds (schedstat), summed over the threads of a process and of its
descendants. It holds everything done on behalf of the process, so also the kernel's part of `send()` on loopback,
which is most of it. Where schedstat is off, the 10 ms ticks of stat are used. A thread that ends takes its time
with it: the servers measured here keep theirs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SERVER_CORE = 0
CLIENT_CORE = 1


def family(root: int) -> list[int]:
    """Name a process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (parent := _parent(int(entry.name))) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for process in found:
        found.extend(children.get(process, ()))
    return found


def _parent(process: int) -> int | None:
    fields = _stat_fields(PROC / str(process) / "stat")
    return int(fields[1]) if fields else None


def _stat_fields(path: Path) -> list[str]:
    """Split a stat file behind the process name, which may itself hold spaces and brackets."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def cpu_seconds(roots: list[int]) -> float:
    """Add up the CPU time of these processes, their threads and their descendants so far."""
    return sum(_thread_seconds(task) for root in roots for process in family(root) for task in _tasks(process))


def _tasks(process: int) -> list[Path]:
    try:
        return list((PROC / str(process) / "task").iterdir())
    except OSError:
        return []


def _thread_seconds(task: Path) -> float:
    try:
        return int((task / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        fields = _stat_fields(task / "stat")
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND if fields else 0.0


def resident_bytes(roots: list[int]) -> int:
    """Add up the resident memory of these processes and their descendants."""
    return sum(_resident(process) for root in roots for process in family(root))


def _resident(process: int) -> int:
    try:
        rollup = (PROC / str(process) / "smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Rss:")), 0)


def settled_bytes(read: Callable[[], int], wait: Callable[[float], None], *, most_seconds: float = 12.0) -> int:
    """Read memory until it moves by less than 0.2 % in a second, so that collectors have had their turn."""
    deadline = time.monotonic() + most_seconds
    before = read()
    while True:
        wait(1.0)
        after = read()
        if abs(after - before) * 500 < before or time.monotonic() > deadline:
            return after
        before = after


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run the block on one core; processes started inside inherit it. One core only: no pinning at all."""
    allowed = os.sched_getaffinity(0)
    if len(allowed) > 1:
        os.sched_setaffinity(0, {sorted(allowed)[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
