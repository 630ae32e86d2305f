"""What `hub check` looks at: settings, store, and every outside thing that the settings name."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx2

from hub.app.listening import is_free
from hub.engine.clock import Clock, SharedClock
from hub.engine.connection import Store, Unavailable, Unsuitable
from hub.engine.embedded import running_url
from hub.engine.server_program import NoServer, find_server
from hub.settings import Settings, Unfit, bare, doubts

PATIENCE = 5.0  # seconds for each connection
CHECKED_MS = 1000  # for which the write of a check is kept
Verdict = Literal["ok", "warn", "FAIL"]
PORTS = {"smtp": 587, "smtps": 465, "twilio": 443}


def check_store(settings: Settings, *, forget_clock: bool = False) -> None:
    """Open the store once, load the Functions, and have one write confirmed; raise Unfit when it cannot be used as
    the settings promise. `forget_clock` lets business time run again, whatever test mode set."""
    try:
        asyncio.run(_open(settings, forget_clock))
    except (Unavailable, Unsuitable) as error:
        raise Unfit(bare(str(error))) from error
    except ValueError as error:  # a kind of url that redis-py does not know
        raise Unfit(f"HUB_REDIS_URL: {error}") from error


def findings(settings: Settings) -> Iterator[tuple[Verdict, str]]:
    """Try one thing after the other; give for each whether it is well, and what was found."""
    yield from (("warn", doubt) for doubt in doubts(settings))
    yield _try(lambda: _address(settings))
    yield _try(lambda: _store(settings))
    if settings.jwks_url:
        yield _try(lambda: _jwks(str(settings.jwks_url)))
    if settings.smtp_url:
        yield _try(lambda: _reach("mail server", str(settings.smtp_url)))
    if settings.sms_url:
        yield _try(lambda: _reach("text provider", str(settings.sms_url)))


def _try(look: Callable[[], str]) -> tuple[Verdict, str]:
    try:
        return "ok", look()
    except Unfit as error:
        return "FAIL", bare(str(error))


def _address(settings: Settings) -> str:
    if is_free(settings.host, settings.port):
        return f"address: {settings.host} port {settings.port} can be listened on"
    return f"address: {settings.host} port {settings.port} is in use now; no other hub can start on it"


async def _open(settings: Settings, forget_clock: bool) -> None:
    store = Store(str(settings.redis_url), settings.prefix, settings.durability)
    try:
        await store.open()
        await _confirm(store)
        if forget_clock:
            await SharedClock(store, Clock()).forget()
    finally:
        await store.close()


async def _confirm(store: Store) -> None:
    """Write once with the barrier that every later write has: what does not confirm this confirms none of them."""
    try:
        await store.command("SET", store.keys.work("checked"), "", "PX", CHECKED_MS)
    except Unavailable as error:
        missing = "; it needs a replica that keeps an append-only file" if store.durability == "replica" else ""
        raise Unsuitable(
            f"the store does not confirm a write as HUB_DURABILITY={store.durability} promises ({error}){missing}"
        ) from error


def _store(settings: Settings) -> str:
    if settings.redis_url:
        check_store(settings)
        return f"store: answers, and keeps what HUB_DURABILITY={settings.durability} promises"
    program = _program(settings)  # also while one runs: it is started again when it dies
    if url := running_url(settings.data_dir):
        check_store(settings.model_copy(update={"redis_url": url}))
        return f"store: the embedded one of {settings.data_dir} is running and answers"
    return _embedded(settings, program)


def _embedded(settings: Settings, program: Path) -> str:
    """Look whether the embedded store could be started, without starting it."""
    wanted = settings.data_dir.absolute()
    place = next(path for path in (wanted, *wanted.parents) if path.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        raise Unfit(f"store: the data directory {settings.data_dir} cannot be written")
    return f"store: embedded, {_version(program)}, would keep its files in {settings.data_dir}"


def _program(settings: Settings) -> Path:
    try:
        return find_server(settings.valkey_server)
    except NoServer as error:
        raise Unfit(f"store: {error}") from error


def _version(program: Path) -> str:
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unfit(f"store: {program} does not run: {error}") from error
    return " ".join(told.stdout.split()[:3])


def _jwks(url: str) -> str:
    try:
        answer = httpx2.get(url, timeout=PATIENCE).raise_for_status()
        count = len(answer.json()["keys"])
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Unfit(f"JWKS: {url} cannot be read: {error}") from error
    return f"JWKS: {count} key{'' if count == 1 else 's'}"


def _reach(what: str, url: str) -> str:
    """Connect and hang up; the credentials are not tried."""
    parts = urlsplit(url)
    address = (str(parts.hostname), parts.port or PORTS[parts.scheme])
    try:
        socket.create_connection(address, timeout=PATIENCE).close()
    except OSError as error:
        raise Unfit(f"{what}: {address[0]} port {address[1]} cannot be reached: {error}") from error
    return f"{what}: {address[0]} port {address[1]} can be reached"
