"""Own the embedded store: one Valkey server on a unix socket, its files in the data directory.

Two locks say who lives, since a lock cannot be stale and a pid can:

DATA_DIR/lock        held by the server: it inherits the locked descriptor, so the lock lives exactly as
                     long as the server does, orphaned or not. Two servers on one directory both write and
                     corrupt the append-only file; with this lock there is never a second one.
DATA_DIR/owner.lock  held by the hub that owns the server. While it is held, another hub is refused.

A hub that was killed leaves its server running. The next hub finds `owner.lock` free and `lock` held, and
adopts that server. DATA_DIR/socket-path tells where it listens, written before the server is started, so that
no moment is too early for a kill; the server itself is asked whether it works in this directory.
Every write is on disk before it is answered (`appendfsync always`): `everysec` may hold a write back for two
seconds behind a slow fsync, and a kill in that moment loses what was acknowledged.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

import redis
import redis.exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.engine.server_program import choose_socket, find_server, options

PING_SECONDS = 2.0  # a server that is silent for longer is not counted as answering
START_SECONDS = 15.0  # until a new server answers at all; loading its data afterwards may take any time
STOP_SECONDS = 30.0  # after SIGTERM; then the server is killed, which loses nothing acknowledged
WATCH_SECONDS = 0.02  # between two looks while waiting for a process
LONGEST_LOG = 4 * 1024 * 1024  # bytes; at the next start a longer one becomes valkey.log.1


class StoreInUse(Exception):
    """Say that another hub, alive, owns the data directory."""


class StoreFailed(Exception):
    """Say that the server does not start or answer, with the last lines of its log."""


class _Answer(NamedTuple):
    pid: int
    directory: str
    loading: bool


class EmbeddedStore:
    """Start, adopt, watch and stop the server of one data directory. Blocking; for the supervisor only."""

    def __init__(self, data_dir: Path | str, binary: Path | str | None = None) -> None:
        self.data_dir = Path(data_dir).expanduser().absolute()
        self.adopted = False
        self.pid: int | None = None
        self._binary = Path(binary) if binary else None
        self._socket: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner: int | None = None
        self._guard = threading.RLock()  # the watcher and a stop may meet

    def __repr__(self) -> str:
        state = f"{'adopted' if self.adopted else 'running'} as {self.pid}" if self.pid else "stopped"
        return f"<EmbeddedStore {self.data_dir} {state}>"

    @property
    def url(self) -> str:
        """Return where the store listens; it stays the same when the server is started again."""
        if self._socket is None:
            raise StoreFailed("the embedded store is not started")
        return f"unix://{self._socket}"

    def start(self) -> str:
        """Start the server, or adopt the one a killed hub left; return its url (StoreInUse, StoreFailed)."""
        with self._guard:
            self._make_directory()
            self._owner = self._own()
            self._socket = self._recall_socket()
            try:
                self._start_or_adopt()
            except BaseException:
                self._give_up()
                raise
            return self.url

    def ensure_running(self) -> bool:
        """Start the server again if it died, on the same socket; tell whether that was needed."""
        with self._guard:
            if self._owner is None or self._is_alive():
                return False
            self._reap()
            self._start_or_adopt()
            return True

    def stop(self) -> None:
        """Stop the server, which first writes what it holds, and give the directory up."""
        with self._guard:
            if self._owner is not None:
                self._give_up()

    # Who lives

    def _own(self) -> int:
        """Take owner.lock. Python opens it close-on-exec, so no child can hold it in the owner's place."""
        owner = os.open(self.data_dir / "owner.lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(owner):
            pid = os.read(owner, 32).decode(errors="replace").strip() or "unknown"
            os.close(owner)
            raise StoreInUse(
                f"{self.data_dir} is in use by another hub (process {pid}); "
                "stop that one, or give this one its own HUB_DATA_DIR"
            )
        os.ftruncate(owner, 0)
        os.write(owner, f"{os.getpid()}\n".encode())
        return owner

    def _is_alive(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        free = self._server_lock()
        if free is not None:
            os.close(free)
        return free is None

    def _server_lock(self) -> int | None:
        """Take the server's lock; None while a server holds it."""
        lock = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if _lock(lock):
            return lock
        os.close(lock)
        return None

    # Starting

    def _make_directory(self) -> None:
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreFailed(f"cannot make the data directory {self.data_dir}: {error.strerror}") from error
        if not os.access(self.data_dir, os.R_OK | os.W_OK | os.X_OK):
            raise StoreFailed(f"cannot write to the data directory {self.data_dir}")

    def _start_or_adopt(self) -> None:
        """Take what comes first: the lock (then no server runs), or an answer of the server that has it."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            lock = self._server_lock()
            if lock is not None:
                try:
                    self._spawn(lock)
                finally:
                    os.close(lock)  # the server's copy keeps it locked
                return self._wait_until_ready()
            if self._adopt():
                return self._wait_until_ready()
            time.sleep(WATCH_SECONDS)
        raise StoreFailed(f"a server holds {self.data_dir / 'lock'} but does not answer; stop it by hand")

    def _spawn(self, lock: int) -> None:
        program = find_server(self._binary)
        self._socket = choose_socket(self._socket)
        self._socket.unlink(missing_ok=True)
        (self.data_dir / "socket-path").write_text(f"{self._socket}\n")
        self._turn_log()
        self._process = subprocess.Popen(
            [str(program), *options(self.data_dir, self._socket, self._log)],
            pass_fds=[lock],
            process_group=0,  # Ctrl-C reaches the hub alone, which drains before it stops the store
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid, self.adopted = self._process.pid, False

    def _wait_until_ready(self) -> None:
        """Wait for the first answer; a server that loads its data may take as long as that needs."""
        end = time.monotonic() + START_SECONDS
        while self._is_alive() and time.monotonic() < end:
            answer = self._ask()
            if answer is not None and not answer.loading:
                return
            if answer is not None:
                end = time.monotonic() + START_SECONDS
            time.sleep(WATCH_SECONDS)
        ending = "does not answer" if self._is_alive() else "ended at once"
        self._terminate()
        raise StoreFailed(f"the embedded store {ending}; the end of {self._log}:\n{_tail(self._log)}")

    # Adopting

    def _adopt(self) -> bool:
        """Adopt the server that listens on the known socket, if it works in this directory."""
        answer = self._ask()
        if answer is None or answer.directory != os.path.realpath(self.data_dir):
            return False
        self.pid, self._process, self.adopted = answer.pid, None, True
        return True

    def _ask(self) -> _Answer | None:
        """Ask the server who it is; None when it does not answer."""
        if self._socket is None:
            return None
        once = Retry(NoBackoff(), 0)
        with redis.Redis(unix_socket_path=str(self._socket), socket_timeout=PING_SECONDS, retry=once) as client:
            try:
                info = client.info("server", "persistence")
                directory = client.config_get("dir")["dir"]
            except (redis.exceptions.RedisError, OSError):
                return None
        return _Answer(pid=info["process_id"], directory=directory, loading=bool(info["loading"]))

    def _recall_socket(self) -> Path | None:
        """Return the socket of the server that ran here last."""
        try:
            told = Path((self.data_dir / "socket-path").read_text().strip())
        except OSError:
            return None
        return told if told.is_absolute() else None

    # Stopping

    def _give_up(self) -> None:
        assert self._owner is not None
        self._terminate()
        if self._socket is not None and not self._is_alive():
            shutil.rmtree(self._socket.parent, ignore_errors=True)
        os.close(self._owner)
        self._owner = None

    def _terminate(self) -> None:
        if self.pid is None:
            return
        self._signal(signal.SIGTERM)
        if not self._wait_until_dead(STOP_SECONDS):
            self._signal(signal.SIGKILL)
            self._wait_until_dead(STOP_SECONDS)
        self._reap()

    def _signal(self, number: signal.Signals) -> None:
        """Signal the server; while it holds its lock, its pid is not anyone else's."""
        if self.pid is not None and self._is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _wait_until_dead(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while alive := self._is_alive():
            if time.monotonic() > end:
                break
            time.sleep(WATCH_SECONDS)
        return not alive

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process, self.pid, self.adopted = None, None, False

    # Its log

    @property
    def _log(self) -> Path:
        return self.data_dir / "valkey.log"

    def _turn_log(self) -> None:
        if self._log.exists() and self._log.stat().st_size > LONGEST_LOG:
            self._log.replace(self._log.with_suffix(".log.1"))


def running_url(data_dir: Path | str) -> str | None:
    """Return the url of the server that runs in this directory; None when there is none."""
    store = EmbeddedStore(data_dir)
    store._socket = store._recall_socket()
    return store.url if store._adopt() else None


def is_data_directory(data_dir: Path | str) -> bool:
    """Tell whether a server ever kept its files in this directory."""
    return (Path(data_dir).expanduser() / "socket-path").is_file()


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(log: Path, lines: int = 8) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
