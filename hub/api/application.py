"""The whole route table, as the composition root mounts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from hub.api import (
    accounts,
    asyncapi,
    audit,
    broadcasts,
    contacts,
    defaults,
    deliveries,
    directory,
    events,
    groups,
    inbound,
    inbox,
    keys,
    line_opt_ins,
    lines,
    log_in_as,
    notifications,
    operations,
    preferences,
    retailcrm,
    retries,
    ring_groups,
    rollup,
    samples,
    system_notices,
    testing,
    types,
    unsubscribe,
    users,
    webhooks,
)
from hub.api.call import Answer
from hub.api.needs import Hub
from hub.api.openapi import document
from hub.api.problem import EXCEPTION_HANDLERS
from hub.api.route import OpenRoute, Row, endpoints

TABLE: Sequence[Row] = (
    *accounts.ROUTES,
    *defaults.ROUTES,
    *users.ROUTES,
    *groups.ROUTES,
    *ring_groups.ROUTES,
    *lines.ROUTES,
    *contacts.ROUTES,
    *keys.ROUTES,
    *webhooks.ROUTES,
    *directory.ROUTES,
    *events.ROUTES,
    *broadcasts.ROUTES,
    *system_notices.ROUTES,
    *retailcrm.ROUTES,
    *notifications.ROUTES,
    *deliveries.ROUTES,
    *retries.ROUTES,
    *types.ROUTES,
    *preferences.ROUTES,
    *rollup.ROUTES,
    *line_opt_ins.ROUTES,
    *log_in_as.ROUTES,
    *audit.ROUTES,
    *inbox.ROUTES,
    *samples.ROUTES,
    *unsubscribe.ROUTES,
    *inbound.ROUTES,
    *operations.ROUTES,
)


def table(hub: Hub) -> list[Row]:
    """List the rows that this hub serves: test mode has some of its own."""
    return [*TABLE, *(testing.ROUTES if hub.settings.test_mode else ()), OPENAPI, ASYNCAPI]


def routes(hub: Hub) -> list[BaseRoute]:
    """Return Starlette's routes."""
    return list(endpoints(hub, table(hub)))


def exception_handlers() -> dict[Any, Any]:
    """Return the handlers that answer what no route caught as a problem."""
    return dict(EXCEPTION_HANDLERS)


async def _openapi(hub: Hub, request: Request) -> Answer:
    return Answer(document(table(hub)))


async def _asyncapi(hub: Hub, request: Request) -> Answer:
    return Answer(asyncapi.document())


OPENAPI = OpenRoute("/openapi.json", _openapi, "Read this interface as OpenAPI 3.1")
ASYNCAPI = OpenRoute("/asyncapi.json", _asyncapi, "Read the WebSocket's interface as AsyncAPI 3.0")
