"""What an account chose for its users who never did: the whole matrix, and changes to it, all or nothing (E-21)."""

from __future__ import annotations

from typing import Any

from hub.api.accounts import existing
from hub.api.answers import DefaultsAnswer
from hub.api.audit import note
from hub.api.auth import ADMINISTRATION
from hub.api.call import Answer, Call
from hub.api.directory_models import DefaultsBody
from hub.api.entity import merged
from hub.api.preferences import refused
from hub.api.route import Route
from hub.core.preferences import PatchedDefaults, Refused, defaults_document, patch_defaults
from hub.engine.directory import Held
from hub.engine.roster import Defaults


async def read(call: Call) -> Answer:
    """Show every type, with the options it offers."""
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
    await note(call, id, "defaults_changed", types=call.body.get("types", {}))
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
