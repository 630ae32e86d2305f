"""The directory in the store: who and what exists, in one class whose parts are files of their own.

documents   reading, holding, writing; what all parts share
accounts    the tree of accounts, and their defaults
rooted      contacts, groups, ring groups, lines: ids unique below a root account
people      users and their preferences; roster joins both for the rules
intentions  what takes several steps, written down so that it is finished

Reads are current (replica.py). All of it is one thing to those who call it: `hub.directory`.
"""

import asyncio
from typing import Any

import orjson

from hub.core.directory import Contact, Group, Line, ProducerKey, RingGroup, as_document
from hub.engine.documents import Changed, Held, Taken, absent, again_while_changed, read_as
from hub.engine.people import People
from hub.engine.rooted import Place, users_of
from hub.engine.rows import text

__all__ = ["Changed", "Directory", "Held", "Place", "Taken", "absent", "again_while_changed", "users_of"]

ROOTED: tuple[type[Any], ...] = (Contact, Group, Line, RingGroup)
TOGETHER = 100  # objects removed at a time
CLOSE = "close"


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

    # What takes several steps

    async def delete_account(self, id: str) -> None:
        """Remove an account and all that is in it: it closes to new users and sub-accounts, all is erased, and last it
        leaves the tree. Raise Changed while it has users or sub-accounts, or while somebody is at it. Safe to repeat.
        """
        async with self.closing.at(id, CLOSE):
            tree = await self.tree()
            if tree.descendants(id) or await self.has_users(id):
                await self.closing.drop(id, CLOSE)
                raise Changed(id)
            for kind in ROOTED:
                while found := await self.page(kind, tree.root(id), (id,), None, TOGETHER):
                    await asyncio.gather(*(self.delete(kind, tree.root(id), value.id) for value in found))
            for key in await self.producer_keys():
                if key.account == id:
                    await self.delete_key(key)
            await self.webhooks.delete_of(id)
            await self._forget_account(id)

    async def finish_closing(self, id: str) -> None:
        """Finish the removal of an account that was cut off."""
        if await self.closing.of(id):
            await self.delete_account(id)

    async def finish_uprooting(self, id: str) -> None:
        """Take the users of an account that moved under another root out of the groups and lines that they left."""
        old_root = await self.uprooted.of(id)
        if not old_root:
            return
        tree = await self.tree()
        if tree.root(id) != old_root:
            for account in (id, *tree.descendants(id)):
                for user in await self.users(account):
                    await self.leave(old_root, user.id)
        await self.uprooted.drop(id, old_root)

    async def finish_all(self) -> None:
        """Finish whatever was cut off and nobody is at; raise the first of what went wrong."""
        kinds = (
            (self.unfinished, self.finish),
            (self.closing, self.delete_account),
            (self.uprooted, self.finish_uprooting),
        )
        failed: Exception | None = None
        for intentions, finish in kinds:
            for id in await intentions.all():
                try:
                    await finish(id)
                except Changed:  # somebody is at it
                    continue
                except Exception as error:
                    failed = failed or error
        if failed:
            raise failed
