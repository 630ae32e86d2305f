"""A store and hubs of the test's own, ended when it is over."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from hub.engine.server_program import find_server

from .processes import SECRET, HubProcess, StoreProcess, Tab

StartHub = Callable[..., HubProcess]


@pytest.fixture
def outside_store() -> Iterator[StoreProcess]:
    store = StoreProcess(str(find_server()))
    store.start()
    yield store
    store.stop()


@pytest.fixture
def start_hub(tmp_path: Path) -> Iterator[Callable[..., HubProcess]]:
    """Start hubs; with a store they share it, without one each brings its own."""
    hubs: list[HubProcess] = []

    def start(*arguments: str, store: StoreProcess | None = None, data: str = "data", **settings: str) -> HubProcess:
        chosen = {"HUB_JWT_SECRET": SECRET, "HUB_DRAIN_SECONDS": "1", **settings}
        if store:
            chosen["HUB_REDIS_URL"] = store.url
        hub = HubProcess(tmp_path / data, *arguments, **chosen)
        hubs.append(hub)
        return hub.start()

    yield start
    for hub in hubs:
        hub.bury()


@pytest_asyncio.fixture(autouse=True)
async def closed_tabs() -> AsyncIterator[None]:
    """Leave no tab open when the test is over."""
    yield
    while Tab.open_ones:
        await Tab.open_ones.pop().close()
