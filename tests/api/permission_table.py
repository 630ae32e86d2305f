"""The table itself."""

from typing import NamedTuple

CALLERS = (
    "operator", "events", "directory", "broadcasts", "texts", "below", "foreign",
    "agent", "manager", "admin", "billing", "sales", "lower", "stranger", "view", "nobody",
)  # fmt: skip


class Row(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    account: str
    expected: dict[str, int]

    @property
    def route(self) -> str:
        """Name the route: the path without its query."""
        return self.path.partition("?")[0]

    @property
    def spares_people(self) -> bool:
        """Tell whether the row would change a user on whom other rows depend."""
        return self.method in ("PUT", "PATCH", "DELETE") and self.path == "/v1/users/{id}" or self.path.endswith("disconnect")

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.account}"
