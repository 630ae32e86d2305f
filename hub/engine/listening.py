"""Who listens where: the webhooks of an account hear what happens there and in every account below it.

So that a Function sees with one look whether anybody listens, each account's slot says it in a hash of its own
(`hooks`, feed.lua). It is derived: from the tree of accounts and the webhooks. Both are versioned, and whoever writes
it for a page of accounts looks afterwards whether either changed meanwhile, and then writes that page again; so of
several who write at the same time the last one knows the present state. A webhook that changed, and an account that
came to another place in the tree, are written down before (intentions.py), so that what was cut off is finished. Once
in a while everything is written anew, which changes nothing where all is well.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hub.core.directory import AccountTree
from hub.core.webhooks import Webhook
from hub.engine.directory import Directory
from hub.engine.documents import Changed, again_while_changed
from hub.engine.messages import Messages, listening
from hub.engine.webhooks import Webhooks

PAGE = 100  # accounts written at a time

Ears = Mapping[str, Sequence[Webhook]]  # account -> the webhooks of its own that are told something


class Listening:
    """Says in every account who listens to it."""

    def __init__(self, directory: Directory, webhooks: Webhooks, messages: Messages) -> None:
        self._directory = directory
        self._webhooks = webhooks
        self._messages = messages

    async def spread(self, id: str) -> None:
        """Finish the change of a webhook: every account that it concerns knows of it, or forgets it. Where somebody
        else is at it, leave it to them."""
        with contextlib.suppress(Changed):
            await again_while_changed(lambda: self._spread(id))

    async def _spread(self, id: str) -> None:
        async with self._webhooks.spreading.at(id) as intended:
            account = intended.partition(" ")[0]
            if not account:
                return
            webhook = await self._webhooks.get(id)
            if webhook is not None:
                await self._webhooks.begin(webhook)
            tree = await self._directory.tree()
            await self.write((account, *tree.descendants(account)))
            if webhook is None:
                await self._webhooks.forget(account, id)

    async def place(self, account: str) -> None:
        """Finish the change of an account's place in the tree: it and all below are heard by whoever is above now."""
        with contextlib.suppress(Changed):
            await again_while_changed(lambda: self._place(account))

    async def _place(self, account: str) -> None:
        async with self._directory.placed.at(account) as intended:
            if intended:
                tree = await self._directory.tree()
                await self.write((account, *tree.descendants(account)))

    async def finish_all(self) -> None:
        """Finish whatever was cut off and nobody is at."""
        for id in await self._webhooks.spreading.all():
            await self.spread(id)
        for account in await self._directory.placed.all():
            await self.place(account)

    async def mend(self) -> None:
        """Write everything anew."""
        await self.write([account.id for account in await self._directory.tree()])

    async def remind(self, now_ms: int) -> None:
        """Have every account looked at that has something to tell, however the word of it was lost."""
        tree, ears = await self._directory.tree(), await self._ears()
        heard = {id for account in ears for id in (account, *tree.descendants(account))}
        for page in pages(sorted(heard)):
            await asyncio.gather(*(self._messages.raise_again(account, now_ms) for account in page))

    async def write(self, accounts: Sequence[str]) -> None:
        """Say in each of these accounts who listens there."""
        for page in pages(accounts):
            written = None
            while written != (known := await self._known()):
                await self._write(page)
                written = known

    async def _known(self) -> tuple[int, int]:
        tree = await self._directory.tree()
        await self._webhooks.all()
        return tree.version, self._webhooks.number

    async def _write(self, accounts: Iterable[str]) -> None:
        tree, ears = await self._directory.tree(), await self._ears()
        await asyncio.gather(*(self._listen(account, tree, ears) for account in accounts))

    async def _listen(self, account: str, tree: AccountTree, ears: Ears) -> None:
        above = (account, *tree.ancestors(account)) if tree.get(account) else ()
        hooks = [(hook.id, listening(hook.events, hook.version)) for place in above for hook in ears.get(place, ())]
        for id in await self._messages.listen(account, hooks):
            if await self._webhooks.get(id) is None:
                await self._messages.forget(account, id)

    async def _ears(self) -> Ears:
        found: dict[str, list[Webhook]] = defaultdict(list)
        for webhook in (await self._webhooks.all()).values():
            if webhook.state == "active":
                found[webhook.account].append(webhook)
        return found


def pages(accounts: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut accounts into pages."""
    return (accounts[start : start + PAGE] for start in range(0, len(accounts), PAGE))
