"""The inbox: ids that sort and come apart again, entries spliced without decoding, bodies kept lean."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.catalogue import load
from hub.core.events import Event
from hub.core.inbox import entry_json, happening_id, lean, notification_id, shared_body, split_id

SEED = bytes(range(10))
BASE = happening_id(1_764_000_000_000, SEED)
AT = "2026-11-23T10:00:00Z"


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_time(first: int, second: int, seed: bytes) -> None:
    assert (happening_id(first, seed) < happening_id(second, seed)) == (first < second)


@given(st.integers(0, 2**48 - 1), st.binary(max_size=20), st.integers(0, 10**9 - 1))
def test_a_notification_id_comes_apart_again(at: int, seed: bytes, index: int) -> None:
    base = happening_id(at, seed)
    assert len(base) == 26
    assert split_id(notification_id(base, index)) == (base, index)


@pytest.mark.parametrize(
    "id", ["", "n1", BASE, f"{BASE}-", f"{BASE}-01", f"{BASE}--1", f"{BASE}-1\n", f"{BASE.upper()}-1"]
)
def test_what_can_be_no_id_of_ours_is_none(id: str) -> None:
    assert split_id(id) is None


@given(st.text(st.characters(codec="utf-8")), st.dictionaries(st.sampled_from(["title", "body"]), st.booleans()))
def test_an_entry_is_the_body_with_the_readers_fields(reason: str, body: dict[str, bool]) -> None:
    entry = orjson.loads(entry_json("n1", "unread", reason, orjson.dumps(body)))
    assert entry == {"id": "n1", "state": "unread", "reason": reason, **body}


def test_a_shared_body_has_the_fields_of_the_contract() -> None:
    event = Event(
        "voicemails", "acme", "evt-1", contact="c7", body="34 s", url="https://x.example", data={"seconds": 34}
    )
    assert orjson.loads(shared_body(event, load()["voicemails"], AT)) == {
        "event": "evt-1",
        "type": "voicemails",
        "title": "Voicemails",
        "body": "34 s",
        "url": "https://x.example",
        "account": "acme",
        "contact": "c7",
        "at": AT,
        "sticky": False,
        "important": False,
        "sample": False,
        "data": {"seconds": 34},
    }


def test_what_a_happening_does_not_have_is_left_out() -> None:
    body = orjson.loads(shared_body(Event("voicemails", "acme"), load()["voicemails"], AT))
    assert not body.keys() & {"html", "url", "contact", "sender", "data"}
    assert body["event"] is None


def test_E_17_a_message_is_there_as_html_and_as_plain_text_with_its_sender() -> None:
    event = Event("group_broadcast", "acme", body="Hello all")
    body = orjson.loads(shared_body(event, load()["group_broadcast"], AT, html="<b>Hello</b> all", sender="Mia"))
    assert (body["body"], body["html"], body["sender"]) == ("Hello all", "<b>Hello</b> all", "Mia")


def test_AMB_08_a_fallback_gives_its_own_type_and_title_unless_the_producer_gave_one() -> None:
    plain = orjson.loads(shared_body(Event("parser_created", "acme"), load()["new_lead"], AT))
    given_one = orjson.loads(shared_body(Event("parser_created", "acme", title="Eve"), load()["new_lead"], AT))
    assert (plain["type"], plain["title"]) == ("new_lead", "New Lead")
    assert (given_one["type"], given_one["title"]) == ("new_lead", "Eve")


def test_AMB_39_tasks_and_important_notices_are_sticky() -> None:
    notice = orjson.loads(shared_body(Event("important_system_notice", "acme"), load()["important_system_notice"], AT))
    task = orjson.loads(shared_body(Event("task_due", "acme"), load()["task_due"], AT))
    assert (notice["sticky"], notice["important"]) == (True, True)
    assert (task["sticky"], task["important"]) == (True, False)


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (None, "Changed: status, sum."),
        ("Order 7 saved", "Order 7 saved\nChanged: status, sum."),
        ("The status is complete now", "The status is complete now\nChanged: sum."),
        ("status and sum", "status and sum"),
    ],
)
def test_AMB_43_a_change_names_its_fields(words: str | None, body: str) -> None:
    changes = {"status": ["new", "complete"], "sum": [1, 2], "note": ["a", "a"]}
    event = Event("order_changed", "acme", body=words, data={"changes": changes})
    assert orjson.loads(shared_body(event, load()["order_changed"], AT))["body"] == body


@pytest.mark.parametrize(("size", "kept"), [(2_048, True), (2_049, False), (9_000, False)])
def test_data_over_2_kib_is_left_out(size: int, kept: bool) -> None:
    body = orjson.dumps({"title": "x" * 500, "data": {"n": "x" * (size - len('{"n":""}'))}})
    assert ("data" in orjson.loads(lean(body))) is kept
    assert orjson.loads(lean(body))["title"] == "x" * 500


def test_a_long_body_without_data_stays_as_it_is() -> None:
    body = orjson.dumps({"body": "x" * 5_000})
    assert lean(body) == body
