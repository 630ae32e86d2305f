"""The registry of open tabs, and who of them shows the pop-ups.

The store elects: whoever asks gets the same answer, so no gateway leads and none must agree with another. A gateway
obeys what the Functions publish (`elected`), and asks again when an offer may be overdue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgpack

from hub.engine.connection import Store
from hub.engine.log import MARKED, PAGE, Tail
from hub.engine.rows import Change, Entry, read_change, read_entry, text

LEASE_MS = 3000


class Viewer(NamedTuple):
    """A log-in-as session: who looks through whose eyes (AMB-17)."""

    account: str
    user: str
    actor: str

    @property
    def id(self) -> str:
        """Name the session as no user is named."""
        return f"{self.user}#{self.actor}"


@dataclass(frozen=True, slots=True)
class Seat:
    """One tab's place in the registry: whose, which, and on which connection of which gateway.

    With an `actor` it is a tab of a log-in-as session, and its place is among that session's tabs.
    """

    account: str
    user: str
    tab: str
    connection: str
    actor: str | None = None

    @property
    def viewer(self) -> Viewer | None:
        """Say of which log-in-as session this tab is."""
        return Viewer(self.account, self.user, self.actor) if self.actor is not None else None

    @property
    def asked(self) -> dict[str, Any]:
        """Say to a Function who asks."""
        viewer = self.viewer
        names = {"user": viewer.id, "view": True} if viewer else {"user": self.user}
        return {**names, "tab": self.tab, "connection": self.connection}


@dataclass(frozen=True, slots=True)
class Away:
    """What a log-in-as session put away: by id `read`, `closed` or `dismissed`, and all up to a number as read."""

    rev: int
    how: dict[str, str]
    up_to: int


@dataclass(frozen=True, slots=True)
class Attached:
    """What a tab is handed when it comes. `changes` when recovered, else None and `inbox` is the new truth."""

    tail: Tail
    unread: int
    elected: str
    changes: tuple[Change, ...] | None
    inbox: tuple[Entry, ...]
    popups: tuple[Entry, ...]
    away: Away | None = None


class Tabs:
    """The registry, as one gateway uses it. `gateway` is this gateway's id, new at every start."""

    def __init__(self, store: Store, gateway: str) -> None:
        self.store = store
        self.gateway = gateway

    def _keys(self, account: str, *users: str) -> list[str]:
        keys = self.store.keys
        names = [keys.account(account, "leases"), keys.account(account, "notifications")]
        for user in users:
            names += keys.person(account, user)
        return names

    def _seat_keys(self, seat: Seat) -> list[str]:
        names = self._keys(seat.account, seat.user)
        return names if seat.actor is None else names + self.store.keys.view(seat.account, seat.user, seat.actor)

    async def attach(
        self, seat: Seat, state: str, after: tuple[str, int] | None, *, limit: int, oldest: int, epoch: str
    ) -> Attached | None:
        """Register a tab and read what it missed in one step; None when the user has `limit` tabs already."""
        asked: dict[str, Any] = {
            **seat.asked, "gateway": self.gateway, "lease_ms": LEASE_MS, "state": state, "after": after,
            "epoch": epoch, "tabs_limit": limit, "cutoff": oldest,
        }  # fmt: skip
        answer = await self.store.call("attach", self._seat_keys(seat), msgpack.packb(asked))
        if answer[0] == b"too_many":
            return None
        _, began, seq, unread, gen, elected, rev, recovered, rows, popups, away = answer
        return Attached(
            Tail(text(began), int(seq), int(gen), int(rev)),
            int(unread),
            text(elected),
            tuple(read_change(row) for row in rows) if recovered else None,
            () if recovered else tuple(read_entry(row) for row in rows),
            tuple(read_entry(row) for row in popups),
            read_away(away),
        )

    async def report(self, seat: Seat, state: str) -> bool:
        """Take what a tab says of its attention; False when another connection took its id over."""
        asked = {**seat.asked, "gateway": self.gateway, "state": state}
        answer = await self.store.call("report", self._seat_keys(seat), msgpack.packb(asked))
        return text(answer) == "ok"

    async def shown(self, seat: Seat, ids: Sequence[str]) -> int:
        """Take a tab's word that it has these pop-ups; return how many offers that answered."""
        receipts = self.store.keys.account(seat.account, "receipts")
        return await self._about_popups("shown", [receipts, *self._seat_keys(seat)[2:]], seat, ids)

    async def faded(self, seat: Seat, ids: Sequence[str]) -> int:
        """Close timed pop-ups that left the screen by themselves; return how many."""
        return await self._about_popups("faded", self._seat_keys(seat)[2:], seat, ids)

    async def _about_popups(self, operation: str, keys: list[str], seat: Seat, ids: Sequence[str]) -> int:
        count = 0
        for start in range(0, len(ids), MARKED):
            asked = msgpack.packb({**seat.asked, "ids": list(ids[start : start + MARKED])})
            count += int(await self.store.call(operation, keys, asked))
        return count

    async def detach(self, seat: Seat) -> None:
        """Forget a tab whose connection ended."""
        await self.store.call("detach", self._seat_keys(seat), msgpack.packb(seat.asked))

    async def offer(self, account: str, users: Sequence[str]) -> list[int]:
        """Offer again what was not answered in time, for at most 100 users of one account.

        Returns per user the ms until the next deadline, 0 when no offer is open.
        """
        assert len(users) <= PAGE
        asked = msgpack.packb({"users": list(users)})
        return [int(wait) for wait in await self.store.call("offer", self._keys(account, *users), asked)]

    async def renew(self, account: str) -> tuple[bool, list[str]]:
        """Renew this gateway's lease; return whether it had lapsed, and which gateways are dead."""
        key = self.store.keys.account(account, "leases")
        lapsed, dead = await self.store.call("renew", [key], self.gateway, LEASE_MS)
        return bool(lapsed), [text(name) for name in dead]

    async def leave(self, account: str) -> None:
        """Give this gateway's lease up when it stops."""
        await self.store.command("HDEL", self.store.keys.account(account, "leases"), self.gateway)

    async def raw(self, account: str, user: str) -> dict[str, dict[str, Any]]:
        """Read a user's tab records as the Functions keep them (library.lua), by tab id."""
        stored = await self.store.command("HGETALL", self.store.keys.person(account, user)[0])
        fields = {text(name): value for name, value in stored.items()}
        return {name[4:]: msgpack.unpackb(packed) for name, packed in sorted(fields.items()) if name[:4] == "tab:"}

    async def of(self, account: str, user: str) -> list[dict[str, Any]]:
        """List a user's tabs for people to look at: id, state, elected or not, gateway, since when (s)."""
        elected = await self.store.command("HGET", self.store.keys.person(account, user)[0], "elected")
        return [
            {
                "user": user, "tab": id, "state": "frozen" if tab.get("z") else tab["s"],
                "elected": id == text(elected or b""), "gateway": tab["g"], "since": tab["c"] / 1e6,
            }
            for id, tab in (await self.raw(account, user)).items()
        ]  # fmt: skip


def read_away(row: list[Any]) -> Away | None:
    """Decode {rev, what was put away}; None when there is no news of it."""
    if not row:
        return None
    words = [text(word) for word in row[1]]
    how = dict(zip(words[::2], words[1::2], strict=True))
    return Away(int(row[0]), how, int(how.pop("up_to", 0)))
