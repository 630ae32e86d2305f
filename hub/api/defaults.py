"""What an account chose for its users who never did, and changes to it, all or nothing (E-21)."""

from __future__ import annotations

from typing import Any

from hub.api.accounts import existing
from hub.api.audit import note
from hub.api.auth import ADMINISTRATION
from hub.api.call import Answer, Call
from hub.api.entity import merged
from hub.api.preference_models import DefaultsAnswer, DefaultsBody
from hub.api.preferences import refused
from hub.api.route import Route
from hub.core.preferences import Defaults, PatchedDefaults, Refused, defaults_document, patch_defaults
from hub.engine.directory import Held


async def read(call: Call) -> Answer:
    """Show every type, with the options it offers, and how soon and how often e-mail comes, where that was set."""
    return Answer(_whole(call, await call.hub.directory.defaults(call.target.id)))


async def change(call: Call) -> Answer:
    """Merge changes; one mistake and nothing is changed. Open sockets of all users follow."""
    id, directory = call.target.id, call.hub.directory

    async def write(held: Held[Defaults]) -> PatchedDefaults:
        outcome = patch_defaults(call.hub.catalogue, held.value, call.body)
        if isinstance(outcome, Refused):
            raise refused(outcome)
        await directory.put_defaults(id, outcome.defaults, held)
        return outcome

    done = await merged(call, lambda: directory.held_defaults(id), write)
    await note(call, id, "defaults_changed", **{"types": {}, **call.body})
    return Answer({**_whole(call, done.defaults), "warnings": list(done.warnings)})


def _whole(call: Call, defaults: Defaults) -> dict[str, Any]:
    return defaults_document(call.hub.catalogue, defaults)


PATH = "/v1/accounts/{id}/defaults"
ROUTES = [
    Route("GET", PATH, read, ADMINISTRATION, "Read an account's defaults", existing, answer=DefaultsAnswer),
    Route(
        "PATCH", PATH, change, ADMINISTRATION, "Change an account's defaults",
        existing, DefaultsBody, merges=True, answer=DefaultsAnswer,
    ),
]  # fmt: skip
