"""How much CPU time does one delivered frame cost a server, one event outstanding and sixteen?

All peers run side by side with their tabs connected; in every round each takes its turn, in an order that moves on by
one from round to round. `bus` feeds all peers the same captured messages, so that only the gateway works. `api` posts
events to the hub's HTTP API and pays for everything: routing, logs, election, `shown`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.bus import Happening, Publisher, pages, sample_happening
from bench.machine import describe
from bench.measure import CLIENT_CORE, cpu_seconds, on_core
from bench.peers import REFERENCE, RUN, Running
from bench.report import Column, Report, percentile
from bench.store import Store, running_store
from bench.swarm import STALL_SECONDS, Swarm
from bench.tab import ServerFailed

QUESTION = "What does one delivered frame cost?"
OUTSTANDING = (1, 16)
WARM_EVENTS = 32
SETTLE_SECONDS = 1.0
#: How often the tabs of the waiting peers answer their pings; a tenth of the shortest patience among them.
LOOK_SECONDS = 1.0
#: The hub may word or order a frame differently by a byte or two; more would be other work.
SIZE_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: how many users with a tab each, events a window, rounds, peers, and who feeds the servers."""

    users: int
    events: int
    rounds: int
    peers: tuple[str, ...]
    drive: str
    command: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A peer with its tabs connected, and the way to send it an event: `prepare` ahead of time, `send` at its turn."""

    peer: Running
    swarm: Swarm
    prepare: Callable[[int], Sequence[bytes]]
    send: Callable[[int, Sequence[bytes]], None]


def measure(plan: Plan, tell: Callable[[str], None]) -> Report:
    """Run all rounds and report CPU time, delays and sizes per delivered frame."""
    with ExitStack() as stack:
        store = stack.enter_context(running_store())
        stages = stack.enter_context(_stages(plan, store))
        warm = {name: _window(name, stages, store, max(OUTSTANDING), WARM_EVENTS) for name in stages}
        _require_equal_work(stages, {name: window["frame_bytes"] for name, window in warm.items()})
        rounds = [_round(number, plan, stages, store, tell) for number in range(plan.rounds)]
        return Report(QUESTION, plan.command, describe(store.version), rounds, columns(plan.drive), REFERENCE)


def columns(drive: str) -> list[Column]:
    """Name the figures of a window, for one and for sixteen outstanding events."""
    found: list[Column] = []
    for outstanding in OUTSTANDING:
        window = f"w{outstanding}"
        found.append(Column(f"{window}_cpu_us", f"CPU µs a frame, {window}", 2, compared=True))
        found.append(Column(f"{window}_store_us", f"store µs, {window}", 2))
        if drive == "api":
            found.append(Column(f"{window}_behind_us", f"API and workers µs, {window}", 2))
        found.append(Column(f"{window}_p50_ms", f"p50 ms, {window}", 1))
        found.append(Column(f"{window}_p99_ms", f"p99 ms, {window}", 1))
    return [*found, Column("frame_bytes", "bytes a frame", 0)]


@contextmanager
def _stages(plan: Plan, store: Store) -> Iterator[dict[str, Stage]]:
    users = [f"u{number:05d}" for number in range(plan.users)]
    with ExitStack() as stack:
        running = {name: stack.enter_context(RUN[name](store, users)) for name in plan.peers}
        happening = next((peer.happening for peer in running.values() if peer.happening), sample_happening())
        stack.enter_context(on_core(CLIENT_CORE))
        stages = {name: _stage(stack, peer, plan, store, users, happening) for name, peer in running.items()}
        time.sleep(SETTLE_SECONDS)
        yield stages


def _stage(
    stack: ExitStack, peer: Running, plan: Plan, store: Store, users: Sequence[str], happening: Happening
) -> Stage:
    swarm = Swarm(peer.address, peer.greetings, answers_popups=plan.drive == "api")
    stack.callback(swarm.close)
    swarm.open()
    if plan.drive == "api":
        post = peer.post
        if post is None:
            raise SystemExit(f"{peer.name} has no HTTP API: --drive api is for the hub alone")
        return Stage(peer, swarm, lambda number: (), lambda number, encoded: post(number))
    publisher = Publisher(store.port, peer.channel)
    stack.callback(publisher.close)
    if not publisher.listeners():
        raise ServerFailed(f"{peer.name} does not listen on {peer.channel}")
    return Stage(
        peer, swarm, lambda number: pages(happening, users, number), lambda number, encoded: publisher.publish(encoded)
    )


def _round(
    number: int, plan: Plan, stages: Mapping[str, Stage], store: Store, tell: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {name: {} for name in plan.peers}
    for outstanding in OUTSTANDING:
        for turn in range(len(plan.peers)):
            name = plan.peers[(turn + number) % len(plan.peers)]
            window = _window(name, stages, store, outstanding, plan.events)
            found[name]["frame_bytes"] = window.pop("frame_bytes")
            found[name] |= {f"w{outstanding}_{figure}": value for figure, value in window.items()}
            tell(f"round {number + 1} w{outstanding} {name}: {window['cpu_us']:.2f} µs a frame")
    return found


def _window(name: str, stages: Mapping[str, Stage], store: Store, outstanding: int, events: int) -> dict[str, float]:
    """Send so many events, so many at a time; return what each delivered frame cost."""
    swarm, peer = stages[name].swarm, stages[name].peer
    swarm.reset()
    prepared = [stages[name].prepare(swarm.completed + 1 + index) for index in range(events)]
    measured = (("cpu_us", peer.processes), ("store_us", [store.process]), ("behind_us", peer.behind))
    before = {figure: cpu_seconds(processes) for figure, processes in measured}
    _drive(name, stages, prepared, outstanding)
    frames = events * len(swarm)
    costs = {figure: (cpu_seconds(roots) - before[figure]) * 1e6 / frames for figure, roots in measured}
    delays = sorted(swarm.delays)
    return costs | {
        "p50_ms": percentile(delays, 0.5) * 1e3,
        "p99_ms": percentile(delays, 0.99) * 1e3,
        "frame_bytes": swarm.payload_bytes / frames,
    }


def _drive(name: str, stages: Mapping[str, Stage], prepared: Sequence[Sequence[bytes]], outstanding: int) -> None:
    stage, swarm = stages[name], stages[name].swarm
    neighbours = [other.swarm for other in stages.values() if other is not stage]
    first, sent = swarm.completed, 0
    progress = looked = time.monotonic()
    while (completed := swarm.completed - first) < len(prepared):
        while sent < len(prepared) and sent - completed < outstanding:
            stage.send(swarm.announce(), prepared[sent])
            sent += 1
            progress = time.monotonic()
        swarm.poll(LOOK_SECONDS)
        if (now := time.monotonic()) - looked > LOOK_SECONDS:
            looked = now
            for neighbour in neighbours:
                neighbour.poll(0)
        if now - progress > STALL_SECONDS:
            raise ServerFailed(f"{name} stalled after {completed} of {len(prepared)} events")


def _require_equal_work(stages: Mapping[str, Stage], sizes: Mapping[str, float]) -> None:
    """Refuse to compare servers that put different things on the wire."""
    fields = {name: _fields(stage.swarm.last_notify) for name, stage in stages.items()}
    first = next(iter(stages))
    for name in stages:
        if fields[name] != fields[first]:
            raise ServerFailed(f"{name} sends {fields[name]}, {first} sends {fields[first]}")
        if abs(sizes[name] - sizes[first]) > SIZE_TOLERANCE * sizes[first]:
            raise ServerFailed(f"frames of {name} hold {sizes[name]:.0f} bytes, of {first} {sizes[first]:.0f}")


def _fields(payload: bytes) -> list[str]:
    frame = json.loads(payload)
    return sorted(frame) + sorted(f"entry.{name}" for name in frame["entry"])
