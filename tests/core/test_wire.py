"""What a tab may say: decoded strictly from JSON and from msgpack, or refused with the right weight."""

import json
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.core import wire
from hub.core.wire import CloseCode, Dismiss, Hello, Pong, Read, Refused, State, decode

GOLDEN = Path(__file__).parent.parent / "wire"
SAID = [said for path in sorted(GOLDEN.glob("*.json")) for said in json.loads(path.read_text())["from_tab"]]


@pytest.mark.parametrize("said", SAID, ids=json.dumps)
def test_every_golden_message_is_decoded_alike_from_json_and_msgpack(said: dict[str, Any]) -> None:
    from_json = decode(json.dumps(said).encode())
    assert not isinstance(from_json, Refused)
    assert from_json.op == said["op"]
    assert decode(msgpack.packb(said), packed=True) == from_json


def test_there_is_a_golden_message_for_every_operation() -> None:
    assert {said["op"] for said in SAID} == wire.OPERATIONS


def test_fields_that_may_be_left_out_have_their_meaning() -> None:
    assert decode(b'{"op":"hello","token":"t","tab":"A1","state":"hidden"}') == Hello("hello", "t", "A1", "hidden")
    assert decode(b'{"op":"dismiss","ids":[]}') == Dismiss("dismiss", (), None)
    assert decode(b'{"op":"read","up_to":7,"ref":"r"}') == Read("read", None, 7, "r")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        b"\xff",
        b'{"op":"nope"}',
        b'{"op":1}',
        b'{"op":["hello"]}',
        b'{"ids":[]}',
        b"[" * 9999,
    ],
)
def test_what_is_no_message_names_no_operation(data: bytes) -> None:
    refused = decode(data)
    assert isinstance(refused, Refused)
    assert refused.op is None


@pytest.mark.parametrize(
    ("said", "code", "where", "ref"),
    [
        ({"op": "dismiss", "ids": ["a", 3], "ref": 7}, "invalid", "ids[1]", 7),
        ({"op": "dismiss", "ids": "a", "ref": 7}, "invalid", "ids", 7),
        ({"op": "dismiss", "ids": [], "up_to": 3, "ref": "r"}, "unknown_field", "up_to", "r"),
        ({"op": "dismiss", "ids": ["a"], "ref": 1.5}, "invalid", "ref", None),
        ({"op": "dismiss", "ids": ["a"], "ref": True}, "invalid", "ref", None),
        ({"op": "read", "ref": 1}, "invalid", "ids", 1),
        ({"op": "read", "ids": [], "up_to": 1, "ref": 1}, "invalid", "ids", 1),
        ({"op": "read", "up_to": -1}, "invalid", "up_to", None),
        ({"op": "read", "up_to": 2**53}, "invalid", "up_to", None),
        ({"op": "state", "state": "asleep"}, "invalid", "state", None),
        ({"op": "shown"}, "invalid", "ids", None),
        ({"op": "token", "token": None}, "invalid", "token", None),
        ({"op": "hello", "token": "t", "tab": "a b", "state": "hidden"}, "invalid", "tab", None),
        (
            {"op": "hello", "token": "t", "tab": "a", "state": "hidden", "after": {"seq": 1}},
            "invalid",
            "after.epoch",
            None,
        ),
    ],
)
def test_bad_arguments_of_a_known_operation_are_told_with_their_place(
    said: dict[str, Any], code: str, where: str, ref: int | str | None
) -> None:
    for refused in (decode(json.dumps(said).encode()), decode(msgpack.packb(said), packed=True)):
        assert isinstance(refused, Refused)
        assert (refused.op, refused.code, refused.ref) == (said["op"], code, ref)
        assert where in refused.message


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x91" * 5000, b'{"op":"pong"}', msgpack.packb({"op": "pong"}) + b"x"],
)
def test_what_is_no_msgpack_is_no_message(data: bytes) -> None:
    refused = decode(data, packed=True)
    assert isinstance(refused, Refused)
    assert refused.op is None


def test_bytes_of_msgpack_are_no_text() -> None:
    assert isinstance(decode(msgpack.packb({"op": "shown", "ids": [b"a"]}), packed=True), Refused)


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_make_the_decoder_fail(data: bytes, packed: bool) -> None:
    assert isinstance(decode(data, packed), Refused | State | Pong | Hello | Dismiss | Read)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5))
def test_no_value_in_a_field_makes_the_decoder_fail(value: Any) -> None:
    for op in sorted(wire.OPERATIONS):
        said = {"op": op, "ids": value, "state": value, "token": value, "ref": value}
        assert isinstance(decode(json.dumps(said).encode()), Refused)


def test_close_codes_up_to_4499_mean_come_back() -> None:
    assert {code for code in CloseCode if code.reconnect} == {code for code in CloseCode if 4000 <= code < 4500}
    assert all(len(code.explanation.encode()) <= 123 for code in CloseCode), "RFC 6455 5.5: a control frame is small"
    assert CloseCode.INTERNAL.explanation == "", "an internal fault is closed without detail"


def test_a_returning_tab_may_name_any_number_and_any_client_or_none() -> None:
    hello = {"op": "hello", "token": "t", "tab": "A1", "state": "hidden", "client": None}
    said = decode(json.dumps(hello | {"after": {"epoch": "e", "seq": 2**62}}).encode())
    assert isinstance(said, wire.Hello)
    assert said.after == wire.After("e", 2**62)
    assert said.client is None


@pytest.mark.parametrize("op", ["shown", "faded", "dismiss", "read"])
def test_a_message_names_as_many_ids_as_its_bytes_hold(op: str) -> None:
    said = decode(json.dumps({"op": op, "ids": ["n"] * 13_000}).encode())
    assert not isinstance(said, Refused)


@pytest.mark.parametrize("ref", ["r" * 300, "", 0, -5, 2**53 - 1])
def test_a_ref_is_any_text_or_whole_number(ref: object) -> None:
    said = decode(json.dumps({"op": "dismiss", "ids": [], "ref": ref}).encode())
    assert isinstance(said, Dismiss)
    assert said.ref == ref


@pytest.mark.parametrize("ref", [1.5, True, {}, [], 2**53])
def test_any_other_ref_is_refused_in_plain_words(ref: object) -> None:
    said = decode(json.dumps({"op": "dismiss", "ids": [], "ref": ref}).encode())
    assert said == Refused("dismiss", "invalid", "ref: must be a text or a whole number")


@pytest.mark.parametrize("op", ["shown", "faded", "dismiss", "read"])
def test_a_list_of_wrong_ids_is_refused_at_the_first(op: str) -> None:
    with pytest.raises(ValidationError) as raised:
        wire.MESSAGES.validate_json(json.dumps({"op": op, "ids": [1] * 30_000}))
    assert raised.value.error_count() == 1
