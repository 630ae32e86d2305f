"""What is changed over HTTP takes effect on open sockets at once, in a whole hub."""

from tests.gateway.conftest import TabClient

from .calling import Caller
from .live import LiveApi


async def next_title(tab: TabClient) -> str:
    while (frame := await tab.hear())["op"] != "notify":
        continue
    title: str = frame["entry"]["title"]
    return title


async def test_who_joins_a_group_hears_its_next_broadcast(town: LiveApi) -> None:
    mia = town.user("mia")
    tab, _ = await town.tab("olga")
    for message, members in (("First", ["ann"]), ("Second", ["ann", "olga"]), ("Third", ["ann"])):
        await town.patch("/v1/groups/sales", {"members": members})
        sent = await town.post("/v1/broadcasts", {"message": message, "title": message, "groups": ["sales"]}, by=mia)
        assert sent.status_code == 202
    await town.event("mention", users=["olga"], title="After all")
    assert [await next_title(tab), await next_title(tab)] == ["Second", "After all"]


async def test_C_10_the_next_event_goes_to_the_new_assigned_user(town: LiveApi) -> None:
    only_mine = {"types": {"new_lead": {"system": True, "au": True}}}
    for user in ("ann", "bob"):
        await town.patch(f"/v1/users/{user}/preferences", only_mine)
    ann, _ = await town.tab("ann")
    bob, _ = await town.tab("bob")
    await town.event("new_lead", contact="c7", title="To Ann")
    await town.patch("/v1/contacts/c7", {"assigned_user": "bob"})
    await town.event("new_lead", contact="c7", title="To Bob")
    await town.event("mention", users=["ann", "bob"], title="To both")
    assert [await next_title(ann), await next_title(ann)] == ["To Ann", "To both"]
    assert [await next_title(bob), await next_title(bob)] == ["To Bob", "To both"]


async def test_E_21_an_accounts_default_is_followed_by_open_tabs(town: LiveApi) -> None:
    tab, _ = await town.tab("ann")
    off = {"types": {"voicemails": {"system": False}}}
    assert (await town.patch("/v1/accounts/acme/defaults", off)).is_success
    assert (await tab.hear("preferences"))["preferences"]["types"]["voicemails"]["system"] is False
    await town.event("voicemails", title="Not wanted")
    await town.event("new_lead", title="Wanted")
    assert await next_title(tab) == "Wanted"


async def test_disconnect_says_how_many_tabs_there_were(town: LiveApi) -> None:
    tab, _ = await town.tab("ann")
    second, _ = await town.tab("ann", "B1")
    assert (await town.post("/v1/users/ann/disconnect", by=town.user("olga"))).json() == {"tabs": 2}
    assert [await tab.is_closed_with(), await second.is_closed_with()] == [4503, 4503]
    assert (await town.post("/v1/users/ann/disconnect")).json() == {"tabs": 0}


async def test_AMB_17_a_log_in_as_token_opens_a_view_until_its_actor_loses_the_right(town: LiveApi) -> None:
    made = await town.post("/v1/log-in-as", {"user": "ann"}, by=town.user("olga"))
    view = await town.open_view("ann", "olga")
    own = Caller(made.json()["token"])
    await town.event("mention", users=["ann"], title="For Ann")
    assert await next_title(view) == "For Ann"
    assert [entry["title"] for entry in (await town.get("/v1/inbox", by=own)).json()["items"]] == ["For Ann"]
    await town.patch("/v1/users/olga", {"roles": ["agent"]})
    assert await view.is_closed_with() == 4503
    assert (await town.get("/v1/inbox", by=own)).status_code == 401
