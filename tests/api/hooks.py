"""Webhooks as the tests of the API make them."""

from typing import Any

from .calling import Api

PUBLIC = "https://8.8.8.8/in"  # an address: nobody is asked where a name leads
EVENTS = ["notification.created", "notification.dismissed", "delivery.failed", "broadcast.finished"]


async def make(api: Api, account: str = "acme", url: str = PUBLIC, **body: Any) -> dict[str, Any]:
    """Make a webhook as the operator; return what was answered, with its secret."""
    answer = await api.post("/v1/webhooks", {"account": account, "url": url, "events": EVENTS, **body})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made
