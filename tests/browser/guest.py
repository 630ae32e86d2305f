"""A site of another origin than the hub's: a few files and a token, as a CRM would have them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

TOKEN = "/my-token"
KINDS = {"html": "text/html; charset=utf-8", "js": "text/javascript", "svg": "image/svg+xml", "ico": "image/x-icon"}
NOTHING = {"/favicon.ico": (b"", "")}  # browsers ask every site for it


class Guest:
    """Serves what is put into `files`, each with its page's content policy, until the end."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = dict(NOTHING)
        self.token: Callable[[], str] = str
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, path: str, content: bytes, policy: str) -> None:
        """Serve a file under this path."""
        self.files[path] = (content, policy)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _find(self, path: str) -> tuple[bytes, str, str] | None:
        if path == TOKEN:
            return self.token().encode(), "", "text/plain"
        path += "index.html" if path.endswith("/") else ""
        if path not in self.files:
            return None
        return *self.files[path], KINDS[path.rpartition(".")[2]]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = site._find(self.path)
                content, policy, kind = found or (b"", "", "text/plain")
                self.send_response(200 if found else 404)
                for name, value in (("Content-Type", kind), ("Content-Length", str(len(content)))):
                    self.send_header(name, value)
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler
