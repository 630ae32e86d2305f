"""The processes of one hub: the store it owns, the socket it listens on, the workers that share it.

`hub serve` with one worker serves in this process. With several, this process only supervises: it owns the
embedded store and the socket, starts a dead worker again (later and later if it keeps dying), and passes on
SIGTERM. Each worker watches a pipe to it, so that kill -9 of the supervisor leaves no orphan.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import structlog
from uvicorn.config import STARTUP_FAILURE

from hub import metrics
from hub.app import logs
from hub.app.checking import check_store
from hub.app.listening import bind, local_url
from hub.app.metrics_folder import metrics_folder
from hub.app.operator_key import ensure_operator_key
from hub.app.serving import REQUEST_SECONDS, SLACK_SECONDS, serve
from hub.engine.embedded import EmbeddedStore, StoreFailed, StoreInUse
from hub.engine.server_program import NoServer
from hub.settings import Settings, Unfit

LOOK_SECONDS = 0.2  # between two looks at the workers
STORE_LOOK_SECONDS = 1.0  # between two looks at the embedded store
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a dead worker is started again
STEADY_SECONDS = 10.0  # a worker that lived this long did not die of its start

log = structlog.get_logger("hub.app.supervisor")


def run_hub(settings: Settings, *, demo: bool, say: Callable[[str], None]) -> int:
    """Start what the hub needs, serve, and end in order; return the exit status. Raises Unfit."""
    logs.configure(settings.log_level)
    signal.signal(signal.SIGTERM, _leave)
    with bind(settings.host, settings.port) as listener, store_for(settings) as ready:
        check_store(ready, forget_clock=True)
        key, is_new = ensure_operator_key(settings)
        if is_new:
            say(f"The operator's key, kept in {settings.data_dir}, is {key}")
        address = listener.getsockname()
        ready = ready.model_copy(update={"operator_key": key, "port": address[1]})
        say(f"The hub is at {local_url(ready)}" + (": open it in a browser" if demo else ""))
        return run(ready, listener, demo=demo)


def _leave(number: int, frame: FrameType | None) -> None:
    """End in order also while starting, so that the store is stopped."""
    sys.exit(0)


@contextlib.contextmanager
def store_for(settings: Settings) -> Iterator[Settings]:
    """Run the embedded store, unless another one is set; give the settings with its url."""
    if settings.redis_url:
        yield settings
        return
    store = EmbeddedStore(settings.data_dir, settings.valkey_server)
    try:
        url = store.start()
    except (StoreInUse, StoreFailed, NoServer) as error:
        raise Unfit(str(error)) from error
    if store.adopted:
        log.info("adopted the store that a killed hub left running", pid=store.pid)
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(store, over), name="store-watcher")
    watcher.start()
    try:
        yield settings.model_copy(update={"redis_url": url})
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what remains takes a moment, and must not be cut short
        over.set()
        watcher.join()
        store.stop()


def _watch(store: EmbeddedStore, over: threading.Event) -> None:
    while not over.wait(STORE_LOOK_SECONDS):
        try:
            if store.ensure_running():
                log.warning("the embedded store had died and was started again", pid=store.pid)
        except Exception:  # a full disk, say; the next look tries again
            log.exception("the embedded store died and does not start")


def run(settings: Settings, listener: socket.socket, *, demo: bool = False) -> int:
    """Serve with the chosen number of workers until told to end; return the exit status."""
    if settings.workers == 1:
        serve(settings, listener, demo=demo)
        return 0
    with metrics_folder() as (folder, lock):
        return Supervisor(settings, listener, folder, lock, demo).run()


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    lifeline: int
    started: float

    def died(self) -> bool:
        return self.process.poll() is not None


class Supervisor:
    """Keep N workers alive until a signal comes, then let them drain."""

    def __init__(self, settings: Settings, listener: socket.socket, folder: str, lock: int, demo: bool = False) -> None:
        self._settings = settings
        self._listener = listener
        self._demo = demo
        self._folder, self._lock = folder, lock
        self._workers: list[_Worker] = []
        self._next_start = 0.0
        self._pause = FIRST_PAUSE
        self._ending = threading.Event()
        self._is_steady = False

    def run(self) -> int:
        """Supervise; return 0 after an ordered end, 3 when no worker can start at all."""
        before = {number: signal.signal(number, self._end) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._ending.is_set() and not self._is_hopeless():
                self._look()
                self._ending.wait(LOOK_SECONDS)
            return 0 if self._ending.is_set() else STARTUP_FAILURE
        finally:
            self._end_workers()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _look(self) -> None:
        """Bury the dead, and start what is missing when its pause is over."""
        now = time.monotonic()
        for worker in [worker for worker in self._workers if worker.died()]:
            self._bury(worker, now)
        self._is_steady = self._is_steady or any(now - worker.started > STEADY_SECONDS for worker in self._workers)
        while len(self._workers) < self._settings.workers and now >= self._next_start:
            self._workers.append(self._start())

    def _start(self) -> _Worker:
        """Start a worker with the socket, and its settings in the pipe that stays its lifeline."""
        theirs, ours = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.app.serving", str(self._listener.fileno()), str(theirs)],
            pass_fds=[self._listener.fileno(), theirs, self._lock],
            env={**os.environ, metrics.FOLDER: self._folder},
            process_group=0,  # Ctrl-C reaches the supervisor alone, which passes it on
        )
        os.close(theirs)
        with contextlib.suppress(BrokenPipeError):
            os.write(ours, pickle.dumps((self._settings, self._demo)))
        return _Worker(process, ours, time.monotonic())

    def _bury(self, worker: _Worker, now: float) -> None:
        self._workers.remove(worker)
        os.close(worker.lifeline)
        metrics.forget_process(worker.process.pid, self._folder)
        lived = now - worker.started
        self._pause = FIRST_PAUSE if lived > STEADY_SECONDS else min(self._pause * 2, LONGEST_PAUSE)
        self._next_start = now + self._pause
        status = worker.process.returncode
        log.error("a worker died", pid=worker.process.pid, status=status, lived=round(lived, 1), again_in=self._pause)
        if status == STARTUP_FAILURE and not self._is_steady:
            self._next_start = float("inf")

    def _is_hopeless(self) -> bool:
        """Tell whether every worker failed to start before any had served: it would not get better."""
        return not self._workers and self._next_start == float("inf")

    def _end(self, number: int, frame: FrameType | None) -> None:
        """End on the first signal; a second one tells the workers not to wait for anything."""
        if self._ending.is_set():
            self._signal(signal.SIGINT)
        self._ending.set()

    def _end_workers(self) -> None:
        self._signal(signal.SIGTERM)
        end = time.monotonic() + self._settings.drain_seconds + SLACK_SECONDS + REQUEST_SECONDS + SLACK_SECONDS
        while any(not worker.died() for worker in self._workers) and time.monotonic() < end:
            time.sleep(LOOK_SECONDS / 4)
        self._signal(signal.SIGKILL)
        for worker in self._workers:
            worker.process.wait()
            os.close(worker.lifeline)

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if not worker.died():
                worker.process.send_signal(number)
