"""Links that do one thing for whoever holds them, without a log-in: what they say, and that the hub said it.

A link's token is its version, what it is for and about, and a seal over all of that (HMAC-SHA256 under a key derived
from the hub's own, so no link can be taken for a user token, or the other way round). It does not expire: a letter may
be opened years later, and who unsubscribes then must still be heard (CAN-SPAM asks for 30 days, CASL for 60).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import NamedTuple

import orjson

VERSION = "v1"
UNSUBSCRIBE = "unsubscribe"
LONGEST = 1_024  # characters of a token; ids and types are far shorter


class Subscription(NamedTuple):
    """What an unsubscribe link is about: one type's e-mail to one user."""

    user: str
    type: str


def sign(subscription: Subscription, key: bytes) -> str:
    """Write the token that ends a subscription."""
    said = _spelt(orjson.dumps([UNSUBSCRIBE, *subscription]))
    return f"{VERSION}.{said}.{_spelt(_seal(said, key))}"


def check(token: str, key: bytes) -> Subscription | None:
    """Read a token that this hub wrote; None for any other."""
    version, _, rest = token.partition(".")
    said, _, seal = rest.partition(".")
    if len(token) > LONGEST or version != VERSION or not hmac.compare_digest(_read(seal), _seal(said, key)):
        return None
    purpose, *about = orjson.loads(_read(said))
    return Subscription(*about) if purpose == UNSUBSCRIBE else None


def _seal(said: str, key: bytes) -> bytes:
    own = hmac.digest(key, b"hub-link", "sha256")
    return hmac.digest(own, f"{VERSION}.{said}".encode(errors="replace"), "sha256")


def _spelt(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _read(spelt: str) -> bytes:
    """Decode base64; what is none becomes bytes that no seal equals."""
    try:
        return base64.urlsafe_b64decode(spelt + "=" * (-len(spelt) % 4))
    except (binascii.Error, ValueError):
        return b""
