"""Roll-up: the accounts below their own of which a user wants to hear, too (C-03, C-04, C-18, AMB-14).

It is there while the add-on of the user's account is on; what was chosen is kept meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub.api.auth import OWN, OWN_READ
from hub.api.call import Answer, Call
from hub.api.directory_models import RollupAnswer, RollupBody
from hub.api.entity import merged
from hub.api.problem import invalid, not_found, unknown_reference
from hub.api.reach import Reach
from hub.api.route import Route
from hub.api.users import existing
from hub.core.directory import Account, User
from hub.core.preferences import Preferences
from hub.engine.directory import Held

ADD_ON = "rollup"


async def rolling(call: Call) -> User:
    """Find the user of the path; raise 404 while the add-on of their account is off."""
    user = await existing(call)
    account = call.reach.tree.get(user.account)
    if account is None or ADD_ON not in account.add_ons:
        raise not_found(f"roll-up of user {call.id}")
    return user


async def read(call: Call) -> Answer:
    """Show what is chosen, and what could be."""
    user = call.target
    chosen = await call.hub.directory.preferences(user.account, user.id)
    return Answer(_whole(call.reach, user, chosen.rollup))


async def change(call: Call) -> Answer:
    """Choose anew; raise 422 for an account that is not below the user's."""
    user, directory, wanted = call.target, call.hub.directory, tuple(call.body.accounts)
    for i, id in enumerate(wanted):
        _check(call.reach, user, id, f"accounts[{i}]")

    async def write(held: Held[Preferences]) -> None:
        await directory.put_preferences(user.account, user.id, replace(held.value, rollup=wanted), held)

    await merged(call, lambda: directory.held_preferences(user.account, user.id), write)
    return Answer(_whole(call.reach, user, wanted))


def _check(reach: Reach, user: User, id: str, field: str) -> None:
    if not reach.sees(id):
        raise unknown_reference(field, "account", id)
    if id not in reach.tree.descendants(user.account):
        raise invalid((field, f"{id} is not below the user's account {user.account}"))


def _whole(reach: Reach, user: User, chosen: tuple[str, ...]) -> dict[str, Any]:
    below = {id: account for id in reach.tree.descendants(user.account) if (account := reach.tree.get(id))}
    available = [{"id": account.id, "name": account.name} for account in sorted(below.values(), key=_by_name)]
    return {"accounts": [id for id in chosen if id in below], "available": available}


def _by_name(account: Account) -> tuple[str, str]:
    return account.name.casefold(), account.id


PATH = "/v1/users/{id}/rollup"
ROUTES = [
    Route("GET", PATH, read, OWN_READ, "Read a user's roll-up", rolling, answer=RollupAnswer),
    Route("PUT", PATH, change, OWN, "Choose what rolls up to a user", rolling, RollupBody, answer=RollupAnswer),
]
