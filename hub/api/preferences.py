"""A user's preferences: the whole, and changes to it, all or nothing."""

from __future__ import annotations

from typing import Any

from hub.api.auth import OWN, OWN_READ
from hub.api.call import Answer, Call
from hub.api.entity import merged
from hub.api.preference_models import PreferencesAnswer, PreferencesBody
from hub.api.problem import Problem, invalid
from hub.api.route import Route
from hub.api.users import existing
from hub.core.preferences import Patched, Preferences, Refused, document, patch
from hub.engine.directory import Held


async def read(call: Call) -> Answer:
    """Show every type the user may have, with the options it offers."""
    user = call.target
    return Answer(_whole(call, await call.hub.directory.preferences(user.account, user.id)))


async def change(call: Call) -> Answer:
    """Merge changes; one mistake and nothing is changed."""
    user, directory = call.target, call.hub.directory

    async def write(held: Held[Preferences]) -> Patched:
        outcome = patch(call.hub.catalogue, user, held.value, call.body)
        if isinstance(outcome, Refused):
            raise refused(outcome)
        await _check_number(call, held.value, outcome.preferences)
        await directory.put_preferences(user.account, user.id, outcome.preferences, held)
        return outcome

    done = await merged(call, lambda: directory.held_preferences(user.account, user.id), write)
    return Answer({**_whole(call, done.preferences), "warnings": list(done.warnings)})


async def _check_number(call: Call, before: Preferences, after: Preferences) -> None:
    """Refuse a number for texts that is a line of the hub's own: it would answer itself (AMB-36)."""
    number = after.custom_number
    if number is None or number == before.custom_number:
        return
    lines = await call.hub.directory.lines(call.reach.tree.root(call.target.account))
    if number in {line.number for line in lines.values()}:
        raise invalid(("channels.text.custom_number", "is one of the hub's own lines"))


def refused(outcome: Refused) -> Problem:
    """Refuse changes with everything that is wrong with them."""
    errors = [(mistake.field, mistake.message) for mistake in outcome.errors]
    return Problem(outcome.code, f"{errors[0][0]}: {errors[0][1]}", errors)


def _whole(call: Call, preferences: Preferences) -> dict[str, Any]:
    return document(call.hub.catalogue, call.target, preferences)


PATH = "/v1/users/{id}/preferences"
ROUTES = [
    Route("GET", PATH, read, OWN_READ, "Read preferences", existing, answer=PreferencesAnswer),
    Route(
        "PATCH", PATH, change, OWN, "Change preferences",
        existing, PreferencesBody, merges=True, answer=PreferencesAnswer,
    ),
]  # fmt: skip
