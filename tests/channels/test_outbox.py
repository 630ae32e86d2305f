"""The outbox: what would have been sent, as the document that test mode shows."""

import orjson
import pytest

from hub.channels.outbox import Outbox
from hub.core.jobs import Refused, Sent
from hub.core.mail import Letter, Text

NOW = 1_806_000_000.5


class Shelf:
    """Keep documents."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    async def keep(self, document: bytes) -> None:
        self.kept.append(document)

    def outbox(self, email_from: str | None = None, sms_from: str | None = None) -> Outbox:
        return Outbox(self.keep, lambda: NOW, email_from=email_from, sms_from=sms_from)


async def test_R_03_a_letter_is_kept_as_test_mode_shows_it() -> None:
    shelf = Shelf()
    letter = Letter("ann@acme.example", "New Lead", "Eve", "<p>Eve</p>", "Acme", {"Message-ID": "<d@x>"}, "n1", "ann")
    assert await shelf.outbox("Hub <hub@acme.example>").send(letter) == Sent()
    assert orjson.loads(shelf.kept[0]) == {
        "channel": "email",
        "to": "ann@acme.example",
        "from": "Acme <hub@acme.example>",
        "subject": "New Lead",
        "text": "Eve",
        "html": "<p>Eve</p>",
        "media": [],
        "notification": "n1",
        "user": "ann",
        "at": "2027-03-25T18:40:00.500Z",
    }


async def test_A_37_a_text_is_kept_as_test_mode_shows_it() -> None:
    shelf = Shelf()
    text = Text("+15550100001", "New Lead", ("https://x.example/a.png",), notification="n1", user="ann")
    assert await shelf.outbox(sms_from="+15550109999").send(text) == Sent()
    assert orjson.loads(shelf.kept[0]) == {
        "channel": "text",
        "to": "+15550100001",
        "from": "+15550109999",
        "subject": None,
        "text": "New Lead",
        "html": None,
        "media": ["https://x.example/a.png"],
        "notification": "n1",
        "user": "ann",
        "at": "2027-03-25T18:40:00.500Z",
    }


async def test_without_settings_the_sender_is_what_the_message_says() -> None:
    shelf = Shelf()
    await shelf.outbox().send(Letter("ann@acme.example", "x", "x", "x", "Acme"))
    await shelf.outbox().send(Letter("ann@acme.example", "x", "x", "x"))
    await shelf.outbox(sms_from="+15550109999").send(Text("+15550100001", "x", sender="+15550102222"))
    assert [orjson.loads(document)["from"] for document in shelf.kept] == ["Acme", None, "+15550102222"]


@pytest.mark.parametrize("email_from", [None, "hub@acme.example"])
@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        (Letter("nowhere", "x", "x", "x"), "invalid_address"),
        (Letter("ann@acme.example", "x\r\nBcc: b@x.example", "x", "x"), "invalid_letter"),
    ],
)
async def test_what_no_mail_server_could_take_is_refused_here_too(
    letter: Letter, reason: str, email_from: str | None
) -> None:
    shelf = Shelf()
    assert await shelf.outbox(email_from).send(letter) == Refused(reason)
    assert not shelf.kept
