"""What does a broadcast to a large group do to everybody else?

A whole hub serves an account with many members, some of them connected, and one bystander in the same account. Events
for the bystander alone are posted all the time, one after the other; the delay of each is from the POST to the frame
in their tab. First with nothing else to do, then while the broadcast is paged to the group.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from bench.machine import describe
from bench.measure import CLIENT_CORE, cpu_seconds, on_core
from bench.peers.hub import Broadcasting, broadcasting
from bench.report import Column, Report, percentile
from bench.store import running_store
from bench.swarm import STALL_SECONDS, Swarm
from bench.tab import ServerFailed

QUESTION = "What does a broadcast to a large group do to everybody else?"
QUIET_EVENTS = 200
PAUSE_SECONDS = 0.005  # between a bystander's events: a steady flow, not a flood
COLUMNS = (
    Column("seconds", "s until all connected have it", 2),
    Column("paged_seconds", "s until all logs have it", 2),
    Column("cpu_us", "CPU µs a member", 1),
    Column("quiet_p50_ms", "event p50 ms before", 1),
    Column("quiet_p99_ms", "event p99 ms before", 1),
    Column("busy_p50_ms", "event p50 ms meanwhile", 1),
    Column("busy_p99_ms", "event p99 ms meanwhile", 1),
    Column("busy_events", "events meanwhile", 0),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many members a group has, how many of them are connected, how often it is told."""

    members: int
    connected: int
    rounds: int
    command: str


def measure(plan: Plan, tell: Callable[[str], None]) -> Report:
    """Broadcast once in each round."""
    members = [f"u{number:06d}" for number in range(plan.members)]
    rounds: list[dict[str, dict[str, float]]] = []
    with running_store() as store, broadcasting(store, members, plan.connected) as hub, on_core(CLIENT_CORE):
        crowd = Swarm(hub.address, hub.greetings, answers_popups=True)
        bystander = Swarm(hub.address, [hub.bystander], answers_popups=True)
        crowd.open()
        bystander.open()
        for number in range(plan.rounds):
            found = _round(hub, crowd, bystander, number)
            rounds.append({"hub": found})
            tell(f"round {number + 1}: all have it after {found['seconds']:.2f} s")
        crowd.close()
        bystander.close()
    return Report(QUESTION, plan.command, describe(store.version), rounds, COLUMNS, "hub")


def _round(hub: Broadcasting, crowd: Swarm, bystander: Swarm, number: int) -> dict[str, float]:
    bystander.reset()
    for _ in range(QUIET_EVENTS):
        _bystander_event(hub, bystander, crowd)
    quiet = sorted(bystander.delays)
    bystander.reset()
    before, started = cpu_seconds(hub.processes), time.perf_counter()
    crowd.announce()
    id = hub.broadcast()
    reached = paged = 0.0
    while not (reached and paged):
        _bystander_event(hub, bystander, crowd)
        now = time.perf_counter() - started
        reached = reached or (now if crowd.completed > number else 0.0)
        paged = paged or (now if reached and hub.is_paged(id) else 0.0)
        if now > 4 * STALL_SECONDS:
            raise ServerFailed("the broadcast did not reach everybody")
    busy = sorted(bystander.delays)
    return {
        "seconds": reached,
        "paged_seconds": paged,
        "cpu_us": (cpu_seconds(hub.processes) - before) / hub.members * 1e6,
        **_delays("quiet", quiet),
        **_delays("busy", busy),
        "busy_events": float(len(busy)),
    }


def _bystander_event(hub: Broadcasting, bystander: Swarm, crowd: Swarm) -> None:
    """Post one event for the bystander, and read on until it is there."""
    wanted = bystander.announce()
    hub.tell_bystander()
    end = time.monotonic() + STALL_SECONDS
    while bystander.completed < wanted:
        bystander.poll(0.0005)
        crowd.poll(0)
        if time.monotonic() > end:
            raise ServerFailed("an event never came")
    crowd.rest(PAUSE_SECONDS)


def _delays(name: str, ordered: array[float] | list[float]) -> dict[str, float]:
    return {f"{name}_p50_ms": percentile(ordered, 0.5) * 1e3, f"{name}_p99_ms": percentile(ordered, 0.99) * 1e3}
