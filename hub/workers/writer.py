"""What a delivery says: the letter or the text of one notification, in the words and the language of its user."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from hub.core.catalogue import Catalogue
from hub.core.directory import Account, User
from hub.core.mail import Letter, Text, letter, text_message
from hub.engine.deliveries import Job

Link = Callable[[str, str], str | None]  # user, type -> where the user ends the e-mail of this type


class Writer:
    """Writes letters and texts. `public_url` is what the outside calls this hub."""

    def __init__(self, catalogue: Catalogue, unsubscribe: Link, public_url: str | None = None) -> None:
        self._catalogue = catalogue
        self._unsubscribe = unsubscribe
        self._public_url = public_url

    def write(self, job: Job, user: User, account: Account | None) -> Letter | Text:
        """Write what a user gets; it comes in the name of their account."""
        entry: Mapping[str, Any] = {"id": job.id, **orjson.loads(job.record.body)}
        name = (account.sender_name or account.name) if account else None
        if job.lane.channel == "text":
            return Text(job.to, text_message(entry, locale=user.locale, sender_name=name), notification=job.id)
        return letter(
            entry,
            self._catalogue[entry["type"]],
            to=job.to,
            delivery=job.delivery,
            locale=user.locale,
            sender_name=name,
            public_url=self._public_url,
            unsubscribe=self._unsubscribe(user.id, entry["type"]),
        )
