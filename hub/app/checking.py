"""What `hub check` looks at: settings, store, and every outside thing that the settings name."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from hub.engine.connection import Store, Unavailable, Unsuitable
from hub.engine.embedded import running_url
from hub.engine.server_program import NoServer, find_server
from hub.settings import Settings, Unfit, unknown_names

PATIENCE = 5.0  # seconds for each connection
PORTS = {"smtp": 587, "smtps": 465, "twilio": 443}


def check_store(settings: Settings) -> None:
    """Open the store once and load the Functions; raise Unfit when it cannot be used as the settings promise."""
    try:
        asyncio.run(_open(settings))
    except (Unavailable, Unsuitable) as error:
        raise Unfit(str(error)) from error
    except ValueError as error:  # a kind of url that redis-py does not know
        raise Unfit(f"HUB_REDIS_URL: {error}") from error


def findings(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    """Try one thing after the other; give for each whether it is well, and what was found."""
    for name, nearest in unknown_names(environ):
        yield False, f"{name} is not a setting; the nearest is {nearest}"
    yield _try(lambda: _store(settings))
    if settings.jwks_url:
        yield _try(lambda: _jwks(str(settings.jwks_url)))
    if settings.smtp_url:
        yield _try(lambda: _reach("mail server", str(settings.smtp_url)))
    if settings.sms_url:
        yield _try(lambda: _reach("text provider", str(settings.sms_url)))


def _try(look: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, look()
    except Unfit as error:
        return False, str(error)


async def _open(settings: Settings) -> None:
    store = Store(str(settings.redis_url), settings.prefix, settings.durability)
    try:
        await store.open()
    finally:
        await store.close()


def _store(settings: Settings) -> str:
    if settings.redis_url:
        check_store(settings)
        return f"store: answers, and keeps what HUB_DURABILITY={settings.durability} promises"
    if url := running_url(settings.data_dir):
        check_store(settings.model_copy(update={"redis_url": url}))
        return f"store: the embedded one of {settings.data_dir} is running and answers"
    return _embedded(settings)


def _embedded(settings: Settings) -> str:
    """Look whether the embedded store could be started, without starting it."""
    wanted = settings.data_dir.absolute()
    place = next(path for path in (wanted, *wanted.parents) if path.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        raise Unfit(f"store: the data directory {settings.data_dir} cannot be written")
    try:
        program = find_server(settings.valkey_server)
    except NoServer as error:
        raise Unfit(f"store: {error}") from error
    return f"store: embedded, {_version(program)}, would keep its files in {settings.data_dir}"


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
    return f"JWKS: {count} keys"


def _reach(what: str, url: str) -> str:
    """Connect and hang up; the credentials are not tried."""
    parts = urlsplit(url)
    address = (str(parts.hostname), parts.port or PORTS[parts.scheme])
    try:
        socket.create_connection(address, timeout=PATIENCE).close()
    except OSError as error:
        raise Unfit(f"{what}: {address[0]} port {address[1]} cannot be reached: {error}") from error
    return f"{what}: {address[0]} port {address[1]} can be reached"
