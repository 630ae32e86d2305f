"""Log-in-as sessions: the target's log as one actor sees it (AMB-17).

A session is a registry of tabs of its own in the target's slot (`tabs.Seat` with an actor), so it elects for itself.
Its gateways are not sent what happens: every doorbell of the target or of the session makes them `look`, and the store
answers what this session's tabs are to be told, in one step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from hub.engine.connection import Store
from hub.engine.log import MarkResult, Tail
from hub.engine.rows import Change, Entry, read_change, read_entry, text
from hub.engine.tabs import Away, Viewer, read_away


@dataclass(frozen=True, slots=True)
class Looked:
    """What a session's tabs are to be told.

    `tail` is the target's log with the session's election. `changes` is None when the log lost some of them. `popups`
    is None unless another tab was elected, `away` unless more was put away. `open` names the new entries whose
    pop-ups are offered to the elected tab; `wait_ms` is the time until an offer is overdue, 0 when none is open.
    """

    tail: Tail
    unread: int
    elected: str
    changes: tuple[Change, ...] | None
    popups: tuple[Entry, ...] | None
    open: frozenset[str]
    wait_ms: int
    away: Away | None


class ViewLog:
    """The target's log, as log-in-as sessions see it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def _keys(self, viewer: Viewer) -> list[str]:
        keys = self.store.keys
        return [*keys.person(viewer.account, viewer.user), *keys.view(*viewer)]

    async def look(self, viewer: Viewer, after: int, gen: int, rev: int) -> Looked:
        """Read what came after a number, another election than `gen`, and what was put away after `rev`."""
        names = [self.store.keys.account(viewer.account, "notifications"), *self._keys(viewer)]
        answer = await self.store.call("look", names, msgpack.packb({"after": after, "gen": gen, "rev": rev}))
        epoch, seq, unread, now_gen, elected, target_rev, whole, rows, popups, is_open, wait_ms, away = answer
        return Looked(
            Tail(text(epoch), int(seq), int(now_gen), int(target_rev)),
            int(unread),
            text(elected),
            tuple(read_change(row) for row in rows) if whole else None,
            tuple(read_entry(row) for row in popups) if int(now_gen) != gen else None,
            frozenset(text(id) for id in is_open),
            int(wait_ms),
            read_away(away),
        )

    async def put_away(
        self, viewer: Viewer, operation: str, ids: Sequence[str] | None, up_to: int | None
    ) -> MarkResult:
        """Dismiss or read (in the past tense of the frames) for this session only; the log takes no number."""
        asked: dict[str, Any] = {"user": viewer.id, "operation": operation}
        if ids is not None:
            asked["ids"] = list(dict.fromkeys(ids))
        else:
            asked["up_to"] = up_to
        changed, unknown, unread = await self.store.call("put_away", self._keys(viewer), msgpack.packb(asked))
        return MarkResult(tuple(map(text, changed)), tuple(map(text, unknown)), int(unread), 0)

    async def offer(self, viewer: Viewer) -> int:
        """Offer again what a session's tab did not take in time; return the ms until the next deadline, or 0."""
        keys = self.store.keys
        names = [keys.account(viewer.account, kind) for kind in ("leases", "notifications")]
        asked = msgpack.packb({"users": [viewer.id], "view": True})
        return int((await self.store.call("offer", [*names, *self._keys(viewer)], asked))[0])
