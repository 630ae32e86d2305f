"""A running hub as a shell meets it: spoken to over HTTP with the operator's key, as everybody speaks to it.

What failed now and may go well later is told apart from what was refused: `insist` tries the first kind again.
"""

from __future__ import annotations

import contextlib
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx2

from hub.app.listening import local_url
from hub.app.operator_key import read_operator_key
from hub.settings import Settings, Unfit, bare

PATIENCE = 30.0  # seconds for an answer
LOAD_PATIENCE = 300.0  # seconds for that to a piece of a directory, which may be groups of thousands
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0, 20.0)  # seconds, at most, between tries: over a minute in all
LATER = frozenset({429, 502, 503, 504})  # the last three also from a proxy, while the hub starts again
PAGE = 200  # items, the most a list gives at a time
NO_FLAGS: Mapping[str, str] = {}
NDJSON = "application/x-ndjson"

Answer = TypeVar("Answer")


class NotNow(Unfit):
    """It failed now and may go well later, at the earliest after `seconds`. Whether it was done is not known."""

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Refused(Unfit):
    """The hub answered with a problem; `code` is its name."""

    def __init__(self, problem: Mapping[str, Any], status: int, flags: Mapping[str, str]) -> None:
        super().__init__(explain(problem, flags))
        self.code = problem.get("code")
        self.status = status


class RunningHub:
    """A hub that runs somewhere."""

    def __init__(self, settings: Settings, url: str | None = None, key: str | None = None) -> None:
        self.url = (url or local_url(settings)).rstrip("/")
        known = key or read_operator_key(settings)
        if known is None:
            raise Unfit(
                f"no operator key in {settings.data_dir}: run this where hub-data is, or give --data-dir or --key"
            )
        self._line = httpx2.Client(headers={"Authorization": f"Bearer {known}"}, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._line.close()

    def get(self, path: str, flags: Mapping[str, str] = NO_FLAGS, /, **query: str) -> dict[str, Any]:
        """Ask for something; `flags` names the flag that each field of the query came from."""
        return self._call("GET", path, flags, params=query)

    def find(self, path: str, **query: str) -> dict[str, Any] | None:
        """Ask for something that may not exist."""
        try:
            return self.get(path, **query)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def items(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Walk through a list, over all its pages."""
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, limit=str(PAGE), **query, **cursor)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def post(
        self, path: str, body: Mapping[str, Any], flags: Mapping[str, str], once: str | None = None
    ) -> dict[str, Any]:
        """Send something; `flags` as in `get`, of the body. Under the same name `once` it
        is done once, however often it is sent."""
        return self._call("POST", path, flags, json=body, headers={"Idempotency-Key": once} if once else {})

    def load(self, lines: bytes) -> dict[str, Any]:
        """Load directory objects, one a line; safe to repeat."""
        return self._call(
            "POST", "/v1/directory", NO_FLAGS, content=lines, headers={"Content-Type": NDJSON}, timeout=LOAD_PATIENCE
        )

    def delete(self, path: str) -> dict[str, Any]:
        """Remove something; safe to repeat."""
        return self._call("DELETE", path, NO_FLAGS)

    def _call(self, method: str, path: str, flags: Mapping[str, str], **what: Any) -> dict[str, Any]:
        try:
            answer = self._line.request(method, self.url + path, **what)
        except httpx2.HTTPError as error:
            raise NotNow(f"no hub answers at {bare(self.url)}: {error or type(error).__name__}") from error
        except httpx2.InvalidURL as error:
            raise Unfit(f"{bare(self.url)} is no address of a hub: {error}") from error
        document = self._document(answer)
        if answer.status_code in LATER or document.get("code") == "in_progress":
            raise NotNow(explain(document, flags), _seconds(answer.headers.get("Retry-After")))
        if answer.is_error:
            raise Refused(document, answer.status_code, flags)
        return document

    def _document(self, answer: httpx2.Response) -> dict[str, Any]:
        if not answer.content and answer.is_success:
            return {}
        with contextlib.suppress(ValueError):
            if isinstance(document := answer.json(), dict):
                return document
        if answer.status_code in LATER:  # from something in between
            return {"code": "unavailable", "detail": f"{bare(self.url)} answered {answer.status_code}"}
        raise Unfit(f"{bare(self.url)} is not a hub: it answered {answer.status_code}")


def insist(attempt: Callable[[], Answer], say: Callable[[str], None]) -> Answer:
    """Try again what may go well later, after growing pauses of random length, and say so; at last raise NotNow."""
    for pause in PAUSES:
        try:
            return attempt()
        except NotNow as failure:
            wait = max(failure.seconds, pause * random.uniform(0.5, 1))
            say(f"{failure}; trying again in {wait:.0f} s")
        time.sleep(wait)
    return attempt()


def explain(problem: Mapping[str, Any], flags: Mapping[str, str]) -> str:
    """Put a problem document into lines for a person, who knows flags and not fields."""
    fields = [f"  {_flag(error['field'], flags)}: {error['message']}" for error in problem.get("errors", [])]
    detail = "" if fields else f" {problem.get('detail', '')}"
    return "\n".join([f"{problem.get('code', 'error')}:{detail}", *fields])


def count(number: int, one: str, many: str | None = None) -> str:
    """Say a number of things: ``1 recipient``, ``5,000 lines``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def part(id: str) -> str:
    """Write an id as one part of a path."""
    return quote(id, safe="")


def printable(text: str) -> str:
    """Make a text from outside harmless for a terminal: what is no character to be read becomes a mark."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdecimal() else 0.0


def _flag(field: str, flags: Mapping[str, str]) -> str:
    """Name the flag and, where its name says more, the field behind it: ``--link (url)``."""
    flag = flags.get(re.split(r"[.\[]", field)[0])
    if flag is None:
        return field
    return flag if flag.lstrip("-").lower() == field else f"{flag} ({field})"
