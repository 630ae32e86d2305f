"""Two token secrets at a time, so that one can be replaced while people are working (protocol.md 1)."""

import time

import jwt

from tests.gateway.conftest import TabClient

from .calling import Caller, problem
from .conftest import populate
from .live import LiveApi, live

OLD, NEW = "the-old-secret-of-32-bytes-or-more", "the-new-secret-of-32-bytes-or-more"


def token(secret: str, user: str) -> str:
    return jwt.encode({"sub": user, "exp": time.time() + 600}, secret, "HS256")


async def hear_of_news(tab: TabClient) -> None:
    while (await tab.hear())["op"] != "notify":
        continue


async def test_both_secrets_are_good_until_the_old_one_is_dropped(store_url: str) -> None:
    async with live(store_url, jwt_secret=(NEW, OLD)) as hub:
        await populate(hub)
        for secret, user in ((OLD, "ann"), (NEW, "bob")):
            answer = await hub.get("/v1/users/me", by=Caller(token(secret, user)))
            assert answer.json()["id"] == user
            tab = await hub.open()
            await tab.hello(token=token(secret, user))
            await hub.event(contact="c7")
            await hear_of_news(tab)
        await dropped(store_url, hub)


async def dropped(store_url: str, before: LiveApi) -> None:
    """Start the hub again, on what it had stored, with the new secret alone."""
    async with live(store_url, jwt_secret=(NEW,), prefix=before.hub.settings.prefix) as hub:
        problem(await hub.get("/v1/users/me", by=Caller(token(OLD, "ann"))), 401, "unauthenticated")
        stranger = await hub.open()
        await stranger.say("hello", token=token(OLD, "ann"), tab="A1", state="focused", after=None)
        assert await stranger.is_closed_with() == 4500
        assert (await hub.get("/v1/users/me", by=Caller(token(NEW, "ann")))).json()["id"] == "ann"
        await (await hub.open()).hello(token=token(NEW, "ann"))
        minted = hub.user("ann")
        assert (await before.get("/v1/users/me", by=minted)).status_code == 200, "the hub's own tokens have its own key"
