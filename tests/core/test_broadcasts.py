"""Broadcasts: messages that keep their words and lose their teeth, resolved to people, each once."""

from html.parser import HTMLParser
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.core.broadcasts import ELEMENTS, LONGEST, NOTICES, Broadcast, Message, Unfit, clean, resolve
from hub.core.catalogue import load
from hub.core.directory import Group
from hub.core.events import is_link
from hub.core.preferences import channels
from hub.core.routing import Decision, Member, Reason
from tests.core.scenes import OFF, member, no, yes

SALES = Group("sales", "acme", "Sales", ("ann", "bob"))
SUPPORT = Group("support", "acme", "Support", ("bob", "cat", "gone"))


def cleaned(message: str) -> Message:
    outcome = clean(message)
    assert isinstance(outcome, Message), outcome
    return outcome


class Reader(HTMLParser):
    """Reads HTML as a page would, and notes each element with its attributes, and the words."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


@pytest.mark.parametrize(
    ("message", "html"),
    [
        ("Meeting at <b>noon</b>", "Meeting at <b>noon</b>"),
        ("  Hello \n", "Hello"),
        ("<P>One</P><p>Two</p>", "<p>One</p><p>Two</p>"),
        ("a<br/>b<BR >c", "a<br>b<br>c"),
        ("<i>1</i> <strong>2</strong> <em>3</em>", "<i>1</i> <strong>2</strong> <em>3</em>"),
        ("<div><span>in</span></div>", "<div><span>in</span></div>"),
        ('<a href="https://x.example/?a=1&b=2">see</a>', '<a href="https://x.example/?a=1&amp;b=2">see</a>'),
        ("<a href=http://x.example>see</a>", '<a href="http://x.example">see</a>'),
        ("<a href='mailto:ann@x.example'>write</a>", '<a href="mailto:ann@x.example">write</a>'),
        ("Tom & Jerry, 1 < 2 > 0", "Tom &amp; Jerry, 1 &lt; 2 &gt; 0"),
        ("&lt;b&gt; &amp; &copy;", "&lt;b&gt; &amp; ©"),
    ],
)
def test_R_11_E_17_what_is_allowed_stays(message: str, html: str) -> None:
    assert cleaned(message).html == html


@pytest.mark.parametrize(
    ("message", "html"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<style>p{}</style>", "&lt;style&gt;p{}&lt;/style&gt;"),
        ("<!-- hidden -->", "&lt;!-- hidden --&gt;"),
        ("<h1>Big</h1>", "&lt;h1&gt;Big&lt;/h1&gt;"),
        ("<bold>x</bold>", "&lt;bold&gt;x&lt;/bold&gt;"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&#60;script>", "&lt;script&gt;"),
        ("<svg><b>x</b></svg>", "&lt;svg&gt;<b>x</b>&lt;/svg&gt;"),
        ("<plaintext>x", "&lt;plaintext&gt;x"),
    ],
)
def test_AMB_42_other_markup_is_shown_as_text(message: str, html: str) -> None:
    assert cleaned(message).html == html


@pytest.mark.parametrize(
    ("message", "html"),
    [
        ("<b onclick=steal() class=x style='color:red'>Hi</b>", "<b>Hi</b>"),
        ('<a href="https://x.example" target=_blank rel=opener>see</a>', '<a href="https://x.example">see</a>'),
        ('<a title="a>b" href="https://x.example">see</a>', '<a href="https://x.example">see</a>'),
        ("<a title=' href=https://evil.example' href='https://x.example'>u</a>", '<a href="https://x.example">u</a>'),
        ("<a data-href='https://evil.example'>u</a>", "<a>u</a>"),
        ("<a href='https://x.example' href='https://evil.example'>u</a>", '<a href="https://x.example">u</a>'),
        ("<p/onclick=x>Hi", "<p>Hi</p>"),
    ],
)
def test_E_17_no_attribute_stays_but_a_links_address(message: str, html: str) -> None:
    assert cleaned(message).html == html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java&#115;cript:alert(1)",
        "java\tscript:alert(1)",
        "&#1;javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//x.example",
        "/inbox",
        "inbox",
        "ftp://x.example",
        "https://",
        "https://x .example",
        "",
    ],
)
def test_AMB_42_a_link_that_is_not_http_https_or_mailto_leads_nowhere(address: str) -> None:
    assert cleaned(f'<a href="{address}">see</a>').html == "<a>see</a>"


@pytest.mark.parametrize(
    ("message", "html"),
    [
        ("<b>open", "<b>open</b>"),
        ("</b>stray", "stray"),
        ("<b><i>x</b></i>", "<b><i>x</i></b>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
    ],
)
def test_what_is_left_open_is_closed_so_that_a_message_keeps_to_itself(message: str, html: str) -> None:
    assert cleaned(message).html == html


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("<p>One</p><p>Two <b>three</b></p>", "One\n\nTwo three"),
        ("a<br>b", "a\nb"),
        ("a\nb", "a\nb"),
        ("Tom &amp; <i>Jerry</i>", "Tom & Jerry"),
        ("1 < 2", "1 < 2"),
        ("<div><div><div>deep</div></div></div>end", "deep\n\nend"),
        ("<script>x</script>", "<script>x</script>"),
    ],
)
def test_a_message_is_also_said_in_plain_text(message: str, text: str) -> None:
    assert cleaned(message).text == text


@pytest.mark.parametrize(
    "message", ["", "  \n", "<b></b>", "<br>", "<p> </p>", "&nbsp;", "\u200b", "<a href='https://x.example'></a>"]
)
def test_AMB_42_a_message_that_says_nothing_is_refused(message: str) -> None:
    assert clean(message) == Unfit("must not be empty")


def test_AMB_42_a_message_has_at_most_2000_characters_after_trimming() -> None:
    assert cleaned(f"  {'x' * LONGEST}\n").text == "x" * 2000
    assert clean("x" * 2001) == Unfit("must not be longer than 2,000 characters")


pieces = st.sampled_from(
    [
        *(
            "<b>",
            "</b>",
            "<p>",
            "</p>",
            "<div>",
            "<br>",
            "<a href='https://x.example'>",
            "</a>",
            "<a href=javascript:x>",
        ),
        *(
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<![CDATA[",
            "<svg>",
            "<math>",
            "<table>",
            "<template>",
            "&lt;",
            "&",
            "<",
        ),
        *('"', "'", ">", "/", "=", " href=", "x", " ", "\n", "\0", "<a ", "<img onerror=x>", "&#60;", "`", "<title>"),
    ]
)
messages = st.text(max_size=80) | st.lists(pieces, max_size=25).map("".join)


@given(messages)
@example("<b>" * 660)
@example("<a href='https://x.example'><p>" * 60)
@example('<a "' * 500)
def test_E_17_whatever_is_written_only_the_listed_elements_come_out(message: str) -> None:
    outcome = clean(message)
    if isinstance(outcome, Unfit):
        return
    for name, attributes in Reader(outcome.html).elements:
        assert name in ELEMENTS
        assert attributes.keys() <= ({"href"} if name == "a" else set())
        assert all(value and is_link(value) for value in attributes.values())


@given(messages)
def test_AMB_42_html_and_text_say_the_same_words_and_cleaning_again_changes_none(message: str) -> None:
    outcome = clean(message)
    if isinstance(outcome, Unfit):
        return
    assert "".join(Reader(outcome.html).words.split()) == "".join(outcome.text.split())
    again = clean(outcome.html)
    if isinstance(again, Message):
        assert again.text == outcome.text


def test_R_12_AMB_40_members_of_several_groups_are_told_once_on_the_channel_of_the_first() -> None:
    people = {one.user.id: one for one in (member("ann"), member("bob"), member("cat"), member("dan"))}
    routed = resolve("group_broadcast", [SALES, SUPPORT], ["dan", "ann", "nobody"], people)
    assert routed.decisions == (
        yes("ann", "group_broadcast", Reason.GROUP_MEMBER, "g:sales"),
        yes("bob", "group_broadcast", Reason.GROUP_MEMBER, "g:sales"),
        yes("cat", "group_broadcast", Reason.GROUP_MEMBER, "g:support"),
        yes("dan", "group_broadcast", Reason.NAMED, "u:dan"),
    )


def test_AMB_41_preferences_do_not_turn_a_broadcast_off() -> None:
    people = {"ann": member("ann", {"group_broadcast": OFF})}
    assert [one.user for one in resolve("group_broadcast", [SALES], [], people).told] == ["ann"]


def test_R_09_AMB_40_inactive_members_are_passed_over_with_the_reason() -> None:
    people = {"ann": member("ann", active=False), "bob": member("bob")}
    assert resolve("group_broadcast", [SALES], [], people).decisions == (
        no("ann", "group_broadcast", Reason.INACTIVE),
        yes("bob", "group_broadcast", Reason.GROUP_MEMBER, "g:sales"),
    )


def test_D_05_a_member_of_a_sub_account_is_told_in_their_own() -> None:
    people = {"bob": member("bob", account="shop")}
    (decision,) = resolve("group_broadcast", [SALES], [], people).told
    assert decision == Decision("bob", "shop", "group_broadcast", True, Reason.GROUP_MEMBER, "g:sales")


ids = st.sampled_from(["ann", "bob", "cat", "dan", "gone"])
groups = st.builds(
    Group, st.sampled_from(["sales", "support", "all"]), st.just("acme"), members=st.lists(ids).map(tuple)
)


@given(st.lists(groups, max_size=3, unique_by=lambda group: group.id), st.lists(ids), st.sets(ids))
def test_D_05_everybody_selected_is_told_exactly_once_on_a_channel_they_listen_to(
    chosen: list[Group], users: list[str], active: set[str]
) -> None:
    people: dict[str, Member] = {id: member(id, active=id in active) for id in ("ann", "bob", "cat", "dan")}
    routed = resolve("group_broadcast", chosen, users, people)
    named = {*users, *(user for group in chosen for user in group.members)}
    assert sorted(one.user for one in routed.decisions) == sorted(named & people.keys())
    for one in routed.told:
        belongs = [group.id for group in chosen if one.user in group.members]
        assert one.user in active
        assert one.channel in channels(load(), people[one.user].user, people[one.user].preferences, belongs)


def test_a_broadcast_survives_the_round_trip_as_json() -> None:
    sent: dict[str, Any] = {
        "title": "Hi",
        "message": "<b>Hi</b>",
        "body": "Hi",
        "by": "mia",
        "at": "2026-11-23T10:00:00Z",
    }
    broadcast = Broadcast(
        id="b1", account="acme", type="group_broadcast", **sent, groups=("sales",), recipients=2,
        parts=(("acme", "b1"), ("shop", "b2")),
    )  # fmt: skip
    stored = orjson.dumps(broadcast.as_document())
    assert Broadcast.from_document(orjson.loads(stored)) == broadcast
    assert Broadcast.from_document({**broadcast.as_document(), "later": 1}) == broadcast


def test_no_account_has_the_id_that_notices_are_kept_under() -> None:
    assert "#" in NOTICES
