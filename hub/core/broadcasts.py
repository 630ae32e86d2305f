"""One-time messages to many people: made safe, resolved to the people, kept as a document (R-09..R-13, D-05).

What a manager writes is HTML of a few harmless elements (E-17). Anything else is shown as the text it is: a message
never loses words, and never does anything but look bold. The elements lose every attribute but a link's address.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Self

import nh3

from hub.core.audience import Member
from hub.core.directory import Group, User
from hub.core.events import is_link
from hub.core.reasons import Reason
from hub.core.routing import Decision, Routed

NOTICES = "#notices"  # the account that system notices are kept under; no real account has such an id
BROADCAST = "group_broadcast"
NOTICE = "important_system_notice"
LONGEST = 2000  # characters of a message as it is sent, after trimming (AMB-42)

ELEMENTS = frozenset({"b", "i", "strong", "em", "br", "span", "div", "p", "a"})
_SCHEMES = {"http", "https", "mailto"}
_TAG = re.compile(
    rf"""<(?P<end>/?)(?P<name>{"|".join(sorted(ELEMENTS))})(?P<more>(?:[\s/](?:"[^"]*"|'[^']*'|[^<>"'])*)?)>""",
    re.IGNORECASE | re.ASCII,
)
_ATTRIBUTE = re.compile(r"""([^\s/"'=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?""", re.ASCII)
_BREAK = re.compile(r"<br>|</?(?:p|div)>")
_ELEMENT = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Message:
    """Hold a message twice: as HTML that is safe to show, and as plain text."""

    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """Say in words why a message cannot be sent."""

    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """Describe a message that was sent to groups and users (or, as a notice, to accounts).

    `id` is the base of its first happening; `parts` names all of them, as (account, base). `message` is clean HTML,
    `body` the same as plain text; times are RFC 3339.
    """

    id: str
    account: str
    type: str
    title: str
    message: str
    body: str
    url: str | None = None
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    sender: str | None = None
    by: str
    at: str
    expires_at: str | None = None
    recipients: int = 0
    parts: tuple[tuple[str, str], ...] = ()
    recalled_at: str | None = None
    expired: bool = False

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a stored document; a field this version does not know is left out."""
        known: dict[str, Any] = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        return cls(**{**known, **lists, "parts": tuple(tuple(part) for part in known.get("parts", ()))})

    def as_document(self) -> dict[str, Any]:
        """Write it for the store."""
        return asdict(self)


def clean(message: str) -> Message | Unfit:
    """Make a message safe to show, or say why it cannot be sent (AMB-42)."""
    message = message.strip()
    if not message:
        return Unfit("must not be empty")
    if len(message) > LONGEST:
        return Unfit(f"must not be longer than {LONGEST:,} characters")
    # The library balances what is left open, and would take out what the rules here had let through.
    safe = nh3.clean(
        "".join(_rewritten(message)),
        tags=set(ELEMENTS),
        clean_content_tags=set(),
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    text = _plain(safe)
    if not any(character.isprintable() and not character.isspace() for character in text):
        return Unfit("must not be empty")
    return Message(safe, text)


def resolve(type: str, groups: Iterable[Group], users: Iterable[str], members: Mapping[str, Member]) -> Routed:
    """Decide who gets a broadcast: the union of the groups' members and of single users, each once (AMB-40).

    `members` holds by id whoever of them exists; the others are passed over. A member of several groups hears of it
    on the channel of the first.
    """
    named = chain(
        ((user, f"g:{group.id}", Reason.GROUP_MEMBER) for group in groups for user in group.members),
        ((user, f"u:{user}", Reason.NAMED) for user in users),
    )
    decisions: dict[str, Decision] = {}
    for user, channel, reason in named:
        if user not in decisions and (member := members.get(user)):
            decisions[user] = _decide(type, member.user, channel, reason)
    return Routed(tuple(decisions.values()))


def _decide(type: str, user: User, channel: str, reason: Reason) -> Decision:
    if not user.active:
        return Decision(user.id, user.account, type, False, Reason.INACTIVE)
    return Decision(user.id, user.account, type, True, reason, channel)


def _rewritten(message: str) -> Iterator[str]:
    """Write the allowed elements anew, and everything between them as text."""
    done = 0
    for tag in _TAG.finditer(message):
        yield _escaped(message[done : tag.start()])
        yield _element(tag)
        done = tag.end()
    yield _escaped(message[done:])


def _escaped(text: str) -> str:
    return html.escape(html.unescape(text), quote=False)


def _element(tag: re.Match[str]) -> str:
    name = tag["name"].lower()
    address = _address(tag["more"]) if name == "a" and not tag["end"] else ""
    link = f' href="{html.escape(address)}"' if is_link(address) else ""
    return f"<{tag['end']}{name}{link}>"


def _address(attributes: str) -> str:
    """Read where a link leads; as browsers do, the first of two addresses counts."""
    found = (match.groups(default="") for match in _ATTRIBUTE.finditer(attributes))
    values = ("".join(quoted) for name, *quoted in found if name.lower() == "href")
    return html.unescape(next(values, "")).strip()


def _plain(safe: str) -> str:
    """Say the same without markup: lines where the elements made lines."""
    text = html.unescape(_ELEMENT.sub("", _BREAK.sub("\n", safe)))
    lines = (line.strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
