"""The command line of the benchmarks: `python -m bench fanout`, `idle`, `broadcast`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from bench.peers import RUN, uws
from bench.report import Report
from bench.scenarios import broadcast, fanout, idle
from bench.tab import ServerFailed

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, rich_markup_mode=None)

Peers = Annotated[str, typer.Option(help="Comma-separated: hub, uws, starlette.", show_default="all that run here")]
Rounds = Annotated[int, typer.Option(min=1, help="How often each peer has its turn.")]
Save = Annotated[str, typer.Option(help="Keep the run as results/NAME.md and results/NAME.json.")]


@app.command("fanout", help=fanout.QUESTION)
def run_fanout(
    users: Annotated[int, typer.Option(min=1, help="Users with one tab each; every event is for all of them.")] = 1000,
    events: Annotated[int, typer.Option(min=1, help="Events in a window.")] = 128,
    rounds: Rounds = 5,
    peers: Peers = "",
    drive: Annotated[str, typer.Option(help="bus: captured messages; api: POST /v1/events (hub only).")] = "bus",
    save: Save = "",
) -> None:
    if drive not in ("bus", "api"):
        raise typer.BadParameter("bus or api", param_hint="--drive")
    chosen = _named(peers or ("hub" if drive == "api" else ""))
    plan = fanout.Plan(users, events, rounds, chosen, drive, _command())
    _finish(lambda: fanout.measure(plan, _tell), save)


@app.command("idle", help=idle.QUESTION)
def run_idle(
    tabs: Annotated[int, typer.Option(min=1, help="Idle tabs, one user each.")] = 5000,
    rounds: Rounds = 3,
    peers: Peers = "",
    save: Save = "",
) -> None:
    plan = idle.Plan(tabs, rounds, _named(peers), _command())
    _finish(lambda: idle.measure(plan, _tell), save)


@app.command("broadcast", help=broadcast.QUESTION)
def run_broadcast(
    members: Annotated[int, typer.Option(min=1, help="Members of the group.")] = 10_000,
    connected: Annotated[int, typer.Option(min=1, help="Members with a tab each.")] = 2_000,
    rounds: Rounds = 3,
    save: Save = "",
) -> None:
    plan = broadcast.Plan(members, connected, rounds, _command())
    _finish(lambda: broadcast.measure(plan, _tell), save)


def _named(peers: str) -> tuple[str, ...]:
    if not peers:
        return tuple(name for name in RUN if name != "uws" or _has_node())
    found = tuple(name.strip() for name in peers.split(","))
    for name in found:
        if name not in RUN:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(RUN)}", param_hint="--peers")
    return found


def _has_node() -> bool:
    if not uws.can_run():
        _tell("uws is left out: it needs npm and node 18 or 20")
        return False
    return True


def _command() -> str:
    return shlex.join(["python", "-m", "bench", *sys.argv[1:]])


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _finish(measure: Callable[[], Report], save: str) -> None:
    try:
        report = measure()
    except ServerFailed as failure:
        raise SystemExit(f"stopped: {failure}") from failure
    if save:
        report.save(save)
    typer.echo(report.markdown())


if __name__ == "__main__":
    app(prog_name="python -m bench")
