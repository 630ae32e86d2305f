"""Log-in-as: who may look through whose eyes (C-17, AMB-16)."""

from __future__ import annotations

from hub.core.directory import AccountTree, User


def may_act(actor: User | None, target: User, tree: AccountTree) -> bool:
    """Tell whether a log-in-as session may be: an active admin, and a target within their account tree."""
    return (
        actor is not None and actor.active and actor.has_role("admin") and tree.contains(actor.account, target.account)
    )
