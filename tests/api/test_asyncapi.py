"""asyncapi.json says what is spoken over the WebSocket: the golden messages are its examples."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError

from hub.core.wire import SUBPROTOCOLS, CloseCode

from .calling import NOBODY, Api

GOLDEN = sorted((Path(__file__).parent.parent / "wire").glob("*.json"))
EXAMPLES = [
    (by, said)
    for path in GOLDEN
    for by, side in (("tab", "from_tab"), ("hub", "from_hub"))
    for said in json.loads(path.read_text())[side]
]
NAME = re.compile(r"[A-Za-z0-9._-]+")


async def document(api: Api) -> dict[str, Any]:
    answer = await api.get("/asyncapi.json", by=NOBODY)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json()
    return found


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolve(found: dict[str, Any], reference: str) -> Any:
    value: Any = found
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]
    return value


def validator(found: dict[str, Any], by: str, op: str) -> Draft7Validator:
    message = resolve(found, found["channels"]["tab"]["messages"][f"{by}.{op}"]["$ref"])
    return Draft7Validator({**message["payload"], "components": found["components"]})


async def test_it_is_shaped_like_asyncapi_3(api: Api) -> None:
    found = await document(api)
    assert found["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= found["info"].keys()
    assert {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"} == found.keys()
    names = [*found["components"]["messages"], *found["components"]["schemas"], *found["channels"]["tab"]["messages"]]
    assert all(NAME.fullmatch(name) for name in names)
    for operation in found["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert operation["channel"] == {"$ref": "#/channels/tab"}
        assert all(one["$ref"].startswith("#/channels/tab/messages/") for one in operation["messages"])
    for reference in references(found):
        assert resolve(found, reference), reference
    for schema in found["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


async def test_the_channel_names_both_subprotocols_and_every_close_code(api: Api) -> None:
    channel = (await document(api))["channels"]["tab"]
    assert channel["address"] == "/v1/ws"
    header = channel["bindings"]["ws"]["headers"]["properties"]["Sec-WebSocket-Protocol"]
    assert header["enum"] == list(SUBPROTOCOLS)
    assert channel["x-subprotocols"].keys() == set(SUBPROTOCOLS)
    closed = {row["code"]: row["reconnect"] for row in channel["x-close-codes"]}
    assert closed == {int(code): code.reconnect for code in CloseCode}
    assert all(row["meaning"] for row in channel["x-close-codes"])


async def test_every_operation_appears_on_its_side_and_no_other(api: Api) -> None:
    found = await document(api)
    spoken = {f"{by}.{said['op']}" for by, said in EXAMPLES}
    assert found["channels"]["tab"]["messages"].keys() == spoken == found["components"]["messages"].keys()
    for action, by in (("receive", "tab"), ("send", "hub")):
        (operation,) = (one for one in found["operations"].values() if one["action"] == action)
        names = {one["$ref"].rpartition("/")[2] for one in operation["messages"]}
        assert names == {name for name in spoken if name.startswith(f"{by}.")}
    assert {path.stem for path in GOLDEN} == {said["op"] for _, said in EXAMPLES}


@pytest.mark.parametrize(("by", "said"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else value["op"])
async def test_a_golden_message_is_valid_and_one_with_more_or_another_op_is_not(
    api: Api, by: str, said: dict[str, Any]
) -> None:
    checker = validator(await document(api), by, said["op"])
    checker.validate(said)
    for wrong in ({**said, "strange": 1}, {**said, "op": "other"}):
        with pytest.raises(ValidationError):
            checker.validate(wrong)
