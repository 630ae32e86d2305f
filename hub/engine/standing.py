"""The index of deliveries by how they stand, in accounts that are older than it.

Hubs that did not keep it wrote deliveries that it lacks, and left others in it as they stood before. So it is not
looked into before it is whole: the hourly sweep goes through all of an account's deliveries, and once more when no such
hub works beside this one any longer. Where this deployment never had another version, once is enough.
"""

from collections.abc import AsyncIterator

from hub.engine.connection import Store
from hub.engine.rows import text

WHOLE, FILLED = "#whole", "#filled "  # members of the index that say so; no channel begins with a #
UPGRADE_MS = 3_000_000  # in which all hubs are of one version again: less than from one sweep to the next
PAGE = 200


class Index:
    """The index `states` of every account."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: set[str] = set()  # to be whole, which they stay

    def __repr__(self) -> str:
        return f"<Index, {len(self._known)} accounts known to be whole>"

    async def is_whole(self, account: str) -> bool:
        """Tell whether all deliveries of an account are in it, as they stand."""
        if account in self._known:
            return True
        if await self._store.command("ZSCORE", self._name(account), WHOLE) is not None:
            self._known.add(account)
            return True
        return not await self._store.command("EXISTS", self._store.keys.account(account, "ages"))

    async def fill(self, account: str, now_ms: int) -> None:
        """Go through the deliveries of an account where it is not whole, and say so once it is."""
        name = self._name(account)
        marks = [text(mark) for mark in await self._store.command("ZRANGEBYLEX", name, "[#", "($")]
        if WHOLE in marks:
            return
        async for base in self._happenings(account):
            await self._fill(account, base)
        filled = [int(mark.removeprefix(FILLED)) for mark in marks if mark.startswith(FILLED)]
        if await self._is_alone() or any(now_ms - at >= UPGRADE_MS for at in filled):
            await self._store.command("ZADD", name, 0, WHOLE)
        elif not filled:
            await self._store.command("ZADD", name, 0, f"{FILLED}{now_ms}")

    async def _fill(self, account: str, base: str) -> None:
        name, cursor = self._store.keys.deliveries(account, base), b"0"
        while True:
            cursor, found = await self._store.command("HSCAN", name, cursor, "COUNT", PAGE)
            fields = [text(field) for field in found[::2] if not field.startswith(b"@")]
            for start in range(0, len(fields), PAGE):
                page = fields[start : start + PAGE]
                await self._store.call("index_deliveries", [name, self._name(account)], base, *page)
            if int(cursor) == 0:
                return

    async def _happenings(self, account: str) -> AsyncIterator[str]:
        ages, cursor = self._store.keys.account(account, "ages"), b"0"
        while True:
            cursor, found = await self._store.command("ZSCAN", ages, cursor, "COUNT", PAGE)
            for member in found[::2]:
                yield text(member).partition(" ")[0]
            if int(cursor) == 0:
                return

    async def _is_alone(self) -> bool:
        """Tell whether no hub of another version ever worked here, as far as is known."""
        return int(await self._store.command("ZCARD", self._store.keys.work("libraries"))) <= 1

    def _name(self, account: str) -> str:
        return self._store.keys.account(account, "states")
