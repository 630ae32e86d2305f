"""The demo page: what the contract names on it, and how its files are served."""

from __future__ import annotations

import urllib.error
import urllib.request
from email.message import Message

import pytest
from playwright.sync_api import expect

from .person import Person, connected, wait_popups
from .real_tabs import Profile, activate

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")


def answer(url: str, data: bytes | None = None, **headers: str) -> tuple[int, Message]:
    """Make a bare request; return its status and headers."""
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as got:
            return got.status, got.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


def test_the_demo_page_lets_things_happen(demo: str, ann: Person, desk: Profile) -> None:
    page = desk.tab(demo)
    activate(page)
    faults: list[str] = []
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open as Ann").click()
    tab = opened.value
    tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    connected(tab)
    activate(tab)
    tab.get_by_role("combobox", name="Event type").select_option("mention")
    tab.get_by_label("Title").fill(ann.title("From the form"))
    tab.get_by_role("button", name="Post event").click()
    wait_popups(tab, [ann.title("From the form")])
    tab.get_by_role("button", name="Notifications, 1 unread").click()
    expect(tab.get_by_role("dialog", name="Notifications")).to_contain_text(ann.title("From the form"))
    expect(tab.get_by_label("Title")).to_have_value("")
    assert faults == []


def test_what_the_hub_did_not_take_stays_written_and_is_explained(demo: str, ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    page.route("**/demo/events", lambda route: route.abort("connectionrefused"))
    page.get_by_label("Title").fill("Keep me")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("The hub does not answer. Is it running?")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Keep me")


def test_nobody_is_told_so_and_not_that_their_inbox_is_empty(demo: str, ann: Person, desk: Profile) -> None:
    page = desk.tab(f"{demo}/?as=nosuch")
    expect(page.get_by_role("heading", name="There is no demo user “nosuch”.")).to_be_visible()
    page.get_by_role("button", name="Notifications").click()
    dialog = page.get_by_role("dialog", name="Notifications")
    expect(dialog).to_contain_text("Not signed in.")
    expect(dialog.get_by_text("You are all caught up.")).to_be_hidden()


def test_the_page_allows_nothing_but_its_own_files(demo: str) -> None:
    status, headers = answer(demo)
    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "trusted-types 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/client/hub.js", "/client/elements.js", "/client/badge.svg", "/demo/demo.js"])
def test_files_are_asked_for_again_by_etag(demo: str, path: str) -> None:
    status, headers = answer(demo + path)
    assert (status, headers["Cache-Control"]) == (200, "no-cache")
    assert answer(demo + path, If_None_Match=headers["ETag"])[0] == 304


def test_another_page_cannot_post_without_asking(demo: str) -> None:
    event = b'{"type": "mention", "account": "acme", "users": ["ann"]}'
    assert answer(f"{demo}/demo/events", event, Content_Type="text/plain")[0] == 415
    assert answer(f"{demo}/demo/token", b'{"user": "ann"}', Content_Type="text/plain")[0] == 415


def test_only_people_of_the_demo_get_a_token(demo: str) -> None:
    assert answer(f"{demo}/demo/token", b'{"user": "eve"}', Content_Type="application/json")[0] == 404
    assert answer(f"{demo}/demo/token", b"[]", Content_Type="application/json")[0] == 422
