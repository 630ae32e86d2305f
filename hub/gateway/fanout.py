"""The fast lane: from a message of the bus to the bytes that tabs are owed, without a wait.

A message carries the body once and a page of users. The body is encoded once; a user's frame differs in a few bytes
at its head (`number`, `unread`, `id`), so it is one splice and one header, and each tab is owed it by appending to a
list. The Outbox joins and writes at the end of the tick. Whatever is not plain (a gap, a tab that is still arriving)
goes the careful way through `Person.hear`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgpack
import orjson
import structlog

from hub import metrics
from hub.core import frames
from hub.core.inbox import notification_id
from hub.core.wire import CloseCode
from hub.engine.keys import Keys
from hub.engine.rows import Record, read_entry
from hub.gateway.person import News, Person, change_news, election
from hub.gateway.protocol import BINARY, frame, header
from hub.gateway.roster import Roster
from hub.gateway.tab import Tab
from hub.gateway.views import Views

# A template is filled with %d alone: %b costs more than all the rest of a frame.
_HEAD = b'{"op":"notify","seq":%%d,"popup":%b,"unread":%%d,"entry":{"id":"%b-%%d","state":"%b"'
CACHED_SIZES = 4096  # bytes; to look a header up is quicker than to pack it
HEADERS = tuple(map(header, range(CACHED_SIZES)))
_JOURNAL = structlog.get_logger("hub.gateway")


class Page:
    """The shared part of one `notify` message, ready to be spliced."""

    __slots__ = ("_body", "_reasons", "loud", "quiet", "tails")

    def __init__(self, base: str, record: str) -> None:
        shared = Record.decode(record)
        body = shared.body
        name, state = base.encode().replace(b"%", b"%%"), b"read" if is_sample(body) else b"unread"
        self.loud = _HEAD % (b"true", name, state)
        self.quiet = _HEAD % (b"false", name, state)
        self._reasons = shared.reasons
        self._body = body[1:]
        self.tails: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"<Page {self.quiet.decode()}>"

    def payload(self, seq: int, popup: bool, unread: int, index: int, code: str) -> bytes:
        """Write one user's `notify` as JSON."""
        return (self.loud if popup else self.quiet) % (seq, unread, index) + (self.tails.get(code) or self.tail(code))

    def tail(self, code: str) -> bytes:
        """Write what all readers for one reason share, once."""
        reason = orjson.dumps(self._reasons.get(code, code))
        tail = b',"reason":%b,%b}' % (reason, self._body) if self._body != b"}" else b',"reason":%b}}' % reason
        self.tails[code] = tail
        return tail


def is_sample(body: bytes) -> bool:
    """Tell whether a body is a sample's, whose entry is born read; parsed only when it may be."""
    return b'"sample":true' in body and bool(orjson.loads(body)["sample"])


class Fanout:
    """Takes every message of the bus (engine/doorbells.py lists the kinds)."""

    def __init__(self, roster: Roster, views: Views, keys: Keys) -> None:
        self._roster = roster
        self._keys = keys
        self._kinds: Mapping[str, Callable[[str, dict[str, Any]], None]] = {
            "notify": self._notify,
            "mark": self._mark,
            "recall": self._recall,
            "elected": self._elected,
            "election": self._election,
            "superseded": self._superseded,
            "profile": self._profile,
            "preferences": self._profile,
            "ended": self._ended,
            "defaults": self._defaults,
            "view": views.on_message,
        }

    def on_message(self, channel: bytes, data: bytes) -> None:
        """Take one message; one that cannot be read is noted and passed over, whoever sent it."""
        metrics.DOORBELLS.inc()
        try:
            message = msgpack.unpackb(data)
            take = self._kinds.get(message["k"])
            if take is not None:
                take(self._keys.split_channel(channel.decode())[0], message)
        except Exception:
            _JOURNAL.exception("a message of the bus could not be taken", channel=channel.decode(errors="replace"))

    def _notify(self, account: str, message: dict[str, Any]) -> None:
        residents = self._roster.accounts.get(account)
        if residents is None:
            return
        page, told = None, 0
        for row in message["users"]:
            user, index, seq, unread, target, gen, code = row
            person = residents.get(user)
            if person is None:
                continue
            page = page or Page(message["base"], message["record"])
            if target and not person.has_offer:
                self._roster.arm(person)
            if person.settled and seq == person.seq + 1 and gen <= person.gen:
                person.seq = seq
                tail = page.tails.get(code) or page.tail(code)
                for tab in person.tabs:
                    if tab.is_binary:
                        tab.owe(self._packed(page, row, tab.key == target))
                        continue
                    own = (page.loud if tab.key == target else page.quiet) % (seq, unread, index)
                    size = len(own) + len(tail)
                    head = HEADERS[size] if size < CACHED_SIZES else header(size)
                    if tab.owed is None:  # Connection.owe inlined, so that the shared tail is copied once, at the join
                        tab.owed = [head, own, tail]
                        tab.outbox.add(tab)
                    else:
                        tab.owed += (head, own, tail)
                    told += 1
            else:
                self._carefully(person, page, row)
        metrics.FRAMES_SENT.inc(told)

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
            self._roster.hear(person, change_news(message["op"], message["seq"], message["unread"], ids, up_to))

    def _recall(self, account: str, message: dict[str, Any]) -> None:
        residents = self._roster.accounts.get(account, {})
        for user, index, seq, unread in message["users"]:
            if person := residents.get(user):
                ids = [notification_id(message["base"], index)]
                self._roster.hear(person, change_news("recalled", seq, unread, ids))

    def _elected(self, account: str, message: dict[str, Any]) -> None:
        if person := self._person(account, message):
            popups = [read_entry(row) for row in message["popups"]]
            self._about_tabs(person, message)
            self._roster.hear(person, election(message["gen"], message["tab"], popups))
            if popups:
                self._roster.arm(person)

    def _election(self, account: str, message: dict[str, Any]) -> None:
        """Read what an election did not bring along; nobody is told of anything before."""
        person = self._person(account, message)
        if person is None:
            return
        self._about_tabs(person, message)
        if message["gen"] > person.gen:
            if person.held is None:
                person.hold()
            self._roster.repair_later(person)

    def _about_tabs(self, person: Person, message: dict[str, Any]) -> None:
        """Take what an election says of single tabs: which was silent, which connection is superseded."""
        for tab in (*person.tabs, *person.arriving):
            if message.get("silent") and tab.key == message["silent"]:
                tab.session.is_silent = True
                metrics.SILENT_TABS.inc()
        if message["gen"] > person.gen:
            self._end_older(person.tabs, message)  # also when `superseded` itself was lost

    def _superseded(self, account: str, message: dict[str, Any]) -> None:
        if person := self._person(account, message):
            self._end_older(person.everyone, message)

    @staticmethod
    def _end_older(tabs: list[Tab], message: dict[str, Any]) -> None:
        """End the other connections of the tab id that a message names."""
        for tab in [tab for tab in tabs if tab.key == message["tab"] and tab.seat]:
            if tab.seat and tab.seat.connection != message.get("connection", tab.seat.connection):
                tab.end(CloseCode.SUPERSEDED)

    def _profile(self, account: str, message: dict[str, Any]) -> None:
        self._roster.following.changed(account, message["user"], is_chosen=message["k"] == "preferences")

    def _ended(self, account: str, message: dict[str, Any]) -> None:
        self._roster.following.ended(account, message["user"])

    def _defaults(self, account: str, message: dict[str, Any]) -> None:
        self._roster.following.defaults_changed(account)
