"""How long a tab may wait for the bus."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from hub.engine.connection import Unavailable
from hub.engine.doorbells import Doorbells

LISTEN_SECONDS = 10.0  # for the bus to confirm channels; then the tab is sent away with 4007


async def listen(bells: Doorbells, channels: Collection[str]) -> None:
    """Subscribe channels and wait until they are confirmed; raise Unavailable when the bus stays away."""
    try:
        await asyncio.wait_for(bells.subscribe(channels), LISTEN_SECONDS)
    except TimeoutError as error:
        bells.release(channels)
        raise Unavailable("the bus does not confirm channels") from error
