"""Webhooks: made, changed, tried out, removed; what became of what they were told.

A webhook hears what happens in its account and in all below it. Whoever may make keys may make webhooks, and so may
admins: both read there what a webhook is told. Its secret is shown once, when it is made and whenever it is changed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

from hub.api.audit import note
from hub.api.auth import ADMINISTRATION
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.decoding import merge, read_model
from hub.api.entity import merged
from hub.api.idempotency import key_of
from hub.api.models import AccountPageQuery
from hub.api.paging import listed, page, read_cursor, write_cursor
from hub.api.problem import Problem, conflict, invalid, not_found
from hub.api.publishing import at_text
from hub.api.route import Route
from hub.api.webhook_models import (
    AttemptAnswer,
    AttemptQuery,
    MadeWebhookAnswer,
    PingAnswer,
    ReplayAnswer,
    SecretAnswer,
    WebhookAnswer,
    WebhookBody,
    WebhookWholeAnswer,
)
from hub.core.webhooks import MOST_HEARING, Webhook, most_hearing
from hub.engine.directory import Changed, Held, absent
from hub.engine.webhooks import Health

Told = TypeVar("Told")

TOGETHER = 100  # accounts asked at a time
DAY = 86_400.0  # seconds in which an idempotency key stands for what it did
OBJECTIONS = {
    "invalid_url": "must be an https URL, without a user or a fragment",
    "https_required": "must begin with https://",
    "address_not_allowed": "leads to an address that is not public",
}
SETTINGS = ("account", "url", "events", "description")


async def existing(call: Call) -> Webhook:
    """Find the webhook of the path; raise 404."""
    webhook = await call.hub.webhooks.get(call.id)
    if webhook is None or not call.reach.sees(webhook.account):
        raise not_found(f"webhook {call.id}")
    return webhook


async def create(call: Call) -> Answer:
    """Make a webhook; a request that was cut off after that finds the one it made, and answers what it then was."""
    body: WebhookBody = call.body
    call.reach.account(body.account)
    id, found = await _place(call)
    made = Webhook(
        id, body.account, body.url, tuple(body.events), body.description, body.active,
        secrets=((_new_secret(), None),), made_at=at_text(call.hub.clock.now()),
    )  # fmt: skip
    if found and not found.version and _settings(found) != _settings(made):
        raise Changed(id)
    if found is None:
        await _check_url(call, body.url)
        await _check_room(call, made)
        await note(call, made.account, "webhook_made", webhook=made.id)
        found = await _put_once(call, made)
    await call.hub.listening.spread(found.id)
    as_made = replace(made, made_at=found.made_at, secrets=((found.secrets[-1][0], None),))
    return Answer({**_document(as_made, Health(), call.hub.clock.now()), "secret": as_made.secrets[0][0]})


async def index(call: Call) -> Answer:
    """List the webhooks of visible accounts, or of one; not those above, which hear them too."""
    account = call.query.account
    found = sorted((await call.hub.webhooks.all()).values(), key=lambda webhook: webhook.id)
    seen = [one for one in found if (one.account == account if account else call.reach.sees(one.account))]
    items, cursor = page(seen, lambda webhook: webhook.id, call.query)
    return Answer(listed(await _shown(call, items), cursor))


async def read(call: Call) -> Answer:
    """Show a webhook, and how much waits for it over all accounts."""
    waiting = failed = 0
    async for counts in _everywhere(call, call.hub.messages.count):
        waiting, failed = waiting + counts[0], failed + counts[1]
    (shown,) = await _shown(call, [call.target])
    return Answer({**shown, "waiting": waiting, "failed": failed})


async def patch(call: Call) -> Answer:
    """Merge; one that is turned on is told again what waits for it, at once."""

    async def write(held: Held[Webhook]) -> Webhook:
        before = held.value
        body = read_model(WebhookBody, merge(_settings(before), call.body))
        if body.account != before.account:
            raise invalid(("account", "cannot be changed"))
        if body.url != before.url:
            await _check_url(call, body.url)
        changed = before.changed(
            url=body.url, events=tuple(body.events), description=body.description, active=body.active
        )
        await call.hub.webhooks.put(changed, held)
        return changed

    changed = await merged(call, lambda: call.hub.webhooks.held(call.id), write)
    await note(call, changed.account, "webhook_changed", webhook=changed.id)
    await call.hub.listening.spread(call.id)
    (shown,) = await _shown(call, [changed])
    return Answer(shown)


async def delete(call: Call) -> Answer:
    """Remove a webhook, and all that waits for it."""

    async def remove(held: Held[Webhook]) -> None:
        await call.hub.webhooks.delete(held.value, held)

    await merged(call, lambda: call.hub.webhooks.held(call.id), remove)
    await note(call, call.target.account, "webhook_removed", webhook=call.id)
    await call.hub.listening.spread(call.id)
    return NO_CONTENT


async def rotate(call: Call) -> Answer:
    """Let another secret sign, and the one before beside it for a day."""
    now, secret = call.hub.clock.now(), _new_secret()
    changed = await call.hub.webhooks.rewrite(call.id, lambda webhook: webhook.rotated(secret, now))
    if changed is None:
        raise not_found(f"webhook {call.id}")
    await note(call, changed.account, "webhook_rotated", webhook=changed.id)
    await call.hub.listening.spread(call.id)
    return Answer({"secret": secret, "older_secret_until": _time(changed.overlap_until(now))})


async def ping(call: Call) -> Answer:
    """Send a message that says nothing, before all that waits, once."""
    webhook, now = call.target, call.hub.clock.now()
    fact = await call.hub.messages.ping(webhook.account, webhook.id, secrets.token_hex(12), int(now * 1000))
    if fact is None:
        raise conflict(f"The webhook {webhook.id} is {webhook.state}: it is told nothing.")
    return Answer({"id": fact.message}, 202)


async def replay(call: Call) -> Answer:
    """Send again what was given up, in its old order, before what came later."""
    queued = 0
    async for messages in _everywhere(call, call.hub.messages.replay):
        queued += messages
    return Answer({"messages": queued}, 202)


async def attempts(call: Call) -> Answer:
    """List the latest attempts, the newest first."""
    query = call.query
    after = read_cursor(query.cursor, str)[0] if query.cursor else None
    found = [row for row in await call.hub.webhooks.attempts(call.target) if query.state in (None, row["state"])]
    ids = [row["id"] for row in found]
    start = 0 if after is None else ids.index(after) + 1 if after in ids else len(found)
    items = found[start : start + query.limit]
    return Answer(listed(items, write_cursor([items[-1]["id"]]) if start + len(items) < len(found) else None))


async def _everywhere(call: Call, ask: Callable[[str, str], Awaitable[Told]]) -> AsyncIterator[Told]:
    """Ask every account that a webhook hears."""
    webhook = call.target
    accounts = (webhook.account, *call.reach.tree.descendants(webhook.account))
    for start in range(0, len(accounts), TOGETHER):
        for answer in await asyncio.gather(*(ask(id, webhook.id) for id in accounts[start : start + TOGETHER])):
            yield answer


async def _put_once(call: Call, made: Webhook) -> Webhook:
    try:
        await call.hub.webhooks.put(made, absent())
    except Changed:
        found = await call.hub.webhooks.get(made.id)
        if found is None:  # its account closes, or is gone
            await call.reach.refresh()
            call.reach.account(made.account)
            raise
        return found
    return made


async def _check_url(call: Call, url: str) -> None:
    if reason := await call.hub.objection(url):
        raise invalid(("url", OBJECTIONS[reason]))


async def _check_room(call: Call, made: Webhook) -> None:
    tree, webhooks = call.reach.tree, [*(await call.hub.webhooks.all()).values(), made]
    if most_hearing(tree, webhooks, made.account, tree.ancestors(made.account)) > MOST_HEARING:
        detail = f"{MOST_HEARING} webhooks hear the account {made.account}, or one below it, already."
        raise Problem("too_many_webhooks", detail)


async def _place(call: Call) -> tuple[str, Webhook | None]:
    """Name a webhook, and find what a request with this key made in the last day and was not answered for.

    After a day a key is new (protocol.md 3), whatever it made before.
    """
    key = key_of(call)
    if key is None:
        return f"wh-{secrets.token_hex(8)}", None
    a_day_ago = at_text(call.hub.clock.now() - DAY)
    for life in count():
        id = f"wh-{hashlib.sha256(repr((call.caller.id, key, life)).encode()).hexdigest()[:16]}"
        found = await call.hub.webhooks.get(id)
        if found is None or found.made_at > a_day_ago:
            return id, found
    raise AssertionError("some life of the key is new")


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _settings(webhook: Webhook) -> dict[str, Any]:
    shown = {name: getattr(webhook, name) for name in SETTINGS}
    return {**shown, "events": list(webhook.events), "active": webhook.state == "active"}


async def _shown(call: Call, webhooks: Sequence[Webhook]) -> list[dict[str, Any]]:
    now, found = call.hub.clock.now(), await call.hub.webhooks.health(webhooks)
    return [_document(webhook, health, now) for webhook, health in zip(webhooks, found, strict=True)]


def _document(webhook: Webhook, health: Health, now: float) -> dict[str, Any]:
    return {
        "id": webhook.id,
        **_settings(webhook),
        "state": webhook.state,
        "disabled": webhook.disabled,
        "made_at": webhook.made_at,
        "older_secret_until": _time(webhook.overlap_until(now)),
        "failing_since": _time(health.failing_since and health.failing_since / 1000),
        "sent_at": _time(health.sent_at and health.sent_at / 1000),
        "dropped": health.dropped,
    }


def _time(at: float | None) -> str | None:
    return None if at is None else at_text(at)


ITEM, LIST = "/v1/webhooks/{id}", "/v1/webhooks"
ROUTES = [
    Route("POST", LIST, create, ADMINISTRATION, "Make a webhook", body=WebhookBody, answer=MadeWebhookAnswer,
          is_secret=True),
    Route("GET", LIST, index, ADMINISTRATION, "List webhooks", query=AccountPageQuery, answer=WebhookAnswer),
    Route("GET", ITEM, read, ADMINISTRATION, "Read a webhook", existing, answer=WebhookWholeAnswer),
    Route("PATCH", ITEM, patch, ADMINISTRATION, "Change a webhook", existing, WebhookBody, merges=True,
          answer=WebhookAnswer),
    Route("DELETE", ITEM, delete, ADMINISTRATION, "Remove a webhook", existing, status=204),
    Route("POST", f"{ITEM}/rotate", rotate, ADMINISTRATION, "Change a webhook's secret", existing,
          answer=SecretAnswer, is_secret=True),
    Route("POST", f"{ITEM}/test", ping, ADMINISTRATION, "Try a webhook out", existing, status=202, answer=PingAnswer),
    Route("POST", f"{ITEM}/replay", replay, ADMINISTRATION, "Send again what a webhook did not take", existing,
          status=202, answer=ReplayAnswer),
    Route("GET", f"{ITEM}/deliveries", attempts, ADMINISTRATION, "List the latest attempts", existing,
          query=AttemptQuery, answer=AttemptAnswer),
]  # fmt: skip
