"""The folder in which the workers of one hub count together, and what killed hubs left of theirs.

A folder is locked by its supervisor, and by the workers, which inherit the locked descriptor: the lock lives exactly
as long as anyone who may write there, also across containers that share a temporary directory but no process ids.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "hub-metrics-"
MOST_LOOKED_AT = 100  # folders at one start; the next start goes on


@contextlib.contextmanager
def metrics_folder() -> Iterator[tuple[str, int]]:
    """Make a folder and lock it; give its path and the descriptor that workers inherit. Clears away stale ones."""
    remove_stale()
    path, lock = _make()
    try:
        yield path, lock
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def remove_stale() -> None:
    """Remove folders of ours that nobody holds any more."""
    for path in itertools.islice(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"), MOST_LOOKED_AT):
        with contextlib.suppress(OSError):
            if (lock := _lock(path)) is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def _make() -> tuple[str, int]:
    while True:
        path = tempfile.mkdtemp(prefix=PREFIX)
        lock = _lock(Path(path))
        if lock is not None and os.path.exists(path):
            return path, lock
        if lock is not None:  # another hub took it for stale just before it was locked
            os.close(lock)


def _lock(path: Path) -> int | None:
    """Lock a folder of ours; None when it is somebody else's, or held, or gone."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    if os.fstat(folder).st_uid == os.geteuid():
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder
    os.close(folder)
    return None
