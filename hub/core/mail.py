"""Letters and texts: what a notification becomes outside the hub.

A letter is a value; the mailer in channels makes a message of it. Nothing that a producer or a person wrote can
become a header of its own, a tag or a script: headers are single lines, HTML is escaped, links are checked. The
Message-ID is made from the delivery's id, so a letter that is sent twice, because an answer was lost, is known as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from unicodedata import category
from urllib.parse import quote, urlsplit

from hub.core.catalogue import NotificationType
from hub.core.events import is_link
from hub.core.layouts import digest_html, link, notification_html
from hub.core.phrases import Phrases, phrases

SUBJECT_LENGTH = 200  # characters; longer ones are cut by every mail program anyhow
NAME_LENGTH = 60
TEXT_LENGTH = 320  # characters: two to five segments of a text, each of which is paid for
LINK_LENGTH = 200  # characters; a longer link would leave a text without words, so it is left out
DIGEST_ROWS = 50
DIGEST_LINE = 160

_KEPT = "\u200c\u200d\u200e\u200f"  # invisible, but parts of Persian and Hebrew words and of emoji
_ENDS = ".!?:;…。"
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_NO_HOST = "notification-hub.invalid"  # RFC 2606: names nobody


@dataclass(frozen=True, slots=True)
class Letter:
    """Describe an e-mail to one person, `user`: plain text and HTML say the same."""

    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    from_name: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    notification: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Describe a text message to one number; `sender` is a number or a Messaging Service SID, None = the hub's."""

    to: str
    body: str = field(repr=False)
    media: tuple[str, ...] = ()
    sender: str | None = None
    notification: str | None = None
    user: str | None = None


def letter(
    entry: Mapping[str, Any],
    kind: NotificationType,
    *,
    to: str,
    delivery: str,
    locale: str | None = None,
    sender_name: str | None = None,
    public_url: str | None = None,
    unsubscribe: str | None = None,
) -> Letter:
    """Write the letter of one entry (protocol.md 7); `kind` is the type it was told as, `sender_name` the account's."""
    words = phrases(locale)
    title = one_line(entry["title"]) or kind.title
    subject = f"[{words.sample}] {title}" if entry.get("sample") else title
    name = one_line(sender_name or "")
    foot = [words.sent_by.format(name=name)] if name else []
    foot.append(words.why.format(type=kind.title))
    text, html = _bodies(entry, words, subject, foot, unsubscribe)
    return Letter(
        to=to,
        subject=_cut(subject, SUBJECT_LENGTH),
        text=text,
        html=html,
        from_name=_cut(name, NAME_LENGTH) or None,
        headers=_headers(delivery, entry["at"], public_url, unsubscribe),
        notification=entry.get("id"),
    )


def digest(
    entries: Sequence[Mapping[str, Any]],
    count: int,
    kind: NotificationType,
    *,
    to: str,
    delivery: str,
    at: str,
    locale: str | None = None,
    sender_name: str | None = None,
    public_url: str | None = None,
    unsubscribe: str | None = None,
) -> Letter:
    """Sum up `count` notifications of one type in one letter; the first 50 entries are named (E-21)."""
    words = phrases(locale)
    title = words.of_type.format(count=words.count(count), type=kind.title)
    name = one_line(sender_name or "")
    foot = [words.sent_by.format(name=name)] if name else []
    foot.append(words.why_digest.format(type=kind.title))
    rows = [_row(entry, kind) for entry in entries[:DIGEST_ROWS]]
    if rest := count - len(rows):
        rows.append((words.more.format(count=rest), "", ""))
    listed = "\n\n".join("\n".join(part for part in row if part) for row in rows)
    return Letter(
        to=to,
        subject=_cut(title, SUBJECT_LENGTH),
        text=_plain(title, listed, _plain_foot(words, foot, unsubscribe)),
        html=digest_html(language=words.language, title=title, rows=rows, foot=_html_foot(words, foot, unsubscribe)),
        from_name=_cut(name, NAME_LENGTH) or None,
        headers=_headers(delivery, at, public_url, unsubscribe),
    )


def text_message(entry: Mapping[str, Any], *, locale: str | None = None, sender_name: str | None = None) -> str:
    """Write an entry as one line of at most 320 characters: who, what, and the link, whole, at the end.

    Only characters of the entry's own go beyond ASCII: one ellipsis would more than double what a text costs.
    """
    title = one_line(entry["title"])
    body = one_line(entry.get("body") or "")
    name = one_line(sender_name or "")
    parts = [f"{name}:" if name else "", f"[{phrases(locale).sample}]" if entry.get("sample") else ""]
    parts.append(f"{title}." if body and title[-1:] not in _ENDS else title)
    words = " ".join(part for part in (*parts, body) if part)
    url = entry.get("url") or ""
    if not url.startswith(("http://", "https://")) or not is_link(url) or len(url) > LINK_LENGTH:
        return _cut(words, TEXT_LENGTH, "...")
    return f"{_cut(words, TEXT_LENGTH - len(url) - 1, '...')} {url}".strip()


def one_line(text: str) -> str:
    """Put a text on one line: line ends and controls become spaces, what turns the direction of words goes."""
    return " ".join("".join(_seen(char) for char in text).split())


def _bodies(
    entry: Mapping[str, Any], words: Phrases, title: str, foot: Sequence[str], unsubscribe: str | None
) -> tuple[str, str]:
    """Write the plain and the HTML part."""
    body = _several_lines(entry.get("body") or "")
    url = _checked(entry.get("url"))
    person = one_line(entry.get("sender") or "")
    above = [words.by_person.format(name=person)] if person else []
    opening = f"{words.open}: {url}" if url else ""
    plain_body = "\n\n".join(part for part in (*above, body, opening) if part)
    html = notification_html(
        language=words.language,
        title=title,
        above=above,
        body=body,
        html=entry.get("html"),
        button=link(words.open, url, is_button=True) if url else "",
        foot=_html_foot(words, foot, unsubscribe),
    )
    return _plain(title, plain_body, _plain_foot(words, foot, unsubscribe)), html


def _plain(title: str, body: str, foot: Sequence[str]) -> str:
    return "\n\n".join(part for part in (title, body, "\n".join(("-- ", *foot))) if part) + "\n"


def _plain_foot(words: Phrases, foot: Sequence[str], unsubscribe: str | None) -> list[str]:
    address = _checked(unsubscribe)
    return [*foot, f"{words.unsubscribe}: {address}"] if address else [*foot]


def _html_foot(words: Phrases, foot: Sequence[str], unsubscribe: str | None) -> list[str]:
    address = _checked(unsubscribe)
    lines = [escape(line) for line in foot]
    return [*lines, link(words.unsubscribe, address)] if address else lines


def _row(entry: Mapping[str, Any], kind: NotificationType) -> tuple[str, str, str]:
    """Name an entry in a digest by its title, the beginning of its words, and its link."""
    return (
        _cut(one_line(entry["title"]) or kind.title, SUBJECT_LENGTH),
        _cut(one_line(entry.get("body") or ""), DIGEST_LINE),
        _checked(entry.get("url")),
    )


def _headers(delivery: str, at: str, public_url: str | None, unsubscribe: str | None) -> dict[str, str]:
    """Name the letter for good, say that no person wrote it (RFC 3834), and how to get no more (RFC 8058)."""
    host = urlsplit(public_url or "").hostname or ""
    name = quote(delivery, safe="").replace(".", "%2E")  # an atom (RFC 5322 3.2.3), and another for every other id
    headers = {
        "Date": format_datetime(datetime.fromisoformat(at)),
        "Message-ID": f"<{name}@{host if _HOST.fullmatch(host) else _NO_HOST}>",
        "Auto-Submitted": "auto-generated",
    }
    if address := _checked(unsubscribe):
        headers["List-Unsubscribe"] = f"<{quote(address, safe=_URL_SAFE)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


_URL_SAFE = ":/?#[]@!$&'()*+,;=%~"  # RFC 3986 2.2: what means something in a URL stays


def _checked(url: str | None) -> str:
    return url if url and is_link(url) else ""


def _cut(text: str, length: int, mark: str = "…") -> str:
    """Shorten a line to a length, at the end of a word where one is near."""
    if len(text) <= length:
        return text
    kept = text[: max(length - len(mark), 0)]
    words, space, _ = kept.rpartition(" ")
    return (words if space and len(words) > len(kept) // 2 else kept).rstrip(" ,;:.-") + mark


def _several_lines(text: str) -> str:
    lines = "\n".join(one_line(line) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _seen(char: str) -> str:
    if char.isprintable() or char in _KEPT:
        return char
    kind = category(char)
    if kind == "Cf":
        return ""
    return char if kind == "Cn" else " "  # not in this Python's tables yet: an emoji of a newer Unicode
