"""A user's token, made in a shell from the key that the store keeps: no HTTP call makes one for just anybody."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from hub.app.composition import credentials
from hub.app.supervisor import store_for
from hub.core.acting import may_act
from hub.core.directory import User
from hub.engine.audit import Audit
from hub.engine.clock import Clock, SharedClock
from hub.engine.connection import Store, Unavailable, Unsuitable
from hub.engine.directory import Directory
from hub.engine.embedded import is_data_directory, running_url
from hub.engine.identity import Identity
from hub.settings import Settings, Unfit, bare

COMMAND = "hub token"


async def make_token(settings: Settings, user: str, seconds: float, actor: str | None) -> str:
    """Make a token that the hub will take; raise Unfit when it would not."""
    with _reachable_store(settings) as ready:
        store = Store(str(ready.redis_url), ready.prefix, ready.durability)
        try:
            await store.open()
            account = await _refuse_in_vain(Directory(store), user, actor)
            return await _mint(store, ready, user, account, seconds, actor)
        except (Unavailable, Unsuitable) as error:
            raise Unfit(bare(str(error))) from error
        finally:
            await store.close()


async def _mint(store: Store, settings: Settings, user: str, account: str, seconds: float, actor: str | None) -> str:
    """Make the token; one with an actor is in the audit before it is anywhere else (AMB-17)."""
    clock = Clock()
    if settings.test_mode:
        await SharedClock(store, clock).look()
    identity = Identity(store, clock, credentials(settings))
    await identity.open()
    if actor is not None:
        await Audit(store).record(account, clock.now(), actor, "log_in_as", user=user, by=COMMAND)
    return identity.mint(user, seconds, actor)


async def _refuse_in_vain(directory: Directory, id: str, actor: str | None) -> str:
    """Raise Unfit for a token that the hub would refuse; return the user's account."""
    user = await directory.user(id)
    if user is None or not user.active:
        raise Unfit(f"the hub knows no active user {id!r}")
    if actor is not None and not await _may_act(directory, actor, user):
        raise Unfit(f"{actor!r} may not act as {id!r}: it takes an active admin of that user's account, or one above")
    return user.account


async def _may_act(directory: Directory, actor: str, user: User) -> bool:
    return may_act(await directory.user(actor), user, await directory.tree())


@contextlib.contextmanager
def _reachable_store(settings: Settings) -> Iterator[Settings]:
    """Use the store that is set, or the one a hub runs here, or run for a moment the one that it left."""
    if not settings.redis_url and not is_data_directory(settings.data_dir):
        missing = "holds no store of a hub" if settings.data_dir.exists() else "is not here"
        raise Unfit(f"{settings.data_dir} {missing}: run this where hub-data is, or give --data-dir")
    running = None if settings.redis_url else running_url(settings.data_dir)
    if running:
        yield settings.model_copy(update={"redis_url": running})
        return
    with store_for(settings) as ready:
        yield ready
