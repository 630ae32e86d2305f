"""Every refusal: its status, its code, the fields it names."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from .calling import NOBODY, SECRET, Api, ApiHub, Caller, fields, problem

EVENT = {"type": "voicemails", "account": "acme"}
BAD_FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("/v1/accounts/a", {"names": "x"}, "unknown_field", "names"),
    ("/v1/accounts/a", {"time_zone": "Mars/Olympus"}, "invalid", "time_zone"),
    ("/v1/accounts/a", {"status": "asleep"}, "invalid", "status"),
    ("/v1/accounts/a", {"retention_days": "90"}, "invalid", "retention_days"),
    ("/v1/accounts/a", {"retention_days": 0}, "invalid", "retention_days"),
    ("/v1/accounts/a", {"name": None}, "invalid", "name"),
    ("/v1/accounts/a", {"name": "x" * 201}, "invalid", "name"),
    ("/v1/accounts/a", {"id": "b"}, "invalid", "id"),
    ("/v1/accounts/a", {"parent": "none"}, "unknown_reference", "parent"),
    ("/v1/accounts/a", {"owner": "none"}, "unknown_reference", "owner"),
    ("/v1/accounts/me", {}, "invalid", "id"),
    ("/v1/accounts/a%20b", {}, "invalid", "id"),
    ("/v1/accounts/" + "a" * 129, {}, "invalid", "id"),
    ("/v1/accounts/a", {"add_ons": ["rollup", "turbo"]}, "invalid", "add_ons[1]"),
    ("/v1/accounts/a", {"features": ["smtp"]}, "invalid", "features[0]"),
    ("/v1/users/u", {"account": "acme", "features": ["smtp", "dispatch"]}, "invalid", "features[1]"),
    ("/v1/users/u", {}, "invalid", "account"),
    ("/v1/users/u", {"account": "acme", "email": "nobody"}, "invalid", "email"),
    ("/v1/users/u", {"account": "acme", "roles": ["agent", "king"]}, "invalid", "roles[1]"),
    ("/v1/users/u", {"account": "acme", "active": "yes"}, "invalid", "active"),
    ("/v1/users/u", {"account": "acme", "backup_number": "0155"}, "invalid", "backup_number"),
    ("/v1/users/u", {"account": "none"}, "unknown_reference", "account"),
    ("/v1/users/me", {"account": "acme"}, "invalid", "id"),
    ("/v1/contacts/c", {"account": "acme", "numbers": ["+15550100999", "12"]}, "invalid", "numbers[1]"),
    ("/v1/contacts/c", {"account": "acme", "assigned_user": "none"}, "unknown_reference", "assigned_user"),
    ("/v1/contacts/c", {"account": "acme", "assigned_user": "gus"}, "unknown_reference", "assigned_user"),
    ("/v1/groups/g", {"account": "acme", "members": ["ann", "none"]}, "unknown_reference", "members[1]"),
    ("/v1/test/clock", {"now": "2027-03-14T12:00:00"}, "invalid", "now"),
    ("/v1/test/clock", {"now": "2027-02-30T12:00:00Z"}, "invalid", "now"),
    ("/v1/test/clock", {"now": "2027-03-14"}, "invalid", "now"),
    ("/v1/test/clock", {"now": "0001-01-01T00:00:00+14:00"}, "invalid", "now"),
]
BAD_LINKS = [
    *("https://", "https:///path", "http://:80/", "http://user@/", "https://crm.example:port/", "https:crm.example"),
    *("https://crm.example/a b", " https://crm.example", "https://crm.example\n", "https://crm.\texample"),
    *("https://crm.example/\x00", "https://crm.example/\x7f", "https://crm.example/\xa0", "https://crm.example/\u2028"),
    *("java\nscript:alert(1)", "mailto:eve @acme.example", "mailto:"),
]
BAD_EVENTS: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "nothing"}, "unknown_type", "type"),
    ({"account": "none"}, "unknown_reference", "account"),
    ({"contact": "none"}, "unknown_reference", "contact"),
    ({"contact": "cg"}, "unknown_reference", "contact"),
    ({"line": "l1"}, "unknown_reference", "line"),
    ({"type": "mention", "users": ["ann", "none"]}, "unknown_reference", "users[1]"),
    ({"type": "mention"}, "invalid", "users"),
    ({"type": "call_incoming"}, "invalid", "line"),
    ({"type": "duplicate_client"}, "invalid", "original_contact"),
    ({"type": "duplicate_client", "original_contact": "none"}, "unknown_reference", "original_contact"),
    ({"type": "bulk_released", "contacts": ["c7", "none"]}, "unknown_reference", "contacts[1]"),
    ({"type": "single_released", "data": {"from_account": "none"}}, "unknown_reference", "data.from_account"),
    ({"subject": "x"}, "unknown_field", "subject"),
    ({"id": "no spaces"}, "invalid", "id"),
    ({"origin": "dream"}, "invalid", "origin"),
    ({"url": "javascript:alert(1)"}, "invalid", "url"),
    *(({"url": url}, "invalid", "url") for url in BAD_LINKS),
    ({"title": "x" * 501}, "invalid", "title"),
    ({"body": "x" * 10_001}, "invalid", "body"),
    ({"data": {"x": "y" * 16_400}}, "invalid", "data"),
    ({"data": []}, "invalid", "data"),
    ({"data": {"n": 2**64}}, "invalid", "data.n"),
    ({"data": {"list": [1, {"n": -(2**63) - 1}]}}, "invalid", "data.list[1].n"),
    ({"data": {"n": 10**300}}, "invalid", "data.n"),
    ({"occurred_at": "2026-11-23T10:00:00"}, "invalid", "occurred_at"),
    ({"occurred_at": "yesterday"}, "invalid", "occurred_at"),
    ({"users": "ann"}, "invalid", "users"),
]


@pytest.mark.parametrize(("path", "body", "code", "field"), BAD_FIELDS, ids=lambda value: str(value)[:60])
async def test_a_bad_field_is_named(acme: Api, path: str, body: dict[str, Any], code: str, field: str) -> None:
    assert fields(problem(await acme.put(path, body), 422, code)) == [field]


@pytest.mark.parametrize(("change", "code", "field"), BAD_EVENTS, ids=lambda value: str(value)[:60])
async def test_a_bad_event_is_refused(acme: Api, change: dict[str, Any], code: str, field: str) -> None:
    assert fields(problem(await acme.post("/v1/events", {**EVENT, **change}), 422, code)) == [field]


async def test_numbers_that_fit_into_64_bits_come_back_as_they_were(acme: Api) -> None:
    data = {"most": 2**64 - 1, "least": -(2**63), "digits": "9" * 40, "part": 0.12345678901234567890123}
    await acme.event(data=data)
    assert (await acme.get("/v1/inbox?user=ann")).json()["items"][0]["data"] == data


async def test_a_number_that_is_too_long_spoils_no_other_event_of_a_bulk(acme: Api) -> None:
    answer = await acme.post("/v1/events", [EVENT, {**EVENT, "data": {"n": 2**64}}])
    good, bad = answer.json()["results"]
    assert (good["status"], bad["status"], fields(bad["body"])) == (202, 422, ["data.n"])


async def test_all_wrong_fields_are_named_and_a_strange_one_decides_the_code(acme: Api) -> None:
    answer = await acme.put("/v1/contacts/c", {"account": "acme", "numbers": ["x"], "email": 5, "nickname": "E"})
    document = problem(answer, 422, "unknown_field")
    assert sorted(fields(document)) == ["email", "nickname", "numbers[0]"]
    assert "and 2 more" in document["detail"]


@pytest.mark.parametrize(
    ("path", "patch", "field"),
    [
        ("users/ann", {"nickname": None}, "nickname"),
        ("users/ann", {"": None}, ""),
        ("contacts/c7", {"ok_to_sms": True, "consent": {"basis": "form", "witness": None}}, "consent.witness"),
    ],
)
async def test_a_field_that_does_not_exist_cannot_be_taken_away_either(
    acme: Api, path: str, patch: dict[str, Any], field: str
) -> None:
    assert fields(problem(await acme.patch(f"/v1/{path}", patch), 422, "unknown_field")) == [field]


async def test_what_is_not_there_may_be_taken_away(acme: Api) -> None:
    assert (await acme.patch("/v1/contacts/c7", {"consent": None, "email": None})).status_code == 200
    given = {"ok_to_sms": True, "consent": {"basis": "form", "by": None}}
    assert (await acme.patch("/v1/contacts/c7", given)).status_code == 200


async def test_a_reference_names_what_is_missing(acme: Api) -> None:
    document = problem(await acme.event(contact="c99"), 422, "unknown_reference")
    assert "c99" in document["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1", b"null", b'"text"', b"7", b'{"a": NaN}', b'\xff{"a":1}'])
async def test_what_is_no_json_object_is_refused(acme: Api, content: bytes) -> None:
    problem(await acme.call("PUT", "/v1/accounts/a", content=content), 422, "invalid")
    problem(await acme.call("PATCH", "/v1/accounts/acme", content=content), 422, "invalid")
    problem(await acme.call("POST", "/v1/events", content=content), 422, "invalid")


@pytest.mark.parametrize("depth", [300, 900, 100_000])
async def test_what_is_nested_too_deep_is_refused(acme: Api, depth: int) -> None:
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    event = b'{"type": "voicemails", "account": "acme", "data": ' + nested + b"}"
    for key in (None, "k"):
        answer = await acme.call("POST", "/v1/events", content=event, key=key)
        assert answer.json()["code"] in ("invalid", "too_large")
    answer = await acme.call("PATCH", "/v1/users/ann/preferences", content=nested)
    assert answer.status_code in (413, 422)


async def test_the_content_type_does_not_matter(acme: Api) -> None:
    sent = {"content": b'{"name": "A"}', "headers": {"Content-Type": "text/plain"}}
    assert (await acme.call("PUT", "/v1/accounts/a", **sent)).status_code == 200


@pytest.mark.parametrize(
    "credential",
    [b"nonsense", b"hubk_unknown", b"a.b.c", b"operator-key-of-the-api-tests2", b"\xe9\xe9", b"hubk_\xe9"],
)
async def test_a_credential_that_is_not_accepted(acme: Api, credential: bytes) -> None:
    answer = await acme.get("/v1/groups", by=NOBODY, headers={"Authorization": b"Bearer " + credential})
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic b3BlcmF0b3I=", "operator-key-of-the-api-tests"])
async def test_no_credential_at_all(acme: Api, header: str) -> None:
    problem(await acme.get("/v1/groups", by=NOBODY, headers={"Authorization": header}), 401, "unauthenticated")


async def test_tokens_of_nobody_and_of_the_inactive(acme: Api) -> None:
    problem(await acme.get("/v1/inbox", by=acme.user("nobody")), 401, "unauthenticated")
    await acme.patch("/v1/users/ann", {"active": False})
    problem(await acme.get("/v1/inbox", by=acme.user("ann")), 401, "unauthenticated")


async def test_a_token_by_the_shared_secret_until_it_expires(acme: Api) -> None:
    now = acme.hub.clock.now()
    token = Caller(jwt.encode({"sub": "ann", "exp": now + 100}, SECRET, "HS256"))
    assert (await acme.get("/v1/users/me", by=token)).status_code == 200
    await acme.put("/v1/test/clock", {"now": "2100-01-01T00:00:00Z"})
    problem(await acme.get("/v1/users/me", by=token), 401, "unauthenticated")


async def test_unknown_paths_and_methods(acme: Api) -> None:
    problem(await acme.get("/v1/nothing"), 404, "not_found")
    problem(await acme.post("/v1/nothing", {"message": "x"}), 404, "not_found")
    answer = await acme.post("/v1/accounts/acme", {})
    problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) >= {"GET", "PUT", "PATCH", "DELETE"}


async def test_a_body_over_the_limit_is_refused_announced_or_not(acme: Api) -> None:
    large = b'{"name": "' + b"x" * 262_144 + b'"}'
    problem(await acme.call("PUT", "/v1/accounts/a", content=large), 413, "too_large")
    problem(await acme.call("POST", "/v1/events", content=large), 413, "too_large")
    bulk = b"[" + b" " * 1_048_576 + b"]"
    problem(await acme.call("POST", "/v1/events", content=bulk), 413, "too_large")

    async def pieces() -> Any:
        for _ in range(3):
            yield b" " * 100_000

    problem(await acme.call("PUT", "/v1/accounts/a", content=pieces()), 413, "too_large")  # type: ignore[arg-type]


async def test_a_store_that_does_not_answer_is_503_and_accepts_nothing() -> None:
    hub = ApiHub("unix:///nowhere/socket", "t", {})
    async with Api(hub) as api:
        answer = await api.put("/v1/accounts/acme", {})
        problem(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert (await api.get("/livez")).status_code == 200
        problem(await api.get("/readyz"), 503, "unavailable")
    await hub.store.close()


async def test_a_fault_of_ours_is_500_without_detail(acme: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(acme.hub.directory, "tree", broken)
    answer = await acme.get("/v1/groups")
    problem(answer, 500, "internal")
    assert "hunter2" not in answer.text


async def test_test_mode_is_off_unless_turned_on(make_hub: Callable[..., Any]) -> None:
    async with Api(await make_hub()) as api:
        for method, path in (("PUT", "clock"), ("POST", "clock/advance"), ("POST", "settle"), ("GET", "outbox")):
            problem(await api.call(method, f"/v1/test/{path}", {}), 404, "not_found")
