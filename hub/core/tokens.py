"""User tokens: whom one speaks for, or why it is refused.

The algorithm is never the token's choice. A shared secret verifies HS256 and nothing else; a public key
verifies the one algorithm of its type (RFC 8725 3.1). A key id that starts with `hub-` always means the hub's
own key and issuer, whichever way the installation makes its other tokens. The clock is the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

LEEWAY = 60  # seconds a clock may be off
ACTING_LIFETIME = 3600  # seconds; a log-in-as token that would live longer is refused
SECRET_BYTES = 32  # a shorter HS256 secret could be guessed offline (RFC 7518 3.2)
HUB_KEY_PREFIX = "hub-"

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TOKEN_LIMIT = 16 * 1024  # characters
_LAST_SECOND = 253_402_300_799  # end of the year 9999, the last that RFC 3339 can write
# The library checks the signature; the claims are checked here, against the caller's clock.
_SIGNATURE_ONLY: Any = {
    "verify_signature": True,
    **{f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}
_MALFORMED = (PyJWTError, ValueError, TypeError, RecursionError)  # what hostile bytes can raise


@dataclass(frozen=True, slots=True)
class HubKey:
    """Hold the key the hub signs its own tokens with."""

    id: str
    secret: bytes = field(repr=False)
    issuer: str = "hub"

    def __post_init__(self) -> None:
        if not self.id.startswith(HUB_KEY_PREFIX):
            raise ValueError(f"a hub key's id starts with {HUB_KEY_PREFIX}")
        _require_length(self.secret)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Hold one key of a JWKS, pinned to its algorithm."""

    id: str | None
    algorithm: str
    key: Any


@dataclass(frozen=True, slots=True)
class Trust:
    """Say whose tokens are believed: the hub's own, and those of the secrets or the public keys.

    Raises ValueError for a secret under 32 bytes.
    """

    hub_key: HubKey | None = None
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    public_keys: tuple[PublicKey, ...] = ()
    issuer: str | None = None
    audience: str | None = None

    def __post_init__(self) -> None:
        for secret in self.secrets:
            _require_length(secret)


@dataclass(frozen=True, slots=True)
class Claims:
    """Say whom a token speaks for, who acts as them (log-in-as), and until which second."""

    user: str
    actor: str | None
    expires_at: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why a token is refused: `expired` (a fresh one would do) or `invalid`."""

    code: str
    message: str


def verify(token: str, trust: Trust, now: float) -> Claims | Refusal:
    """Check a token's signature and claims against the given second."""
    if len(token) > _TOKEN_LIMIT:
        return _invalid("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except _MALFORMED:
        return _invalid("this is not a JSON Web Token")
    ours = str(header.get("kid", "")).startswith(HUB_KEY_PREFIX)
    payload = _first_verified(token, _keys(header, trust, ours))
    if payload is None:
        return _invalid("the signature or its algorithm is not accepted here")
    if message := _stranger(payload, trust, ours):
        return _invalid(message)
    return _claims(payload, now)


def mint(user: str, ttl: float, key: HubKey, now: float, actor: str | None = None) -> str:
    """Make a token of the hub's own, good for `ttl` seconds; with an actor for an hour at most."""
    lifetime = min(ttl, ACTING_LIFETIME) if actor else ttl
    payload: dict[str, Any] = {"iss": key.issuer, "sub": user, "iat": int(now), "exp": int(now + lifetime)}
    if actor:
        payload["act"] = {"sub": actor}
    return jwt.encode(payload, key.secret, algorithm="HS256", headers={"kid": key.id})


def read_jwks(document: Mapping[str, Any]) -> tuple[PublicKey, ...]:
    """Take the usable signing keys out of a JWKS; weak, symmetric and unknown ones are passed over."""
    keys = document.get("keys")
    rows = keys if isinstance(keys, list) else []
    return tuple(key for row in rows if isinstance(row, dict) and (key := _public_key(row)))


def _public_key(row: dict[str, Any]) -> PublicKey | None:
    algorithm = _pinned_algorithm(row)
    if algorithm is None or row.get("use", "sig") != "sig" or row.get("alg", algorithm) != algorithm:
        return None
    try:
        key = jwt.PyJWK(row, algorithm).key
    except _MALFORMED:
        return None
    if algorithm == "RS256" and key.key_size < 2048:  # RFC 7518 3.3
        return None
    return PublicKey(row.get("kid"), algorithm, key)


def _pinned_algorithm(row: Mapping[str, Any]) -> str | None:
    match row.get("kty"), row.get("crv"):
        case "RSA", _:
            return "RS256"
        case "EC", "P-256":
            return "ES256"
        case "OKP", "Ed25519":
            return "EdDSA"
    return None


def _keys(header: Mapping[str, Any], trust: Trust, ours: bool) -> Iterable[tuple[Any, str]]:
    """Offer the keys this token may have been signed with, each with the only algorithm it is good for."""
    algorithm, id = header.get("alg"), header.get("kid")
    if ours:
        hub = trust.hub_key
        return [(hub.secret, "HS256")] if hub and hub.id == id and algorithm == "HS256" else []
    if algorithm == "HS256":
        return [(secret, algorithm) for secret in trust.secrets]
    fitting = [key for key in trust.public_keys if key.algorithm == algorithm]
    return [(key.key, key.algorithm) for key in fitting if id is None or key.id in (None, id)]


def _first_verified(token: str, keys: Iterable[tuple[Any, str]]) -> dict[str, Any] | None:
    for key, algorithm in keys:
        try:
            return jwt.decode(token, key, algorithms=[algorithm], options=_SIGNATURE_ONLY)
        except _MALFORMED:
            continue
    return None


def _stranger(payload: Mapping[str, Any], trust: Trust, ours: bool) -> str | None:
    """Say why the token was not made by or not for this hub."""
    issuer = trust.hub_key.issuer if ours and trust.hub_key else trust.issuer
    if issuer is not None and payload.get("iss") != issuer:
        return "the token has another issuer"
    audience = payload.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not ours and trust.audience is not None and trust.audience not in audiences:
        return "the token is meant for another audience"
    return None


def _claims(payload: Mapping[str, Any], now: float) -> Claims | Refusal:
    acting = "act" in payload
    if message := _misshapen(payload):
        return _invalid(message)
    expires_at = float(payload["exp"])
    if now >= expires_at + LEEWAY:
        return Refusal("expired", "the token has expired")
    if now < payload.get("nbf", 0) - LEEWAY:
        return _invalid("the token is not valid yet")
    if acting and expires_at - min(now, payload.get("iat", now)) > ACTING_LIFETIME + LEEWAY:
        return _invalid("a log-in-as token lives at most one hour")
    return Claims(payload["sub"], payload["act"]["sub"] if acting else None, expires_at)


def _misshapen(payload: Mapping[str, Any]) -> str | None:
    if not _is_name(payload.get("sub")):
        return "sub must name a user"
    if not _is_second(payload.get("exp")):
        return "exp must be seconds since 1970"
    for claim in ("nbf", "iat"):
        if not _is_second(payload.get(claim, 0)):
            return f"{claim} must be seconds since 1970"
    actor = payload.get("act", {"sub": "nobody"})
    if not isinstance(actor, dict) or not _is_name(actor.get("sub")):
        return "act must name who acts, in its sub"
    return None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_second(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LAST_SECOND


def _require_length(secret: bytes) -> None:
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"a token secret needs at least {SECRET_BYTES} bytes")


def _invalid(message: str) -> Refusal:
    return Refusal("invalid", message)
