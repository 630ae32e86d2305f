"""`/client/*`: the browser client as the hub serves it, and what it takes on the wire."""

import gzip
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import brotli
import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from hub.api import client_files
from hub.api.client_bundle import BundleError
from hub.app.composition import create_app
from hub.settings import Settings

from .calling import OPERATOR_KEY, ORIGIN, SECRET, problem

SOURCES = Path(__file__).parents[2] / "client-js" / "src"
# Bytes as they travel, gzip -9: the core; what every page loads; each of those that are fetched where they are used.
SIZES = {
    "hub.js": 8_000,
    "hub.js elements.js": 20_000,
    "bell-inbox.js": 6_600,
    "preferences-view.js": 6_800,
    "broadcast-dialog.js": 6_600,
}
TYPES = {
    "hub.js": "text/javascript; charset=utf-8",
    "elements.js": "text/javascript; charset=utf-8",
    "preferences-view.js": "text/javascript; charset=utf-8",
    "locales/ru.js": "text/javascript; charset=utf-8",
    "locales/ru-preferences.js": "text/javascript; charset=utf-8",
    "src/bell.js": "text/javascript; charset=utf-8",
    "badge.svg": "image/svg+xml",
    "release.json": "application/json",
}


@pytest.fixture(scope="module")
def app() -> Starlette:
    """A hub put together as in production, and not started."""
    settings = Settings(
        redis_url="unix:///nowhere/socket", jwt_secret=(SECRET,), operator_key=OPERATOR_KEY, allowed_origins=(ORIGIN,)
    )
    return create_app(settings)


@pytest_asyncio.fixture
async def client(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Accept-Encoding": "identity"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        yield client


async def sent(client: httpx2.AsyncClient, path: str, coding: str) -> tuple[httpx2.Response, bytes]:
    """Ask for a file in a coding; return the answer, and the bytes that travel."""
    async with client.stream("GET", f"/client/{path}", headers={"Accept-Encoding": coding}) as answer:
        return answer, b"".join([chunk async for chunk in answer.aiter_raw()])


@pytest.mark.parametrize("entries", SIZES)
async def test_what_travels_stays_small(client: httpx2.AsyncClient, entries: str) -> None:
    sizes = {entry: len((await sent(client, entry, "gzip"))[1]) for entry in entries.split()}
    assert sum(sizes.values()) <= SIZES[entries], sizes


async def test_nothing_is_fetched_later_but_what_has_a_limit_and_it_needs_what_the_page_has(
    client: httpx2.AsyncClient,
) -> None:
    elements = (await client.get("/client/elements.js")).text
    later = set(re.findall(r'import\("\./([\w-]+\.js)"\)', elements))
    assert later == SIZES.keys() - {"hub.js", "hub.js elements.js"}
    for part in later:
        needed = re.findall(r'from"\./([\w-]+\.js)"', (await client.get(f"/client/{part}")).text)
        assert set(needed) <= {"hub.js", "elements.js"}


@pytest.mark.parametrize("path", TYPES)
async def test_a_file_comes_as_what_it_is_and_is_asked_for_again(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(f"/client/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[path]
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept-Encoding, Origin"
    head = await client.head(f"/client/{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "date": ""} == {**answer.headers, "date": ""}


async def test_every_coding_holds_the_same_and_has_a_tag_of_its_own(client: httpx2.AsyncClient) -> None:
    plain, whole = await sent(client, "elements.js", "identity")
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
    tags = {plain.headers["etag"]}
    for coding, unpacked in unpack.items():
        answer, body = await sent(client, "elements.js", coding)
        assert answer.headers["content-encoding"] == coding
        assert int(answer.headers["content-length"]) == len(body) < len(whole)
        assert unpacked(body) == whole
        tags.add(answer.headers["etag"])
    assert len(tags) == 3
    assert all(tag.startswith('"') for tag in tags)  # strong
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=1", "gzip"),
        ("gzip;q=0.2", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br; q=0.5 , gzip; q=0.5", "br"),
        ("gzip;q=0, br;q=0.0", "identity"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("*;q=0", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0", "identity"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("zstd", "identity"),
        ("br;q=much, gzip", "gzip"),
    ],
)
def test_the_coding_is_what_the_browser_likes_best(accepted: str, coding: str) -> None:
    assert client_files.chosen_coding([accepted]) == coding


async def test_a_file_that_the_browser_has_is_not_sent(client: httpx2.AsyncClient) -> None:
    tag = (await sent(client, "hub.js", "br"))[0].headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await client.get("/client/hub.js", headers={"Accept-Encoding": "br", "If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["vary"] == "Accept-Encoding, Origin"
    for coding in ("gzip", "identity"):
        answer = await client.get("/client/hub.js", headers={"Accept-Encoding": coding, "If-None-Match": tag})
        assert answer.status_code == 200


async def test_a_release_is_kept_for_good_and_another_one_is_not_here(client: httpx2.AsyncClient) -> None:
    release = (await client.get("/client/release.json")).json()["release"]
    for path in ("hub.js", "elements.js", "locales/ru.js", "badge.svg"):
        kept = await client.get(f"/client/{release}/{path}")
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert kept.content == (await client.get(f"/client/{path}")).content
    answer = await client.get("/client/0123456789abcdef/hub.js")
    problem(answer, 404, "not_found")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["", "none.js", "bell.js", "src/", "src/none.js", "src/%2e%2e/package.json", "../livez"]
)
async def test_nothing_else_is_there(client: httpx2.AsyncClient, path: str) -> None:
    problem(await client.get(f"http://127.0.0.1/client/{path.replace('../', '%2e%2e/')}"), 404, "not_found")


async def test_files_are_only_read(client: httpx2.AsyncClient) -> None:
    problem(await client.post("/client/hub.js"), 405, "method_not_allowed")


async def test_pages_of_allowed_origins_may_import_it_and_others_not(client: httpx2.AsyncClient) -> None:
    allowed = await client.get("/client/hub.js", headers={"Origin": ORIGIN})
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    refused = await client.get("/client/hub.js", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers
    assert allowed.headers["vary"] == refused.headers["vary"] == "Accept-Encoding, Origin"


async def test_the_modules_can_be_read_as_they_are_written(client: httpx2.AsyncClient) -> None:
    for path in SOURCES.rglob("*.js"):
        answer = await client.get(f"/client/src/{path.relative_to(SOURCES).as_posix()}")
        assert answer.content == path.read_bytes()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "hub.js").write_text("export const a = 1;\n")
    (tmp_path / "dot.png").write_bytes(b"\x89PNG")
    (tmp_path / "notes.txt").write_text("not served")
    return tmp_path


def change(path: Path, text: str) -> None:
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def test_a_changed_source_shows_at_once_in_a_checkout_and_never_in_an_installed_hub(checkout: Path) -> None:
    following, fixed = client_files.Shelf(checkout, changes=True), client_files.Shelf(checkout, changes=False)
    first = following.release()
    assert following.release() is first
    assert set(first.assets) == {"hub.js", "dot.png", "src/hub.js", "src/dot.png", "release.json"}
    assert fixed.release() == first
    change(checkout / "hub.js", "export const a = 2;\n")
    change(checkout / "elements.js", "export const b = 1;\n")
    second = following.release()
    assert second.name != first.name
    assert second.assets["hub.js"].content.strip() == b"export const a=2;"
    assert "elements.js" in second.assets
    assert fixed.release().name == first.name


def test_a_module_that_cannot_be_bundled_is_told_until_it_is_mended(checkout: Path) -> None:
    shelf = client_files.Shelf(checkout, changes=True)
    change(checkout / "hub.js", "export let a = 1;\n")
    for _ in range(2):
        with pytest.raises(BundleError, match=r"hub\.js:1"):
            shelf.release()
    change(checkout / "hub.js", "export const a = 1;\n")
    assert "hub.js" in shelf.release().assets


def test_pictures_are_sent_as_they_are(checkout: Path) -> None:
    picture = client_files.make(checkout).assets["dot.png"]
    assert picture.media_type == "image/png"
    assert picture.body("br") == ("identity", b"\x89PNG")
