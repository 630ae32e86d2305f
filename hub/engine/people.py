"""Users and what they chose, in the slot of their account; the index of all users is the installation's.

What takes several steps (to move a user, to erase one) is written down first (intentions.py): whoever writes that user
next finishes it, or the scheduler. The index decides whose a user is: nobody else's request gets it, and a new user is
there for good once the index says so after the document was written.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson

from hub.core.directory import User, as_document
from hub.core.preferences import Preferences
from hub.core.routing import Member
from hub.engine.connection import Store
from hub.engine.documents import Changed, Gone, Held, Taken, Write, again_while_changed, expecting, person_keys, read_as
from hub.engine.erasure import Erasure
from hub.engine.intentions import Intentions
from hub.engine.rooted import RootedObjects
from hub.engine.roster import Roster, read_preferences, with_defaults
from hub.engine.rows import text

Allows = Callable[[str], bool]
MOVE, ERASE = "move", "erase"  # what is intended with a user, before the accounts concerned


def anywhere(account: str) -> bool:
    """Let a user be taken from any account."""
    return True


class People(RootedObjects):
    """Users, with their preferences. `unfinished` is who moves or is erased at this moment."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        """Take the store, and what tells business time, in seconds."""
        super().__init__(store)
        self._now = now
        self._rosters: dict[str, Roster] = {}
        self.unfinished = Intentions(store, "unfinished")

    async def user(self, id: str) -> User | None:
        """Find a user, wherever their account is."""
        account = await self.account_of(id)
        if account is None:
            return None
        document = await self.store.command("HGET", self.store.keys.account(account, "users"), id)
        return read_as(User)(document) if document else None

    async def account_of(self, user: str) -> str | None:
        """Name the account of a user id."""
        account = await self.store.command("HGET", self.store.keys.directory("users"), user)
        return text(account) if account else None

    async def held_user(self, id: str) -> Held[User] | None:
        """Read a user to change them, wherever their account is."""
        account = await self.account_of(id)
        return await self.held(User, id, account) if account else None

    async def members(self, account: str) -> Mapping[str, Member]:
        """Return all users of an account with their preferences, as they are now."""
        roster = self._rosters.get(account)
        if roster is None:
            roster = self._rosters[account] = Roster(self.store, account, self._all_defaults)
        return await roster.current()

    async def users(self, account: str) -> list[User]:
        """List the users of an account by id."""
        members = await self.members(account)
        return [members[id].user for id in sorted(members)]

    async def has_users(self, account: str) -> bool:
        """Tell whether an account has users, those included who are about to leave it."""
        return bool(await self.store.command("HLEN", self.store.keys.account(account, "users")))

    # Written, moved, erased

    async def put_user(self, user: User, held: Held[User] | None = None, allows: Allows = anywhere) -> None:
        """Create, replace or move a user; their tabs' gateways hear of it. Raise Taken when the id belongs to an
        account that `allows` does not let give it up, or Changed when the user is not as they were held, or their
        account closes.

        A moved user keeps their preferences and starts a new log in the new account; who goes under another root
        account leaves the groups and lines of the old one.
        """
        document = orjson.dumps(as_document(user))
        if held is None:
            await again_while_changed(lambda: self._put_over(user, document, allows))
            return
        if not allows(held.place):
            raise Taken(user.id)
        await self.finish(user.id)
        await self._put_held(user, document, held)

    async def _put_over(self, user: User, document: bytes, allows: Allows) -> None:
        """Write a user over whoever is there, if anybody; only the account that was looked at gives them up."""
        await self.finish(user.id)
        place = await self._place(user.id)
        if place is None:
            if not await self._claim(user.id, user.account):
                raise await self._refusal(user)
            place = user.account
        elif not allows(place):
            raise Taken(user.id)
        held = await self.held(User, user.id, place)
        if held:
            await self._put_held(user, document, held)
        else:
            await self._put_new(user, document, place)

    async def _place(self, user: str) -> str | None:
        """Name the account that a user id belongs to; what a gone account held is free."""
        account = await self.account_of(user)
        return account if account is not None and await self._is_there(account) else None

    async def _is_there(self, account: str) -> bool:
        return bool(await self.store.command("HEXISTS", self.store.keys.directory("accounts"), account))

    async def _refusal(self, user: User) -> Changed:
        """Say why a user could not be claimed for their account."""
        return Changed(user.id) if await self._is_there(user.account) else Gone(user.id)

    async def _put_new(self, user: User, document: bytes, place: str) -> None:
        """Write a new user where the index has them, then see that it still does."""
        await self._put_person(place, "users", user.id, document, "profile", (b"",))
        if not await self._claim(user.id, place, place):  # it closes, or they are being erased
            await self._put_person(place, "users", user.id, b"", "profile", (document,))
            await self._claim(user.id, "", place)
            raise await self._refusal(user)
        if place != user.account:  # somebody began to make them elsewhere: from there they move
            raise Changed(user.id)

    async def _put_held(self, user: User, document: bytes, held: Held[User]) -> None:
        """Write a user where they lie; whoever moves is written there first, and then where they go."""
        id, old, new = user.id, held.place, user.account
        if old == new:
            await self._put_person(old, "users", id, document, "profile", (held.document,))
            return
        intention = f"{MOVE} {old} {new}"
        async with self.unfinished.at(id, intention) as found:
            if found != intention:
                raise Changed(id)
            try:
                await self._put_person(old, "users", id, document, "", (held.document,))
            except Changed:
                await self.unfinished.drop(id, intention)
                raise
            await self._go_on_moving(id, old, new)

    async def finish(self, id: str) -> None:
        """Finish the move or the erasure of a user that was cut off, or take a move back. Raise Changed while somebody
        is at it, unless the user is where they go and only what they left behind is still being erased."""
        if not await self.unfinished.of(id):
            return
        try:
            async with self.unfinished.at(id) as intended:
                await self._go_on(id, intended)
        except Changed:
            word, _, accounts = (await self.unfinished.of(id)).partition(" ")
            has_moved = word == MOVE and await self.account_of(id) == accounts.partition(" ")[2]
            if word and not has_moved:
                raise

    async def _go_on(self, id: str, intended: str) -> None:
        match intended.split():
            case [word, old, new] if word == MOVE:
                await self._go_on_moving(id, old, new)
            case [word, account] if word == ERASE:
                await self._go_on_erasing(id, account)
            case [_, *_]:
                raise Changed(id)  # a newer hub knows what to do

    async def _go_on_moving(self, id: str, old: str, new: str) -> None:
        """Do all that is left of a move; their document in the old account says where they go. Safe to repeat."""
        if await self.account_of(id) != new:
            held = await self.held(User, id, old)
            if held is None or held.value.account != new:
                return  # it was cut off before anything was done
            await self._put_person(new, "users", id, held.document, "profile")
            await self._carry_over(id, old, new)
            if not await self._claim(id, new, old, f"{MOVE} {old} {new}"):
                await self._stay(held.value, held.document, old, new)
                raise await self._refusal(held.value)
        tree = await self.tree()
        if tree.root(new) != tree.root(old):
            await self.leave(tree.root(old), id)
        await self.store.command("SADD", self._accounts_left(id), old)
        await self._erase(old, id, int(self._now() * 1000))

    async def _stay(self, user: User, document: bytes, old: str, new: str) -> None:
        """Take a move back: the account they were to go to closes, or is gone."""
        await self._forget(new, user.id)
        stays = orjson.dumps(as_document(replace(user, account=old)))
        await self._put_person(old, "users", user.id, stays, "profile", (document,))
        await self.unfinished.drop(user.id, f"{MOVE} {old} {new}")

    async def _claim(self, user: str, account: str, before: str = "", intended: str = "") -> bool:
        """Try to take a user id over for an account ("" gives it up); tell whether it is there now."""
        kinds = ("users", "unfinished", "accounts", "closing")
        names = [self.store.keys.directory(kind) for kind in kinds]
        return bool(await self.store.call("claim_id", names, user, account, before, intended))

    async def delete_user(self, id: str) -> None:
        """Erase a user: groups, lines, contacts and accounts let go of them, their log, inbox, preferences and tabs are
        gone, and what was decided about them; their gateways hear of it. An erasure that was cut off is finished."""
        await again_while_changed(lambda: self._delete(id))

    async def _delete(self, id: str) -> None:
        await self.finish(id)
        account = await self.account_of(id)
        if account is None:
            return
        intention = f"{ERASE} {account}"
        async with self.unfinished.at(id, intention) as found:
            if found != intention:
                raise Changed(id)
            if await self.account_of(id) != account:  # from here on it stays: nobody claims who is being erased
                await self.unfinished.drop(id, intention)
                raise Changed(id)
            await self._go_on_erasing(id, account)

    async def _go_on_erasing(self, id: str, account: str) -> None:
        """Do all that is left of an erasure. Safe to repeat."""
        root = await self.root(account)
        await self.leave(root, id)
        await self._erase(account, id)
        for left in await self._have_left(id):
            await Erasure(self.store).user(left, id)
        await self.store.command("UNLINK", self._accounts_left(id))
        await self._claim(id, "", account, f"{ERASE} {account}")
        await self.leave(root, id)  # whatever named them meanwhile had looked them up before

    async def erased_in(self, id: str) -> str | None:
        """Name the account in which a user's erasure was begun and not finished."""
        word, _, account = (await self.unfinished.of(id)).partition(" ")
        return account if word == ERASE else None

    async def _carry_over(self, user: str, old: str, new: str) -> None:
        chosen = await self.store.command("HGET", self.store.keys.account(old, "preferences"), user)
        if chosen:
            await self._put(Write(self.store.keys.account(new, "preferences"), user, chosen))

    async def _forget(self, account: str, user: str) -> None:
        await self._put_person(account, "users", user, b"", "profile")
        await self._put(Write(self.store.keys.account(account, "preferences"), user, b""))

    async def _erase(self, account: str, user: str, moved_ms: int | None = None) -> None:
        await self._forget(account, user)
        await Erasure(self.store).user(account, user, moved_ms)

    def _accounts_left(self, user: str) -> str:
        """Name the key of the accounts that a user moved away from: it is still known there what was skipped for it."""
        return self.store.keys.directory(f"left:{user}")

    async def _have_left(self, user: str) -> list[str]:
        return sorted(map(text, await self.store.command("SMEMBERS", self._accounts_left(user))))

    async def _put_person(
        self,
        account: str,
        kind: str,
        user: str,
        document: bytes,
        message: str,
        expected: tuple[bytes, ...] | None = None,
    ) -> None:
        await self._put(Write(self.store.keys.account(account, kind), user, document, expected), message, user, account)

    # What they chose

    async def put_preferences(
        self, account: str, user: str, preferences: Preferences, held: Held[Preferences] | None = None
    ) -> None:
        """Keep what a user chose; their tabs' gateways hear of it. Raise Changed when it is not as it was held."""
        document = orjson.dumps(preferences.as_document())
        await self._put_person(account, "preferences", user, document, "preferences", expecting(held))

    async def preferences(self, account: str, user: str) -> Preferences:
        """Read what a user chose, with their account's defaults."""
        return (await self.held_preferences(account, user)).value

    async def held_preferences(self, account: str, user: str) -> Held[Preferences]:
        """Read what a user chose, to change it; who never chose has an empty document."""
        name = self.store.keys.account(account, "preferences")
        stored, defaults = await asyncio.gather(self.store.command("HGET", name, user), self.defaults(account))
        chosen = read_preferences(stored) if stored else Preferences()
        return Held(with_defaults(chosen, defaults), stored or b"", account)

    # Their tabs

    async def disconnect(self, account: str, user: str) -> int:
        """Send every tab of a user away; return how many there were."""
        leases = self.store.keys.account(account, "leases")
        names = [leases, *person_keys(self.store.keys.person(account, user))]
        return int(await self.store.call("disconnect", names, user))

    async def ended(self, account: str, user: str) -> int:
        """Tell when a user's tabs were sent away last, in the store's microseconds; 0 for never."""
        state, _ = person_keys(self.store.keys.person(account, user))
        return int(await self.store.command("HGET", state, "ended") or 0)
