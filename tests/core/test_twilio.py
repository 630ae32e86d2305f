"""Twilio's signature and its reports; the codes are tested where texts are sent (channels)."""

import pytest

from hub.core.twilio import Report, is_signed, read_report

# The example of twilio.com/docs/usage/security; the library that Twilio publishes agrees.
TOKEN, URL, SIGNATURE = "12345", "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]


def test_a_form_is_known_by_its_signature_in_whatever_order() -> None:
    assert is_signed(SIGNATURE, TOKEN, URL, FORM)
    assert is_signed(SIGNATURE, TOKEN, URL, reversed(FORM))


@pytest.mark.parametrize(
    ("signature", "token", "url", "form"),
    [
        ("", TOKEN, URL, FORM),
        ("é", TOKEN, URL, FORM),
        (SIGNATURE[:-2] + "9=", TOKEN, URL, FORM),
        (SIGNATURE, "12346", URL, FORM),
        (SIGNATURE, TOKEN, URL.replace("https", "http"), FORM),
        (SIGNATURE, TOKEN, URL.replace("foo=1", "foo=2"), FORM),
        (SIGNATURE, TOKEN, URL, FORM[1:]),
        (SIGNATURE, TOKEN, URL, [*FORM, ("More", "")]),
        (SIGNATURE, TOKEN, URL, [*FORM[:-1], ("Caller", "+14158675300")]),
    ],
)
def test_what_is_not_as_it_was_signed_is_refused(
    signature: str, token: str, url: str, form: list[tuple[str, str]]
) -> None:
    assert not is_signed(signature, token, url, form)


@pytest.mark.parametrize("port", [443, 8443])
def test_twilio_may_leave_the_port_out_of_what_it_signs(port: int) -> None:
    assert is_signed(SIGNATURE, TOKEN, URL.replace(".com", f".com:{port}"), FORM)


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        ("queued", "", None),
        ("sent", "", None),
        ("delivered", "", None),
        ("read", "", None),
        ("undelivered", "30003", "handset_unreachable"),
        ("undelivered", "21610", "recipient_opted_out"),
        ("failed", "30002", "provider_account_suspended"),
        ("failed", "", "undelivered"),
        ("undelivered", "99999", "undelivered"),
        ("failed", "x", "undelivered"),
    ],
)
def test_E_07_a_report_says_why_a_text_did_not_arrive(status: str, code: str, failure: str | None) -> None:
    form = [("MessageSid", "SM1"), ("MessageStatus", status), ("ErrorCode", code), ("AccountSid", "AC1")]
    assert read_report(form) == Report("SM1", failure)


@pytest.mark.parametrize("form", [[], [("MessageSid", "SM1")], [("MessageStatus", "failed"), ("MessageSid", "")]])
def test_what_names_no_text_or_no_state_is_no_report(form: list[tuple[str, str]]) -> None:
    assert read_report(form) is None
