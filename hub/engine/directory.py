"""The directory in the store: who and what exists, in one class whose parts are files of their own.

documents   reading, holding, writing; what all parts share
accounts    the tree of accounts, and their defaults
rooted      contacts, groups, ring groups, lines: ids unique below a root account
people      users and their preferences; roster joins both for the rules

Reads are current (replica.py). All of it is one thing to those who call it: `hub.directory`.
"""

import orjson

from hub.core.directory import ProducerKey, as_document
from hub.engine.documents import Changed, Held, Taken, read_as
from hub.engine.people import People
from hub.engine.rooted import Place
from hub.engine.rows import text

__all__ = ["Changed", "Directory", "Held", "Place", "Taken"]


class Directory(People):
    """Accounts, users, contacts, groups, ring groups, lines, and producer keys."""

    async def put_key(self, key: ProducerKey) -> None:
        """Keep a producer key (its digest only)."""
        await self.store.command("HSET", self.store.keys.directory("keys"), key.id, orjson.dumps(as_document(key)))
        await self.store.command("HSET", self.store.keys.directory("keys:digests"), key.digest, key.id)

    async def key_by_digest(self, digest: str) -> ProducerKey | None:
        """Find a producer key by the digest of its secret."""
        id = await self.store.command("HGET", self.store.keys.directory("keys:digests"), digest)
        return await self.key(text(id)) if id else None

    async def key(self, id: str) -> ProducerKey | None:
        """Find a producer key by its id."""
        stored = await self.store.command("HGET", self.store.keys.directory("keys"), id)
        return read_as(ProducerKey)(stored) if stored else None

    async def producer_keys(self) -> list[ProducerKey]:
        """List all producer keys by id."""
        stored = await self.store.command("HGETALL", self.store.keys.directory("keys"))
        return [read_as(ProducerKey)(stored[id]) for id in sorted(stored)]

    async def delete_key(self, key: ProducerKey) -> None:
        """Revoke a producer key; the next request with it is refused."""
        await self.store.command("HDEL", self.store.keys.directory("keys:digests"), key.digest)
        await self.store.command("HDEL", self.store.keys.directory("keys"), key.id)
