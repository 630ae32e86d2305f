"""Ring groups and lines, and what becomes of them when those behind them go (protocol.md 4)."""

import pytest
import pytest_asyncio

from .calling import Api, Caller, fields, problem

NUMBER = "+15550100001"


@pytest_asyncio.fixture
async def lines(acme: Api) -> Api:
    """A ring group and two lines of acme, one of them Ann's own."""
    await acme.put("/v1/ring-groups/rg", {"account": "acme", "name": "Front desk", "members": ["ann", "bob"]})
    await acme.put("/v1/lines/l1", {"account": "acme", "number": NUMBER, "owner": "ann"})
    await acme.put("/v1/lines/l2", {"account": "acme", "number": "+15550100002", "ring_group": "rg"})
    return acme


async def test_put_answers_the_whole_with_its_defaults(lines: Api) -> None:
    assert (await lines.get("/v1/ring-groups/rg")).json() == {
        "id": "rg",
        "account": "acme",
        "name": "Front desk",
        "members": ["ann", "bob"],
        "fisher_mode": False,
    }
    line = (await lines.get("/v1/lines/l1")).json()
    assert line == {
        "id": "l1",
        "account": "acme",
        "number": NUMBER,
        "owner": "ann",
        "ring_group": None,
        "messaging_service": None,
        "number_type": "long_code",
        "provider_replies": False,
    }
    assert (await lines.put("/v1/lines/l1", line)).json() == line
    changed = await lines.patch("/v1/lines/l1", {"owner": None, "ring_group": "rg", "messaging_service": "MG1"})
    assert changed.json() == {**line, "owner": None, "ring_group": "rg", "messaging_service": "MG1"}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"ring_group": "rg"}, "invalid", "ring_group"),
        ({"owner": "gus"}, "unknown_reference", "owner"),
        ({"owner": None, "ring_group": "none"}, "unknown_reference", "ring_group"),
        ({"number": "555-0100"}, "invalid", "number"),
        ({"number": None}, "invalid", "number"),
        ({"number_type": "short_code"}, "invalid", "number_type"),
        ({"messaging_service": ""}, "invalid", "messaging_service"),
        ({"kind": "personal"}, "unknown_field", "kind"),
    ],
    ids=lambda value: str(value),
)
async def test_a_line_that_cannot_be_is_refused(lines: Api, change: dict[str, object], code: str, field: str) -> None:
    before = (await lines.get("/v1/lines/l1")).json()
    assert fields(problem(await lines.patch("/v1/lines/l1", change), 422, code)) == [field]
    assert (await lines.get("/v1/lines/l1")).json() == before


async def test_a_ring_group_takes_users_of_the_tree_only(lines: Api) -> None:
    refused = await lines.patch("/v1/ring-groups/rg", {"members": ["ann", "gus", "wes"]})
    assert fields(problem(refused, 422, "unknown_reference")) == ["members[1]"]
    assert (await lines.patch("/v1/ring-groups/rg", {"members": ["wes"], "fisher_mode": True})).is_success


async def test_a_reference_that_the_caller_does_not_see_names_nothing(lines: Api) -> None:
    made = await lines.post("/v1/keys", {"account": "west", "scopes": ["directory"]})
    west = Caller(made.json()["key"])
    number = {"account": "west", "number": NUMBER}
    assert (await lines.put("/v1/lines/lw", {**number, "owner": "wes"}, by=west)).status_code == 200
    problem(await lines.put("/v1/lines/lw", {**number, "ring_group": "rg"}, by=west), 422, "unknown_reference")
    problem(await lines.put("/v1/lines/lw", {**number, "owner": "ann"}, by=west), 422, "unknown_reference")
    problem(await lines.put("/v1/lines/l1", number, by=west), 409, "conflict")
    problem(await lines.get("/v1/lines/l1", by=west), 404, "not_found")


async def test_a_deleted_user_leaves_groups_ring_groups_and_lines(lines: Api) -> None:
    await lines.delete("/v1/users/ann")
    assert (await lines.get("/v1/groups/sales")).json()["members"] == ["bob"]
    assert (await lines.get("/v1/ring-groups/rg")).json()["members"] == ["bob"]
    assert (await lines.get("/v1/lines/l1")).json()["owner"] is None
    assert (await lines.patch("/v1/lines/l1", {"number": "+15550100009"})).is_success


async def test_a_user_who_goes_under_another_root_account_leaves_what_they_were_in(lines: Api) -> None:
    await lines.patch("/v1/users/ann", {"account": "west"})
    assert (await lines.get("/v1/lines/l1")).json()["owner"] == "ann", "a move within the tree changes nothing"
    await lines.patch("/v1/users/ann", {"account": "globex"})
    assert (await lines.get("/v1/groups/sales")).json()["members"] == ["bob"]
    assert (await lines.get("/v1/lines/l1")).json()["owner"] is None


async def test_an_account_that_goes_under_another_root_account_takes_its_users_out(lines: Api) -> None:
    await lines.put("/v1/accounts/east", {"parent": "acme"})
    await lines.put("/v1/users/eva", {"account": "east"})
    await lines.patch("/v1/ring-groups/rg", {"members": ["bob", "eva"]})
    await lines.put("/v1/lines/le", {"account": "east", "number": NUMBER})
    problem(await lines.patch("/v1/accounts/east", {"parent": "globex"}), 409, "conflict")
    await lines.delete("/v1/lines/le")
    assert (await lines.patch("/v1/accounts/east", {"parent": "globex"})).is_success
    assert (await lines.get("/v1/ring-groups/rg")).json()["members"] == ["bob"]


async def test_a_line_lets_go_of_a_ring_group_that_is_removed(lines: Api) -> None:
    assert (await lines.delete("/v1/ring-groups/rg")).status_code == 204
    assert (await lines.get("/v1/lines/l2")).json()["ring_group"] is None


async def test_what_an_account_had_goes_with_it(lines: Api) -> None:
    for path, body in (("lines/lw", {"number": NUMBER, "owner": "wes"}), ("ring-groups/rw", {"members": ["wes"]})):
        await lines.put(f"/v1/{path}", {"account": "west", **body})
    await lines.delete("/v1/users/wes")
    assert (await lines.delete("/v1/accounts/west")).status_code == 204
    for path in ("lines/lw", "ring-groups/rw", "contacts/cw"):
        problem(await lines.get(f"/v1/{path}"), 404, "not_found")


async def test_users_may_read_lines_and_groups_of_their_tree(lines: Api) -> None:
    ann, gus = lines.user("ann"), lines.user("gus")
    for path in ("lines/l2", "ring-groups/rg", "groups/sales"):
        assert (await lines.get(f"/v1/{path}", by=ann)).status_code == 200
        problem(await lines.get(f"/v1/{path}", by=gus), 404, "not_found")
        problem(await lines.patch(f"/v1/{path}", {}, by=ann), 403, "forbidden")
    assert [line["id"] for line in (await lines.get("/v1/lines", by=ann)).json()["items"]] == ["l1", "l2"]
    assert (await lines.get("/v1/lines", by=gus)).json()["items"] == []
