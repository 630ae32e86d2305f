"""The message pages that every peer receives, and the publisher that sends them.

A happening reaches a gateway as pages of at most 100 users, each a msgpack map with the shared part once and one row
per user: `{v, k: "notify", base, record, users: [[user, index, seq, unread, tab, gen, reason code], …]}`. The record is
two JSON objects with a newline between them: the body of the entry, and a sentence for each reason code.
The publisher sends these maps itself, with the numbers that the store would have given, so that the gateway is
measured without the cost of routing and of writing logs. Nobody is elected (`tab` empty): no `shown` comes back.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import msgpack

PAGE = 100
REASON = "account_wide"
SENTENCE = "You receive Client Update notifications for the whole account."
BASE_LENGTH = 26


@dataclass(frozen=True, slots=True)
class Happening:
    """What is the same in every event of a run: the shared record, and the reason code of all its users."""

    record: str
    reason: str


def sample_happening() -> Happening:
    """Make a happening of an everyday size: about 300 bytes of body."""
    body = {
        "event": "evt-000000000001",
        "type": "client_update",
        "title": "Client updated: Eve Martin",
        "body": "The phone number and the e-mail address of Eve Martin were changed by an import.",
        "url": "https://crm.example/contacts/c7",
        "account": "bench",
        "at": "2027-03-14T12:00:00.000Z",
        "sticky": False,
        "important": False,
        "sample": False,
    }
    lines = (json.dumps(part, separators=(",", ":")) for part in (body, {REASON: SENTENCE}))
    return Happening("\n".join(lines), REASON)


def pages(happening: Happening, users: Sequence[str], number: int) -> list[bytes]:
    """Encode the pages of the `number`-th event (from 1) for all users, in their order."""
    base = f"{number:0{BASE_LENGTH}d}"
    rows = [[user, index, number, number, "", 0, happening.reason] for index, user in enumerate(users)]
    shared = {"v": 1, "k": "notify", "base": base, "record": happening.record}
    return [msgpack.packb({**shared, "users": rows[start : start + PAGE]}) for start in range(0, len(rows), PAGE)]


def happening_of(page: bytes, account: str) -> Happening:
    """Read the shared part from a captured page, as if it had happened in another account."""
    message = msgpack.unpackb(page)
    body, _, reasons = message["record"].partition("\n")
    moved = json.dumps(json.loads(body) | {"account": account}, separators=(",", ":"), ensure_ascii=False)
    return Happening(f"{moved}\n{reasons}", message["users"][0][6])


def command(*parts: bytes) -> bytes:
    """Encode one command for the store (RESP)."""
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


class Publisher:
    """Publish pages on one sharded channel over a plain socket, without waiting for the answers."""

    def __init__(self, port: int, channel: str) -> None:
        self._channel = channel.encode()
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def listeners(self) -> int:
        """Count the connections subscribed to the channel."""
        self._drain()
        self._socket.sendall(command(b"PUBSUB", b"SHARDNUMSUB", self._channel))
        answer = b""
        while answer.count(b"\r\n") < 4:
            answer += self._socket.recv(4096)
        return int(answer.rstrip().rpartition(b":")[2])

    def publish(self, encoded: Sequence[bytes]) -> None:
        """Send one event's pages in one write."""
        self._drain()
        self._socket.sendall(b"".join(command(b"SPUBLISH", self._channel, page) for page in encoded))

    def close(self) -> None:
        self._socket.close()

    def _drain(self) -> None:
        """Throw away the counts that the store answered so far; an error among them ends the run."""
        self._socket.setblocking(False)
        try:
            while answer := self._socket.recv(65536):
                if b"-" in answer:
                    raise SystemExit(f"the store refused a publish: {answer[:200]!r}")
        except BlockingIOError:
            pass
        finally:
            self._socket.setblocking(True)
