"""`hub inspect webhook`: what it listens to, how it fares, and what became of what it was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from hub.app.naming import Names
from hub.app.operating import RunningHub, part

SHOWN_ATTEMPTS = 20
WHY = {
    "gone": "it answered 410: nothing is to be sent there any more",
    "failing": "it took nothing for three days",
}
STATES = {
    "active": "active",
    "inactive": "turned off: it is told nothing",
    "disabled": "given up by the hub",
}


def inspect_webhook(hub: RunningHub, id: str) -> Iterator[str]:
    """Say what a webhook is told, whether it takes it, and what its latest attempts came to."""
    path, names = f"/v1/webhooks/{part(id)}", Names(hub)
    found = hub.get(path)
    about = f" ({found['description']})" if found["description"] else ""
    yield f"{found['url']}{about} of account {names.account(found['account'])}, made {found['made_at']}"
    yield f"Listens there and below to: {', '.join(found['events'])}"
    why = f", since {WHY[found['disabled']]}" if found["disabled"] else ""
    yield f"State: {STATES[found['state']]}{why}"
    yield f"Took something last: {found['sent_at'] or 'never'}{_failing(found)}"
    if found["older_secret_until"]:
        yield f"Signed with the secret before, too, until {found['older_secret_until']}"
    yield f"Messages: {found['waiting']:,} waiting, {found['failed']:,} given up, {found['dropped']:,} dropped"
    yield "Latest attempts:"
    rows = islice(hub.items(f"{path}/deliveries"), SHOWN_ATTEMPTS)
    yield from (f"  {row['at']} {_attempt(row)}" for row in rows)


def _failing(found: Mapping[str, Any]) -> str:
    return f"; nothing since {found['failing_since']}" if found["failing_since"] else ""


def _attempt(row: Mapping[str, Any]) -> str:
    reason = f", {row['reason']}" if row["reason"] else ""
    again = f", again at {row['next_at']}" if row["next_at"] else ""
    told = f"{row['type']} {row['message']} of account {row['account']}"
    return f"{told}: {row['state']} at attempt {row['attempt']} in {row['milliseconds']} ms{reason}{again}"
