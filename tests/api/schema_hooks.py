"""What schemathesis loads beside the document: how to write NDJSON, and ids of things that exist.

Made-up ids alone would prove that what is not there is 404. So where a path or a body is meant to be right, it names
something of the directory that the test has put there. What is removed has a name of its own, so that the rest stays.
"""

import json
import os
from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext, Response, SerializationContext
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation

IDS: dict[str, str] = json.loads(os.environ["SCHEMA_IDS"])  # by noun; "DELETE noun" is what may be removed
SPARE = "spare"
ONE = {"account": "acme", "user": "pat", "actor": "ann", "contact": "c7", "line": "l1"}
MANY = {"users": ["ann"], "groups": ["sales"], "members": ["ann"], "userGroups": ["sales"], "userIds": ["ann"]}
NAMED: dict[str, Any] = {**ONE, **MANY}
NAMED_IN_URL = ("account", "user")


@schemathesis.serializer("application/x-ndjson")
def ndjson(context: SerializationContext, value: Any) -> bytes:
    return json.dumps(value).encode()


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Each line of a directory is judged by itself: whatever is wrong in the file, it is answered 200."""
    return not (isinstance(failure, AcceptedNegativeData) and case.operation.label == "POST /v1/directory")


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    if _is_right(case, ParameterLocation.PATH) and "id" in (case.path_parameters or {}):
        noun = case.path.split("/")[2]
        case.path_parameters["id"] = IDS.get(f"{case.method} {noun}") or _spared(case.method, noun)
    if _is_right(case, ParameterLocation.QUERY) and case.query:
        case.query |= {name: NAMED[name] for name in NAMED_IN_URL if name in case.query}
    if _is_right(case, ParameterLocation.BODY):
        case.body = _named(case.body)


def _spared(method: str, noun: str) -> str:
    return SPARE if method == "DELETE" else IDS.get(noun, SPARE)


def _named(body: Any) -> Any:
    """Put what exists where something is named, and leave the kind of value that was there."""
    if not isinstance(body, dict):
        return body
    return {
        name: NAMED[name] if name in NAMED and type(value) is type(NAMED[name]) else _named(value)
        for name, value in body.items()
    }


def _is_right(case: Case, place: ParameterLocation) -> bool:
    """Tell whether a part of the request is meant to be taken."""
    part = case.meta.components.get(place) if case.meta else None
    return part is None or part.mode == GenerationMode.POSITIVE
