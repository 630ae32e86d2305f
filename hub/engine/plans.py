"""Audiences of any size, over any accounts, page by page, through crashes.

A publication that does not fit into one step gets a plan: a key in the slot of its first part (home) with a field for
each page, so that no audience is ever one huge value. It is queued first, then written, then committed by the first
page: that step also writes the event's marker, and is refused when the plan was given up meanwhile. So once an event
is acknowledged its plan is durable, and a plan without that step is litter, which whoever claims it drops.

Working a plan off is safe to repeat: a page that was appended before changes nothing, and it is deleted afterwards, so
that another worker goes on where this one stood. Nothing is resolved again: the plan is the audience.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import islice, zip_longest
from typing import Any

import msgpack
import orjson

from hub.core.broadcasts import Broadcast
from hub.engine.connection import Store, Unavailable
from hub.engine.log import PAGE, SKIPPED, Appended, First, Happening, Log, Marker, Outgoing, Recipient, Skipped, Tally
from hub.engine.queue import Lease, Queue, Work
from hub.engine.rows import Record

INLINE = 500
VERSION = 3  # 1: without what goes out; 2: without what waits to be seen
READ = (1, 2, VERSION)
PAGES_READ = 10  # at a time
FEW_PAGES = 10  # of notes about who is not told, which are not worth leaving to a worker
BYTES_WRITTEN = 128 * 1024  # at a time, about


@dataclass(frozen=True, slots=True)
class Part:
    """One happening with the users of its account who are told, those who are not, and what goes out by text and
    e-mail."""

    happening: Happening
    recipients: Sequence[Recipient]
    skipped: Sequence[Skipped] = ()
    outgoing: Sequence[Outgoing] = ()

    @property
    def size(self) -> int:
        """Count the users whom it reaches."""
        told = {to.user for to in self.recipients}
        return len(told | {one.user for one in self.outgoing if one.to is not None})


@dataclass(frozen=True, slots=True)
class Publication:
    """All that comes of one event. The first part is home: the marker, the plan and the broadcast lie in its slot.

    `broadcast` is its id and its document, written with the marker. A text that came in counts by its `tally`.
    """

    parts: Sequence[Part]
    marker: Marker
    broadcast: tuple[str, bytes] | None = None
    tally: Tally | None = None

    @property
    def size(self) -> int:
        """Count the users whom the parts reach."""
        return sum(part.size for part in self.parts)

    @property
    def is_one_step(self) -> bool:
        """Tell whether it is stored as a whole in one step: everybody gets it there and then, or nobody."""
        pages = (page for number, part in enumerate(self.parts) for page in cut_part(number, part))
        return len(list(islice(pages, 2))) == 1


@dataclass(frozen=True, slots=True)
class Page:
    """What one step appends, of the part with this number."""

    part: int
    recipients: Sequence[Recipient]
    skipped: Sequence[Skipped]
    outgoing: Sequence[Outgoing] = ()

    @property
    def tells(self) -> bool:
        """Tell whether it reaches anybody."""
        return bool(self.recipients) or any(one.to is not None for one in self.outgoing)


class Unreadable(Exception):
    """The plan was written by a newer hub: its lease runs out, and a hub that knows it goes on."""


class Plans:
    """Appends for audiences of any size; the queue holds the unfinished plans as ``append/account/base``."""

    def __init__(self, store: Store, log: Log) -> None:
        self._store = store
        self._log = log
        self.queue = Queue(store)
        self.large = asyncio.Lock()  # held by who works a large audience out: of these, one at a time fits into memory

    async def publish(self, publication: Publication, epoch: str) -> Appended:
        """Append one event's parts: for up to 500 recipients before this returns, else the first page now, the rest
        later. Nothing is stored when it came before, or when its text makes a burst against what the tally says.

        Raise Unavailable when the store is away, or was so slow that the plan was given up. The marker then tells
        whoever repeats whether it counts.
        """
        pages, home = list(paged(publication.parts)), publication.parts[0].happening
        first = First(publication.marker, publication.broadcast, not publication.is_one_step, publication.tally)
        work = Work("append", home.account, home.base)
        if first.planned:
            await self._write(work, publication.parts, pages, epoch)
        appended = await self._log.append(
            home, pages[0].recipients, epoch, pages[0].skipped, first, pages[0].outgoing
        )  # fmt: skip
        if not first.planned:
            return appended
        if appended.earlier or appended.fires is not None:
            await self._drop(work)
            await self.queue.done(work)
            return appended
        now = pages[: told_at_once(publication, pages)]
        count = await self._append(work, publication.parts, now[1:], epoch)
        await (self._finish(work) if len(now) == len(pages) else self._leave(work, len(now)))
        return Appended(appended.count + count)

    async def resume(self, account: str, base: str, claim: str = "") -> int:
        """Append what is left of a plan, and forget it; return for how many users. Safe to repeat.

        `claim` is what the queue says of the work: where nothing is found, that alone is taken out.
        """
        work, count = Work("append", account, base, claim), 0
        lease = Lease(self.queue, work)
        head = await self._head(work)
        if head is None:
            await self.queue.forget(work)
            return 0
        epoch, pages = head
        async for number, happening, page in self._pages(self._name(work), pages):
            await lease.keep()
            count += await self._append_page(happening, page, epoch)
            await self._store.command("HDEL", self._name(work), number)
        await self._finish(work)
        return count

    async def is_open(self, account: str, base: str) -> bool:
        """Tell whether something of a publication is still to be appended."""
        return bool(await self._store.command("EXISTS", self._name(Work("append", account, base))))

    def _name(self, work: Work) -> str:
        return self._store.keys.plan(work.account, work.id)

    async def _write(self, work: Work, parts: Sequence[Part], pages: Sequence[Page], epoch: str) -> None:
        """Write all pages but the first, with the means to see that nobody gave the plan up meanwhile."""
        lease, begins = await Lease.take(self.queue, work), "1"
        for fields in batches(written(parts, pages, epoch)):
            await lease.keep()
            if not int(await self._store.call("write_plan", [self._name(work)], begins, *fields)):
                raise Unavailable("a plan was given up while it was written")
            begins = ""
        await lease.keep()

    async def _append(self, work: Work, parts: Sequence[Part], pages: Sequence[Page], epoch: str) -> int:
        lease, count = Lease(self.queue, work), 0
        for page in pages:
            await lease.keep()
            count += await self._append_page(parts[page.part].happening, page, epoch)
        return count

    async def _append_page(self, happening: Happening, page: Page, epoch: str) -> int:
        appended = await self._log.append(
            happening, page.recipients, epoch, page.skipped, outgoing=page.outgoing
        )  # fmt: skip
        return appended.count

    async def _leave(self, work: Work, done: int) -> None:
        """Leave the pages from a number on to the workers."""
        if done > 1:
            await self._store.command("HDEL", self._name(work), *range(1, done))
        await self.queue.release(work)

    async def _head(self, work: Work) -> tuple[str, int] | None:
        """Read the epoch and the number of pages; None when the plan is finished, or was never committed."""
        packed, committed = await self._store.command("HMGET", self._name(work), "head", "committed")
        if packed is None:
            return None
        head = msgpack.unpackb(packed)
        if head["v"] not in READ:
            raise Unreadable(f"a plan of version {head['v']}")
        if committed is None and await self._drop(work):
            return None
        return head["epoch"], head["pages"]

    async def _pages(self, name: str, count: int) -> AsyncIterator[tuple[int, Happening, Page]]:
        """Read the pages that are left, a few at a time, each with what it is a page of."""
        known: tuple[int, Happening] | None = None
        for start in range(1, count, PAGES_READ):
            numbers = range(start, min(count, start + PAGES_READ))
            for number, packed in zip(numbers, await self._store.command("HMGET", name, *numbers), strict=True):
                if packed is None:
                    continue
                page = read_page(packed)
                if known is None or known[0] != page.part:
                    part = await self._store.command("HGET", name, f"part:{page.part}")
                    if part is None:  # another worker finished the plan
                        return
                    known = page.part, read_happening(part)
                yield number, known[1], page

    async def _finish(self, work: Work) -> None:
        """Take a plan away of which nothing is left; whoever listens hears that a broadcast is through."""
        keys, account = self._store.keys, work.account
        names = [self._name(work), keys.account(account, "broadcasts"), *keys.feed(account)]
        asked = (work.id, int(self._log.now() * 1000), await self._delivered(account, work.id))
        if await self._store.call("finish_plan", names, *asked):
            await self._log.couriers.tell(account)
        await self.queue.done(work)

    async def _delivered(self, account: str, base: str) -> int:
        """Count who got a broadcast, if it is one: somebody may begin to listen before it is finished."""
        keys, count = self._store.keys, 0
        document = await self._store.command("HGET", keys.account(account, "broadcasts"), base)
        parts = Broadcast.from_document(orjson.loads(document)).parts if document else ()
        for start in range(0, len(parts), PAGE):
            found = await asyncio.gather(*(self._log.receipts(*part) for part in parts[start : start + PAGE]))
            count += sum(receipts.delivered for receipts in found)
        return count

    async def _drop(self, work: Work) -> bool:
        """Give a plan up unless it is committed; tell whether it is gone."""
        return bool(await self._store.call("drop_plan", [self._name(work)]))


def paged(parts: Sequence[Part]) -> Iterator[Page]:
    """Cut parts into pages: the first one of home, then those that tell somebody, then what is only noted."""
    cut = [page for number, part in enumerate(parts) for page in cut_part(number, part)]
    yield cut[0]
    yield from sorted(cut[1:], key=lambda page: not page.tells)


def cut_part(number: int, part: Part) -> Iterator[Page]:
    """Cut one part into pages; home has one even if nobody is in it."""
    told = [part.recipients[start : start + PAGE] for start in range(0, len(part.recipients), PAGE)]
    noted = [part.skipped[start : start + SKIPPED] for start in range(0, len(part.skipped), SKIPPED)]
    sent = list(cut_outgoing(part.outgoing))
    for recipients, skipped, outgoing in zip_longest(told, noted, sent, fillvalue=()):
        yield Page(number, recipients, skipped, outgoing)
    if number == 0 and not (told or noted or sent):
        yield Page(number, (), ())


def cut_outgoing(outgoing: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Cut what goes out into as much as a page holds."""
    piece, weight = list[Outgoing](), 0
    for one in outgoing:
        if weight + one.weight > SKIPPED:
            yield piece
            piece, weight = [], 0
        piece.append(one)
        weight += one.weight
    if piece:
        yield piece


def told_at_once(publication: Publication, pages: Sequence[Page]) -> int:
    """Count the pages to append before the answer: all that tell somebody, unless they are too many."""
    if publication.size > INLINE:
        return 1
    telling = 1 + sum(1 for page in pages[1:] if page.tells)
    return len(pages) if len(pages) <= telling + FEW_PAGES else telling


def written(parts: Sequence[Part], pages: Sequence[Page], epoch: str) -> Iterator[tuple[str, bytes]]:
    """Write a plan as fields: its head, what each part shares, and every page but the first."""
    yield "head", msgpack.packb({"v": VERSION, "epoch": epoch, "pages": len(pages)})
    for number, part in enumerate(parts):
        yield f"part:{number}", write_happening(part.happening)
    for number, page in enumerate(pages[1:], 1):
        yield str(number), write_page(page)


def batches(fields: Iterator[tuple[str, bytes]]) -> Iterator[list[str | bytes]]:
    """Gather fields and values into lists of bounded size."""
    batch, size = list[str | bytes](), 0
    for name, value in fields:
        batch += (name, value)
        size += len(value)
        if size > BYTES_WRITTEN:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def write_page(page: Page) -> bytes:
    """Write a page."""
    told = [(to.user, to.index, to.reason, to.channel) for to in page.recipients]
    noted = [(one.user, one.index, one.reason) for one in page.skipped]
    sent = [astuple(one) for one in page.outgoing]
    packed: bytes = msgpack.packb({"part": page.part, "recipients": told, "skipped": noted, "outgoing": sent})
    return packed


def read_page(packed: bytes) -> Page:
    """Read what `write_page` wrote."""
    page = msgpack.unpackb(packed)
    told = [Recipient(*row) for row in page["recipients"]]
    sent = [Outgoing(*row) for row in page.get("outgoing", ())]
    return Page(page["part"], told, [Skipped(*row) for row in page["skipped"]], sent)


def write_happening(happening: Happening) -> bytes:
    """Write what the pages of a part share."""
    fields = {name: getattr(happening, name) for name in SHARED}
    packed: bytes = msgpack.packb(fields | {"record": happening.record.encode()})
    return packed


def read_happening(packed: bytes) -> Happening:
    """Read what `write_happening` wrote."""
    stored: dict[str, Any] = msgpack.unpackb(packed)
    shared = {name: stored[name] for name in SHARED if name in stored}
    return Happening(record=Record.decode(stored["record"]), **shared)


SHARED = ("base", "account", "at", "cutoff", "sticky", "origin", "counted", "sample")
