"""Letters and texts: what a person reads, in their language, and what nobody can slip into them."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.catalogue import load
from hub.core.mail import SUBJECT_LENGTH, TEXT_LENGTH, Letter, digest, letter, one_line, text_message
from hub.core.phrases import phrases

AT = "2026-11-23T10:00:00Z"
KIND = load()["voicemails"]
ENTRY = {
    "id": "01hzzzzzzzzzzzzzzzzzzzzzzz-0",
    "type": "voicemails",
    "title": "New voicemail",
    "body": "Eve left 34 s",
    "url": "https://crm.example/contacts/c7?a=1&b=2",
    "account": "acme",
    "at": AT,
    "sample": False,
}
HUB = "https://hub.example"
LEAVE = "https://hub.example/unsubscribe?t=abc"
ODD = st.text(st.characters(codec="utf-8"), max_size=400)


def written(entry: dict[str, Any] | None = None, **given: Any) -> Letter:
    arguments = {"to": "ann@acme.example", "delivery": "d:1", "public_url": HUB, "unsubscribe": LEAVE, **given}
    return letter({**ENTRY, **(entry or {})}, KIND, **arguments)


class Page(HTMLParser):
    """Read a page as a browser does: its tags in order, its links, its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        assert not [name for name, _ in attributes if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_R_03_a_letter_says_what_the_notification_says_in_both_parts() -> None:
    made = written(sender_name="Acme")
    assert (made.to, made.subject, made.from_name) == ("ann@acme.example", "New voicemail", "Acme")
    assert made.notification == ENTRY["id"]
    page = Page(made.html)
    for words in ("New voicemail", "Eve left 34 s", "Sent by Acme.", "notifications of the type “Voicemails”"):
        assert words in made.text
        assert words in page.words
    assert page.links == [ENTRY["url"], LEAVE]
    assert f"Open: {ENTRY['url']}" in made.text
    assert f"Unsubscribe: {LEAVE}" in made.text


def test_R_13_a_broadcasts_cleaned_html_is_put_in_as_it_is() -> None:
    html = '<p>Meet at <b>nine</b>, <a href="https://x.example">here</a></p>'
    made = written({"html": html, "body": "Meet at nine, here", "sender": "Mary"})
    assert html in made.html
    assert "Meet at nine, here" in made.text
    assert "From Mary" in made.text
    assert "From Mary" in Page(made.html).words


def test_R_13_the_lines_of_a_broadcast_stay_lines() -> None:
    made = written({"html": "Closed on <b>Friday</b>.\nSee you!", "body": "Closed on Friday.\nSee you!"})
    assert "Closed on <b>Friday</b>.<br>\nSee you!" in made.html


@pytest.mark.parametrize("locale", ["ru", "ru-RU", "ru_RU.UTF-8", "RU"])
def test_a_russian_reads_russian(locale: str) -> None:
    made = written({"sample": True}, locale=locale, sender_name="Акме")
    assert made.subject == "[Образец] New voicemail"
    assert "Отправитель: Акме." in made.text
    assert "Отписаться" in made.html
    assert '<html lang="ru">' in made.html


@pytest.mark.parametrize("locale", [None, "", "en-GB", "de", "rum", "run-BI"])
def test_everybody_else_reads_english(locale: str | None) -> None:
    assert "Unsubscribe" in written(locale=locale).html


def test_a_sample_is_marked_as_one() -> None:
    assert written({"sample": True}).subject == "[Sample] New voicemail"
    assert text_message({**ENTRY, "sample": True}).startswith("[Sample] New voicemail")


def test_E_06_a_letter_names_its_sender_and_one_click_ends_them() -> None:
    headers = written(sender_name="Acme").headers
    assert headers["List-Unsubscribe"] == f"<{LEAVE}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Date"] == "Mon, 23 Nov 2026 10:00:00 +0000"


@pytest.mark.parametrize("link", [None, "", "javascript:alert(1)", "https://x.example/\r\nBcc: b@x.example"])
def test_without_a_link_there_is_no_way_to_unsubscribe(link: str | None) -> None:
    made = written(unsubscribe=link)
    assert not made.headers.keys() & {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert "Unsubscribe" not in made.html + made.text


def test_a_link_cannot_end_its_own_brackets() -> None:
    assert written(unsubscribe="https://x.example/>,<https://y.example/ü").headers["List-Unsubscribe"] == (
        "<https://x.example/%3E,%3Chttps://y.example/%C3%BC>"
    )


def test_a_delivery_has_one_message_id_and_every_delivery_another() -> None:
    assert written().headers["Message-ID"] == "<d%3A1@hub.example>"
    ids = {
        written(delivery=delivery).headers["Message-ID"] for delivery in ("a.b", "a..b", "a%2Eb", ".ab", "a:b", "ab")
    }
    assert len(ids) == 6
    assert written({"title": "x"}).headers["Message-ID"] == written({"title": "y"}).headers["Message-ID"]


@pytest.mark.parametrize("url", [None, "http://[::1]:8080", "http://bücher.example"])
def test_a_message_id_needs_no_host_of_ours(url: str | None) -> None:
    assert written(public_url=url).headers["Message-ID"] == "<d%3A1@notification-hub.invalid>"


def test_a_title_without_a_word_is_the_types() -> None:
    assert written({"title": " \r\n\u200b"}).subject == "Voicemails"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://x.example/ y", None])
def test_what_is_no_link_is_no_button(url: str | None) -> None:
    made = written({"url": url})
    assert Page(made.html).links == [LEAVE]
    assert "Open" not in made.text


def test_markup_of_a_producer_is_text() -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'&"
    made = written({"title": attack, "body": attack, "sender": attack}, sender_name=attack)
    page = Page(made.html)
    assert not {"img", "script"} & set(page.tags)
    assert page.words.count(attack) == 5  # in the head's title, the heading, body, sender and account
    assert attack in made.text


@settings(deadline=None)
@given(ODD, ODD, ODD)
def test_nothing_that_is_written_becomes_a_line_of_its_own_or_a_tag(title: str, body: str, name: str) -> None:
    made = written({"title": title, "body": body, "sender": name}, sender_name=name, delivery=title or "d")
    for value in (made.subject, made.from_name or "", *made.headers.values()):
        assert len(value.splitlines()) <= 1
    assert all(value.isascii() and value.isprintable() for value in made.headers.values())
    assert len(made.subject) <= SUBJECT_LENGTH
    assert {*Page(made.html).tags} <= {*("html", "head", "meta", "title", "style", "body", "div", "h1", "p", "br", "a")}


@pytest.mark.parametrize(
    ("given_text", "line"),
    [
        ("a\r\nb\x00c\u2028d", "a b c d"),
        ("  a\u00a0 b ", "a b"),
        ("soft\u00adly \u202egnp.exe", "softly gnp.exe"),
        ("👩\u200d👧 🫨", "👩\u200d👧 🫨"),
    ],
)
def test_a_line_keeps_what_is_seen(given_text: str, line: str) -> None:
    assert one_line(given_text) == line


def test_a_body_keeps_its_lines_and_paragraphs() -> None:
    made = written({"body": "one\r\ntwo\n\n\n\nthree\x07"})
    assert "one\ntwo\n\nthree\n" in made.text
    assert "<p>one<br>two</p><p>three</p>" in made.html


def test_the_layout_has_no_table_and_follows_the_dark_mode() -> None:
    html = written().html
    assert "table" not in Page(html).tags
    assert "prefers-color-scheme: dark" in html
    assert 'content="light dark"' in html
    assert "http" not in html.partition("<style>")[2].partition("</style>")[0]


def test_E_21_a_flood_is_summed_up_in_one_letter() -> None:
    entries = [{**ENTRY, "title": f"Call {number}", "body": "x" * 300} for number in range(60)]
    made = digest(
        entries, 1_234, KIND, to="ann@acme.example", delivery="d1", at=AT, sender_name="Acme", unsubscribe=LEAVE
    )
    assert made.subject == "1234 notifications of the type “Voicemails”"
    assert made.from_name == "Acme"
    page = Page(made.html)
    assert page.tags.count("li") == 51
    assert "Call 49" in page.words
    assert "Call 50" not in page.words
    assert "and 1184 more" in page.words
    assert "and 1184 more" in made.text
    assert made.headers["List-Unsubscribe"] == f"<{LEAVE}>"
    assert max(map(len, made.text.splitlines())) < 200


def test_E_21_a_digest_of_all_leaves_nothing_over() -> None:
    made = digest([ENTRY], 1, KIND, to="ann@acme.example", delivery="d1", at=AT)
    assert made.subject == "1 notification of the type “Voicemails”"
    assert "more" not in made.text
    assert Page(made.html).links == [ENTRY["url"]]


def test_E_21_a_digest_in_russian_says_so_in_russian() -> None:
    made = digest(
        [ENTRY, {"title": "\u202e"}],
        3,
        KIND,
        to="ann@acme.example",
        delivery="d1",
        at=AT,
        locale="ru",
        unsubscribe=LEAVE,
    )
    assert made.subject == "3 уведомления типа «Voicemails»"
    words = Page(made.html).words
    for said in (words, made.text):
        assert "Число писем типа «Voicemails» в день ограничено" in said
        assert "и ещё 1" in said
        assert "Отписаться" in said
    assert 'lang="ru"' in made.html
    assert "\nVoicemails\n" in made.text, "one without words has the name of its type"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 уведомление"),
        (2, "2 уведомления"),
        (5, "5 уведомлений"),
        (11, "11 уведомлений"),
        (14, "14 уведомлений"),
        (21, "21 уведомление"),
        (112, "112 уведомлений"),
        (1_022, "1022 уведомления"),
    ],
)
def test_russian_counts_by_three_forms(count: int, words: str) -> None:
    assert phrases("ru").count(count) == words


def test_A_37_a_text_is_one_line_with_the_link_at_its_end() -> None:
    assert text_message({**ENTRY, "body": "Eve\nleft 34 s"}, sender_name="Acme") == (
        f"Acme: New voicemail. Eve left 34 s {ENTRY['url']}"
    )
    assert text_message({"title": "New voicemail"}) == "New voicemail"
    assert text_message({"title": "Really?", "body": "Yes"}) == "Really? Yes"


def test_A_37_a_long_text_loses_words_and_never_its_link() -> None:
    made = text_message({**ENTRY, "body": "word " * 200}, sender_name="Acme")
    assert len(made) <= TEXT_LENGTH
    assert made.endswith(f"word... {ENTRY['url']}")
    assert made.isascii()


@pytest.mark.parametrize("url", [f"https://x.example/{'u' * 300}", "mailto:ann@x.example", "javascript:x", "", None])
def test_A_37_a_link_that_does_not_fit_a_text_is_left_out(url: str | None) -> None:
    assert text_message({"title": "New voicemail", "url": url}) == "New voicemail"


@settings(deadline=None)
@given(ODD, ODD, ODD, st.sampled_from([ENTRY["url"], f"https://x.example/{'u' * 182}", None]))
def test_A_37_no_text_is_longer_than_320_characters_or_than_one_line(
    title: str, body: str, name: str, url: str | None
) -> None:
    made = text_message({"title": title, "body": body, "url": url}, sender_name=name)
    assert len(made) <= TEXT_LENGTH
    assert len(made.splitlines()) <= 1
    assert made.endswith(url or "")
