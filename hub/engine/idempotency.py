"""Idempotency keys of HTTP requests: one record per credential and key, kept for 24 hours."""

from dataclasses import dataclass

from hub.engine.connection import Store

LEASE_MS = 30_000
LIFE_S = 86_400


@dataclass(frozen=True, slots=True)
class Fresh:
    """The request is new, or takes up what a crash left: do it."""


@dataclass(frozen=True, slots=True)
class Running:
    """The same request is being worked on right now."""


@dataclass(frozen=True, slots=True)
class OtherBody:
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The request was answered before: answer the same."""

    status: int
    body: bytes


Reservation = Fresh | Running | OtherBody | Stored


class Idempotency:
    """The records of all credentials."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def reserve(self, credential: str, key: str, digest: str, holder: str) -> Reservation:
        """Reserve a key for a request with this digest; `holder` is random, so that a repeated call knows itself."""
        name = self.store.keys.idempotency(credential, key)
        answer = await self.store.call("reserve", [name], digest, LEASE_MS, LIFE_S, holder)
        match answer[0]:
            case b"fresh":
                return Fresh()
            case b"running":
                return Running()
            case b"other":
                return OtherBody()
        return Stored(int(answer[1]), bytes(answer[2]))

    async def complete(self, credential: str, key: str, holder: str, status: int, body: bytes) -> None:
        """Keep the answer, so that a repetition gets the same; nothing, when another holder took the key up."""
        name = self.store.keys.idempotency(credential, key)
        await self.store.call("complete", [name], holder, status, body)

    async def release(self, credential: str, key: str, holder: str) -> None:
        """Free a key whose request was refused, so that it may carry the corrected one."""
        await self.store.call("complete", [self.store.keys.idempotency(credential, key)], holder)
