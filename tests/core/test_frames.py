"""What the hub says: every builder gives exactly the shapes of the golden files, which the browser client reads too."""

import json
from pathlib import Path
from typing import Any

import msgpack
import orjson
import pytest

from hub.core import frames
from hub.core.inbox import entry_json
from hub.core.wire import CloseCode

GOLDEN = Path(__file__).parent.parent / "wire"
SAID = [said for path in sorted(GOLDEN.glob("*.json")) for said in json.loads(path.read_text())["from_hub"]]
SHAPES: dict[str, type[frames.Shape]] = {
    "welcome": frames.Welcome,
    "notify": frames.Notify,
    "elected": frames.Elected,
    "preferences": frames.PreferencesChanged,
    "ack": frames.Ack,
    "error": frames.Error,
    "ping": frames.Ping,
    "bye": frames.Bye,
}


def entry_of(entry: dict[str, Any]) -> bytes:
    """Splice an entry as the hub does: what differs from reader to reader before the body that all share."""
    shared = {name: value for name, value in entry.items() if name not in ("id", "state", "reason")}
    return entry_json(entry["id"], entry["state"], entry["reason"], orjson.dumps(shared))


def build(said: dict[str, Any]) -> bytes:
    """Build a golden frame with the hub's own builder."""
    fields = {name: value for name, value in said.items() if name != "op"}
    match said["op"]:
        case "welcome":
            entries = {
                name: [entry_of(entry) for entry in fields[name]] for name in ("popups", "inbox") if name in fields
            }
            return frames.welcome(**{"inbox": None} | fields | entries | {"expires_at": 1_805_029_200})
        case "notify":
            return frames.notify(said["seq"], said["popup"], said["unread"], entry_of(said["entry"]))
        case "elected":
            return frames.elected(said["elected"], [entry_of(entry) for entry in said["popups"]])
        case "preferences":
            return frames.preferences(said["preferences"], said.get("roles"))
        case "ack":
            return frames.ack(said["ref"], said["changed"], said["unknown"], said["unread"])
        case "error":
            return frames.error(said["code"], said["message"], said.get("ref"))
        case "ping":
            return frames.PING
        case "bye":
            return frames.bye(CloseCode(said["code"]), *said["delay_ms"])
    return frames.changed(said["op"], said.get("seq"), said["unread"], said.get("ids"), said.get("up_to"))


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["op"])
def test_a_builder_gives_the_golden_frame(said: dict[str, Any]) -> None:
    assert json.loads(build(said)) == said


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["op"])
def test_the_declared_shape_is_the_golden_one(said: dict[str, Any]) -> None:
    shape: type[frames.Shape] = SHAPES.get(said["op"], frames.Changed)
    assert shape.model_validate_json(build(said)).model_dump(exclude_unset=True) == said


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["op"])
def test_the_msgpack_variant_has_the_same_structure(said: dict[str, Any]) -> None:
    assert msgpack.unpackb(frames.packed(build(said))) == said


def test_every_frame_of_the_hub_has_a_golden_file() -> None:
    named = {said["op"] for said in SAID}
    assert named == SHAPES.keys() | {"dismissed", "read", "recalled", "archived", "restored"}


def test_text_from_outside_cannot_break_out_of_its_place() -> None:
    nasty = 'a"},"popup":true,"x":{"'
    spliced = frames.notify(1, False, 1, entry_json(nasty, "unread", nasty, orjson.dumps({"title": nasty})))
    assert json.loads(spliced)["popup"] is False
    assert json.loads(frames.error("invalid", nasty, nasty))["message"] == nasty


def test_an_error_without_ref_names_none() -> None:
    assert b"ref" not in frames.error("invalid", "no")


def test_seconds_of_a_heartbeat_are_whole_where_they_can_be() -> None:
    plain = {
        "user": "a",
        "roles": (),
        "tab": "t",
        "epoch": "e",
        "seq": 0,
        "recovered": True,
        "elected": False,
        "unread": 0,
    }
    built = {
        seconds: frames.welcome(**plain, popups=(), inbox=None, heartbeat=seconds, expires_at=0)
        for seconds in (25.0, 0.5)
    }  # type: ignore[arg-type]
    assert b'"heartbeat":25,' in built[25.0]
    assert b'"heartbeat":0.5,' in built[0.5]
