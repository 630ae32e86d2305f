"""Every refusal of the API: RFC 9457 `application/problem+json` with a stable `code`.

A handler raises `Problem`; the door turns it, and every foreign exception, into the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.engine.connection import Unavailable
from hub.engine.directory import Changed

RETRY_AFTER = "2"  # seconds; a store that restarts is back by then
MEDIA_TYPE = "application/problem+json"
UNKNOWN_FIELD = "unknown field"
CODES = {
    "bad_host": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "log_in_as_view": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "ambiguous_id": 409,
    "in_progress": 409,
    "too_many_webhooks": 409,
    "too_large": 413,
    "invalid": 422,
    "unknown_field": 422,
    "unknown_reference": 422,
    "unknown_type": 422,
    "mandatory": 422,
    "idempotency_key_reused": 422,
    "upgrade_required": 426,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}
_log = structlog.get_logger("hub.api")


class Problem(Exception):
    """A refusal: its status, its code, what a person should know, and the fields concerned."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = CODES[code]
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """Return the problem as its JSON document."""
        document: dict[str, Any] = {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return document

    def response(self) -> Response:
        """Return the problem as the HTTP answer."""
        return Response(orjson.dumps(self.document()), self.status, self.headers, MEDIA_TYPE)


def unauthenticated(detail: str) -> Problem:
    """Refuse a request whose credential is missing or not accepted."""
    return Problem("unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> Problem:
    """Refuse what the caller may see but not do."""
    return Problem("forbidden", detail)


def not_found(what: str) -> Problem:
    """Refuse what does not exist for this caller: absent and outside their tree look the same."""
    return Problem("not_found", f"There is no {what} here.")


def conflict(detail: str) -> Problem:
    """Refuse what contradicts what is stored."""
    return Problem("conflict", detail)


def contested() -> Problem:
    """Refuse what others wrote, moved or removed at the same time, again and again."""
    return conflict("Others changed this at the same time, again and again. Try again.")


def invalid(*errors: tuple[str, str]) -> Problem:
    """Refuse a request for the values of its fields."""
    return Problem("invalid", _sentence(errors), errors)


def unknown_reference(field: str, kind: str, id: str) -> Problem:
    """Refuse an id that names nothing in the caller's account tree."""
    message = f"there is no {kind} {id}"
    return Problem("unknown_reference", f"{field}: {message}", [(field, message)])


def of_validation(error: ValidationError, root: str = "") -> Problem:
    """Translate pydantic's errors; a strange field outweighs a wrong value."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    errors = [(field_path(detail["loc"], root), _message(detail["type"], detail["msg"])) for detail in details]
    strange = any(detail["type"] == "extra_forbidden" for detail in details)
    return Problem("unknown_field" if strange else "invalid", _sentence(errors), errors)


def field_path(location: Sequence[str | int], root: str = "") -> str:
    """Write a place in a document: `contact.numbers[0]`."""
    path = root
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def of_exception(error: Exception, request: Request) -> Problem:
    """Translate whatever was raised while serving; what nobody foresaw is logged and told without detail."""
    match error:
        case Problem():
            return error
        case Unavailable():
            return Problem(
                "unavailable",
                "The store cannot be reached; nothing was accepted. Try again.",
                headers={"Retry-After": RETRY_AFTER},
            )
        case Changed():
            return contested()
        case HTTPException():
            code = "method_not_allowed" if error.status_code == 405 else "not_found"
            return Problem(code, error.detail, headers=error.headers)
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return Problem("internal", "Something went wrong inside the hub.")


async def answer_exception(request: Request, error: Exception) -> Response:
    """Answer an exception that no route caught, such as an unknown path."""
    return of_exception(error, request).response()


EXCEPTION_HANDLERS: dict[Any, Any] = {HTTPException: answer_exception, Problem: answer_exception}


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return UNKNOWN_FIELD
    return message.removeprefix("Value error, ")


def _sentence(errors: Sequence[tuple[str, str]]) -> str:
    field, message = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{field}: {message}{more}" if field else f"{message}{more}"
