"""Accounts: PUT, PATCH, GET, DELETE and the list of those a caller sees."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from hub.api.auth import DIRECTORY, DIRECTORY_READ, Caller
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.directory_models import AccountBody
from hub.api.entity import check_id, merged, patched, shown, to_stored, whole
from hub.api.models import AccountPageQuery
from hub.api.needs import Hub
from hub.api.paging import listed, page
from hub.api.problem import Problem, conflict, forbidden, invalid, not_found, unknown_reference
from hub.api.publishing import publish
from hub.api.reach import Reach
from hub.api.route import Route
from hub.core.directory import Account, Contact, Group, Line, RingGroup, as_document
from hub.core.events import account_paused
from hub.core.webhooks import MOST_HEARING, most_hearing
from hub.engine.directory import Held, absent, again_while_changed

ROOTED: tuple[type[Any], ...] = (Contact, Group, Line, RingGroup)


async def existing(call: Call) -> Account:
    """Find the account of the path; raise 404."""
    return _visible(call.reach, call.id) or _missing(call.id)


async def replaceable(call: Call) -> Account | None:
    """Find the account that a PUT replaces, if any; one outside the tree is 404."""
    found = call.reach.tree.get(call.id)
    return await existing(call) if found else None


async def store(reach: Reach, id: str, body: AccountBody, held: Held[Account]) -> Account:
    """Check and keep an account over the very one that was held; raise 422 for a parent that would close a circle or
    leave the tree."""
    check_id(id, body)
    await reach.hub.directory.finish_closing(id)
    await finish(reach.hub, id)
    before: Account | None = held.value
    if (before is None) != (reach.tree.get(id) is None):  # it was made or removed since the tree was read
        await reach.refresh()
    if before and not reach.sees(id):
        _missing(id)
    _check_parent(reach, id, before, body.parent)
    root = reach.tree.root(body.parent) if body.parent else id
    if body.owner is not None and (before is None or before.owner != body.owner):
        await reach.user(body.owner, root, "owner")
    old_root = reach.tree.root(id) if before else root
    if old_root != root:
        await _check_move(reach, id)
    account = to_stored(Account, id, body)
    moves = before is not None and before.parent != account.parent
    if moves:
        await _check_hearing(reach, account)
    async with reach.hub.listening.moving(id, account.parent) if moves else nullcontext():
        await reach.hub.directory.put_account(
            account,
            held,
            reach.tree if moves else None,
            pauses=account_paused(before, account, 0) is not None,
            left=old_root if old_root != root else None,
            places=account.parent != (before.parent if before else None),
        )
    await reach.refresh()
    await finish(reach.hub, id)
    return account


async def place(reach: Reach, id: str, body: AccountBody) -> Account:
    """Keep a whole account over what is there, if anything; again while others change it or the tree."""

    async def attempt() -> Account:
        return await store(reach, id, body, await reach.hub.directory.held(Account, id) or absent())

    return await again_while_changed(attempt, reach.refresh)


async def finish(hub: Hub, id: str) -> None:
    """Do what follows from an account's last change, also when that change was cut off: users leave the groups and
    lines of a tree that it left, webhooks of the accounts above hear it, and its people hear that it is paused."""
    await hub.directory.finish_uprooting(id)
    await hub.listening.place(id)
    change = await hub.directory.pausing.of(id)
    if not change:
        return
    paused = await hub.directory.account(id)
    if paused:
        event = account_paused(replace(paused, status="active"), replace(paused, status="paused"), int(change))
        assert event, "from active to paused"
        await publish(hub, event, paused)
    await hub.directory.pausing.drop(id, change)


async def finish_all(hub: Hub) -> None:
    """Do what follows from all changes of accounts that were cut off."""
    for id in await hub.directory.pausing.all():
        await finish(hub, id)


async def put(call: Call) -> Answer:
    """Create or replace."""
    return whole(await place(call.reach, call.id, call.body))


async def patch(call: Call) -> Answer:
    """Merge."""

    async def write(held: Held[Account]) -> Account:
        return await store(call.reach, call.id, patched(AccountBody, held.value, call.body), held)

    return whole(await merged(call, lambda: call.hub.directory.held(Account, call.id), write))


async def delete(call: Call) -> Answer:
    """Remove an account that has no users and no sub-accounts; all else that is in it goes with it."""
    id, directory = call.id, call.hub.directory

    async def attempt() -> None:
        if call.reach.tree.descendants(id):
            raise conflict(f"The account {id} still has sub-accounts.")
        if await directory.has_users(id):
            raise conflict(f"The account {id} still has users.")
        await directory.delete_account(id)

    await again_while_changed(attempt, call.reach.refresh)
    return NO_CONTENT


async def index(call: Call) -> Answer:
    """List the visible accounts by id, or one and those below it."""
    top, tree = call.query.account, call.reach.tree
    visible = sorted((top, *tree.descendants(top))) if top else call.reach.accounts()
    ids, cursor = page(visible, str, call.query)
    found = (call.reach.tree.get(id) for id in ids)
    return Answer(listed([as_document(account) for account in found if account], cursor))


def _visible(reach: Reach, id: str) -> Account | None:
    return reach.tree.get(id) if reach.sees(id) else None


def _missing(id: str) -> Account:
    raise not_found(f"account {id}")


def _check_parent(reach: Reach, id: str, before: Account | None, parent: str | None) -> None:
    """Keep every account inside the tree of whoever writes it; the top of a tree keeps its place."""
    caller: Caller = reach.caller
    if before and before.parent == parent:
        return
    if parent is not None and not reach.sees(parent):
        raise unknown_reference("parent", "account", parent)
    if not caller.is_operator and (parent is None or id == caller.account):
        if before or parent is None:
            raise invalid(("parent", "would take the account out of your account tree"))
        raise forbidden("This account is the top of your tree.")
    if parent is not None and reach.tree.would_circle(id, parent):
        raise invalid(("parent", "would make the account its own ancestor"))


async def _check_hearing(reach: Reach, account: Account) -> None:
    """Keep an account, and all below it, from being heard by more webhooks than may hear one."""
    above = (account.parent, *reach.tree.ancestors(account.parent)) if account.parent else ()
    webhooks = (await reach.hub.webhooks.all()).values()
    if most_hearing(reach.tree, webhooks, account.id, above) > MOST_HEARING:
        raise Problem("too_many_webhooks", f"There, more than {MOST_HEARING} webhooks would hear an account.")


async def _check_move(reach: Reach, id: str) -> None:
    """Contacts, groups and lines live under their root account, and their ids are unique there: they do not move."""
    root, moving = reach.tree.root(id), (id, *reach.tree.descendants(id))
    for kind in ROOTED:
        if await reach.hub.directory.page(kind, root, moving, None, 1):
            raise conflict("An account with contacts, groups or lines cannot go under another root account.")


ITEM, LIST = "/v1/accounts/{id}", "/v1/accounts"
ROUTES = [
    Route("PUT", ITEM, put, DIRECTORY, "Create or replace an account", replaceable, AccountBody, answer=AccountBody),
    Route("PATCH", ITEM, patch, DIRECTORY, "Change an account", existing, AccountBody, merges=True, answer=AccountBody),
    Route("GET", ITEM, shown, DIRECTORY_READ, "Read an account", existing, answer=AccountBody),
    Route("DELETE", ITEM, delete, DIRECTORY, "Remove an account", existing, status=204),
    Route("GET", LIST, index, DIRECTORY_READ, "List accounts", query=AccountPageQuery, answer=AccountBody),
]
