"""The outbox: keeps what would have been sent, where no provider is set and in test mode (protocol.md 8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from typing import Any

import orjson

from hub.channels.mime import Unmailable, compose, read_address, read_sender
from hub.core.jobs import Refused, Sent, Verdict
from hub.core.mail import Letter, Text


class Outbox:
    """Stands in for a Mailer and for a Texter; `now` gives business time in seconds, `keep` takes a JSON document."""

    def __init__(
        self,
        keep: Callable[[bytes], Awaitable[object]],
        now: Callable[[], float],
        *,
        email_from: str | None = None,
        sms_from: str | None = None,
    ) -> None:
        self._keep = keep
        self._now = now
        self._email_from = read_sender(email_from) if email_from else None
        self._sms_from = sms_from

    async def send(self, message: Letter | Text) -> Verdict:
        """Keep a message; a letter that could not be sent is refused here too."""
        try:
            document = self._letter(message) if isinstance(message, Letter) else self._text(message)
        except Unmailable as error:
            return Refused(str(error))
        at = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        about = {"notification": message.notification, "user": message.user, "at": at}
        await self._keep(orjson.dumps({**document, **about}))
        return Sent()

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    def _letter(self, letter: Letter) -> dict[str, Any]:
        sender = self._email_from
        compose(letter, sender or read_address("outbox@localhost"))
        shown = sender and str(Address(letter.from_name or sender.display_name, sender.username, sender.domain))
        return {
            "channel": "email",
            "to": letter.to,
            "from": shown or letter.from_name,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "media": [],
        }

    def _text(self, text: Text) -> dict[str, Any]:
        return {
            "channel": "text",
            "to": text.to,
            "from": text.sender or self._sms_from,
            "subject": None,
            "text": text.body,
            "html": None,
            "media": [*text.media],
        }
