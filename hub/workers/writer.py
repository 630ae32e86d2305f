"""What a delivery says: the letter or the text of one notification, or the summary of several, in the words and the
language of its user."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from hub.core.catalogue import Catalogue
from hub.core.mail import Letter, Text, digest, letter, text_message
from hub.engine.rows import Record
from hub.workers.reader import Reader

Link = Callable[[str, str], str | None]  # user, type -> where the user ends the e-mail of this type


class Writer:
    """Writes letters and texts. `public_url` is what the outside calls this hub."""

    def __init__(self, catalogue: Catalogue, unsubscribe: Link, public_url: str | None = None) -> None:
        self.catalogue = catalogue
        self._unsubscribe = unsubscribe
        self._public_url = public_url

    def write(self, id: str, record: Record, channel: str, to: str, reader: Reader) -> Letter | Text:
        """Write what a user gets of a notification; it comes in the name of their account."""
        entry = entry_of(id, record)
        user = reader.user
        if channel == "text":
            words = text_message(entry, locale=user.locale, sender_name=reader.sender)
            return Text(to, words, notification=id, user=user.id)
        written = letter(
            entry,
            self.catalogue[entry["type"]],
            to=to,
            delivery=f"{id}:{channel}",
            locale=user.locale,
            sender_name=reader.sender,
            public_url=self._public_url,
            unsubscribe=self._unsubscribe(user.id, entry["type"]),
        )
        return replace(written, user=user.id)

    def summary(
        self, type: str, named: Sequence[tuple[str, Record]], count: int, to: str, name: str, at: float, reader: Reader
    ) -> Letter:
        """Write the summary of so many notifications of a type, the first of which are named.

        `name` is what this one is called for good, `at` when it was first tried, in seconds.
        """
        user = reader.user
        written = digest(
            [entry_of(*one) for one in named],
            count,
            self.catalogue[type],
            to=to,
            delivery=f"summary:{name}",
            at=datetime.fromtimestamp(at, UTC).isoformat(),
            locale=user.locale,
            sender_name=reader.sender,
            public_url=self._public_url,
            unsubscribe=self._unsubscribe(user.id, type),
        )
        return replace(written, user=user.id)


def entry_of(id: str, record: Record) -> Mapping[str, Any]:
    """Read a notification out of what its users share."""
    return {"id": id, **orjson.loads(record.body)}
