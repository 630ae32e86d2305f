"""The commands. Each reads the settings, lets its flags win, and leaves the work to another module."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from hub import __version__
from hub.settings import Settings, Unfit, described, doubts, load, unknown_names

if TYPE_CHECKING:
    from hub.app.broadcasting import Draft
    from hub.app.operating import RunningHub

EXAMPLE = """'{"seconds": 34}'"""

app = typer.Typer(
    name="hub",
    help="A self-hosted real-time notification hub. Every setting is a HUB_ variable of the environment; flags win.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Role(StrEnum):
    """What one hub does."""

    all = "all"
    gateway = "gateway"
    worker = "worker"


class Kind(StrEnum):
    """What can be inspected."""

    user = "user"
    notification = "notification"
    delivery = "delivery"
    broadcast = "broadcast"
    webhook = "webhook"


Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", show_default="8080")]
Workers = Annotated[int | None, typer.Option(help="Processes that serve.", show_default="1")]
RoleOption = Annotated[Role | None, typer.Option(help="What this hub does.", show_default="all")]
DataDir = Annotated[
    Path | None, typer.Option(help="Where the embedded store keeps its files.", show_default="./hub-data")
]
HubUrl = Annotated[str | None, typer.Option("--url", help="Where the hub runs.", show_default="http://HOST:PORT")]
Key = Annotated[
    str | None,
    typer.Option(
        help="Operator's key.", show_default="HUB_OPERATOR_KEY, or the file operator-key of the data directory"
    ),
]


@app.command()
def serve(
    host: Host = None, port: Port = None, workers: Workers = None, role: RoleOption = None, data_dir: DataDir = None
) -> None:
    """Run the hub: HTTP API, WebSocket gateway, background work, and a store of its own unless HUB_REDIS_URL is set.

    SIGTERM lets it end in order: tabs are sent elsewhere, requests answered, the store closed.
    """
    chosen = _settings(host=host, port=port, workers=workers, role=role and role.value, data_dir=data_dir)
    _run(chosen, demo=False)


@app.command()
def demo(host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None) -> None:
    """Run the hub with a seeded directory and a page at / to play with."""
    _run(_settings(host=host, port=port, workers=workers, data_dir=data_dir), demo=True)


@app.command()
def token(
    user: Annotated[str, typer.Argument(help="Id of the user.")],
    ttl: Annotated[float, typer.Option(help="Seconds until it expires.", min=1)] = 3600,
    act: Annotated[str | None, typer.Option(help="Operator who acts as the user (log-in-as).")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a token for a user, for scripts and tests."""
    from hub.app.token_making import make_token

    typer.echo(asyncio.run(make_token(_settings(data_dir=data_dir), user, ttl, act)))


@app.command()
def send(
    type: Annotated[str, typer.Argument(help="Type of the event, such as voicemails.")],
    account: Annotated[str, typer.Option(help="Account that it happened in.")],
    contact: Annotated[str | None, typer.Option(help="Contact that it is about.")] = None,
    line: Annotated[str | None, typer.Option(help="Line that it came over.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="User addressed; may be repeated.")] = None,
    title: Annotated[str | None, typer.Option(help="Title, instead of the type's.")] = None,
    body: Annotated[str | None, typer.Option(help="Text.")] = None,
    link: Annotated[str | None, typer.Option(help="Where a click leads: http, https or mailto.")] = None,
    data: Annotated[str | None, typer.Option(help="JSON object kept with the notification.")] = None,
    origin: Annotated[str | None, typer.Option(help="manual, api, import, …", show_default="api")] = None,
    id: Annotated[str | None, typer.Option(help="Id that makes it one event, however often it is sent.")] = None,
    url: HubUrl = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """Post an event to a running hub, and say how many people it told."""
    from hub.app.sending import send_event

    event = {"type": type, "account": account, "contact": contact, "line": line, "users": user, "title": title}
    event |= {"body": body, "url": link, "data": _object(data), "origin": origin, "id": id}
    given = {name: value for name, value in event.items() if value is not None}
    with _remote(url, key, data_dir) as hub:
        typer.echo(send_event(hub, given))


@app.command()
def broadcast(
    message: Annotated[str | None, typer.Argument(help="Text; of HTML b i strong em br span div p and a href.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="User group it goes to; may be repeated.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="User it goes to, too; may be repeated.")] = None,
    title: Annotated[str | None, typer.Option(help="Title, instead of the usual one.")] = None,
    link: Annotated[str | None, typer.Option(help="Where a click leads: http, https or mailto.")] = None,
    expires: Annotated[str | None, typer.Option(help="When it is taken back, such as 2027-03-14T12:00:00Z.")] = None,
    account: Annotated[str | None, typer.Option(help="Account that it is of.", show_default="by group")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on a terminal before it is sent.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Show how it is delivered until that is over.")] = False,
    once: Annotated[str | None, typer.Option(help="Name of this sending: under the same name it is sent once.")] = None,
    recall: Annotated[str | None, typer.Option(help="Id of a broadcast to take back, instead of a MESSAGE.")] = None,
    url: HubUrl = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """Send a message once to the people of user groups, after counting them; or take one back."""
    from hub.app.broadcasting import Draft
    from hub.app.broadcasting import recall as take_back

    if (message is None) == (recall is None):
        raise Unfit("give either a MESSAGE to send, or --recall ID")
    with _remote(url, key, data_dir) as hub:
        if recall is not None:
            typer.echo(take_back(hub, recall, _say))
        else:
            more = {"title": title, "url": link, "expires_at": expires, "account": account}
            given = {name: value for name, value in more.items() if value is not None}
            _broadcast(hub, Draft(message or "", group or (), user or (), given), yes, wait, once)


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="File of directory objects as JSON, one a line; - reads from a pipe.")],
    from_line: Annotated[int, typer.Option(help="Line to begin with, where an import ended early.", min=1)] = 1,
    errors: Annotated[int, typer.Option(help="Refused lines that are named; the rest is counted.", min=0)] = 50,
    url: HubUrl = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """Load a directory of any size into a running hub, in the order of the file. Safe to repeat.

    Lines are {"kind": "account" | "user" | "group" | "ring_group" | "line" | "contact", "id": …, …}. Exits with 1 when
    a line was refused; the others are stored.
    """
    from hub.app.importing import STOPPED, Import

    settings = _settings(data_dir=data_dir)
    with _remote(url, key, data_dir) as hub:
        task = Import(hub, file, settings.bulk_body_limit, from_line, errors)
        status = task.run()
    if status != STOPPED:  # who stopped it was told already
        typer.echo(task.tally)
    raise typer.Exit(status)


@app.command()
def inspect(
    kind: Annotated[Kind, typer.Argument(help="What to look at.")],
    id: Annotated[str, typer.Argument(help="Its id; for a delivery its own, or of the event, or of one notification.")],
    retry: Annotated[bool, typer.Option("--retry", help="Send again what was tried in vain (delivery).")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Give up what was tried in vain (delivery).")] = False,
    url: HubUrl = None,
    key: Key = None,
    data_dir: DataDir = None,
) -> None:
    """Say what a running hub knows, and why it decided so; send dead letters again, or drop them."""
    from hub.app.inspecting import INSPECT
    from hub.app.inspecting_deliveries import Remedy, remedy_delivery
    from hub.app.operating import printable

    if (retry or drop) and (retry == drop or kind is not Kind.delivery):
        raise Unfit("give either --retry or --drop, and only with a delivery")
    with _remote(url, key, data_dir) as hub:
        remedy = Remedy.retry if retry else Remedy.drop
        lines = remedy_delivery(hub, id, remedy) if retry or drop else INSPECT[kind.value](hub, id)
        for line in lines:
            typer.echo(printable(line))


@app.command()
def check(
    host: Host = None, port: Port = None, workers: Workers = None, role: RoleOption = None, data_dir: DataDir = None
) -> None:
    """Validate settings and connections, and print what would be used. Fails on unknown HUB_ names."""
    from hub.app.checking import findings

    failed = 0
    for name, nearest in unknown_names(os.environ):
        failed = 1
        typer.echo(f"FAIL {name} is not a setting; the nearest is {nearest}")
    settings = load(os.environ, host=host, port=port, workers=workers, role=role and role.value, data_dir=data_dir)
    for name, value in described(settings):
        typer.echo(f"{name} = {value}")
    for verdict, what in findings(settings):
        failed |= verdict == "FAIL"
        typer.echo(f"{verdict:4} {what}")
    raise typer.Exit(failed)


@app.command()
def echo(port: Annotated[int, typer.Option(help="Port to listen on.")], host: Host = None) -> None:
    """Run a bare WebSocket echo at / on the hub's own protocol class and settings, for conformance suites."""
    from hub.app.listening import bind
    from hub.app.serving import echo as serve_echo

    settings = _settings(host=host, port=port)
    with bind(settings.host, settings.port) as listener:
        serve_echo(settings, listener)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run a command; what is wrong is said in a sentence."""
    try:
        app()
    except Unfit as error:
        _say(f"hub: {error}")
        sys.exit(1)


def _run(settings: Settings, *, demo: bool) -> None:
    from hub.app.supervisor import run_hub

    for doubt in doubts(settings):
        _say(f"warning: {doubt}")
    raise typer.Exit(run_hub(settings, demo=demo, say=_say))


def _settings(**flags: Any) -> Settings:
    """Name the variables that look mistyped, and load the settings."""
    for name, nearest in unknown_names(os.environ):
        _say(f"warning: {name} is not a setting; did you mean {nearest}?")
    return load(os.environ, **flags)


def _broadcast(hub: RunningHub, draft: Draft, yes: bool, wait: bool, once: str | None) -> None:
    """Count, ask, send, and watch."""
    from hub.app.broadcasting import preview, send, watch
    from hub.app.operating import count

    people = count(preview(hub, draft), "person", "people")
    _say(f"it goes to {people}")
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Send to {people}?", abort=True, err=True)
    sent = send(hub, draft, once or secrets.token_hex(8), _say)
    typer.echo(f"{sent['id']}: accepted, {count(sent['recipients'], 'recipient')}")
    if wait:
        typer.echo(watch(hub, sent["id"]))


def _remote(url: str | None, key: str | None, data_dir: Path | None) -> RunningHub:
    from hub.app.operating import RunningHub

    return RunningHub(_settings(data_dir=data_dir), url, key)


def _object(text: str | None) -> Any:
    if text is None:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unfit(f"--data must be a JSON object, and is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unfit(f"--data must be a JSON object, such as {EXAMPLE}")
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
