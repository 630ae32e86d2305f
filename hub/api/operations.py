"""What an operator's machines ask: is it alive, may it get traffic, what does it count."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request

from hub.api.answers import StatusAnswer
from hub.api.call import Answer
from hub.api.needs import Hub
from hub.api.problem import RETRY_AFTER, Problem
from hub.api.route import OpenRoute
from hub.metrics import exposition


async def livez(hub: Hub, request: Request) -> Answer:
    """Answer as long as the process can."""
    return Answer({"status": "alive"})


async def readyz(hub: Hub, request: Request) -> Answer:
    """Answer 200 while the hub should get traffic, else 503."""
    if await hub.ready():
        return Answer({"status": "ready"})
    raise Problem("unavailable", "This hub is not ready for traffic.", headers={"Retry-After": RETRY_AFTER})


async def metrics(hub: Hub, request: Request) -> Answer:
    """Show all counters in the text format of Prometheus."""
    return Answer(exposition(), media_type=CONTENT_TYPE_LATEST)


ROUTES = [
    OpenRoute("/livez", livez, "Tell whether the process lives", answer=StatusAnswer),
    OpenRoute("/readyz", readyz, "Tell whether the hub should get traffic", answer=StatusAnswer),
    OpenRoute("/metrics", metrics, "Read the metrics (Prometheus)", media_type="text/plain"),
]
