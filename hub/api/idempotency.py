"""One answer per Idempotency-Key (protocol.md 3), on every POST.

Only what was done is kept: a refusal did nothing, so the same key may carry the corrected request. A key whose
request was cut off is a lease, and the next try takes it up; what it had stored by then is found by derived ids. An
answer that shows a secret is kept sealed (sealing.py).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable

import orjson

from hub.api.call import Answer, Call
from hub.api.problem import Problem, invalid
from hub.api.sealing import Seal, Unsealed
from hub.engine.connection import Unavailable
from hub.engine.idempotency import Fresh, OtherBody, Running, Stored

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
LONGEST = 255  # characters
RETRY_AFTER = "1"  # seconds


def key_of(call: Call) -> str | None:
    """Return the request's key, if it has one; raise 422 for one that is empty or too long."""
    key = call.request.headers.get(HEADER)
    if key is not None and not 1 <= len(key) <= LONGEST:
        raise invalid((HEADER, f"must be 1 to {LONGEST} characters"))
    return key


def fingerprint(raw: bytes) -> bytes:
    """Write a body so that equal JSON is equal bytes, however it was spaced and ordered."""
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, TypeError):  # no JSON, or nested deeper than can be written
        return raw


def reused(key: str) -> Problem:
    """Refuse another body under a key that was used."""
    return Problem("idempotency_key_reused", f"{key} was used for another request.")


async def once(call: Call, handler: Callable[[Call], Awaitable[Answer]], seal: Seal | Unsealed) -> Answer:
    """Run the handler, or answer again what it answered under this key before; raise 409 and 422."""
    key = key_of(call)
    if key is None:
        return await handler(call)
    keys, credential = call.hub.idempotency, call.caller.id
    holder = secrets.token_hex(8)
    match await keys.reserve(credential, key, _digest(call), holder):
        case Stored(status, kept):
            body = seal.open(key, kept)
            if body is None:
                raise Problem("idempotency_key_reused", f"The key {key} was used with another token.")
            return Answer(body or None, status, REPLAYED)
        case OtherBody():
            raise reused(f"The key {key}")
        case Running():
            headers = {"Retry-After": RETRY_AFTER}
            raise Problem("in_progress", "The first request with this key is still running.", headers=headers)
        case Fresh():
            return await _first(call, handler, seal, key, holder)


async def _first(
    call: Call, handler: Callable[[Call], Awaitable[Answer]], seal: Seal | Unsealed, key: str, holder: str
) -> Answer:
    keys, credential = call.hub.idempotency, call.caller.id
    try:
        answer = await handler(call)
    except Unavailable:
        raise  # what was written is unknown: the lease runs out, and the same request resumes
    except Exception:
        await keys.release(credential, key, holder)
        raise
    await keys.complete(credential, key, holder, answer.status, seal.close(key, answer.content()))
    return answer


def _digest(call: Call) -> str:
    request = call.request
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(target + fingerprint(call.raw)).hexdigest()
