"""`hub inspect user`: who somebody is, what reaches them over which channel, and whence that comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.app.naming import Names
from hub.app.operating import RunningHub, part

SHOWN_ENTRIES = 10
CHANNELS = {"system": "in-app", "text": "text", "email": "e-mail"}
OPTIONS = {**CHANNELS, "au": "only mine"}
WIDER = frozenset({"admin", "manager"})

Document = Mapping[str, Any]


def inspect_user(hub: RunningHub, id: str) -> Iterator[str]:
    """Say who a user is, what reaches them, and what came last."""
    user, names = hub.get(f"/v1/users/{part(id)}"), Names(hub)
    yield _introduced(user, names)
    preferences = hub.get(f"/v1/users/{part(id)}/preferences")
    yield from _ways(preferences["types"])
    if "salesperson" in user["roles"] and not WIDER & set(user["roles"]):
        yield "As a salesperson: of types about contacts, only those of their own contacts"
    yield from _defaults(hub, user, preferences["types"])
    yield f"Text: {_texts(preferences['channels']['text'], user)}. E-mail: {_mails(preferences['channels']['email'])}"
    if quiet := preferences["quiet_hours"]:
        yield f"Quiet hours for both: {quiet['from']} to {quiet['to']}"
    yield f"Groups: {_groups(hub, id)}"
    yield f"Rolls up: {_rollup(hub, id)}"
    yield f"Lines: {_lines(hub, names, user)}"
    inbox = hub.get("/v1/inbox", user=id, limit=str(SHOWN_ENTRIES))
    yield f"Unread: {inbox['unread']}. Latest:"
    for entry in inbox["items"]:
        elsewhere = f", of {names.account(entry['account'])}" if entry["account"] != user["account"] else ""
        yield f"  {entry['at']} {entry['title']} ({entry['id']}, {entry['state']}{elsewhere})"


def _introduced(user: Document, names: Names) -> str:
    roles = ", ".join(user["roles"]) or "no role"
    state = f", {user['presence']}" if user["active"] else ", inactive: gets nothing"
    called = f"{user['name']} ({user['id']})" if user["name"] else user["id"]
    return f"{called} in account {names.account(user['account'])}: {roles}{state}"


def _ways(types: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    """List the types by the way they come."""
    ways: dict[str, list[str]] = {}
    for type, options in types.items():
        ways.setdefault(_way(options), []).append(type)
    return (f"Gets {way}: {', '.join(found)}" for way, found in ways.items())


def _way(options: Mapping[str, bool]) -> str:
    chosen = [name for option, name in CHANNELS.items() if options.get(option)]
    if options.get("au"):
        rest = [name for name in chosen if name != CHANNELS["system"]]
        return " and ".join([f"{CHANNELS['system']} (only about their own contacts)", *rest])
    return " and ".join(chosen) or "in no way"


def _defaults(hub: RunningHub, user: Document, types: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    """Say where a user chose otherwise than their account would have it."""
    defaults = hub.get(f"/v1/accounts/{part(user['account'])}/defaults")["types"]
    other = {type: _differing(options, defaults.get(type, options)) for type, options in types.items()}
    found = [f"{type} ({', '.join(changes)})" for type, changes in other.items() if changes]
    yield f"Unlike the account's defaults: {', '.join(found) or 'nothing'}"


def _differing(options: Mapping[str, bool], defaults: Mapping[str, bool]) -> list[str]:
    changed = [option for option, value in options.items() if value != defaults.get(option, value)]
    return [f"{OPTIONS[option]} {'on' if options[option] else 'off'}" for option in changed]


def _texts(channel: Document, user: Document) -> str:
    if not channel["enabled"]:
        return "off"
    return f"on, to {channel['custom_number'] or user['backup_number'] or 'no number yet'}"


def _mails(channel: Document) -> str:
    said = f"{'on' if channel['enabled'] else 'off'}, copies {'on' if channel['copy'] else 'off'}"
    if minutes := channel.get("grace_minutes"):
        said += f", after {minutes} min unless seen in the app"
    if most := channel.get("daily_cap"):
        said += f", at most {most} of a type a day"
    return said


def _groups(hub: RunningHub, id: str) -> str:
    found = (group for group in hub.items("/v1/groups") if id in group["members"])
    return ", ".join(_called(group) for group in found) or "none"


def _rollup(hub: RunningHub, id: str) -> str:
    found = hub.find(f"/v1/users/{part(id)}/rollup")
    if found is None:
        return "nothing, since the account has not the roll-up add-on"
    below = {account["id"]: account for account in found["available"]}
    return ", ".join(_called(below.get(account, {"id": account})) for account in found["accounts"]) or "nothing"


def _lines(hub: RunningHub, names: Names, user: Document) -> str:
    """Say over which lines events reach a user, and why: their own, a ring group's, or one they asked for."""
    id, root = user["id"], names.root(user["account"])
    asked = set(hub.get(f"/v1/users/{part(id)}/line-opt-ins")["lines"])
    rings = {ring["id"]: ring for ring in hub.items("/v1/ring-groups") if id in ring["members"]}
    found = []
    for line in (line for line in hub.items("/v1/lines") if names.root(line["account"]) == root):
        ring = rings.get(line["ring_group"])
        why = ["their own"] if line["owner"] == id else []
        why += [f"ring group {_called(ring)}{_fishing(ring)}"] if ring else []
        why += ["opted in"] if line["id"] in asked else []
        found += [f"{line['number'] or 'without a number'} ({line['id']}: {', '.join(why)})"] if why else []
    return ", ".join(found) or "none"


def _fishing(ring: Document) -> str:
    return " with fisher mode" if ring["fisher_mode"] else ""


def _called(value: Document) -> str:
    return f"{value['name']} ({value['id']})" if value.get("name") else str(value["id"])
