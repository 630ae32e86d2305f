"""Webhooks in the store: their documents, in the installation's own slot, and what became of what each was told lately.

A document is written together with the intention to spread it: to say in the slots of its account and of all below it
that it listens there, or no longer does (listening.py). How it fares lies in the slot of its account, and is there from
when it was first spread until it is gone.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgpack
import orjson

from hub.core.directory import as_document
from hub.core.webhooks import Webhook
from hub.engine.connection import Store
from hub.engine.documents import Changed, Documents, Held, Write, again_while_changed, expecting, read_as
from hub.engine.intentions import Intentions
from hub.engine.replica import Replica

ATTEMPTS_KEPT = 200  # of a webhook, the newest


@dataclass(frozen=True, slots=True)
class Health:
    """Since when a webhook takes nothing, when it took something last, both in ms; and for how many messages there was
    no room."""

    failing_since: int | None = None
    sent_at: int | None = None
    dropped: int = 0


class Webhooks(Documents):
    """The webhooks of all accounts. `spreading` are those that changed and are not spread yet."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._name = store.keys.directory("webhooks")
        self._replica = Replica(store, self._name, read_as(Webhook))
        self.spreading = Intentions(store, "spreading")

    @property
    def number(self) -> int:
        """Return the number of the latest change that this process knows."""
        return self._replica.number

    async def all(self) -> Mapping[str, Webhook]:
        """Return all webhooks as they are now, by id."""
        await self._replica.refresh()
        return self._replica.objects

    async def get(self, id: str) -> Webhook | None:
        """Find a webhook as it is now."""
        return (await self.all()).get(id)

    async def held(self, id: str) -> Held[Webhook] | None:
        """Read a webhook to change it."""
        document = await self.store.command("HGET", self._name, id)
        return Held(read_as(Webhook)(document), document) if document else None

    async def put(self, webhook: Webhook, held: Held[Any]) -> None:
        """Create or replace a webhook; it is still to be spread. Raise Changed when it is not as it was held, or
        when its account closes or is gone: whoever gets that id next must not be heard by it."""
        await self._write(webhook, orjson.dumps(as_document(webhook)), held)

    async def delete(self, webhook: Webhook, held: Held[Any] | None = None) -> None:
        """Remove a webhook; that it listens no more is still to be spread. Raise Changed when it is not as held."""
        await self._write(webhook, b"", held)

    async def _write(self, webhook: Webhook, document: bytes, held: Held[Any] | None) -> None:
        note = (self.spreading.name, f"{webhook.account} {secrets.token_hex(4)}")
        write = Write(self._name, webhook.id, document, expecting(held), notes=(note,))
        if document:
            accounts, closing = (self.store.keys.directory(kind) for kind in ("accounts", "closing"))
            write = replace(write, closing=closing, accounts=accounts, parent=webhook.account)
        await self._put(write)

    async def rewrite(self, id: str, change: Callable[[Webhook], Webhook]) -> Webhook | None:
        """Change a webhook, also while others do; None when it is gone."""

        async def attempt() -> Webhook | None:
            held = await self.held(id)
            if held is None:
                return None
            changed = change(held.value)
            if changed != held.value:
                await self.put(changed, held)
            return changed

        return await again_while_changed(attempt)

    async def delete_of(self, account: str) -> None:
        """Remove the webhooks of an account that is being removed: what lay in its slot goes with it."""
        for webhook in list((await self.all()).values()):
            if webhook.account == account:
                await self.delete(webhook)
                await self.forget(account, webhook.id)
                await self.spreading.drop(webhook.id, await self.spreading.of(webhook.id))

    # How they fare

    def _places(self, account: str, id: str) -> list[str]:
        keys = self.store.keys
        return [keys.account(account, "hook-health"), keys.account(account, f"hook-attempts:{id}")]

    async def begin(self, webhook: Webhook) -> None:
        """Keep from now on how a webhook fares."""
        health, _ = self._places(webhook.account, webhook.id)
        await self.store.command("HSETNX", health, webhook.id, msgpack.packb({}))

    async def forget(self, account: str, id: str) -> None:
        """Forget how a webhook fared that is gone."""
        health, attempts = self._places(account, id)
        await asyncio.gather(self.store.command("HDEL", health, id), self.store.command("UNLINK", attempts))

    async def note(
        self, webhook: Webhook, attempt: Mapping[str, Any], now_ms: int, dropped: int = 0, *, counts: bool = True
    ) -> int | None:
        """Keep what an attempt came to (`state` says), and how many messages were dropped meanwhile; return since when
        the webhook takes nothing, None when it does. A failure that does not count says nothing of the receiver."""
        state = "sent" if attempt["state"] == "sent" else "failed" if counts else ""
        names, row = self._places(webhook.account, webhook.id), orjson.dumps(attempt)
        since = await self.store.call(
            "note_attempt", names, webhook.id, row, state, now_ms, dropped, ATTEMPTS_KEPT, webhook.turned_on
        )  # fmt: skip
        return int(since) or None

    async def attempts(self, webhook: Webhook) -> list[dict[str, Any]]:
        """List the attempts that are kept of a webhook, the newest first."""
        _, name = self._places(webhook.account, webhook.id)
        return [orjson.loads(row) for row in await self.store.command("LRANGE", name, 0, -1)]

    async def health(self, webhooks: Sequence[Webhook]) -> list[Health]:
        """Tell how webhooks fare, in their order."""
        places = ((self._places(one.account, one.id)[0], one.id) for one in webhooks)
        found = await asyncio.gather(*(self.store.command("HGET", name, id) for name, id in places))
        return [read_health(one, packed) for one, packed in zip(webhooks, found, strict=True)]


def read_health(webhook: Webhook, packed: bytes | None) -> Health:
    """Read what note_attempt.lua keeps; a webhook that was turned on since has not failed yet."""
    kept: dict[str, Any] = msgpack.unpackb(packed) if packed else {}
    has_begun_anew = kept.get("o", 0) < webhook.turned_on
    return Health(None if has_begun_anew else kept.get("f"), kept.get("s"), kept.get("d", 0))


__all__ = ["Changed", "Health", "Webhooks"]
