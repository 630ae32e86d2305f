"""One tab's conversation, as dialogues: what is said on the left, what the session has done on the right."""

import pytest

from hub.core import frames
from hub.core.session import (
    Attach,
    Close,
    Command,
    Fade,
    Limits,
    Mark,
    Reauthenticate,
    Report,
    Send,
    Session,
    Stage,
    Take,
)
from hub.core.wire import CloseCode, Hello, Message, Refused, decode

LIMITS = Limits(hello=10, heartbeat=25, pong=10, messages_a_second=10, messages_at_once=20)
HELLO = b'{"op":"hello","token":"t","tab":"A1","state":"focused"}'


class Dialogue:
    """A session and a clock; `says` gives what the session has done."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.now = 1000.0
        self.session = Session(limits, self.now)

    def says(self, data: bytes | Message | Refused) -> list[Command]:
        said = decode(data) if isinstance(data, bytes) else data
        return list(self.session.receive(said, len(data) if isinstance(data, bytes) else 10, self.now))

    def waits(self, seconds: float) -> list[Command]:
        self.now += seconds
        return list(self.session.tick(self.now))


def told(code: CloseCode, shortest_ms: int, longest_ms: int) -> list[Command]:
    """A welcomed tab hears when to come back, and is closed."""
    return [Send(frames.bye(code, shortest_ms, longest_ms)), Close(code)]


@pytest.fixture
def tab() -> Dialogue:
    return Dialogue()


@pytest.fixture
def live(tab: Dialogue) -> Dialogue:
    tab.says(HELLO)
    tab.session.attached(expires_at=5000.0, now=tab.now)
    return tab


def test_hello_attaches_and_the_welcome_makes_it_live(tab: Dialogue) -> None:
    assert tab.says(HELLO) == [Attach(Hello("hello", "t", "A1", "focused"))]
    assert tab.session.stage is Stage.ATTACHING
    tab.session.attached(expires_at=5000.0, now=tab.now)
    assert tab.session.stage is Stage.LIVE


@pytest.mark.parametrize(
    "first",
    [b'{"op":"pong"}', b'{"op":"state","state":"hidden"}', b'{"op":"shown","ids":[]}', b"nonsense", b'{"op":"hello"}'],
)
def test_anything_but_a_whole_hello_comes_too_early(tab: Dialogue, first: bytes) -> None:
    assert tab.says(first) == [Close(CloseCode.BAD_MESSAGE)]
    assert tab.session.stage is Stage.CLOSED


def test_a_second_hello_is_a_bad_message(tab: Dialogue) -> None:
    tab.says(HELLO)
    assert tab.says(HELLO) == [Close(CloseCode.BAD_MESSAGE)]


def test_a_second_hello_with_bad_arguments_is_one_too(live: Dialogue) -> None:
    assert live.says(b'{"op":"hello"}') == [Close(CloseCode.BAD_MESSAGE)]


def test_each_message_has_its_command(live: Dialogue) -> None:
    assert live.says(b'{"op":"state","state":"hidden"}') == [Report("hidden")]
    assert live.says(b'{"op":"shown","ids":["n1","n2"]}') == [Take(("n1", "n2"))]
    assert live.says(b'{"op":"faded","ids":["n1"]}') == [Fade(("n1",))]
    assert live.says(b'{"op":"dismiss","ids":["n1","n2"],"ref":1}') == [Mark("dismissed", ("n1", "n2"), None, 1)]
    assert live.says(b'{"op":"read","up_to":7,"ref":"x"}') == [Mark("read", None, 7, "x")]
    assert live.says(b'{"op":"token","token":"fresh"}') == [Reauthenticate("fresh")]
    assert live.says(b'{"op":"pong"}') == []


def test_a_tab_may_report_attention_before_it_is_welcomed(tab: Dialogue) -> None:
    tab.says(HELLO)
    assert tab.says(b'{"op":"state","state":"hidden"}') == [Report("hidden")]


def welcomed(limits: Limits) -> Dialogue:
    tab = Dialogue(limits)
    tab.says(HELLO)
    tab.session.attached(expires_at=5000.0, now=tab.now)
    return tab


def test_bad_arguments_are_answered_and_the_conversation_lives() -> None:
    live = welcomed(Limits())
    [answer] = live.says(b'{"op":"dismiss","ids":[7],"ref":3}')
    assert isinstance(answer, Send)
    assert answer.frame.startswith(b'{"op":"error","ref":3,"code":"invalid","message":"ids[0]')
    assert live.says(b'{"op":"pong"}') == []


def test_what_is_no_message_ends_the_conversation(live: Dialogue) -> None:
    assert live.says(b'{"op":"unheard"}') == [Close(CloseCode.BAD_MESSAGE)]


def test_after_the_end_nothing_happens(live: Dialogue) -> None:
    farewell = frames.bye(CloseCode.DRAINING, 100, 1_100)
    assert live.session.close(CloseCode.DRAINING, farewell) == (Send(farewell), Close(CloseCode.DRAINING))
    assert live.session.close(CloseCode.REMOVED) == ()
    assert live.says(b'{"op":"dismiss","ids":["n1"],"ref":1}') == []
    assert live.waits(1000) == []


def test_a_welcome_after_the_end_changes_nothing(tab: Dialogue) -> None:
    tab.says(HELLO)
    tab.session.lost()
    tab.session.attached(expires_at=5000.0, now=tab.now)
    assert tab.session.stage is Stage.CLOSED


def test_no_hello_in_time(tab: Dialogue) -> None:
    assert tab.session.due == 1010.0
    assert tab.waits(9.9) == []
    assert tab.waits(0.1) == [Close(CloseCode.NO_HELLO)]


def test_waiting_for_the_store_has_no_deadline_of_the_tab(tab: Dialogue) -> None:
    tab.says(HELLO)
    assert tab.waits(3600) == []


def test_it_is_pinged_every_heartbeat_whatever_else_it_says(live: Dialogue) -> None:
    for _ in range(3):
        assert live.waits(24) == []
        live.says(b'{"op":"state","state":"focused"}')
        assert live.waits(1) == [Send(frames.PING)]
        assert live.says(b'{"op":"pong"}') == []


def test_no_sign_of_life_after_a_ping(live: Dialogue) -> None:
    assert live.waits(25) == [Send(frames.PING)]
    assert live.session.due == live.now + 10
    assert live.waits(9.9) == []
    assert live.waits(0.1) == told(CloseCode.NO_PONG, 500, 2_000)


def test_any_message_is_a_sign_of_life(live: Dialogue) -> None:
    live.waits(25)
    live.now += 5
    live.says(b'{"op":"shown","ids":[]}')
    assert live.waits(5) == []
    assert live.waits(15) == [Send(frames.PING)]


def test_more_messages_than_anybody_sends(live: Dialogue) -> None:
    said = [live.says(b'{"op":"pong"}') for _ in range(19)]
    assert said == [[]] * 19
    assert live.says(b'{"op":"pong"}') == told(CloseCode.RATE_LIMITED, 10_000, 20_000)


def test_the_allowance_comes_back_with_time(live: Dialogue) -> None:
    for _ in range(19):
        live.says(b'{"op":"pong"}')
    live.now += 1
    assert [live.says(b'{"op":"pong"}') for _ in range(10)] == [[]] * 10


def test_a_long_message_counts_as_several(live: Dialogue) -> None:
    long = b'{"op":"shown","ids":[' + b",".join(b'"%060d"' % i for i in range(1000)) + b"]}"
    assert len(live.says(long)) == 1
    assert live.says(long) == told(CloseCode.RATE_LIMITED, 10_000, 20_000)


def test_a_refused_message_counts_as_what_it_costs_us_and_a_long_one_as_more() -> None:
    wrong = b'{"op":"shown","ids":[7]}'
    live = welcomed(Limits(messages_at_once=252))
    assert [type(command) for _ in range(6) for command in live.says(wrong)] == [Send] * 6 + [Close]
    live = welcomed(Limits(messages_at_once=252))
    assert live.says(b'{"op":"shown","ids":[' + b"1," * 12_000 + b"1]}") == told(CloseCode.RATE_LIMITED, 10_000, 20_000)


def test_reports_that_would_have_the_store_elect_all_day_are_stopped() -> None:
    live = welcomed(Limits(messages_at_once=102))
    said = [command for _ in range(11) for command in live.says(b'{"op":"state","state":"focused"}')]
    assert said == [*[Report("focused")] * 10, *told(CloseCode.RATE_LIMITED, 10_000, 20_000)]


def test_a_silent_tab_is_counted_again_as_soon_as_it_speaks(live: Dialogue) -> None:
    live.session.is_silent = True
    assert live.says(b'{"op":"shown","ids":["n1"]}') == [Report("focused"), Take(("n1",))]
    assert live.says(b'{"op":"shown","ids":["n1"]}') == [Take(("n1",))]


def test_a_silent_tab_that_reports_is_reported_once(live: Dialogue) -> None:
    live.session.is_silent = True
    assert live.says(b'{"op":"state","state":"hidden"}') == [Report("hidden")]


def test_a_tab_outlives_its_token_by_a_minute(live: Dialogue) -> None:
    assert not live.session.is_expired(5059.9)
    assert live.session.is_expired(5060.0)
    live.session.expires_at = 9000.0
    assert not live.session.is_expired(5060.0)


def test_a_heartbeat_shorter_than_the_patience_is_kept_and_silence_still_ends_it() -> None:
    """HUB_HEARTBEAT_SECONDS is the time between pings, whatever HUB_PONG_SECONDS is."""
    tab = Dialogue(Limits(heartbeat=1, pong=3))
    tab.says(HELLO)
    tab.session.attached(expires_at=5000.0, now=tab.now)
    for _ in range(3):
        assert tab.session.due == tab.now + 1
        assert tab.waits(1) == [Send(frames.PING)]
        tab.says(b'{"op":"pong"}')
    assert [tab.waits(1) for _ in range(3)] == [[Send(frames.PING)]] * 3
    assert tab.waits(1) == told(CloseCode.NO_PONG, 500, 2_000)


@pytest.mark.parametrize(
    ("code", "window"),
    [
        (CloseCode.TOKEN_EXPIRED, (500, 2_000)),
        (CloseCode.STORE_UNAVAILABLE, (1_000, 20_000)),
        (CloseCode.REMOVED, (0, 0)),
        (CloseCode.SUPERSEDED, (0, 0)),
    ],
)
def test_a_welcomed_tab_is_told_by_bye_before_it_is_closed(
    live: Dialogue, code: CloseCode, window: tuple[int, int]
) -> None:
    assert list(live.session.close(code)) == told(code, *window)
    assert live.session.close(code) == ()


@pytest.mark.parametrize("code", [CloseCode.BAD_TOKEN, CloseCode.TOO_MANY_TABS, CloseCode.REMOVED])
def test_a_tab_that_was_never_welcomed_is_closed_at_once(tab: Dialogue, code: CloseCode) -> None:
    tab.says(HELLO)
    assert tab.session.close(code) == (Close(code),)


@pytest.mark.parametrize("code", [CloseCode.INTERNAL, CloseCode.BAD_MESSAGE])
def test_a_fault_is_closed_without_a_word(live: Dialogue, code: CloseCode) -> None:
    assert live.session.close(code) == (Close(code),)
