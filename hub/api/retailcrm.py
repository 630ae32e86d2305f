"""RetailCRM's own call for group notifications, so that its existing API clients work (E-18).

They send a form whose field `notification` holds JSON, with the key in `X-API-KEY`, and read `success` and `errorMsg`
out of every answer. Which exception they raise they tell by these very texts of `errorMsg`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from python_multipart.exceptions import FormParserError
from starlette.datastructures import Headers
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.responses import Response

from hub.api.auth import Access
from hub.api.broadcasts import send
from hub.api.call import Answer, Call
from hub.api.decoding import read_json
from hub.api.manners import Manners
from hub.api.models import BroadcastBody, RetailCrmAnswer, RetailCrmBody
from hub.api.problem import MEDIA_TYPE, Problem, invalid, unauthenticated
from hub.api.route import Route

FIELD = "notification"
KEY_HEADER = "X-API-KEY"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FIELDS = 10
TITLES = {"api.info": None, "api.error": "Error"}  # None: that of our type
MISSING_KEY, WRONG_KEY, DENIED = '"apiKey" is missing.', 'Wrong "apiKey" value.', "Access denied."


class RetailCrmManners(Manners):
    """Those of RetailCRM's API v5."""

    scheme = "api_key"

    def authorization(self, headers: Headers) -> str:
        """Return the key as a bearer's; raise 401."""
        key = headers.get(KEY_HEADER)
        if not key:
            raise unauthenticated(MISSING_KEY)
        return f"Bearer {key}"

    async def unwrap(self, headers: Headers, raw: bytes) -> bytes:
        """Take the notification out of a form, as the JSON that could have been the body."""
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (FORM, MULTIPART):
            return raw
        value = await _field(headers, raw, is_multipart=kind == MULTIPART)
        if value is None:
            raise invalid((FIELD, "is required: a field that holds JSON"))
        read_json(value.encode())
        return b'{"%s":%b}' % (FIELD.encode(), value.encode())

    def refuse(self, problem: Problem) -> Response:
        """Return the problem with what RetailCRM's clients look for."""
        document = {**problem.document(), "success": False, "errorMsg": _error_message(problem)}
        return Response(orjson.dumps(document), problem.status, problem.headers, MEDIA_TYPE)

    def contents(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Add the forms to the JSON."""
        field = {"type": "string", "contentMediaType": "application/json", "description": "the notification as JSON"}
        form = {"schema": {"type": "object", "required": [FIELD], "properties": {FIELD: field}}}
        return {**super().contents(schema), FORM: form, MULTIPART: form}


async def notify(call: Call) -> Answer:
    """Send it as a broadcast to the named groups and users."""
    wanted = call.body.notification
    broadcast = BroadcastBody(
        message=wanted.message,
        title=TITLES[wanted.type],
        groups=wanted.user_groups or [],
        users=[str(id) for id in wanted.user_ids or []],
    )
    await send(call, broadcast)
    return Answer({"success": True})


def _error_message(problem: Problem) -> str:
    if problem.status == 401:
        return MISSING_KEY if problem.detail == MISSING_KEY else WRONG_KEY
    return DENIED if problem.status == 403 else problem.detail


async def _field(headers: Headers, raw: bytes, is_multipart: bool) -> str | None:
    """Find the field that holds the notification; raise 422 for what is no form."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield raw

    try:
        if is_multipart:
            form = await MultiPartParser(headers, stream(), max_fields=MOST_FIELDS, max_files=0).parse()
        else:
            form = await FormParser(headers, stream(), max_fields=MOST_FIELDS).parse()
    except (MultiPartException, FormParserError) as error:
        raise invalid(("", f"the form cannot be read: {error or 'it is malformed'}")) from None
    value = form.get(FIELD)
    return value if isinstance(value, str) else None


ROUTES = [
    Route(
        "POST", "/api/v5/notifications/send", notify, Access("broadcasts"),
        "Send a notification, for RetailCRM's clients",
        body=RetailCrmBody, answer=RetailCrmAnswer, manners=RetailCrmManners(),
    ),
]  # fmt: skip
