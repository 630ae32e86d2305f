"""Who listens where: the webhooks of an account hear what happens there and in every account below it.

So that a Function sees with one look whether anybody listens, each account's slot says it in a hash of its own
(`hooks`, feed.lua). It is derived: from the tree of accounts and the webhooks. Both are numbered, and an account keeps
the numbers beside the hash: who comes with less than it knows is refused, and reads anew (listen.lua). Whoever writes a
page of accounts looks afterwards whether something changed meanwhile, and then writes that page again. So what is there
in the end is what was read last, whoever was late or died on the way.

A webhook that changed, and an account that is moved, are written down before (intentions.py), so that what was cut off
is finished. Who will no longer be above an account that moves hears nothing more of it before the move can be seen
(`moving`); what was queued all the same is not sent, for a desk asks the tree (workers/webhooks.py). Once in a while
everything is written anew, which changes nothing where all is well.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hub.core.directory import AccountTree
from hub.core.webhooks import MOST_HEARING, Webhook
from hub.engine.directory import Directory
from hub.engine.documents import Changed, again_while_changed
from hub.engine.messages import Messages, Older, Read, listening
from hub.engine.webhooks import Webhooks

PAGE = 100  # accounts written at a time
MOVING = "moving"

journal = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """What was read at one moment: the accounts, and the webhooks that are told something, by account."""

    tree: AccountTree
    number: int
    listeners: Mapping[str, Sequence[Webhook]] = field(repr=False)

    @property
    def version(self) -> tuple[int, int]:
        """Say how far everything was read."""
        return self.tree.version, self.number

    def above(self, account: str) -> list[Webhook]:
        """List the webhooks that hear an account; no more than it may have, should some have slipped in at once."""
        places = (account, *self.tree.ancestors(account)) if self.tree.get(account) else ()
        found = [webhook for place in places for webhook in self.listeners.get(place, ())]
        if len(found) > MOST_HEARING:
            journal.warning("too many webhooks listen to an account", account=account, webhooks=len(found))
        return found[:MOST_HEARING]


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

    @contextlib.asynccontextmanager
    async def moving(self, account: str, parent: str | None) -> AsyncIterator[None]:
        """Have an account that is about to go under another parent, and all below it, be heard only by who is above it
        before and afterwards. Inside, write the account; then `place` it. Raise Changed while somebody else is at it.

        Where nothing comes of the move, the next look of the keeper lets everybody listen again.
        """
        async with self._directory.placed.at(account, MOVING):
            tree = await self._directory.tree()
            stays = {account, *tree.descendants(account)}
            if parent is not None:
                stays |= {parent, *tree.ancestors(parent)}
            await self.write((account, *tree.descendants(account)), stays)
            yield

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
        """Write everything anew; a webhook whose account is gone goes too."""
        webhooks = list((await self._webhooks.all()).values())
        tree = await self._directory.tree()
        for webhook in webhooks:
            if tree.get(webhook.account) is None:
                await self._webhooks.delete(webhook)
                await self.spread(webhook.id)
        await self.write([account.id for account in tree])

    async def remind(self, now_ms: int) -> None:
        """Have every account looked at that has something to tell, however the word of it was lost."""
        view = await self._view()
        heard = {id for account in view.listeners for id in (account, *view.tree.descendants(account))}
        for page in pages(sorted(heard)):
            await asyncio.gather(*(self._messages.raise_again(account, now_ms) for account in page))

    async def write(self, accounts: Sequence[str], stays: Collection[str] | None = None) -> None:
        """Say in each of these accounts who listens there; of them only the webhooks of what `stays`, if that is
        given."""
        for page in pages(accounts):
            written, older = None, dict[str, str]()
            while written != (view := await self._view()).version:
                older = await self._write(page, view, older, stays)
                written = None if older else view.version

    async def _write(
        self, page: Iterable[str], view: View, older: Mapping[str, str], stays: Collection[str] | None
    ) -> dict[str, str]:  # fmt: skip
        """Write a page of accounts; return those that know more, with what they said."""
        told = (self._listen(account, view, older.get(account, ""), stays) for account in page)
        failed = [error for error in await asyncio.gather(*told, return_exceptions=True) if error is not None]
        refused = {error.account: error.version for error in failed if isinstance(error, Older)}
        for error in failed:
            if not isinstance(error, Older):
                raise error
        return refused

    async def _listen(self, account: str, view: View, over: str, stays: Collection[str] | None) -> None:
        found = [webhook for webhook in view.above(account) if stays is None or webhook.account in stays]
        hooks = [(webhook.id, listening(webhook.events, webhook.version)) for webhook in found]
        read = Read(*view.version, over, is_gone=view.tree.get(account) is None)
        for id in await self._messages.listen(account, hooks, read):
            if await self._webhooks.get(id) is None:
                await self._messages.forget(account, id)

    async def _view(self) -> View:
        tree = await self._directory.tree()
        found: dict[str, list[Webhook]] = defaultdict(list)
        for webhook in (await self._webhooks.all()).values():
            if webhook.state == "active":
                found[webhook.account].append(webhook)
        return View(tree, self._webhooks.number, found)


def pages(accounts: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut accounts into pages."""
    return (accounts[start : start + PAGE] for start in range(0, len(accounts), PAGE))
