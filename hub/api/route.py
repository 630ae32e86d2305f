"""The route table's row, and the door that every request passes.

The order at the door is what keeps its promises: who calls (401); how often (429); a log-in-as session writes nothing;
the object, and the account that a list is narrowed to (404); the permission (403); the body (413, 422); the
idempotency key; only then the handler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Endpoint

from hub.api.auth import Access, authenticate, refuse_view
from hub.api.call import Answer, Call
from hub.api.decoding import read_body, read_json, read_model, read_query
from hub.api.idempotency import once
from hub.api.limits import counted
from hub.api.manners import OURS, Manners
from hub.api.models import Query
from hub.api.needs import Hub
from hub.api.problem import of_exception
from hub.api.reach import Reach
from hub.api.sealing import Seal, Unsealed
from hub.metrics import REQUEST_SECONDS, REQUESTS

READING = ("GET", "HEAD", "OPTIONS")
UNSEALED = Unsealed()


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the route table.

    `target` finds what the path names and raises 404; `body` decodes JSON (None leaves the bytes in `Call.raw`);
    `bulk` allows the larger body; `answer`, `summary` and `answers` (to other forms of the request, by their status)
    are what openapi.json says; `manners` are another product's where the call is; what `is_secret` answers is never
    shown again.
    """

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Answer]]
    access: Access
    summary: str
    target: Callable[[Call], Awaitable[Any]] | None = None
    body: type[BaseModel] | None = None
    merges: bool = False
    bulk: bool = False
    query: type[Query] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    answers: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    manners: Manners = OURS
    is_secret: bool = False

    @property
    def takes_body(self) -> bool:
        """Tell whether the request has a body."""
        return self.body is not None or self.bulk


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A row that anybody may call, without a credential: operations, documents, and what carries its own right.

    The handler reads what the URL and the body say; `query`, `form`, and the statuses that it `refuses` with are what
    openapi.json says of it.
    """

    path: str
    handler: Callable[[Hub, Request], Awaitable[Answer]]
    summary: str
    method: str = "GET"
    query: type[Query] | None = None
    answer: type[BaseModel] | None = None
    answers: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    media_type: str = "application/json"
    form: type[BaseModel] | None = None
    status: int = 200
    refuses: Sequence[int] = ()


Row = Route | OpenRoute


def endpoints(hub: Hub, table: Sequence[Row]) -> list[Endpoint]:
    """Turn the table into Starlette's routes, one a path, so that 405 names all methods."""
    by_path: dict[str, dict[str, Row]] = {}
    for row in table:
        by_path.setdefault(row.path, {})[row.method] = row
    return [_endpoint(hub, path, rows) for path, rows in by_path.items()]


def _endpoint(hub: Hub, path: str, rows: Mapping[str, Row]) -> Endpoint:
    async def serve(request: Request) -> Response:
        start = perf_counter()
        response = await _response(hub, rows["GET" if request.method == "HEAD" else request.method], request)
        REQUEST_SECONDS.labels(path).observe(perf_counter() - start)
        REQUESTS.labels(request.method, path, response.status_code).inc()
        return response

    return Endpoint(path, serve, methods=list(rows))


async def _response(hub: Hub, row: Row, request: Request) -> Response:
    try:
        answer = await row.handler(hub, request) if isinstance(row, OpenRoute) else await _pass(hub, row, request)
    except Exception as error:
        manners = OURS if isinstance(row, OpenRoute) else row.manners
        return manners.refuse(of_exception(error, request))
    return Response(answer.content(), answer.status, dict(answer.headers), answer.media_type)


async def _pass(hub: Hub, row: Route, request: Request) -> Answer:
    authorization = row.manners.authorization(request.headers)
    caller = await authenticate(hub, authorization)
    reach = await counted(hub, caller, Reach.of(hub, caller))
    if row.method not in READING:
        refuse_view(caller)
    call = Call(hub, request, caller, reach)
    if row.query:
        call.query = read_query(row.query, request.query_params)
        call.reach.check_listed(getattr(call.query, "account", None))
    if row.target:
        call.target = await row.target(call)
    row.access.require(caller, call.target)
    if row.takes_body:
        await _decode(row, call)
    if row.method != "POST":
        return await row.handler(call)
    return await once(call, row.handler, Seal(authorization) if row.is_secret else UNSEALED)


async def _decode(row: Route, call: Call) -> None:
    settings = call.hub.settings
    raw = await read_body(call.request, settings.bulk_body_limit if row.bulk else settings.body_limit)
    call.raw = await row.manners.unwrap(call.request.headers, raw)
    if row.merges:
        call.body = read_json(call.raw)
    elif row.body and not row.bulk:
        call.body = read_model(row.body, read_json(call.raw))
