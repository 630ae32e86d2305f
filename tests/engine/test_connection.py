"""Joined calls, durability, and a store that is away."""

import asyncio

import pytest

from hub.engine.connection import Store, Unavailable, Unsuitable, choose_barrier


async def test_calls_of_one_tick_travel_together_and_answers_do_not_cross(store: Store) -> None:
    await asyncio.gather(*(store.command("SET", f"{store.keys.prefix}:{n}", n) for n in range(1000)))
    answers = await asyncio.gather(*(store.command("GET", f"{store.keys.prefix}:{n}") for n in range(1000)))
    assert [int(answer) for answer in answers] == list(range(1000))


async def test_cancelled_callers_leave_the_others_their_own_answers(store: Store) -> None:
    """redis-py handed a cancelled caller's reply to the next one (redis-py#2624); no caller holds a connection here."""
    for n in range(200):
        task = asyncio.create_task(store.command("ECHO", f"mine-{n}"))
        other = asyncio.create_task(store.command("ECHO", f"other-{n}"))
        await asyncio.sleep(0)
        task.cancel()
        assert await other == f"other-{n}".encode()


async def test_a_command_the_store_refuses_fails_alone(store: Store) -> None:
    good, bad = store.command("PING"), store.command("LPUSH", "x")
    results = await asyncio.gather(good, bad, return_exceptions=True)
    assert results[0] == b"PONG"
    assert isinstance(results[1], Exception)


async def test_functions_dropped_by_the_store_are_loaded_again(store: Store) -> None:
    await store.redis.execute_command("FUNCTION", "FLUSH")
    assert await store.call("tails", []) == []


async def test_a_store_that_is_not_there_is_unavailable(tmp_path: object) -> None:
    away = Store("unix:///nowhere/at/all.sock")
    with pytest.raises(Unavailable):
        await away.open()
    with pytest.raises(Unavailable):
        await away.command("PING")
    assert not await away.ping()
    await away.close()


async def test_less_than_disk_is_refused_unless_asked_for(store: Store) -> None:
    await store.redis.config_set("appendonly", "no")
    try:
        with pytest.raises(Unsuitable, match="append-only"):
            await choose_barrier(store.redis, "disk")
        assert await choose_barrier(store.redis, "process") == ()
    finally:
        await store.redis.config_set("appendonly", "yes")


async def test_everysec_takes_a_barrier_or_is_refused(store: Store, server_url: str) -> None:
    await store.redis.config_set("appendfsync", "everysec")
    try:
        if "valkey_version" in await store.redis.info("server"):
            assert await choose_barrier(store.redis, "disk") == (("WAITAOF", 1, 0, 3000),)
        else:
            with pytest.raises(Unsuitable, match="WAITAOF"):
                await choose_barrier(store.redis, "disk")
    finally:
        await store.redis.config_set("appendfsync", "always")


async def test_a_barrier_that_is_not_confirmed_is_unavailable(store: Store) -> None:
    """No replica is there, so nothing is acknowledged under HUB_DURABILITY=replica."""
    waiting = Store(store.url, store.keys.prefix, "replica")
    waiting._barrier = (("WAIT", 1, 50),)
    with pytest.raises(Unavailable, match="WAIT"):
        await waiting.command("SET", f"{store.keys.prefix}:x", 1)
    await waiting.close()


async def test_libraries_of_old_versions_are_dropped_and_ours_stays(store: Store) -> None:
    for n in range(4):
        name = f"hub_old{n}_{store.keys.prefix}"
        source = f"#!lua name={name}\nredis.register_function('{name}_f', function() return 1 end)"
        await store.redis.execute_command("FUNCTION", "LOAD", source)
        await store.redis.zadd(store.keys.work("libraries"), {name: n})
    await store.open()
    left = str(await store.redis.execute_command("FUNCTION", "LIST", "LIBRARYNAME", f"hub_old*_{store.keys.prefix}"))
    assert [f"hub_old{n}_" in left for n in range(4)] == [False, False, True, True]
    assert await store.call("tails", []) == []


async def test_what_cannot_be_encoded_fails_alone_and_nobody_waits_for_ever(store: Store) -> None:
    good, bad = store.command("PING"), store.command("GET", "\ud800")
    results = await asyncio.wait_for(asyncio.gather(good, bad, return_exceptions=True), 10)
    assert results[0] == b"PONG"
    assert isinstance(results[1], UnicodeEncodeError)


async def test_a_fault_while_loading_answers_every_call(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.redis.execute_command("FUNCTION", "FLUSH")

    async def fail() -> None:
        raise RuntimeError("no library")

    monkeypatch.setattr(store, "_load", fail)
    calls = [store.call("tails", []) for _ in range(3)]
    results = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 10)
    assert [type(result) for result in results] == [RuntimeError] * 3


async def test_a_store_that_is_full_is_unavailable_and_not_a_fault_of_ours(store: Store) -> None:
    await store.redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(Unavailable, match="refuses"):
            await store.command("SET", f"{store.keys.prefix}:x", 1)
    finally:
        await store.redis.config_set("maxmemory", 0)


def test_a_password_is_never_shown() -> None:
    for url in ("redis://hub:S3cret@127.0.0.1:6379/0", "redis://127.0.0.1:6379/0?password=S3cret"):
        store = Store(url)
        assert "S3cret" not in f"{store!r}{store.place}"
