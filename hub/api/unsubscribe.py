"""One-click unsubscribing (RFC 8058): the link of a letter, which ends one type's e-mail without a log-in.

Mail programs and virus scanners follow every link of a letter, so a GET changes nothing: it shows one button. The POST
is what that button sends, and what a mail program sends when the reader presses its own; it may come any number of
times. Whoever holds the link may do this one thing: it names a type of notification, and nobody.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from starlette.requests import Request

from hub.api.call import Answer
from hub.api.decoding import read_query
from hub.api.models import UnsubscribeQuery
from hub.api.needs import Hub
from hub.api.problem import not_found
from hub.api.route import OpenRoute
from hub.core.catalogue import NotificationType
from hub.core.directory import User
from hub.core.phrases import phrases
from hub.core.preferences import without_email
from hub.engine.directory import again_while_changed
from hub.engine.identity import UNSUBSCRIBE_PATH

_STYLE = (
    ":root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;"
    "padding:0 1rem}button{font:inherit;padding:.5rem 1.25rem}"
)
_SEAL = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_SEAL}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
# By language: the question, that about what is mandatory and has copies only, the button, what is said afterwards.
_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "en": (
        "No more e-mail of the type “{type}”?",
        "No more copies by e-mail of what comes to you in the app, such as “{type}”?",
        "Unsubscribe",
        "Done. You get no more of this e-mail. Your notification settings are where you turn it on again.",
    ),
    "ru": (
        "Больше не присылать письма типа «{type}»?",
        "Больше не присылать по почте копии того, что приходит в приложении, например «{type}»?",
        "Отписаться",
        "Готово. Таких писем больше не будет. Включить их снова можно в настройках уведомлений.",
    ),
}


async def ask(hub: Hub, request: Request) -> Answer:
    """Show what the link ends, and a button."""
    user, kind = await _meant(hub, request)
    question, of_copies, button, _ = _WORDS[phrases(user.locale).language]
    asked = escape((of_copies if kind.mandatory else question).format(type=kind.title))
    hidden = '<input type="hidden" name="List-Unsubscribe" value="One-Click">'
    return _page(user, f'<p>{asked}</p><form method="post">{hidden}<button>{button}</button></form>')


async def end(hub: Hub, request: Request) -> Answer:
    """Turn the type's e-mail off; whoever did already stays so."""
    user, kind = await _meant(hub, request)
    await _turn_off(hub, user, kind)
    return _page(user, f"<p>{_WORDS[phrases(user.locale).language][3]}</p>")


async def _meant(hub: Hub, request: Request) -> tuple[User, NotificationType]:
    """Find whose and what e-mail a link ends; raise 404 for a link that leads nowhere, or not any more."""
    query: UnsubscribeQuery = read_query(UnsubscribeQuery, request.query_params)
    subscription = hub.identity.subscription(query.token)
    user = await hub.directory.user(subscription.user) if subscription else None
    kind = hub.catalogue.get(subscription.type) if subscription else None
    if user is None or kind is None:
        raise not_found("subscription behind this link")
    return user, kind


async def _turn_off(hub: Hub, user: User, kind: NotificationType) -> None:
    async def attempt() -> None:
        held = await hub.directory.held_preferences(user.account, user.id)
        left = without_email(kind, held.value)
        if left != held.value:
            await hub.directory.put_preferences(user.account, user.id, left, held)

    await again_while_changed(attempt)


def _page(user: User, content: str) -> Answer:
    words = phrases(user.locale)
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words.unsubscribe}</title><style>{_STYLE}</style>"
    )
    body = f"<body><main>{content}</main></body>"
    page = f'<!doctype html>\n<html lang="{words.language}"><head>{head}</head>{body}</html>\n'
    return Answer(page.encode(), headers=HEADERS, media_type="text/html; charset=utf-8")


ROUTES = [
    OpenRoute(
        UNSUBSCRIBE_PATH, ask, "Ask whether to unsubscribe", query=UnsubscribeQuery, media_type="text/html",
    ),
    OpenRoute(
        UNSUBSCRIBE_PATH, end, "Unsubscribe with one click", "POST", query=UnsubscribeQuery, media_type="text/html",
    ),
]  # fmt: skip
