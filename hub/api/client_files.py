"""Serve the browser client (`/client/*`): the modules of client-js as they are, with ETags, for any page to import."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).resolve()
_INSTALLED = _HERE.parents[1] / "client_js"
_CHECKOUT = _HERE.parents[2] / "client-js" / "src"


class Files(StaticFiles):
    """Serve a directory whose files may change with the next release: kept by browsers, asked for again by ETag."""

    def __init__(self, directory: Path, headers: dict[str, str] | None = None) -> None:
        super().__init__(directory=directory)
        self.headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", **(headers or {})}

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: MutableMapping[str, Any],
        status_code: int = 200,
    ) -> Response:
        """Answer with the file, or 304 when the browser has it."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(self.headers)
        return response


def routes() -> list[Mount]:
    """List the route of the client's files; from a checkout they are read where they are written."""
    directory = _CHECKOUT if _CHECKOUT.is_dir() else _INSTALLED
    return [Mount("/client", app=Files(directory), name="client")]
