"""What a browser sends, put together from bytes: the reading half of RFC 6455, on `websockets`' sans-I/O frame parser.

An `Incoming` exists only while a message is incomplete; between messages a connection keeps none.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import CTRL_OPCODES, Close, Frame, Opcode
from websockets.streams import StreamReader

PROTOCOL_ERROR = 1002
NOT_UTF8 = 1007
TOO_BIG = 1009


class Broken(Exception):
    """Say with which code the connection fails (RFC 6455 7.1.7)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Incoming:
    """Bytes, frames and fragments of which the rest is still to come."""

    __slots__ = ("_fragments", "_limit", "_opcode", "_parser", "_size", "_stream")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stream = StreamReader()
        self._parser: Generator[None, None, Frame] | None = None
        self._opcode: Opcode | None = None
        self._fragments: list[bytes] = []
        self._size = 0

    @property
    def idle(self) -> bool:
        """Tell whether nothing is kept, so that this object need not be."""
        return self._opcode is None and self._parser is None and not self._stream.buffer

    def feed(self, data: bytes) -> Iterator[tuple[Opcode, bytes]]:
        """Give the messages and control frames that these bytes complete; raise Broken.

        A text message is valid UTF-8, the payload of a close frame valid as well.
        """
        self._stream.feed_data(data)
        try:
            while (frame := self._next_frame()) is not None:
                if frame.opcode in CTRL_OPCODES:
                    yield _control(frame)
                elif self._take(frame):
                    yield self._message()
        except PayloadTooBig as error:
            raise Broken(TOO_BIG, "message too big") from error
        except ProtocolError as error:
            raise Broken(PROTOCOL_ERROR, str(error)) from error
        except UnicodeDecodeError as error:
            raise Broken(NOT_UTF8, "text is not UTF-8") from error

    def _next_frame(self) -> Frame | None:
        if self._parser is None:
            if not self._stream.buffer:
                return None
            self._parser = Frame.parse(self._stream.read_exact, mask=True, max_size=self._limit)
        try:
            next(self._parser)
        except StopIteration as complete:
            self._parser = None
            frame: Frame = complete.value
            return frame
        return None

    def _take(self, frame: Frame) -> bool:
        """Add a data frame to its message; tell whether it is the last."""
        if (frame.opcode is Opcode.CONT) != (self._opcode is not None):
            raise ProtocolError("fragments out of order")
        if self._opcode is None:
            self._opcode = frame.opcode
        self._size += len(frame.data)
        if self._size > self._limit:
            raise Broken(TOO_BIG, "message too big")
        if frame.data:
            self._fragments.append(bytes(frame.data))
        return frame.fin

    def _message(self) -> tuple[Opcode, bytes]:
        opcode, data = self._opcode, b"".join(self._fragments)
        assert opcode is not None
        self._opcode, self._fragments, self._size = None, [], 0
        if opcode is Opcode.TEXT and not data.isascii():
            data.decode()
        return opcode, data


def _control(frame: Frame) -> tuple[Opcode, bytes]:
    data = bytes(frame.data)
    if frame.opcode is Opcode.CLOSE:
        Close.parse(data)
    return frame.opcode, data
