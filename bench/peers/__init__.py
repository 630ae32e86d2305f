"""The servers compared. Each module has `run(store, users)`: a context that yields a `Running` peer.

hub.py               the product: `hub serve`, the gateway alone on the servers' core
uws/                 uWebSockets.js (C++ under node), as a good user of it would write this gateway
starlette_naive.py   Starlette on uvicorn, `send_text` in a loop: where most people start
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from bench.peers import hub, starlette_naive, uws
from bench.peers.running import Running
from bench.store import Store

RUN: dict[str, Callable[[Store, Sequence[str]], AbstractContextManager[Running]]] = {
    "hub": hub.run,
    "uws": uws.run,
    "starlette": starlette_naive.run,
}
REFERENCE = "uws"

__all__ = ["REFERENCE", "RUN", "Running"]
