"""A user's preferences: the whole, and changes to it, all or nothing."""

from __future__ import annotations

from typing import Any

from hub.api.auth import OWN, OWN_READ
from hub.api.call import Answer, Call
from hub.api.models import PreferencesBody
from hub.api.problem import Problem
from hub.api.route import Route
from hub.api.users import existing
from hub.core.preferences import Preferences, Refused, document, patch


async def read(call: Call) -> Answer:
    """Show every type the user may have, with the options it offers."""
    return Answer(_whole(call, await _stored(call)))


async def change(call: Call) -> Answer:
    """Merge changes; one mistake and nothing is changed."""
    user = call.target
    outcome = patch(call.hub.catalogue, user, await _stored(call), call.body)
    if isinstance(outcome, Refused):
        errors = [(mistake.field, mistake.message) for mistake in outcome.errors]
        raise Problem(outcome.code, f"{errors[0][0]}: {errors[0][1]}", errors)
    await call.hub.directory.put_preferences(user.account, user.id, outcome.preferences)
    return Answer({**_whole(call, outcome.preferences), "warnings": list(outcome.warnings)})


async def _stored(call: Call) -> Preferences:
    return await call.hub.directory.preferences(call.target.account, call.target.id)


def _whole(call: Call, preferences: Preferences) -> dict[str, Any]:
    return document(call.hub.catalogue, call.target, preferences)


PATH = "/v1/users/{id}/preferences"
ROUTES = [
    Route("GET", PATH, read, OWN_READ, "Read preferences", existing, answer=PreferencesBody),
    Route(
        "PATCH", PATH, change, OWN, "Change preferences",
        existing, PreferencesBody, merges=True, answer=PreferencesBody,
    ),
]  # fmt: skip
