"""Names beside ids: each asked for once, and the id alone where there is no name."""

from __future__ import annotations

from typing import Any

from hub.app.operating import RunningHub, part


class Names:
    """What directory objects are called."""

    def __init__(self, hub: RunningHub) -> None:
        self._hub = hub
        self._known: dict[str, dict[str, Any]] = {}

    def account(self, id: str) -> str:
        """Say an account's name and id."""
        return _both(self.account_name(id), id)

    def account_name(self, id: str) -> str:
        """Say an account's name, or its id."""
        return str(self._found("accounts", id).get("name") or id)

    def user(self, id: str) -> str:
        """Say a user's name and id."""
        return _both(self._found("users", id).get("name"), id)

    def group(self, id: str, account: str) -> str:
        """Say the name and id of a group in the tree of an account."""
        return _both(self._found("groups", id, account).get("name"), id)

    def contact(self, id: str, account: str) -> str:
        """Say the name and id of a contact in the tree of an account."""
        return _both(self.contact_name(id, account), id)

    def contact_name(self, id: str, account: str) -> str | None:
        """Say the name of a contact in the tree of an account."""
        found = self._found("contacts", id, account)
        return f"{found.get('first_name', '')} {found.get('last_name', '')}".strip() or None

    def home(self, user: str) -> str:
        """Name the account of a user."""
        return str(self._found("users", user).get("account"))

    def root(self, account: str) -> str:
        """Name the topmost account above: two root accounts may share the ids of what lies under them."""
        parent = self._found("accounts", account).get("parent")
        return self.root(parent) if parent else account

    def _found(self, kind: str, id: str, account: str | None = None) -> dict[str, Any]:
        path = f"/v1/{kind}/{part(id)}"
        if path not in self._known:
            query = {"root": self.root(account)} if account else {}
            self._known[path] = self._hub.find(path, **query) or {}
        return self._known[path]


def _both(name: object, id: str) -> str:
    return f"{name} ({id})" if name and name != id else id
