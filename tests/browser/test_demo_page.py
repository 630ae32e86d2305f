"""The demo page: what the contract names on it, and how its files are served."""

from __future__ import annotations

import re
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


def test_people_are_listed_under_their_accounts(demo: str, desk: Profile) -> None:
    page = desk.tab(demo)
    people = page.get_by_role("navigation", name="Open a tab as")
    for account, names in (
        ("Acme Homes", "Ann Bob Carla Dan Edith"),
        ("Acme Boston", "Lena Max Nora"),
        ("Acme Seattle", "Omar Pia"),
    ):
        links = people.get_by_role("region", name=account).get_by_role("link")
        expect(links).to_have_text([re.compile(f"Open as {name}$") for name in names.split()])
    desk.close_tabs()


def test_C_18_what_happens_at_a_franchisee_comes_up_where_it_is_rolled_up(
    demo: str, carla: Person, desk: Profile
) -> None:
    page = connected(desk.tab(carla.page))
    activate(page)
    page.get_by_role("button", name="Call: Kira Novak").click()
    expect(page.get_by_text("3 people are told.")).to_be_visible()
    wait_popups(page, ["Voicemail from Kira Novak"])


def test_a_call_to_the_front_desk_is_posted_over_its_line(demo: str, ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    expect(page.get_by_label("Line")).to_be_hidden()
    page.get_by_role("combobox", name="Event type").select_option("call_incoming")
    page.get_by_label("Line").select_option("line-desk")
    page.get_by_label("Title").fill(ann.title("At the desk"))
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("4 people are told.")).to_be_visible()
    wait_popups(page, [ann.title("At the desk")])


def test_D_05_R_10_a_manager_tells_a_group_watches_it_arrive_and_takes_it_back(
    demo: str, ann: Person, carla: Person, desk: Profile, laptop: Profile
) -> None:
    page, other = connected(desk.tab(carla.page)), connected(laptop.tab(ann.page))
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    activate(page)
    page.get_by_role("button", name="Create notification").click()
    page.get_by_role("textbox", name="Message").fill(carla.title("Friday is <b>off</b>"))
    page.get_by_role("checkbox", name="Sales").check()
    expect(page.get_by_text("5 people would get it.")).to_be_visible()
    page.get_by_role("checkbox", name="Boston team").check()
    expect(page.get_by_text("6 people would get it.")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send to 6 people").click()
    expect(page.get_by_text("Delivered to 6 of 6 people")).to_be_visible()
    expect(other.get_by_role("region", name="Notifications")).to_contain_text(carla.title("Friday is off"))
    expect(page.get_by_text("on 1 screen")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    wait_popups(other, [])
    laptop.close_tabs()
    assert faults == []


def test_who_may_not_broadcast_is_not_offered_it(demo: str, ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    expect(page.get_by_text("Managers and admins can")).to_be_visible()
    expect(page.get_by_role("button", name="Create notification")).to_be_hidden()


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
