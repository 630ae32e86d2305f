"""Which pages may use the hub: its own, and those of allowed origins; for HTTP (CORS) and WebSocket alike.

Browsers ask no leave for a WebSocket, so its Origin is checked before the accept.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_allowed(origin: str | None, host: str, allowed: Collection[str], public_url: str | None = None) -> bool:
    """Tell whether a page of this origin may connect: the hub's own, or an allowed one.

    A client without an Origin is no browser, and may. The scheme is not compared with our own: a proxy that ends
    TLS speaks plain HTTP to us.
    """
    if origin is None:
        return True
    page = _triple(origin)
    if page is None:
        return False
    if page in {_triple(other) for other in (*allowed, public_url or "")}:
        return True
    scheme, name, port = page
    return _triple(f"{scheme}://{host}") == (scheme, name, port)


def _triple(origin: str) -> tuple[str, str, int] | None:
    """Split an origin into scheme, host and port (RFC 6454 4); None for `null` and for what is no web origin."""
    try:
        parts = urlsplit(origin.rstrip("/").lower())
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if port is None or not parts.hostname or parts.path or parts.query or parts.username or parts.fragment:
        return None
    return (parts.scheme, parts.hostname, port) if parts.scheme in _DEFAULT_PORTS else None
