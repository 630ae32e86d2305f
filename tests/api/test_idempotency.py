"""One answer per Idempotency-Key, and one event per id (protocol.md 3)."""

import asyncio
from typing import Any

import pytest

from hub.api.sealing import Seal
from tests.engine.conftest import everything, naming

from .calling import Api, Caller, problem

EVENT = {"type": "voicemails", "account": "acme", "contact": "c7"}


def replayed(answer: Any) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


async def unread(api: Api, user: str = "ann") -> int:
    count: int = (await api.get("/v1/inbox", by=api.user(user))).json()["unread"]
    return count


async def test_the_same_request_again_is_answered_the_same_and_done_once(acme: Api) -> None:
    first = await acme.post("/v1/events", EVENT, key="e1")
    again = await acme.post("/v1/events", dict(reversed(EVENT.items())), key="e1")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (replayed(first), replayed(again)) == (False, True)
    assert await unread(acme) == 1


async def test_every_post_takes_a_key(acme: Api) -> None:
    body = {"account": "acme", "scopes": ["events"]}
    first = await acme.post("/v1/keys", body, key="k")
    again = await acme.post("/v1/keys", body, key="k")
    assert first.json() == again.json()
    assert len((await acme.get("/v1/keys")).json()["items"]) == 1
    loaded = await acme.call("POST", "/v1/directory", content=b'{"kind":"group","id":"g","account":"acme"}\n', key="d")
    assert (loaded.status_code, loaded.json()["stored"]) == (200, 1)
    marked = await acme.post("/v1/inbox/read", {"ids": []}, key="m", by=acme.user("ann"))
    assert replayed(await acme.post("/v1/inbox/read", {"ids": []}, key="m", by=acme.user("ann")))
    assert marked.json() == {"changed": [], "unknown": [], "unread": 0}


async def test_another_body_or_another_path_under_the_key_is_refused(acme: Api) -> None:
    await acme.post("/v1/events", EVENT, key="e1")
    problem(await acme.post("/v1/events", {**EVENT, "title": "Other"}, key="e1"), 422, "idempotency_key_reused")
    body = {"account": "acme", "scopes": ["events"]}
    problem(await acme.post("/v1/keys", body, key="e1"), 422, "idempotency_key_reused")


async def test_keys_are_kept_per_credential(acme: Api, producer: Caller) -> None:
    await acme.post("/v1/events", EVENT, key="e1")
    other = await acme.post("/v1/events", {**EVENT, "title": "Other"}, key="e1", by=producer)
    assert (other.status_code, replayed(other)) == (202, False)
    assert await unread(acme) == 2


async def test_a_refused_request_leaves_its_key_free(acme: Api) -> None:
    problem(await acme.post("/v1/events", {**EVENT, "contact": "c99"}, key="e1"), 422, "unknown_reference")
    corrected = await acme.post("/v1/events", EVENT, key="e1")
    assert (corrected.status_code, replayed(corrected)) == (202, False)


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_is_1_to_255_characters(acme: Api, key: str) -> None:
    problem(await acme.post("/v1/events", EVENT, key=key), 422, "invalid")
    assert (await acme.post("/v1/events", EVENT, key="k" * 255)).status_code == 202


async def test_of_many_at_once_one_is_done(acme: Api) -> None:
    answers = await asyncio.gather(*(acme.post("/v1/events", EVENT, key="e1") for _ in range(20)))
    done = [answer for answer in answers if answer.status_code == 202]
    assert len({answer.content for answer in done}) == 1
    for answer in answers:
        if answer.status_code != 202:
            problem(answer, 409, "in_progress")
    assert sum(not replayed(answer) for answer in done) == 1
    assert await unread(acme) == 1


async def test_an_event_id_is_one_event_whoever_sends_it_again(acme: Api, producer: Caller) -> None:
    event = {**EVENT, "id": "evt-1"}
    first = await acme.post("/v1/events", event)
    again = await acme.post("/v1/events", event, by=producer, key="another-key")
    assert first.json() == again.json() == {"id": "evt-1", "status": "accepted", "recipients": 4}
    assert (replayed(first), replayed(again)) == (False, True)
    assert await unread(acme) == 1


async def test_another_body_under_an_event_id_is_refused(acme: Api) -> None:
    await acme.post("/v1/events", {**EVENT, "id": "evt-1"})
    answer = await acme.post("/v1/events", {**EVENT, "id": "evt-1", "title": "Other"})
    problem(answer, 422, "idempotency_key_reused")
    elsewhere = await acme.post("/v1/events", {"type": "voicemails", "account": "globex", "id": "evt-1"})
    assert elsewhere.status_code == 202


async def test_an_event_id_holds_even_when_what_it_named_is_gone(acme: Api) -> None:
    first = await acme.post("/v1/events", {**EVENT, "id": "evt-1"})
    await acme.delete("/v1/contacts/c7")
    again = await acme.post("/v1/events", {**EVENT, "id": "evt-1"})
    assert (again.json(), replayed(again)) == (first.json(), True)


async def test_a_dropped_event_is_remembered_too(acme: Api) -> None:
    event = {"type": "new_lead", "account": "acme", "id": "evt-1", "origin": "manual"}
    first = await acme.post("/v1/events", event)
    assert first.json() == {"id": "evt-1", "status": "dropped", "reason": "origin_manual", "recipients": 0}
    assert replayed(await acme.post("/v1/events", event))
    problem(await acme.post("/v1/events", {**event, "origin": "api"}), 422, "idempotency_key_reused")


async def test_one_id_sent_by_many_at_once_is_one_event(acme: Api) -> None:
    event = {**EVENT, "id": "evt-1"}
    answers = await asyncio.gather(*(acme.post("/v1/events", event) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert await unread(acme) == 1


async def test_a_request_that_a_crash_cut_off_is_resumed_not_repeated(acme: Api) -> None:
    """The key's lease was lost with the process; what it had stored is found by the id derived from the key."""
    first = await acme.post("/v1/events", [EVENT, EVENT], key="bulk")
    await acme.hub.store.command("DEL", acme.hub.store.keys.idempotency("operator", "bulk"))
    again = await acme.post("/v1/events", [EVENT, EVENT], key="bulk")
    assert not replayed(again)
    assert first.json() == again.json()
    assert await unread(acme) == 2


async def test_a_secret_that_is_shown_once_is_not_in_the_store(acme: Api) -> None:
    body = {"account": "acme", "scopes": ["events"]}
    made = await acme.post("/v1/keys", body, key="k1")
    looked = await acme.post("/v1/log-in-as", {"user": "ann"}, by=acme.user("olga"), key="k2")
    assert (made.status_code, looked.status_code) == (200, 200)
    kept = await everything(acme.hub.store)
    assert not naming(kept, made.json()["key"])
    assert not naming(kept, looked.json()["token"])
    again = await acme.post("/v1/keys", body, key="k1")
    assert (again.json(), replayed(again)) == (made.json(), True)


async def test_a_secret_is_shown_again_to_the_very_token_alone_that_asked_for_it(acme: Api) -> None:
    olga = acme.user("olga")
    first = await acme.post("/v1/log-in-as", {"user": "ann"}, by=olga, key="k")
    again = await acme.post("/v1/log-in-as", {"user": "ann"}, by=olga, key="k")
    assert (again.json(), replayed(again)) == (first.json(), True)
    other = Caller(acme.hub.identity.mint("olga", 1800))
    assert other != olga
    problem(await acme.post("/v1/log-in-as", {"user": "ann"}, by=other, key="k"), 422, "idempotency_key_reused")


def test_what_is_sealed_opens_with_the_same_credential_and_key_alone() -> None:
    seal = Seal("Bearer one")
    kept = seal.close("k", b"secret")
    assert b"secret" not in kept
    assert kept != seal.close("k", b"secret")
    assert seal.open("k", kept) == Seal("bearer  one ").open("k", kept) == b"secret"
    assert Seal("Bearer two").open("k", kept) is seal.open("j", kept) is None
    assert seal.open("k", b'{"kept": "by an older hub"}') == b'{"kept": "by an older hub"}'
    assert "one" not in repr(seal)
