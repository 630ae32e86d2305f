"""A letter as an Internet message (RFC 5322, MIME), and the addresses of its envelope."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

import idna

from hub.core.mail import Letter

LONGEST_LINE = 998  # octets, RFC 5322 2.1.1
LONGEST_LOCAL, LONGEST_ADDRESS = 64, 254  # octets, RFC 5321 4.5.3.1 and its erratum 1690

_RESERVED = frozenset({"from", "to", "subject", "mime-version", "bcc", "cc", "sender", "reply-to", "return-path"})
_WORD_BYTES = 36  # in base64 60 characters, so that `Subject: ` before it stays under 76 (RFC 2047 2)
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_SEVEN_BITS = SMTP.clone(cte_type="7bit")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class Unmailable(ValueError):
    """Say why a letter cannot become a message; the words are a stable reason."""


@dataclass(frozen=True, slots=True)
class Message:
    """Hold what goes over the wire; `utf8` means that the server must speak SMTPUTF8 (RFC 6531)."""

    sender: str
    to: str
    content: bytes
    utf8: bool


def read_address(text: str) -> Address:
    """Read a bare address, its domain as in the DNS (IDNA 2008); raises Unmailable."""
    local, _, domain = text.strip().rpartition("@")
    try:
        host = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        raise Unmailable("invalid_address") from None
    is_short = len(local.encode("utf-8", "replace")) <= LONGEST_LOCAL and len(local) + len(host) < LONGEST_ADDRESS
    if not (is_short and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(host) and _is_dotted(local)):
        raise Unmailable("invalid_address")
    return Address(username=local, domain=host)


def read_sender(text: str) -> Address:
    """Read an address that may have a name before it, as in `Acme <hub@acme.example>`; raises Unmailable."""
    name, bare = parseaddr(text)
    found = read_address(bare)
    return Address(name, found.username, found.domain)


def compose(letter: Letter, sender: Address) -> Message:
    """Write a letter from this sender; raises Unmailable where the letter holds what no message can.

    The head is written here: Python 3.11 breaks a long Message-ID into encoded words, which nobody decodes there, and
    loses spaces of a long name.
    """
    to = read_address(letter.to)
    name = letter.from_name or sender.display_name
    try:
        head = [
            f"From: {_name(name)} <{sender.addr_spec}>" if name else f"From: {sender.addr_spec}",
            f"To: {to.addr_spec}",
            f"Subject: {_words(letter.subject)}",
            *_others(letter.headers.items()),
        ]
        content = "".join(f"{line}\r\n" for line in head).encode() + _body(letter)
    except UnicodeError:  # half a character
        raise Unmailable("invalid_letter") from None
    return Message(sender.addr_spec, to.addr_spec, content, not (to.username + sender.username).isascii())


def _body(letter: Letter) -> bytes:
    """Write both parts so that they need no more than seven bits and short lines, with the headers that say so."""
    message = EmailMessage(policy=_SEVEN_BITS)
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message.as_bytes()


def _name(text: str) -> str:
    """Write the name before an address: quoted, or in encoded words."""
    written = _words(text)
    return written if written != text else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _words(text: str) -> str:
    """Write a line of any script: as it is where it is plain ASCII, else in encoded words (RFC 2047)."""
    if "\r" in text or "\n" in text:
        raise Unmailable("invalid_letter")
    if text.isascii() and text.isprintable() and "=?" not in text and len(text) <= LONGEST_LINE // 2:
        return text
    pieces = [b""]
    for char in text:
        written = char.encode()
        if len(pieces[-1]) + len(written) > _WORD_BYTES:
            pieces.append(b"")
        pieces[-1] += written
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in pieces)


def _others(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Write further headers, each on one line and as it is; raises Unmailable for what could be more than that."""
    for name, value in headers:
        is_plain = value.isascii() and value.isprintable() and len(name) + len(value) + 2 <= LONGEST_LINE
        is_ours = name.lower() in _RESERVED or name.lower().startswith("content-")
        if is_ours or not (is_plain and _HEADER.fullmatch(name)):
            raise Unmailable("invalid_letter")
        yield f"{name}: {value}"


def _is_dotted(local: str) -> bool:
    return not (local.startswith(".") or local.endswith(".") or ".." in local)
