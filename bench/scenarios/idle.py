"""How much memory does one idle tab hold?

A server is warmed with some tabs that leave again, read at rest, filled with idle tabs, and read at rest again. The
growth of resident memory, divided by the tabs, is what one costs. Kernel buffers of sockets are nobody's here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.machine import describe
from bench.measure import CLIENT_CORE, on_core, resident_bytes, settled_bytes
from bench.peers import REFERENCE, RUN, Running
from bench.report import Column, Report
from bench.store import Store, running_store
from bench.swarm import Swarm

QUESTION = "How much memory does one idle tab hold?"
WARM_TABS = 200
COLUMNS = (
    Column("tab_bytes", "bytes a tab", 0, compared=True),
    Column("empty_mib", "empty server, MiB", 1),
    Column("store_bytes", "store, bytes a tab", 0),
    Column("connect_ms", "ms a tab to connect, all included", 2),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many idle tabs, how often, on which peers."""

    tabs: int
    rounds: int
    peers: tuple[str, ...]
    command: str


def measure(plan: Plan, tell: Callable[[str], None]) -> Report:
    """Fill each peer in each round, one after the other, every time a new process."""
    users = [f"u{number:05d}" for number in range(plan.tabs)]
    rounds: list[dict[str, dict[str, float]]] = []
    version = ""
    for number in range(plan.rounds):
        found: dict[str, dict[str, float]] = {}
        for name in plan.peers:
            with running_store() as store, RUN[name](store, users) as peer, on_core(CLIENT_CORE):
                version = store.version
                found[name] = _fill(peer, store)
            tell(f"round {number + 1} {name}: {found[name]['tab_bytes']:,.0f} bytes a tab")
        rounds.append(found)
    return Report(QUESTION, plan.command, describe(version), rounds, COLUMNS, REFERENCE)


def _fill(peer: Running, store: Store) -> dict[str, float]:
    warm = Swarm(peer.address, peer.greetings[:WARM_TABS])
    warm.open()
    warm.close()
    empty, store_empty = _at_rest(peer.processes, time.sleep), resident_bytes([store.process])
    swarm = Swarm(peer.address, peer.greetings)
    started = time.perf_counter()
    swarm.open()
    seconds = time.perf_counter() - started
    full, store_full = _at_rest(peer.processes, swarm.rest), resident_bytes([store.process])
    swarm.close()
    return _figures(len(peer.greetings), (empty, full), (store_empty, store_full), seconds)


def _figures(tabs: int, server: tuple[int, int], store: tuple[int, int], seconds: float) -> dict[str, float]:
    return {
        "tab_bytes": (server[1] - server[0]) / tabs,
        "empty_mib": server[0] / 2**20,
        "store_bytes": (store[1] - store[0]) / tabs,
        "connect_ms": seconds * 1e3 / tabs,
    }


def _at_rest(processes: Sequence[int], wait: Callable[[float], None]) -> int:
    return settled_bytes(lambda: resident_bytes(list(processes)), wait)
