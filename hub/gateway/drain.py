"""A shutdown that tabs do not all answer at once: they go in batches, each with a window to come back in."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection

from hub.core import frames
from hub.core.wire import CloseCode
from hub.gateway.tab import Tab

BATCH_SECONDS = 0.1
SHORTEST_MS = 100
LEAST_WINDOW_MS = 1_000
LONGEST_WINDOW_MS = 20_000
WINDOW_MS_PER_TAB = 2  # the next gateway seats some 500 tabs a second


async def drain(tabs: Collection[Tab], seconds: float) -> None:
    """Close all tabs with 4000 within `seconds`, after a `bye` that says when to come back."""
    waiting = list(tabs)
    window = min(LONGEST_WINDOW_MS, max(LEAST_WINDOW_MS, WINDOW_MS_PER_TAB * len(waiting)))
    farewell = frames.bye(CloseCode.DRAINING, SHORTEST_MS, SHORTEST_MS + window)
    batches = max(1, int(seconds / BATCH_SECONDS))
    size = max(1, math.ceil(len(waiting) / batches))
    for start in range(0, len(waiting), size):
        if start:
            await asyncio.sleep(BATCH_SECONDS)
        for tab in waiting[start : start + size]:
            tab.end(CloseCode.DRAINING, farewell)
