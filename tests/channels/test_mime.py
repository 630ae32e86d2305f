"""A letter as an Internet message: what is read back is what was written, whatever was written."""

import email
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.mime import Unmailable, compose, read_address, read_sender
from hub.core.mail import Letter, one_line

SENDER = read_sender("Hub <hub@acme.example>")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), max_size=200).map(one_line)
LONG_LINK = f"<https://hub.example/unsubscribe?t={'x' * 400}>"


def read_back(letter: Letter, name: str) -> str:
    """Read a header as it stands; Python's newer parser puts spaces between two encoded words of a name."""
    return str(email.message_from_bytes(compose(letter, SENDER).content)[name])


def decoded(text: str) -> str:
    return one_line(str(make_header(decode_header(text))))


@settings(deadline=None)
@given(WORDS, WORDS.map(lambda name: name[:60].strip()))
def test_subject_and_name_of_any_script_come_back_as_they_were(subject: str, name: str) -> None:
    letter = Letter("ann@acme.example", subject, "x", "<p>x</p>", name or None)
    assert decoded(read_back(letter, "Subject")) == subject
    shown, address = parseaddr(read_back(letter, "From"))
    assert (decoded(shown), address) == (name or "Hub", "hub@acme.example")
    assert read_back(letter, "To") == "ann@acme.example"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Acme", '"Acme" <hub@acme.example>'),
        ('A "B" \\ C, D', '"A \\"B\\" \\\\ C, D" <hub@acme.example>'),
        ("Акме", "=?utf-8?b?0JDQutC80LU=?= <hub@acme.example>"),
        ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <hub@acme.example>"),
    ],
)
def test_E_06_the_senders_name_is_quoted_or_encoded(name: str, header: str) -> None:
    assert read_back(Letter("ann@acme.example", "x", "x", "x", name), "From") == header


def test_words_keep_their_spaces_where_they_are_broken() -> None:
    subject = "Привет мир " * 15
    letter = Letter("ann@acme.example", subject, "x", "x")
    assert decoded(read_back(letter, "Subject")) == subject.strip()
    assert max(map(len, read_back(letter, "Subject").splitlines())) < 76


@settings(deadline=None)
@given(WORDS, WORDS)
def test_no_line_is_longer_than_a_mail_server_takes(subject: str, text: str) -> None:
    letter = Letter(
        "ann@acme.example", subject, text * 20, f"<p>{text * 20}</p>", None, {"List-Unsubscribe": LONG_LINK}
    )
    content = compose(letter, SENDER).content
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_E_06_a_long_header_of_ours_stays_on_one_line_and_unencoded() -> None:
    headers = {"Message-ID": f"<{'a' * 200}@hub.example>", "List-Unsubscribe": LONG_LINK}
    content = compose(Letter("ann@acme.example", "x", "x", "x", None, headers), SENDER).content
    for name, value in headers.items():
        assert f"\r\n{name}: {value}\r\n".encode() in content


@pytest.mark.parametrize(
    "letter",
    [
        Letter("ann@acme.example", "x\r\nBcc: b@x.example", "x", "x"),
        Letter("ann@acme.example", "x", "x", "x", "Acme\r\nBcc: b@x.example"),
        Letter("ann@acme.example", "x", "x", "x", None, {"X-A": "x\r\nBcc: b@x.example"}),
        Letter("ann@acme.example", "x", "x", "x", None, {"X-A: x\r\nBcc": "b@x.example"}),
        Letter("ann@acme.example", "x", "x", "x", None, {"Subject": "twice"}),
        Letter("ann@acme.example", "x", "x", "x", None, {"bcc": "b@x.example"}),
        Letter("ann@acme.example", "x", "x", "x", None, {"Content-Type": "text/html"}),
        Letter("ann@acme.example", "\ud800", "x", "x"),
        Letter("ann@acme.example", "x", "x", "x", None, {"X-A": "ü"}),
        Letter("ann@acme.example", "x", "x", "x", None, {"X-A": "x" * 1_000}),
        Letter("ann@acme.example", "x", "\ud800", "x"),
    ],
)
def test_a_header_can_never_be_injected(letter: Letter) -> None:
    with pytest.raises(Unmailable, match="invalid_letter"):
        compose(letter, SENDER)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@acme.example", "ann@acme.example"),
        (" ann+tag@localhost ", "ann+tag@localhost"),
        ("o'brien@x-y.example", "o'brien@x-y.example"),
        ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@faß.example", "ann@xn--fa-hia.example"),
        ("юра@пример.рф", "юра@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_address_is_read_with_its_domain_as_in_the_dns(text: str, address: str) -> None:
    assert read_address(text).addr_spec == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "ann", "ann@", "@x.example", "a b@x.example", "a@b@x.example", "<a@x.example>", ".a@x.example"),
        *("a.@x.example", "a..b@x.example", "a@x.example,b@x.example", "a@x.example\r\nRCPT TO:<b@x.example>"),
        *("a@-", "a@x.example.", "a@bü cher.example", "a@\u2028x.example", f"{'a' * 65}@x.example", f"a@{'ü' * 70}.x"),
        *(f"a@{'x.' * 130}example", "a@[127.0.0.1]", '"a b"@x.example', "a\x00@x.example"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Unmailable, match="invalid_address"):
        read_address(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [("hub@acme.example", ""), ("Acme <hub@acme.example>", "Acme"), ('"A, B" <h@acme.example>', "A, B")],
)
def test_a_sender_may_have_a_name(text: str, name: str) -> None:
    assert read_sender(text).display_name == name
