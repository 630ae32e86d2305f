"""An office where everybody asked for everything by text and e-mail, so that only the rules say who gets it."""

from collections.abc import Mapping
from typing import Any

from .calling import Api

# Who is there: agents, two of whom look after a contact each, and the roles that reports are for.
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ann": {},
    "bob": {},
    "kim": {"features": ["smtp", "outlook_oauth2"]},
    "mia": {"roles": ["manager"]},
    "olga": {"roles": ["admin"]},
    "bea": {"roles": ["billing_admin"]},
}
CHANNELS = ("text", "email")


def number(user: str) -> str:
    """Give the number that texts to a user go to."""
    return f"+1202555{200 + list(PEOPLE).index(user):04}"


def address(user: str) -> str:
    """Give the address that e-mail to a user goes to."""
    return f"{user}@crm.example"


async def open_office(api: Api) -> None:
    """Fill a hub: c7 is Ann's contact, c8 Bob's, c9 nobody's; l1 is Ann's line, l2 rings at Ann and Bob, and Kim opted
    in to it."""
    await api.put("/v1/accounts/acme", {"name": "Acme", "features": ["dispatch", "thumbtack"]})
    await api.put("/v1/accounts/west", {"name": "West", "parent": "acme"})
    for user, more in PEOPLE.items():
        person = {"account": "acme", "name": user.title(), "email": address(user), "backup_number": number(user)}
        assert (await api.put(f"/v1/users/{user}", {**person, **more})).is_success
    for contact, assigned in (("c7", "ann"), ("c8", "bob"), ("c9", None)):
        await api.put(f"/v1/contacts/{contact}", {"account": "acme", "first_name": "Eve", "assigned_user": assigned})
    await api.put("/v1/ring-groups/desk", {"account": "acme", "members": ["ann", "bob"]})
    await api.put("/v1/lines/l1", {"account": "acme", "number": "+12025550190", "owner": "ann"})
    await api.put("/v1/lines/l2", {"account": "acme", "number": "+12025550191", "ring_group": "desk"})
    await api.put("/v1/users/kim/line-opt-ins", {"lines": ["l2"]})
    await api.put("/v1/groups/sales", {"account": "acme", "name": "Sales", "members": ["ann", "bob", "mia"]})
    for user in PEOPLE:
        await ask_for_everything(api, user)


async def ask_for_everything(api: Api, user: str) -> None:
    """Turn every text and e-mail on that a user may have."""
    types = (await api.get(f"/v1/users/{user}/preferences")).json()["types"]
    wanted = {type: {channel: True for channel in CHANNELS if channel in options} for type, options in types.items()}
    await api.choose(user, types=wanted)


async def sent(api: Api, event: str) -> dict[str, list[str]]:
    """Send what is due, and say who was sent an event, by channel; the outbox and the deliveries must agree."""
    await api.post("/v1/test/settle")
    rows = [row for row in await api.deliveries(event) if row["channel"] != "system"]
    assert {row["state"] for row in rows} <= {"sent", "skipped"}, rows
    went = [row for row in rows if row["state"] == "sent"]
    outbox = (await api.get("/v1/test/outbox?limit=200")).json()["items"]
    kept = sorted((one["channel"], one["to"], one["notification"]) for one in outbox)
    assert kept == sorted((row["channel"], row["to"], row["notification"]) for row in went)
    assert all(row["to"] == (number if row["channel"] == "text" else address)(row["user"]) for row in went)
    return {channel: sorted(row["user"] for row in went if row["channel"] == channel) for channel in CHANNELS}
