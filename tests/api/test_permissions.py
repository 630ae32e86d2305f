"""Who may do what: every credential and role, on their own, a child's and a foreign object, as one table."""

import pytest

from .calling import NOBODY, OPERATOR, Api, Caller

CALLERS = ("nobody", "operator", "producer", "events", "agent", "admin", "child", "stranger", "view")

# `child` is a key of the sub-account west, `stranger` an admin of another tenant, `view` olga acting as ann, `events` a
# key of acme with that scope alone; `-` would change what the next column asks about.
TABLE = """
                                             nobody operator producer events agent admin child stranger view
GET    /v1/accounts/acme                     401    200      200      403    403   200   404   404      403
GET    /v1/accounts/west                     401    200      200      403    403   200   200   404      403
GET    /v1/accounts/globex                   401    200      404      404    404   404   404   200      404
GET    /v1/accounts/none                     401    404      404      404    404   404   404   404      404
GET    /v1/accounts                          401    200      200      403    403   200   200   200      403
GET    /v1/accounts?account=west             401    200      200      403    403   200   200   404      403
GET    /v1/accounts?account=globex           401    200      404      404    404   404   404   200      404
GET    /v1/accounts?account=none             401    404      404      404    404   404   404   404      404
PUT    /v1/accounts/west      west           401    200      200      403    403   403   200   404      403
PUT    /v1/accounts/globex    root           401    200      404      404    404   404   404   403      403
PUT    /v1/accounts/new       root           401    200      404      404    404   404   404   404      403
PATCH  /v1/accounts/west      name           401    200      200      403    403   403   200   404      403
DELETE /v1/accounts/west                     401    409      409      403    403   403   409   404      403
GET    /v1/users/ann                         401    200      200      403    200   200   404   404      200
GET    /v1/users/bob                         401    200      200      403    403   200   404   404      403
GET    /v1/users/wes                         401    200      200      403    403   200   200   404      403
GET    /v1/users/gus                         401    200      404      404    404   404   404   200      404
GET    /v1/users/me                          401    404      404      404    200   200   404   200      200
GET    /v1/users                             401    200      200      403    403   200   200   200      403
GET    /v1/users?account=acme                401    200      200      403    403   200   404   404      403
GET    /v1/users?account=globex              401    200      404      404    404   404   404   200      404
GET    /v1/users?account=none                401    404      404      404    404   404   404   404      404
PUT    /v1/users/wes          in_west        401    200      200      403    403   403   200   404      403
PUT    /v1/users/gus          in_acme        401    -        409      403    404   404   422   403      403
PATCH  /v1/users/ann          name           401    200      200      403    403   403   404   404      403
DELETE /v1/users/wes                         401    -        -        403    403   403   -     404      403
GET    /v1/contacts/c7                       401    200      200      403    200   200   404   404      200
GET    /v1/contacts/cw                       401    200      200      403    200   200   200   404      200
GET    /v1/contacts/cg                       401    200      404      404    404   404   404   200      404
GET    /v1/contacts                          401    200      200      403    200   200   200   200      200
GET    /v1/contacts?account=globex           401    200      404      404    404   404   404   200      404
PUT    /v1/contacts/cw        in_west        401    200      200      403    403   403   200   403      403
PUT    /v1/contacts/c7        in_west        401    -        -        403    403   403   409   403      403
PATCH  /v1/contacts/c7        no_fields      401    200      200      403    403   403   404   404      403
DELETE /v1/contacts/cw                       401    -        -        403    403   403   -     404      403
GET    /v1/groups/sales                      401    200      200      403    200   200   404   404      200
GET    /v1/groups/gg                         401    200      404      404    404   404   404   200      404
GET    /v1/groups                            401    200      200      403    200   200   200   200      200
GET    /v1/groups?account=none               401    404      404      404    404   404   404   404      404
PUT    /v1/groups/sales       in_acme        401    200      200      403    403   403   422   403      403
DELETE /v1/groups/sales                      401    -        -        403    403   403   404   404      403
GET    /v1/keys                              401    200      200      403    403   403   200   403      403
GET    /v1/keys?account=globex               401    200      404      404    404   404   404   403      404
POST   /v1/keys               key            401    200      200      403    403   403   422   403      403
DELETE /v1/keys/none                         401    404      404      404    404   404   404   404      403
POST   /v1/directory                         401    200      200      403    403   403   200   403      403
POST   /v1/events             event          401    202      202      202    403   403   403   403      403
GET    /v1/deliveries                        401    200      200      200    200   200   200   200      200
GET    /v1/deliveries?user=ann               401    200      200      200    200   200   404   404      200
GET    /v1/deliveries?user=bob               401    200      200      200    403   200   404   404      403
GET    /v1/types                             401    200      200      200    200   200   200   200      200
GET    /v1/types?user=bob                    401    200      200      200    403   200   404   404      403
GET    /v1/users/ann/preferences             401    200      200      200    200   200   404   404      200
GET    /v1/users/me/preferences              401    404      404      404    200   200   404   200      200
GET    /v1/users/bob/preferences             401    200      200      200    403   200   404   404      403
PATCH  /v1/users/ann/preferences no_fields   401    200      200      200    200   403   404   404      403
PATCH  /v1/users/bob/preferences no_fields   401    200      200      200    403   403   404   404      403
GET    /v1/inbox                             401    422      422      422    200   200   422   200      200
GET    /v1/inbox?user=ann                    401    200      200      200    200   200   404   404      200
GET    /v1/inbox?user=bob                    401    200      200      200    403   200   404   404      403
GET    /v1/inbox?user=bob&account=none       401    404      404      404    404   404   404   404      404
POST   /v1/inbox/dismiss      mark           401    422      422      422    200   200   422   200      403
POST   /v1/inbox/read?user=ann    mark       401    200      200      200    200   403   404   404      403
POST   /v1/inbox/archive?user=bob mark       401    200      200      200    403   403   404   404      403
PUT    /v1/test/clock         clock          401    -        403      403    403   403   403   403      403
GET    /v1/test/outbox                       401    200      403      403    403   403   403   403      403
POST   /v1/test/settle                       401    200      403      403    403   403   403   403      403
GET    /v1/broadcasts/b1                     404    404      404      404    404   404   404   404      404
GET    /livez                                200    200      200      200    200   200   200   200      200
GET    /openapi.json                         200    200      200      200    200   200   200   200      200
GET    /asyncapi.json                        200    200      200      200    200   200   200   200      200
"""

BODIES = {
    "west": {"name": "West", "parent": "acme"},
    "root": {"name": "Root"},
    "name": {"name": "Renamed"},
    "in_west": {"account": "west"},
    "in_acme": {"account": "acme"},
    "no_fields": {},
    "key": {"account": "acme", "scopes": ["events"]},
    "event": {"type": "voicemails", "account": "acme"},
    "mark": {"ids": []},
    "clock": {"now": "2027-03-14T12:00:00-04:00"},
}


def rows() -> list[tuple[str, str, str | None, tuple[str, ...]]]:
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        words = line.split()
        body = words[2] if len(words) == len(CALLERS) + 3 else None
        found.append((words[0], words[1], body, tuple(words[-len(CALLERS) :])))
    return found


async def credentials(api: Api, producer: Caller) -> dict[str, Caller]:
    async def key(account: str, *scopes: str) -> Caller:
        made = await api.post("/v1/keys", {"account": account, "scopes": scopes})
        return Caller(made.json()["key"])

    return {
        "nobody": NOBODY,
        "operator": OPERATOR,
        "producer": producer,
        "events": await key("acme", "events"),
        "agent": api.user("ann"),
        "admin": api.user("olga"),
        "child": await key("west", "directory"),
        "stranger": api.user("gus"),
        "view": api.user("ann", actor="olga"),
    }


@pytest.mark.parametrize(("method", "path", "body", "expected"), rows(), ids=lambda value: str(value))
async def test_the_table(
    acme: Api, producer: Caller, method: str, path: str, body: str | None, expected: tuple[str, ...]
) -> None:
    callers = await credentials(acme, producer)
    got = []
    for name, wanted in zip(CALLERS, expected, strict=True):
        if wanted == "-":
            got.append("-")
            continue
        sent = BODIES[body] if body else None
        got.append(str((await acme.call(method, path, sent, by=callers[name])).status_code))
    assert dict(zip(CALLERS, got, strict=True)) == dict(zip(CALLERS, expected, strict=True))


async def test_a_view_writes_nothing_and_is_told_why(acme: Api) -> None:
    answer = await acme.post("/v1/inbox/read", {"ids": []}, by=acme.user("ann", actor="olga"))
    assert answer.json()["code"] == "log_in_as_view"


@pytest.mark.parametrize("change", [{"roles": ["agent"]}, {"active": False}, {"account": "west"}, None])
async def test_AMB_16_a_log_in_as_session_ends_when_its_actor_loses_the_right(
    acme: Api, change: dict[str, object] | None
) -> None:
    view = acme.user("ann", actor="olga")
    assert (await acme.get("/v1/users/me", by=view)).json()["id"] == "ann"
    changed = await acme.patch("/v1/users/olga", change) if change else await acme.delete("/v1/users/olga")
    assert changed.is_success
    assert (await acme.get("/v1/users/me", by=view)).status_code == 401


async def test_a_log_in_as_session_into_another_tenant_is_refused(acme: Api) -> None:
    assert (await acme.get("/v1/users/me", by=acme.user("ann", actor="gus"))).status_code == 401


async def test_roles_come_from_the_directory_at_once(acme: Api) -> None:
    ann = acme.user("ann")
    assert (await acme.get("/v1/users/bob", by=ann)).status_code == 403
    await acme.patch("/v1/users/ann", {"roles": ["admin"]})
    assert (await acme.get("/v1/users/bob", by=ann)).status_code == 200


async def test_a_revoked_key_is_refused_at_once(acme: Api, producer: Caller) -> None:
    (key,) = (await acme.get("/v1/keys")).json()["items"]
    assert set(key) == {"id", "account", "scopes"}
    assert (await acme.delete(f"/v1/keys/{key['id']}")).status_code == 204
    assert (await acme.get("/v1/groups", by=producer)).status_code == 401
    assert (await acme.delete(f"/v1/keys/{key['id']}")).status_code == 404


async def test_a_key_makes_no_key_that_may_do_more_than_itself(acme: Api) -> None:
    made = await acme.post("/v1/keys", {"account": "acme", "scopes": ["directory"]})
    key = Caller(made.json()["key"])
    assert (await acme.post("/v1/keys", {"account": "west", "scopes": ["directory"]}, by=key)).status_code == 200
    assert (await acme.post("/v1/keys", {"account": "west", "scopes": ["events"]}, by=key)).status_code == 403
    assert (await acme.post("/v1/keys", {"account": "globex", "scopes": ["directory"]}, by=key)).status_code == 422
