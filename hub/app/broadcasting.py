"""`hub broadcast`: one message to the people of groups, counted before it is sent and watched until it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.app.operating import NotNow, RunningHub, count, insist, part
from hub.app.progress import meter
from hub.settings import Unfit

PATH = "/v1/broadcasts"
FLAGS = {  # how `hub broadcast` calls the fields of a broadcast
    "message": "MESSAGE",
    "groups": "--group",
    "users": "--user",
    "url": "--link",
    "expires_at": "--expires",
    "title": "--title",
    "account": "--account",
}
LOOK_SECONDS = 0.5  # between two looks at a broadcast that is on its way


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent, and to whom; `more` holds the other fields that were given."""

    message: str
    groups: Sequence[str] = ()
    users: Sequence[str] = ()
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """Write it as the API takes it."""
        return {"message": self.message, "groups": list(self.groups), "users": list(self.users), **self.more}

    @property
    def audience(self) -> dict[str, str]:
        """Write to whom it goes, as the parameters of a preview."""
        told = {"groups": ",".join(self.groups), "users": ",".join(self.users), "account": self.more.get("account")}
        return {name: value for name, value in told.items() if value}


def preview(hub: RunningHub, draft: Draft) -> int:
    """Count who would get it; raise Unfit when that is nobody."""
    if not (draft.groups or draft.users):
        raise Unfit("say to whom: --group GROUP or --user USER, each as often as needed")
    found: int = hub.get(f"{PATH}/preview", FLAGS, **draft.audience)["recipients"]
    if not found:
        raise Unfit("nobody would get it: no user among these is active")
    return found


def send(hub: RunningHub, draft: Draft, once: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Send it, under the same name `once` at most once; return its id and the number of its recipients."""
    try:
        return insist(lambda: hub.post(PATH, draft.body, FLAGS, once), say)
    except NotNow as failure:
        again = f"It may have been sent all the same: with --once {once} it is sent once, however often you try."
        raise Unfit(f"{failure}\n{again}") from failure


def watch(hub: RunningHub, id: str) -> str:
    """Show how it is delivered until that is over; say what became of it."""
    found = hub.get(f"{PATH}/{part(id)}")
    with meter(found["recipients"]) as shown:
        while found["status"] == "sending":
            shown.show(found["delivered"], receipts(found))
            time.sleep(LOOK_SECONDS)
            found = insist(lambda: hub.get(f"{PATH}/{part(id)}"), shown.say)
        shown.show(found["delivered"], receipts(found))
    return f"{id}: {found['status']}, {receipts(found)}"


def recall(hub: RunningHub, id: str, say: Callable[[str], None]) -> str:
    """Take it back from every tab and inbox."""
    insist(lambda: hub.delete(f"{PATH}/{part(id)}"), say)
    return f"{id}: recalled"


def receipts(found: Mapping[str, Any]) -> str:
    """Say in words how far a broadcast came."""
    words = f"delivered to {found['delivered']:,} of {count(found['recipients'], 'person', 'people')}"
    return f"{words}, shown to {found['shown']:,}, closed by {found['dismissed']:,}"
