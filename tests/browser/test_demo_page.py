"""The demo page: what the contract names on it, and how its files are served."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from email.message import Message

import pytest
from playwright.sync_api import Locator, Page, expect

from .person import Person, connected, wait_popups
from .real_tabs import Announce, Profile, activate

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


def form(page: Page, label: str) -> Locator:
    """Find a field of the form that lets things happen; elements have fields of the same names."""
    return page.locator("#form").get_by_label(label, exact=True)


def settings(page: Page) -> Locator:
    return page.locator("hub-preferences").get_by_role("tab", name="Control")


def test_the_demo_page_lets_things_happen(demo: str, ann: Person, desk: Profile) -> None:
    page = desk.tab(demo)
    activate(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open as Ann").click()
    tab = opened.value
    connected(tab)
    activate(tab)
    tab.get_by_role("combobox", name="Event type").select_option("mention")
    form(tab, "Title").fill(ann.title("From the form"))
    tab.get_by_role("button", name="Post event").click()
    wait_popups(tab, [ann.title("From the form")])
    tab.get_by_role("button", name="Notifications, 1 unread").click()
    expect(tab.get_by_role("dialog", name="Notifications")).to_contain_text(ann.title("From the form"))
    expect(form(tab, "Title")).to_have_value("")


def test_people_are_listed_under_their_accounts(demo: str, desk: Profile) -> None:
    page = desk.tab(demo)
    people = page.get_by_role("navigation", name="Open a tab as")
    for account, names in (
        ("Acme Homes", "Ann Bob Carla Dan Edith"),
        ("Acme Boston", "Lena Max Nora"),
        ("Acme Seattle", "Omar Pia"),
    ):
        links = people.get_by_role("region", name=account).get_by_role("link", name=re.compile(r"^Open as \w+$"))
        expect(links).to_have_text([re.compile(f"Open as {name}") for name in names.split()])
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
    expect(form(page, "Line")).to_be_hidden()
    page.get_by_role("combobox", name="Event type").select_option("call_incoming")
    form(page, "Line").select_option("line-desk")
    form(page, "Title").fill(ann.title("At the desk"))
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("4 people are told.")).to_be_visible()
    wait_popups(page, [ann.title("At the desk")])


def test_R_10_a_manager_tells_a_group_out_of_the_header(carla: Person, ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(carla.page))
    page.get_by_role("banner").get_by_role("button", name="Create notification").click()
    dialog = page.get_by_role("dialog", name="Create notification")
    expect(dialog.get_by_role("checkbox", name="Sales")).to_be_visible()
    page.keyboard.press("Escape")
    other = connected(desk.tab(ann.page))
    expect(other.get_by_role("button", name="Create notification")).to_have_count(0)


def test_C_01_settings_are_a_place_of_the_page_that_can_be_linked_to(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    places = page.get_by_role("navigation", name="Places")
    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()
    page.evaluate("() => { window.stayed = true; }")
    places.get_by_role("link", name="Notification settings").click()
    expect(settings(page)).to_be_visible()
    expect(page.get_by_role("heading", name="Contacts")).to_be_hidden()
    expect(places.get_by_role("link", name="Notification settings")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()
    assert page.evaluate("() => window.stayed")
    expect(settings(desk.tab(f"{ann.page}#settings"))).to_be_visible()


def test_a_deal_that_is_signed_is_told_of_and_won(carla: Person, desk: Profile) -> None:
    page = connected(desk.tab(carla.page))
    activate(page)
    won = page.get_by_role("region", name="Won", exact=True)
    expect(won.get_by_text("Solar roof")).to_have_count(0)
    page.get_by_role("button", name="Sign: Solar roof").click()
    expect(won.get_by_text("Solar roof")).to_be_visible()
    wait_popups(page, ["Kira Novak signed"])


def test_the_page_and_its_elements_speak_russian(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(f"{ann.page}&lang=ru#settings"))
    expect(page.get_by_role("heading", name="Здравствуйте, Ann")).to_be_visible()
    expect(page.get_by_role("combobox", name="Тип события")).to_be_visible()
    expect(page.get_by_role("button", name="Уведомления", exact=True)).to_be_visible()
    expect(page.locator("hub-preferences").get_by_role("tab", name="Управление")).to_be_visible()


def test_every_word_of_the_page_is_there_in_russian(demo: str, desk: Profile) -> None:
    page = desk.tab(f"{demo}/?lang=ru")
    missing = page.evaluate("""async () => {
      const {default: russian} = await import("/demo/ru.js");
      const named = ["words", "label", "hint"].flatMap((kind) =>
        [...document.querySelectorAll(`[data-${kind}]`)].map((node) => node.dataset[kind]));
      return named.filter((key) => !russian.page[key]);
    }""")
    assert missing == []
    expect(page.get_by_role("link", name="Открыть как Ann")).to_be_visible()
    desk.close_tabs()


def test_how_the_page_looks_is_chosen_for_all_tabs(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    looks = page.get_by_role("form", name="How the page looks")
    try:
        looks.get_by_role("radio", name="Dark").check()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page.locator("hub-bell")).to_have_attribute("data-theme", "dark")
        looks.get_by_role("radio", name="Right to left").check()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        other = connected(desk.tab(ann.page))
        expect(other.locator("html")).to_have_attribute("dir", "rtl")
        expect(other.get_by_role("radio", name="Dark")).to_be_checked()
        light = desk.tab(f"{ann.page}&theme=light")
        expect(light.locator("html")).to_have_attribute("data-theme", "light")
    finally:
        page.evaluate("() => localStorage.clear()")


@pytest.mark.parametrize("place", ["", "#settings"])
@pytest.mark.parametrize("look", ["", "&lang=ru", "&dir=rtl"])
def test_nothing_sticks_out_of_a_narrow_window(carla: Person, desk: Profile, look: str, place: str) -> None:
    page = connected(desk.tab(carla.page + look + place))
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", size)
    if place:
        expect(page.locator("hub-preferences").get_by_role("checkbox").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


DESKTOP = """
  window.asked = 0;
  window.Notification = class { static permission = "default"; static requestPermission = async () => {
    window.asked += 1; return Notification.permission = "granted"; }; close() {} };
"""


def test_the_system_shows_pop_ups_only_for_who_asked_for_it(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page, before=DESKTOP))
    activate(page)
    button = page.get_by_role("button", name="Use the desktop while this is hidden")
    try:
        expect(button).to_have_attribute("aria-pressed", "false")
        assert page.evaluate("() => window.asked") == 0
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("() => window.asked") == 1
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false")
    finally:
        page.evaluate("() => localStorage.clear()")


def test_what_the_hub_did_not_take_stays_written_and_is_explained(
    ann: Person, desk: Profile, announce: Announce
) -> None:
    announce("net::ERR_CONNECTION_REFUSED")
    page = connected(desk.tab(ann.page))
    page.route("**/demo/events", lambda route: route.abort("connectionrefused"))
    form(page, "Title").fill("Keep me")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("The hub does not answer. Is it running?")).to_be_visible()
    expect(form(page, "Title")).to_have_value("Keep me")


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


def test_the_client_comes_as_two_files(demo: str, ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)")
    assert sorted(path for path in loaded if path.startswith("/client/")) == ["/client/elements.js", "/client/hub.js"]


def test_another_page_cannot_post_without_asking(demo: str) -> None:
    event = b'{"type": "mention", "account": "acme", "users": ["ann"]}'
    assert answer(f"{demo}/demo/events", event, Content_Type="text/plain")[0] == 415
    assert answer(f"{demo}/demo/token", b'{"user": "ann"}', Content_Type="text/plain")[0] == 415


def test_only_people_of_the_demo_get_a_token(demo: str) -> None:
    assert answer(f"{demo}/demo/token", b'{"user": "eve"}', Content_Type="application/json")[0] == 404
    assert answer(f"{demo}/demo/token", b"[]", Content_Type="application/json")[0] == 422
