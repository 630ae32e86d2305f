"""Plain Starlette on uvicorn: `await websocket.send_text(…)` for one tab after the other.

Where most people start, with every choice made kindly: uvloop, httptools, uvicorn's faster sans-I/O WebSocket
protocol, no compression, and the shared part of an entry encoded once per message.
"""

from __future__ import annotations

import json
import os
import sys
from asyncio import create_task
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import msgpack
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bench.peers.running import Running, server
from bench.store import HOST, Store, free_port
from bench.tab import Greeting

CHANNEL = "starlette:{bench}:t:client_update"
OPTIONS = ("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
tabs: dict[str, WebSocket] = {}


@contextmanager
def run(store: Store, users: Sequence[str]) -> Iterator[Running]:
    """Run this module's `app` under uvicorn."""
    port = free_port()
    place = f"{__name__}:app"
    command = [sys.executable, "-m", "uvicorn", place, *OPTIONS, "--port", str(port), "--log-level", "warning"]
    with server(command, port, {"BENCH_STORE_PORT": str(store.port)}) as process:
        yield Running("starlette", port, [process.pid], CHANNEL, [Greeting(f"/ws?u={user}") for user in users])


async def connected(websocket: WebSocket) -> None:
    """Hold one tab until it leaves."""
    await websocket.accept()
    user = websocket.query_params["u"]
    tabs[user] = websocket
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        tabs.pop(user, None)


async def fan_out(payload: bytes) -> None:
    """Send each user of one bus message a frame of their own."""
    message = msgpack.unpackb(payload)
    body, _, reasons = message["record"].partition("\n")
    opening = f'{{"id":"{message["base"]}-'
    endings = {
        code: f'","state":"unread","reason":{json.dumps(sentence)},{body[1:]}}}'
        for code, sentence in json.loads(reasons).items()
    }
    for user, index, seq, unread, tab, _, code in message["users"]:
        if websocket := tabs.get(user):
            entry = f"{opening}{index}{endings[code]}"
            popup = "true" if tab else "false"
            await websocket.send_text(f'{{"op":"notify","seq":{seq},"popup":{popup},"unread":{unread},"entry":{entry}')


async def listen(store: Redis) -> None:
    """Fan out what comes on the channel, message after message."""
    bell = store.pubsub()
    await bell.ssubscribe(CHANNEL)
    async for message in bell.listen():
        if message["type"] == "smessage":
            await fan_out(message["data"])


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Listen while the server runs."""
    store = Redis(host=HOST, port=int(os.environ["BENCH_STORE_PORT"]))
    listening = create_task(listen(store))
    yield
    listening.cancel()
    await store.aclose()


app = Starlette(routes=[WebSocketRoute("/ws", connected)], lifespan=lifespan)
