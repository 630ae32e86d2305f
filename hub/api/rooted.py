"""Contacts, groups, ring groups and lines: their ids are unique within a root account (protocol.md 2), and all else
that they have in common. A kind of them is a `Resource`; what only that kind checks is its `complete`.

The operator sees every root account, so an id alone may name several; `?root=` says which one is meant.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hub.api.auth import DIRECTORY, SHARED_READ, Caller
from hub.api.call import NO_CONTENT, Answer, Call
from hub.api.directory_models import DirectoryBody
from hub.api.entity import check_id, merged, patched, shown, taken, whole
from hub.api.listing import rooted_list
from hub.api.models import AccountPageQuery, RootQuery
from hub.api.problem import Problem, invalid, not_found
from hub.api.reach import Reach
from hub.api.route import Route
from hub.core.directory import Contact, Group, Line, RingGroup
from hub.engine.directory import Held, absent, again_while_changed, users_of

Object = TypeVar("Object", Contact, Group, RingGroup, Line)
Body = TypeVar("Body", bound=DirectoryBody)


def everything(caller: Caller, value: Any) -> bool:
    """Show a caller all that lies in their tree."""
    return True


def body_account(body: DirectoryBody) -> str:
    """Read the account in which an object is to lie."""
    account: str = getattr(body, "account")  # noqa: B009 - every model of these has one
    return account


@dataclass(frozen=True, slots=True)
class Resource(Generic[Object, Body]):
    """One kind of object: what it is called, how it is decoded, what is checked before it is kept.

    `complete` is given what was stored before, if anything, and the root account; it raises 422 for a reference that
    names nothing, and returns the fields that the hub itself fills in. `is_shown` narrows what a caller may read.
    """

    kind: type[Object]
    model: type[Body]
    noun: str
    path: str
    complete: Callable[[Reach, Body, Object | None, str], Awaitable[Mapping[str, Any]]]
    is_shown: Callable[[Caller, Object], bool] = everything

    async def find(self, call: Call) -> Object:
        """Find the object of the path; raise 404 outside the tree, 409 where two root accounts share the id."""
        found = await self._candidates(call)
        if len(found) > 1:
            raise Problem("ambiguous_id", f"Several root accounts have a {self.noun} {call.id}: add ?root=ACCOUNT.")
        visible = [value for value in found if call.reach.sees(value.account) and self.is_shown(call.caller, value)]
        if not visible:
            raise not_found(f"{self.noun} {call.id}")
        return visible[0]

    async def replaceable(self, call: Call) -> Object | None:
        """Keep who may not put this from learning of what lies outside their accounts; others are told by `store`."""
        if DIRECTORY.admits(call.caller):
            return None
        return await self.find(call) if await self._candidates(call) else None

    async def _candidates(self, call: Call) -> list[Object]:
        directory, reach = call.hub.directory, call.reach
        if reach.caller.account is not None:
            root = reach.tree.root(reach.caller.account)
        elif call.query.root:
            root = call.query.root
        else:
            return list((await directory.find(self.kind, call.id)).values())
        found = await directory.get(self.kind, root, call.id)
        return [found] if found is not None else []

    async def place(self, reach: Reach, id: str, body: Body, root: str | None = None) -> Object:
        """Keep a whole object over what is there, if anything; again while others write it."""

        async def attempt() -> Object:
            belongs = reach.tree.root(body_account(body))
            held = await reach.hub.directory.held(self.kind, id, belongs)
            return await self.store(reach, id, body, root, held or absent(belongs))

        check_id(id, body)
        return await again_while_changed(attempt, reach.refresh)

    async def store(self, reach: Reach, id: str, body: Body, root: str | None, held: Held[Object]) -> Object:
        """Check and keep an object over the very one that was held; raise 409 when its id is taken, unseen, under its
        root account."""
        check_id(id, body)
        account = body_account(body)
        reach.account(account)
        belongs = reach.tree.root(account)
        if reach.caller.is_operator and root not in (None, belongs):
            raise invalid(("account", f"does not lie under the root account {root}"))
        before: Object | None = held.value
        if before is not None and reach.tree.get(before.account) and not reach.sees(before.account):
            raise taken(self.noun, id)
        filled_in = await self.complete(reach, body, before, belongs)
        value: Object = self.kind.from_document({**body.model_dump(), **filled_in, "id": id})
        await reach.hub.directory.put(belongs, value, held)
        await _let_go_of_the_gone(reach, {*users_of(value)} - {*(users_of(before) if before else ())}, belongs)
        return value

    async def put(self, call: Call) -> Answer:
        """Create or replace."""
        return whole(await self.place(call.reach, call.id, call.body, call.query.root))

    async def patch(self, call: Call) -> Answer:
        """Merge."""
        root = call.reach.tree.root(call.target.account)

        async def write(held: Held[Object]) -> Object:
            return await self.store(call.reach, call.id, patched(self.model, held.value, call.body), root, held)

        return whole(await merged(call, lambda: call.hub.directory.held(self.kind, call.id, root), write))

    async def delete(self, call: Call) -> Answer:
        """Remove."""
        root, directory = call.reach.tree.root(call.target.account), call.hub.directory

        async def remove(held: Held[Object]) -> None:
            if not call.reach.sees(held.value.account):  # another one, made since
                raise not_found(f"{self.noun} {call.id}")
            await directory.delete(self.kind, root, call.id, held)

        await merged(call, lambda: directory.held(self.kind, call.id, root), remove)
        return NO_CONTENT

    async def index(self, call: Call) -> Answer:
        """List those that the caller sees."""
        return await rooted_list(call, self.kind, lambda value: self.is_shown(call.caller, value))

    def routes(self) -> list[Route]:
        """List the routes of this kind."""
        item, model, noun = f"/v1/{self.path}/{{id}}", self.model, self.noun
        replacing = (self.replaceable, model)
        return [
            Route("PUT", item, self.put, DIRECTORY, f"Create or replace a {noun}", *replacing, query=RootQuery,
                  answer=model),
            Route("PATCH", item, self.patch, DIRECTORY, f"Change a {noun}", self.find, model, merges=True,
                  query=RootQuery, answer=model),
            Route("GET", item, shown, SHARED_READ, f"Read a {noun}", self.find, query=RootQuery, answer=model),
            Route("DELETE", item, self.delete, DIRECTORY, f"Remove a {noun}", self.find, query=RootQuery, status=204),
            Route("GET", f"/v1/{self.path}", self.index, SHARED_READ, f"List {noun}s", query=AccountPageQuery,
                  answer=model),
        ]  # fmt: skip


async def _let_go_of_the_gone(reach: Reach, named: set[str], root: str) -> None:
    """Look again for users who were just named: one who was erased or left the tree between the check and the write
    was taken out of what was there then."""
    accounts = await reach.hub.directory.accounts_of(named)
    if all(user in accounts and reach.tree.root(accounts[user]) == root for user in named):
        return
    await reach.refresh()
    for user in named:
        if user not in accounts or reach.tree.root(accounts[user]) != root:
            await reach.hub.directory.leave(root, user)
