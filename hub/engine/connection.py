"""The one way to the store: calls of one loop tick travel together, and a 2xx waits for the disk.

A call that was sent may have run although its answer was lost. Every Function is therefore safe to repeat, and this
file repeats it; redis-py's own retries are off, so that they are counted in one place.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)

from hub.engine.functions import LIBRARY, LIBRARY_NAME, function_name
from hub.engine.keys import Keys

Durability = Literal["disk", "process", "replica"]
Argument = str | bytes | int | float
Barrier = tuple[tuple[Any, ...], ...]

CONNECTIONS = 16
CALL_SECONDS = 5.0
BARRIER_MS = 3000
TRIES = 4
FIRST_PAUSE = 0.05
MOST_PER_PIPELINE = 200
KEPT_LIBRARIES = 3  # versions: a hub that still runs an older one loads it again
PASSING = "BUSY"  # a script of somebody else holds the store up
REFUSING = ("MISCONF", "NOREPLICAS")
PASSING_KINDS = (ConnectionError, TimeoutError, BusyLoadingError, TryAgainError, ClusterDownError, MasterDownError)
# What the store refuses for reasons of its own; asking again at once does not help.
REFUSING_KINDS = (OutOfMemoryError, ReadOnlyError, AuthenticationError, NoPermissionError)


class Unavailable(Exception):
    """The store cannot be reached or did not make the write durable: nothing was promised, ask again later."""


class Unsuitable(Exception):
    """The store is configured for less than HUB_DURABILITY promises."""


@dataclass(slots=True)
class _Call:
    command: tuple[Argument, ...]
    answer: asyncio.Future[Any]


class Store:
    """A connection pool with the hub's Functions loaded."""

    def __init__(self, url: str, prefix: str = "hub", durability: Durability = "disk") -> None:
        self.url = url
        self.keys = Keys(prefix)
        self.durability = durability
        self._waiting: list[_Call] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._barrier: Barrier = ()
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=CALL_SECONDS,
            socket_timeout=CALL_SECONDS,
            socket_connect_timeout=CALL_SECONDS,
            protocol=3,
            retry=Retry(NoBackoff(), 0),
        )
        self.redis: Any = Redis(connection_pool=pool)  # its commands are not all typed

    def __repr__(self) -> str:
        return f"<Store {self.place} durability={self.durability} waiting={len(self._waiting)}>"

    @property
    def place(self) -> str:
        """Say where the store is, without its password."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"

    async def open(self) -> None:
        """Check what the store promises and load the Functions; raise Unavailable or Unsuitable."""
        try:
            self._barrier = await choose_barrier(self.redis, self.durability)
            await self._load()
        except (RedisError, OSError) as error:
            raise Unavailable(f"the store at {self.place} does not answer: {error}") from error

    async def close(self) -> None:
        """Let what is under way finish, then let go of the connections."""
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)
        await self.redis.aclose(close_connection_pool=True)

    async def ping(self) -> bool:
        """Tell whether the store answers."""
        try:
            await self.command("PING")
        except Unavailable:
            return False
        return True

    async def call(self, operation: str, keys: Sequence[str], *arguments: Argument) -> Any:
        """Run one atomic operation; the answer is there once the write is as durable as promised."""
        return await self.command("FCALL", function_name(operation), len(keys), *keys, *arguments)

    def begin(self, operation: str, keys: Sequence[str], *arguments: Argument) -> asyncio.Future[Any]:
        """Let an operation travel with what the caller asks next, without a task of its own; cancel it or wait."""
        return self._join("FCALL", function_name(operation), len(keys), *keys, *arguments)

    async def command(self, *command: Argument) -> Any:
        """Run one command, joined with all others of this loop tick; what cannot be encoded fails alone, here."""
        return await self._join(*command)

    def _join(self, *command: Argument) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        encoded = tuple(part.encode() if isinstance(part, str) else part for part in command)
        call = _Call(encoded, loop.create_future())
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append(call)
        return call.answer

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), MOST_PER_PIPELINE):
            task = asyncio.create_task(self._send(waiting[start : start + MOST_PER_PIPELINE]))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, calls: list[_Call]) -> None:
        """Answer every call, whatever happens: nobody may wait for ever."""
        try:
            await self._send_until_answered(calls)
        except Exception as error:
            for call in calls:
                settle(call.answer, refused(error))

    async def _send_until_answered(self, calls: list[_Call]) -> None:
        pause, reason = FIRST_PAUSE, "no answer"
        for _ in range(TRIES):
            try:
                calls, reason = await self._round(calls)
            except TimeoutError:  # it waited long enough for all who call
                reason = f"no answer in {CALL_SECONDS:g} s"
                break
            except (ConnectionError, OSError) as error:
                reason = str(error) or type(error).__name__
            if not calls:
                return
            await asyncio.sleep(pause)
            pause *= 2
        for call in calls:
            settle(call.answer, Unavailable(reason))

    async def _round(self, calls: list[_Call]) -> tuple[list[_Call], str]:
        """Send once; return the calls that are to be sent again, and why."""
        async with self.redis.pipeline(transaction=False) as pipeline:
            for command in (*(call.command for call in calls), *self._barrier):
                pipeline.execute_command(*command)
            answers = await pipeline.execute(raise_on_error=False)
        failed = self._barrier_failed(answers[len(calls) :])
        again: list[_Call] = []
        reason = failed
        for call, answer in zip(calls, answers, strict=False):
            if is_passing(answer):
                again.append(call)
                reason = str(answer)
            elif failed and not isinstance(answer, Exception):
                settle(call.answer, Unavailable(failed))
            else:
                settle(call.answer, refused(answer) if isinstance(answer, Exception) else answer)
        if again and "Function not found" in reason:
            await self._load()
        return again, reason

    def _barrier_failed(self, answers: Sequence[Any]) -> str:
        for command, answer in zip(self._barrier, answers, strict=True):
            wanted = command[1:3] if command[0] == "WAITAOF" else command[1:2]
            got = answer if isinstance(answer, list) else [answer]
            if isinstance(answer, Exception) or any(have < want for have, want in zip(got, wanted, strict=False)):
                return f"{command[0]} was not confirmed in {BARRIER_MS} ms: {answer!r}"
        return ""

    async def _load(self) -> None:
        """Load our library beside those of other versions; drop what no hub of this deployment loaded lately."""
        try:
            await self.redis.execute_command("FUNCTION", "LOAD", LIBRARY)
        except ResponseError as error:
            if "already exists" not in str(error):
                raise
        known = self.keys.work("libraries")
        await self.redis.zadd(known, {LIBRARY_NAME: time.time()})
        for name in await self.redis.zrange(known, 0, -1 - KEPT_LIBRARIES):
            with contextlib.suppress(ResponseError):  # another hub dropped it first
                await self.redis.execute_command("FUNCTION", "DELETE", name)
            await self.redis.zrem(known, name)


def settle(future: asyncio.Future[Any], answer: Any) -> None:
    """Answer a caller, unless it went away meanwhile."""
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def refused(error: Exception) -> Exception:
    """Translate what the store refuses for reasons of its own; anything else is a fault of ours."""
    is_theirs = isinstance(error, REFUSING_KINDS) or str(error).startswith(REFUSING)
    return Unavailable(f"the store refuses: {error}") if is_theirs else error


def is_passing(answer: Any) -> bool:
    """Tell an error that goes away by itself, or by loading the Functions, from one that is ours."""
    if isinstance(answer, PASSING_KINDS) and not isinstance(answer, REFUSING_KINDS):
        return True
    return isinstance(answer, ResponseError) and (
        "Function not found" in str(answer) or str(answer).startswith(PASSING)
    )


async def choose_barrier(redis: Any, durability: Durability) -> Barrier:
    """Return the commands that make a pipeline durable; raise Unsuitable when the store promises less.

    With ``appendfsync always`` an answer comes after the fsync already. A barrier waits on its own connection only,
    so it rides at the end of each pipeline.
    """
    if durability == "process":
        return ()
    try:
        config = await redis.config_get("appendonly", "appendfsync")
    except ResponseError as error:
        raise Unsuitable(f"the store does not say how durable it is ({error}); set HUB_DURABILITY=process") from error
    if config.get("appendonly") != "yes":
        raise Unsuitable("the store keeps no append-only file; set appendonly yes, or HUB_DURABILITY=process")
    always = config.get("appendfsync") == "always"
    waits = await knows_waitaof(redis)
    if durability == "replica":
        return (("WAITAOF", 1, 1, BARRIER_MS),) if waits else replica_without_waitaof(always)
    if always:
        return ()
    if waits:
        return (("WAITAOF", 1, 0, BARRIER_MS),)
    raise Unsuitable("this store knows no WAITAOF; set appendfsync always, or HUB_DURABILITY=process")


def replica_without_waitaof(always: bool) -> Barrier:
    """Fall back to WAIT, which proves the replica's memory; the own disk must then be `always`."""
    if not always:
        raise Unsuitable("this store knows no WAITAOF; set appendfsync always, or HUB_DURABILITY=process")
    return (("WAIT", 1, BARRIER_MS),)


async def knows_waitaof(redis: Any) -> bool:
    """Tell whether the store has WAITAOF (Valkey, Redis 7.2 and later)."""
    try:
        await redis.execute_command("WAITAOF", 0, 0, 0)
    except ResponseError:
        return False
    return True
