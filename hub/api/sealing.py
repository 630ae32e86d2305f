"""Answers that show a secret once, kept for a repetition so that nobody who reads the store can open them.

What is kept is sealed (AES-256-GCM) under a key made of the credential and the Idempotency-Key that came with the
request. The store knows the second and of the first a digest at most, so only who asks again with both is shown the
answer again. (A user's token of the hub's own could be made anew by who has the store's signing key; what it opens is
a token that they could make as well.)
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"sealed 1 "  # no JSON begins like this: an older hub kept such answers as they are
NONCE = 12  # bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals and opens answers for who has one credential, as the Authorization header carries it."""

    authorization: str | None = field(repr=False)

    def close(self, key: str, content: bytes) -> bytes:
        """Seal what is kept under an Idempotency-Key."""
        nonce = secrets.token_bytes(NONCE)
        return MARK + nonce + self._cipher(key).encrypt(nonce, content, MARK)

    def open(self, key: str, kept: bytes) -> bytes | None:
        """Open it again; None when it was sealed for another credential."""
        if not kept.startswith(MARK):
            return kept
        nonce, sealed = kept[len(MARK) :][:NONCE], kept[len(MARK) + NONCE :]
        try:
            return self._cipher(key).decrypt(nonce, sealed, MARK)
        except InvalidTag:
            return None

    def _cipher(self, key: str) -> AESGCM:
        credential = (self.authorization or "").partition(" ")[2].strip()
        return AESGCM(hmac.digest(credential.encode(), MARK + key.encode(), hashlib.sha256))


class Unsealed:
    """Keeps answers as they are: those that show no secret."""

    def close(self, key: str, content: bytes) -> bytes:
        """Return what is kept under an Idempotency-Key."""
        return content

    def open(self, key: str, kept: bytes) -> bytes | None:
        """Return it again."""
        return kept
