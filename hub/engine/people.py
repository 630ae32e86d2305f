"""Users and what they chose, in the slot of their account; the index of all users is the installation's.

A write that concerns two accounts (a user who moves) is a sequence of steps each safe to repeat: the caller whose
request failed half way repeats it, and it completes.
"""

import asyncio
import contextlib
from collections.abc import Mapping

import orjson

from hub.core.directory import User, as_document
from hub.core.preferences import Preferences
from hub.core.routing import Member
from hub.engine.connection import Store
from hub.engine.documents import Changed, Held, Taken, Write, expecting, person_keys, read_as
from hub.engine.erasure import Erasure
from hub.engine.rooted import TRIES, RootedObjects
from hub.engine.roster import Roster, read_preferences, with_defaults
from hub.engine.rows import text


class People(RootedObjects):
    """Users, with their preferences."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._rosters: dict[str, Roster] = {}

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

    # Written, moved, erased

    async def put_user(self, user: User, held: Held[User] | None = None) -> None:
        """Create, replace or move a user; their tabs' gateways hear of it. Raise Taken when the id went elsewhere
        meanwhile, or Changed when the user is not as they were held.

        A moved user keeps their preferences and starts a new log in the new account; who goes under another root
        account leaves the groups and lines of the old one. A move that was cut off is finished by the next write of
        the user.
        """
        await self._finish_move(user.id)
        document = orjson.dumps(as_document(user))
        if held:
            await self._put_held(user, document, held)
            return
        for _ in range(TRIES):
            found = await self.held_user(user.id)
            if found is None:
                await self._put_new(user, document)
                return
            with contextlib.suppress(Changed):
                await self._put_held(user, document, found)
                return
        raise Changed(user.id)

    async def _put_new(self, user: User, document: bytes) -> None:
        if await self._claim(user, await self.account_of(user.id)) != user.account:
            raise Taken(user.id)
        await self._put_person(user.account, "users", user.id, document, "profile")

    async def _put_held(self, user: User, document: bytes, held: Held[User]) -> None:
        """Write a user where they lay; when they move, then where they go, so that they can be found all the time.

        A change that comes between the steps of a move reads the new document in the old place, and joins the move.
        """
        id, old, new = user.id, held.place, user.account
        await self._put_person(old, "users", id, document, "profile" if old == new else "", (held.document,))
        if old == new:
            return
        await self._put_person(new, "users", id, document, "profile", (b"", held.document))
        await self._carry_over(id, old, new)
        await self.store.command("HSET", self.store.keys.directory("moves"), id, old)
        if await self._claim(user, old) != new:
            await self._put(Write(self.store.keys.account(new, "users"), id, b""))
            raise Changed(id)
        await self._finish_move(id)

    async def _finish_move(self, id: str) -> None:
        """Erase what a user left behind in the account they moved from, once the index knows the new one."""
        moves = self.store.keys.directory("moves")
        left = await self.store.command("HGET", moves, id)
        if not left:
            return
        old, new = text(left), await self.account_of(id)
        if new == old:
            return
        tree = await self.tree()
        if new is None or tree.root(new) != tree.root(old):
            await self.leave(tree.root(old), id)
        await self._erase(old, id)
        await self.store.command("HDEL", moves, id)

    async def _claim(self, user: User, before: str | None) -> str:
        """Name the account that the id belongs to, after trying to take it over from where it was."""
        index = self.store.keys.directory("users")
        return text(await self.store.call("claim_id", [index], user.id, user.account, before or ""))

    async def delete_user(self, id: str) -> None:
        """Erase a user: groups, lines, contacts and accounts let go of them, their log, inbox, preferences and tabs are
        gone, and what was decided about them; their gateways hear of it."""
        account = await self.account_of(id)
        if account is None:
            return
        await self.leave(await self.root(account), id)
        await self._erase(account, id)
        await self.store.command("HDEL", self.store.keys.directory("users"), id)

    async def _carry_over(self, user: str, old: str, new: str) -> None:
        chosen = await self.store.command("HGET", self.store.keys.account(old, "preferences"), user)
        if chosen:
            await self._put(Write(self.store.keys.account(new, "preferences"), user, chosen))

    async def _erase(self, account: str, user: str) -> None:
        await self._put_person(account, "users", user, b"", "profile")
        await self._put(Write(self.store.keys.account(account, "preferences"), user, b""))
        await Erasure(self.store).user(account, user)

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
