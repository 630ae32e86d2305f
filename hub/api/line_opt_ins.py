"""Line opt-ins: the lines of which a user wants to hear without being on them (A-34, AMB-35)."""

from __future__ import annotations

from dataclasses import replace

from hub.api.auth import OWN, OWN_READ
from hub.api.call import Answer, Call
from hub.api.directory_models import LineOptInsBody
from hub.api.entity import merged
from hub.api.problem import unknown_reference
from hub.api.route import Route
from hub.api.users import existing
from hub.core.directory import User
from hub.core.preferences import Preferences
from hub.engine.directory import Held


async def read(call: Call) -> Answer:
    """Show the lines chosen that are still there."""
    user = call.target
    chosen = await call.hub.directory.preferences(user.account, user.id)
    within = await _within(call, user)
    return Answer({"lines": [id for id in chosen.lines if id in within]})


async def change(call: Call) -> Answer:
    """Choose anew; raise 422 for a line outside the user's account tree."""
    user, directory, wanted = call.target, call.hub.directory, tuple(call.body.lines)
    within = await _within(call, user)
    for i, id in enumerate(wanted):
        if id not in within:
            raise unknown_reference(f"lines[{i}]", "line", id)

    async def write(held: Held[Preferences]) -> None:
        await directory.put_preferences(user.account, user.id, replace(held.value, lines=wanted), held)

    await merged(call, lambda: directory.held_preferences(user.account, user.id), write)
    return Answer({"lines": list(wanted)})


async def _within(call: Call, user: User) -> set[str]:
    """Name the lines of the user's account and those below."""
    tree = call.reach.tree
    lines = await call.hub.directory.lines(tree.root(user.account))
    return {line.id for line in lines.values() if tree.contains(user.account, line.account)}


PATH = "/v1/users/{id}/line-opt-ins"
ROUTES = [
    Route("GET", PATH, read, OWN_READ, "Read a user's line opt-ins", existing, answer=LineOptInsBody),
    Route("PUT", PATH, change, OWN, "Choose the lines a user hears of", existing, LineOptInsBody,
          answer=LineOptInsBody),
]  # fmt: skip
