"""Producer keys: made, listed, revoked. The key itself is shown once; only its digest is kept."""

from __future__ import annotations

import secrets
from typing import Any

from hub.api.answers import KeyAnswer, MadeKeyAnswer
from hub.api.audit import note
from hub.api.auth import DIRECTORY, DIRECTORY_READ, new_key
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.directory_models import KeyBody
from hub.api.models import AccountPageQuery
from hub.api.paging import listed, page
from hub.api.problem import forbidden, not_found
from hub.api.route import Route
from hub.core.directory import ProducerKey


async def existing(call: Call) -> ProducerKey:
    """Find the key of the path; raise 404."""
    key = await call.hub.directory.key(call.id)
    if key is None or not call.reach.sees(key.account):
        raise not_found(f"key {call.id}")
    return key


async def create(call: Call) -> Answer:
    """Make a key; a key makes none that may do more than itself."""
    body: KeyBody = call.body
    call.reach.account(body.account)
    beyond = [scope for scope in body.scopes if scope not in call.caller.scopes]
    if beyond and not call.caller.is_operator:
        raise forbidden(f"Your key lacks the scope {beyond[0]} itself.")
    secret, digest = new_key()
    key = ProducerKey(f"key-{secrets.token_hex(8)}", body.account, tuple(body.scopes), digest)
    await note(call, key.account, "key_made", key=key.id, scopes=body.scopes)
    await call.hub.directory.put_key(key)
    return Answer({"id": key.id, "key": secret, "account": key.account, "scopes": body.scopes})


async def index(call: Call) -> Answer:
    """List the keys of visible accounts, without their secrets."""
    account = call.query.account
    keys = [
        key
        for key in await call.hub.directory.producer_keys()
        if (key.account == account if account else call.reach.sees(key.account))
    ]
    items, cursor = page(keys, lambda key: key.id, call.query)
    return Answer(listed([_shown(key) for key in items], cursor))


async def delete(call: Call) -> Answer:
    """Revoke."""
    key: ProducerKey = call.target
    await note(call, key.account, "key_revoked", key=key.id)
    await call.hub.directory.delete_key(key)
    return NO_CONTENT


def _shown(key: ProducerKey) -> dict[str, Any]:
    return {"id": key.id, "account": key.account, "scopes": list(key.scopes)}


ROUTES = [
    Route("POST", "/v1/keys", create, DIRECTORY, "Make a producer key", body=KeyBody, answer=MadeKeyAnswer,
          is_secret=True),
    Route("GET", "/v1/keys", index, DIRECTORY_READ, "List producer keys", query=AccountPageQuery, answer=KeyAnswer),
    Route("DELETE", "/v1/keys/{id}", delete, DIRECTORY, "Revoke a producer key", existing, status=204),
]  # fmt: skip
