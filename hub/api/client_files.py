"""Serve the browser client under `/client/`, to pages of any allowed origin (middleware.Cors).

hub.js, elements.js, …     bundles (client_bundle), asked for again by ETag
release.json               the name of this release: a hash over all that is served
<release>/elements.js, …   the same files for as long as a browser likes; another release has other addresses
src/…                      the modules as they are written, for who reads or debugs them

Everything is made at the first request and kept, compressed as it goes out; in a checkout it is made anew when a source
has changed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli
import orjson
import zopfli.gzip
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.client_bundle import BundleError, bundles
from hub.api.problem import Problem

CODINGS = ("br", "gzip", "identity")  # the best first
KEPT = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"
MEDIA_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon"}
_JSON = "application/json"
_SQUEEZED = ("text/javascript", "image/svg+xml", _JSON)
_UNNAMED_IDENTITY = 0.001  # acceptable unless refused, and behind whatever is asked for (RFC 9110 12.5.3)

_HERE = Path(__file__).resolve()
_INSTALLED = _HERE.parents[1] / "client_js"
_CHECKOUT = _HERE.parents[2] / "client-js" / "src"


@dataclass(frozen=True)
class Asset:
    """One file, in every coding it can be sent in."""

    content: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        """Hash what it holds."""
        return hashlib.sha256(self.content).hexdigest()[:20]

    @cached_property
    def _bodies(self) -> dict[str, bytes]:
        if self.media_type not in _SQUEEZED:
            return {}
        bodies = {"gzip": zopfli.gzip.compress(self.content), "br": brotli.compress(self.content)}
        return {coding: body for coding, body in bodies.items() if len(body) < len(self.content)}

    def body(self, coding: str) -> tuple[str, bytes]:
        """Return it in this coding, or in none where it does not come so: the coding used, and the bytes."""
        return (coding, self._bodies[coding]) if coding in self._bodies else ("identity", self.content)


@dataclass(frozen=True)
class Release:
    """The client as it is at one moment."""

    name: str
    assets: Mapping[str, Asset]

    def find(self, path: str) -> tuple[Asset | None, str]:
        """Find a file by what follows `/client/`, and how long it may be kept."""
        first, _, rest = path.partition("/")
        if first == self.name:
            return self.assets.get(rest), KEPT
        return self.assets.get(path), ASKED_AGAIN


def make(directory: Path) -> Release:
    """Make a release of the client out of its sources. Raises BundleError."""
    sources = {path.relative_to(directory).as_posix(): path.read_bytes() for path in _files(directory)}
    assets = {f"src/{name}": Asset(content, _media_type(name)) for name, content in sources.items()}
    scripts = {name: content.decode() for name, content in sources.items() if name.endswith(".js")}
    assets |= {name: Asset(text.encode(), _media_type(name)) for name, text in bundles(scripts).items()}
    assets |= {name: Asset(content, _media_type(name)) for name, content in sources.items() if name not in scripts}
    whole = "".join(f"{name} {asset.digest}\n" for name, asset in sorted(assets.items()))
    name = hashlib.sha256(whole.encode()).hexdigest()[:16]
    return Release(name, {**assets, "release.json": Asset(orjson.dumps({"release": name}), _JSON)})


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.suffix in MEDIA_TYPES)


def _media_type(name: str) -> str:
    return MEDIA_TYPES[Path(name).suffix]


class Shelf:
    """Keeps the release of a directory; while the directory `changes`, the release follows."""

    def __init__(self, directory: Path, changes: bool) -> None:
        self._directory = directory
        self._changes = changes
        self._made: tuple[object, Release] | None = None
        self._lock = threading.Lock()

    def release(self) -> Release:
        """Return the present release."""
        if self._made and not self._changes:
            return self._made[1]
        with self._lock:
            state = [(path, (stat := path.stat()).st_mtime_ns, stat.st_size) for path in _files(self._directory)]
            if self._made is None or self._made[0] != state:
                self._made = (state, make(self._directory))
            return self._made[1]


def own() -> Shelf:
    """Return the shelf of the hub's own client; in a checkout it is made where it is written."""
    return Shelf(_CHECKOUT, changes=True) if _CHECKOUT.is_dir() else Shelf(_INSTALLED, changes=False)


def routes() -> list[Route]:
    """List the route of the client's files."""
    shelf = own()

    def serve(request: Request) -> Response:  # in a thread: it reads files, and compresses them once
        try:
            asset, cache = shelf.release().find(request.path_params["path"])
        except BundleError as error:
            return Problem("internal", str(error)).response()
        if asset is None:
            detail = "There is no such file of the client. /client/release.json names the present release."
            return Problem("not_found", detail, headers={"Cache-Control": "no-store"}).response()
        return answer(asset, cache, request)

    return [Route("/client/{path:path}", serve, methods=["GET"], name="client")]


def answer(asset: Asset, cache: str, request: Request) -> Response:
    """Send a file in the coding the browser likes best, or 304 when it has it."""
    coding, body = asset.body(chosen_coding(request.headers.getlist("accept-encoding")))
    tag = f'"{asset.digest}"' if coding == "identity" else f'"{asset.digest}-{coding}"'
    headers = {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Encoding, Origin"}
    if _has(tag, request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=headers)
    headers |= {"X-Content-Type-Options": "nosniff", "Content-Length": str(len(body))}
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return Response(b"" if request.method == "HEAD" else body, headers=headers, media_type=asset.media_type)


def chosen_coding(accepted: Iterable[str]) -> str:
    """Choose a content coding by `Accept-Encoding` (RFC 9110 12.5.3); among equals, the one that takes fewest bytes."""
    weights = dict(_weight(part) for line in accepted for part in line.split(",") if part.strip())
    others = weights.get("*", 0.0)
    ranked = {coding: weights.get(coding, others) for coding in CODINGS}
    if "identity" not in weights and "*" not in weights:
        ranked["identity"] = _UNNAMED_IDENTITY
    return max(CODINGS, key=lambda coding: ranked[coding]) if any(ranked.values()) else "identity"


def _weight(part: str) -> tuple[str, float]:
    """Read `gzip;q=0.5`; a weight that is none refuses."""
    coding, _, parameter = part.partition(";")
    name, _, weight = parameter.replace(" ", "").partition("=")
    try:
        return coding.strip().lower(), float(weight) if name.lower() == "q" else 1.0
    except ValueError:
        return coding.strip().lower(), 0.0


def _has(tag: str, known: Iterable[str]) -> bool:
    """Tell whether the browser has it: tags are compared weakly, for proxies weaken them (RFC 9110 13.1.2)."""
    tags = {one.strip().removeprefix("W/") for line in known for one in line.split(",")}
    return tag in tags or "*" in tags
