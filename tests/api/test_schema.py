"""schemathesis against a running hub: what openapi.json says is what happens, to whoever calls.

Every operation, with valid and with invalid data made from its schemas: no fault of ours, no status, media type or
answer that the document does not know, nothing accepted that it forbids, and 405 where a method is missing. The data
is the same in every run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.system.processes import OPERATOR, SECRET, HubProcess, token

ROOT = Path(__file__).parent.parent.parent
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method"
)
EXAMPLES = 5  # an operation, beside those that are worked out from its schema: all in all some thousand calls
MADE: list[tuple[str, dict[str, Any]]] = [
    ("accounts/acme", {"add_ons": ["rollup"]}),
    ("accounts/west", {"parent": "acme"}),
    ("accounts/spare", {"parent": "acme"}),
    ("users/ann", {"account": "acme", "roles": ["admin"]}),
    ("users/pat", {"account": "acme"}),
    ("users/spare", {"account": "acme"}),
    ("contacts/c7", {"account": "acme", "assigned_user": "pat"}),
    ("contacts/spare", {"account": "acme"}),
    ("groups/sales", {"account": "acme", "members": ["ann", "pat"]}),
    ("groups/spare", {"account": "acme"}),
    ("ring-groups/r1", {"account": "acme", "members": ["ann"]}),
    ("ring-groups/spare", {"account": "acme"}),
    ("lines/l1", {"account": "acme", "number": "+15550100111", "ring_group": "r1"}),
    ("lines/spare", {"account": "acme", "number": "+15550100112"}),
]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    """Start a hub with one of everything; nobody is too quick for it."""
    free = {"HUB_RATE_LIMIT_KEYS": "0", "HUB_RATE_LIMIT_USERS": "0", "HUB_DURABILITY": "process"}
    hub = HubProcess(tmp_path, HUB_TEST_MODE="1", HUB_JWT_SECRET=SECRET, **free).start()
    yield hub
    hub.bury()


def call(hub: HubProcess, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {OPERATOR}"}
    answer = httpx2.request(method, f"{hub.url}/v1/{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


def populate(hub: HubProcess) -> dict[str, str]:
    """Put one of everything; return an id for each path."""
    for path, body in MADE:
        call(hub, "PUT", path, body)
    call(hub, "POST", "events", {"type": "voicemails", "account": "acme", "contact": "c7"})
    sent, other = (call(hub, "POST", "broadcasts", {"message": "Hello", "groups": ["sales"]})["id"] for _ in "12")
    notice, late = (call(hub, "POST", "system-notices", {"message": "Hello", "accounts": "all"})["id"] for _ in "12")
    key = call(hub, "POST", "keys", {"account": "acme", "scopes": ["events"]})["id"]
    listening = {"account": "acme", "url": "https://8.8.8.8/in", "events": ["delivery.failed"]}
    hook, spare = (call(hub, "POST", "webhooks", listening)["id"] for _ in "12")
    entry = call(hub, "GET", "inbox?user=pat")["items"][0]
    ids = {"accounts": "west", "users": "pat", "contacts": "c7", "groups": "sales", "ring-groups": "r1", "lines": "l1"}
    removable = {"DELETE broadcasts": other, "DELETE system-notices": late, "DELETE keys": key}
    removable["DELETE webhooks"] = spare
    posted = {"webhooks": hook, "broadcasts": sent, "system-notices": notice, "notifications": entry["id"]}
    return {**ids, **removable, **posted}


def credential(hub: HubProcess, kind: str) -> str:
    if kind == "operator":
        return OPERATOR
    if kind == "user":
        return token("ann")
    scopes = ["events", "directory", "broadcasts", "texts"]
    return str(call(hub, "POST", "keys", {"account": "acme", "scopes": scopes})["key"])


@pytest.mark.parametrize("kind", ["operator", "producer", "user"])
def test_the_server_does_what_the_document_says(hub: HubProcess, tmp_path: Path, kind: str) -> None:
    ids = populate(hub)
    key = credential(hub, kind)
    arguments = ["run", f"{hub.url}/openapi.json", "--header", f"Authorization: Bearer {key}"]
    arguments += ["--header", f"X-API-KEY: {key}", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]
    arguments += ["--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color", "--warnings", "off"]
    environment = {
        "SCHEMATHESIS_HOOKS": "tests.api.schema_hooks",
        "SCHEMA_IDS": json.dumps(ids),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *arguments],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
