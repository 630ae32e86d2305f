"""The pages that feed every peer."""

import json
import socket

import msgpack

from bench.bus import PAGE, Publisher, command, happening_of, pages, sample_happening

USERS = [f"u{number}" for number in range(250)]


def test_an_event_is_split_into_pages_of_a_hundred_users() -> None:
    decoded = [msgpack.unpackb(page) for page in pages(sample_happening(), USERS, 7)]
    assert [len(page["users"]) for page in decoded] == [PAGE, PAGE, 50]
    rows = [row for page in decoded for row in page["users"]]
    assert [row[0] for row in rows] == USERS
    assert [row[1] for row in rows] == list(range(250))
    assert {row[2] for row in rows} == {7}


def test_a_record_is_a_body_and_its_reasons() -> None:
    body, reasons = sample_happening().record.split("\n")
    assert json.loads(body)["type"] == "client_update"
    assert sample_happening().reason in json.loads(reasons)


def test_a_captured_happening_moves_to_another_account() -> None:
    (page,) = pages(sample_happening(), ["u0"], 1)
    moved = happening_of(page, "other")
    assert json.loads(moved.record.split("\n")[0])["account"] == "other"
    assert moved.reason == sample_happening().reason


def test_a_publisher_sends_whole_commands_and_ignores_their_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as store:
        publisher = Publisher(store.getsockname()[1], "c")
        taken, _ = store.accept()
        with taken:
            publisher.publish([b"one"])
            assert taken.recv(1000) == command(b"SPUBLISH", b"c", b"one")
            taken.sendall(b":1\r\n")
            publisher.publish([b"two"])
            assert taken.recv(1000) == b"*3\r\n$8\r\nSPUBLISH\r\n$1\r\nc\r\n$3\r\ntwo\r\n"
        publisher.close()
