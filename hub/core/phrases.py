"""What a letter says around the words of a notification, in the languages that the hub speaks to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """Hold the phrases of one language; those with `{…}` are filled in."""

    language: str
    open: str
    sample: str
    sent_by: str
    by_person: str
    why: str
    unsubscribe: str
    more: str
    count: Callable[[int], str]
    of_type: str
    why_digest: str


def _english_count(number: int) -> str:
    return f"{number} notification" if number == 1 else f"{number} notifications"


def _russian_count(number: int) -> str:
    tens, ones = number // 10 % 10, number % 10
    if tens == 1 or ones == 0 or ones > 4:
        return f"{number} уведомлений"
    return f"{number} уведомление" if ones == 1 else f"{number} уведомления"


ENGLISH = Phrases(
    language="en",
    open="Open",
    sample="Sample",
    sent_by="Sent by {name}.",
    by_person="From {name}",
    why="You receive this e-mail because notifications of the type “{type}” come to you by e-mail.",
    unsubscribe="Unsubscribe",
    more="and {count} more",
    count=_english_count,
    of_type="{count} of the type “{type}”",
    why_digest="You get so many e-mails of the type “{type}” a day; those beyond that are summed up in this one.",
)
RUSSIAN = Phrases(
    language="ru",
    open="Открыть",
    sample="Образец",
    sent_by="Отправитель: {name}.",
    by_person="От: {name}",
    why="Вы получили это письмо, потому что уведомления типа «{type}» приходят вам по электронной почте.",
    unsubscribe="Отписаться",
    more="и ещё {count}",
    count=_russian_count,
    of_type="{count} типа «{type}»",
    why_digest="Число писем типа «{type}» в день ограничено; всё, что пришло сверх этого, собрано в одном письме.",
)


def phrases(locale: str | None) -> Phrases:
    """Choose a language by a user's locale, such as `ru-RU` or `ru_RU.UTF-8`; English where it is not spoken."""
    language = (locale or "").lower().replace("_", "-").partition("-")[0]
    return RUSSIAN if language in ("ru", "rus") else ENGLISH
