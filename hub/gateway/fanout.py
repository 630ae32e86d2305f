"""The fast lane: from a message of the bus to the bytes that tabs are owed, without a wait.

A message carries the body once and a page of users. The body is encoded once; a user's frame differs in a few bytes
at its head (`number`, `unread`, `id`), so it is one splice and one header, and each tab is owed it by appending to a
list. The Outbox joins and writes at the end of the tick. Whatever is not plain (a gap, a tab that is still arriving)
goes the careful way through `Person.hear`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgpack
import orjson
import structlog

from hub import metrics
from hub.core import frames
from hub.core.inbox import lean
from hub.core.wire import CloseCode
from hub.engine.keys import Keys
from hub.engine.rows import Record, read_entry
from hub.gateway.person import News, Person, election
from hub.gateway.protocol import BINARY, frame, header
from hub.gateway.roster import OFFER_SECONDS, Roster
from hub.gateway.tab import Tab

# A template is filled with %d alone: %b costs more than all the rest of a frame.
_HEAD = b'{"op":"notify","seq":%%d,"popup":%b,"unread":%%d,"entry":{"id":"%b-%%d","state":"%b"'
_JOURNAL = structlog.get_logger("hub.gateway")


class Page:
    """The shared part of one `notify` message, ready to be spliced."""

    __slots__ = ("_body", "_loud", "_quiet", "_reasons", "_tails")

    def __init__(self, base: str, record: str) -> None:
        shared = Record.decode(record)
        body = lean(shared.body)
        name, state = base.encode().replace(b"%", b"%%"), b"read" if is_sample(body) else b"unread"
        self._loud = _HEAD % (b"true", name, state)
        self._quiet = _HEAD % (b"false", name, state)
        self._reasons = shared.reasons
        self._body = body[1:]
        self._tails: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"<Page {self._quiet.decode()}>"

    def payload(self, seq: int, popup: bool, unread: int, index: int, code: str) -> bytes:
        """Write one user's `notify` as JSON."""
        return (self._loud if popup else self._quiet) % (seq, unread, index) + (
            self._tails.get(code) or self._tail(code)
        )

    def frame(self, seq: int, popup: bool, unread: int, index: int, code: str) -> bytes:
        """Write one user's `notify` as a WebSocket frame."""
        head = (self._loud if popup else self._quiet) % (seq, unread, index)
        tail = self._tails.get(code) or self._tail(code)
        return header(len(head) + len(tail)) + head + tail

    def _tail(self, code: str) -> bytes:
        reason = orjson.dumps(self._reasons.get(code, code))
        tail = b',"reason":%b,%b}' % (reason, self._body) if self._body != b"}" else b',"reason":%b}}' % reason
        self._tails[code] = tail
        return tail


def is_sample(body: bytes) -> bool:
    """Tell whether a body is a sample's, whose entry is born read; parsed only when it may be."""
    return b'"sample":true' in body and bool(orjson.loads(body)["sample"])


class Fanout:
    """Takes every message of the bus (engine/doorbells.py lists the kinds)."""

    def __init__(self, roster: Roster, keys: Keys, now: Callable[[], float]) -> None:
        self._roster = roster
        self._now = now
        self._account_of = lru_cache(maxsize=65_536)(lambda channel: keys.split_channel(channel.decode())[0])
        self._kinds: Mapping[str, Callable[[str, dict[str, Any]], None]] = {
            "notify": self._notify,
            "mark": self._mark,
            "elected": self._elected,
            "superseded": self._superseded,
            "profile": self._profile,
            "preferences": self._profile,
        }

    def on_message(self, channel: bytes, data: bytes) -> None:
        """Take one message; one that cannot be read is noted and passed over, whoever sent it."""
        metrics.DOORBELLS.inc()
        try:
            message = msgpack.unpackb(data)
            take = self._kinds.get(message["k"])
            if take is not None:
                take(self._account_of(channel), message)
        except Exception:
            _JOURNAL.exception("a message of the bus could not be taken", channel=channel.decode(errors="replace"))

    def _notify(self, account: str, message: dict[str, Any]) -> None:
        residents = self._roster.accounts.get(account)
        if residents is None:
            return
        page: Page | None = None
        due: float = 0.0
        for row in message["users"]:
            person = residents.get(row[0])
            if person is None:
                continue
            if page is None:
                page = Page(message["base"], message["record"])
                due = self._now() + OFFER_SECONDS
            _, index, seq, unread, target, gen, code = row
            if target and not person.has_offer:
                person.has_offer = True
                self._roster.offers.add(person, due)
            if person.settled and seq == person.seq + 1 and gen <= person.gen:
                person.seq = seq
                quiet = None
                for tab in person.tabs:
                    if tab.key == target:
                        popup = page.frame(seq, True, unread, index, code)
                        tab.owe(popup if not tab.is_binary else self._packed(page, row, True))
                    elif tab.is_binary:
                        tab.owe(self._packed(page, row, False))
                    else:
                        if quiet is None:
                            quiet = page.frame(seq, False, unread, index, code)
                        tab.owe(quiet)
            else:
                self._carefully(person, page, row)

    @staticmethod
    def _packed(page: Page, row: list[Any], popup: bool) -> bytes:
        _, index, seq, unread, _, _, code = row
        return frame(frames.packed(page.payload(seq, popup, unread, index, code)), BINARY)

    def _carefully(self, person: Person, page: Page, row: list[Any]) -> None:
        _, index, seq, unread, target, gen, code = row

        def tell(tab: Tab) -> None:
            tab.send(page.payload(seq, tab.key == target, unread, index, code))

        news = News(seq, False, tell)
        if gen > person.gen and person.held is None:
            person.hold(news)  # an election was lost: nobody is told of a pop-up before
            self._roster.repair_later(person)
        else:
            self._roster.hear(person, news)

    def _person(self, account: str, message: dict[str, Any]) -> Person | None:
        return self._roster.accounts.get(account, {}).get(message["user"])

    def _mark(self, account: str, message: dict[str, Any]) -> None:
        if person := self._person(account, message):
            ids, up_to = message.get("ids"), message.get("up_to")
            payload = frames.changed(message["op"], message["seq"], message["unread"], ids, up_to)
            self._roster.hear(person, News(message["seq"], False, lambda tab: tab.send(payload)))

    def _elected(self, account: str, message: dict[str, Any]) -> None:
        if person := self._person(account, message):
            popups = [read_entry(row) for row in message["popups"]]
            for tab in person.tabs:
                if message.get("silent") and tab.key == message["silent"]:
                    tab.session.is_silent = True
                    metrics.SILENT_TABS.inc()
            self._roster.hear(person, election(message["gen"], message["tab"], popups))
            if popups and not person.has_offer:
                person.has_offer = True
                self._roster.offers.add(person, self._now() + OFFER_SECONDS)

    def _superseded(self, account: str, message: dict[str, Any]) -> None:
        if person := self._person(account, message):
            for tab in person.everyone:
                if tab.key == message["tab"] and tab.seat and tab.seat.connection != message["connection"]:
                    tab.end(CloseCode.SUPERSEDED)

    def _profile(self, account: str, message: dict[str, Any]) -> None:
        self._roster.changed(account, message["user"], is_chosen=message["k"] == "preferences")
