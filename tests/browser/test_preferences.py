"""`<hub-preferences>` in real tabs: what is chosen is kept at once, obeyed by what happens next, shown elsewhere."""

from __future__ import annotations

import json
import re
import secrets
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .person import Person, ask, connected, wait_popups
from .real_tabs import Announce, Profile, activate, wait_until

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")

MENTION = "When this user is mentioned"
COLUMNS = {"system": "In-app", "au": "Only mine", "text": "Text", "email": "E-mail"}
SETTINGS = """() => {
  const made = document.createElement("hub-preferences");
  made.id = "settings";
  made.client = document.querySelector("hub-bell").client;
  document.querySelector("main").prepend(made);
}"""

RUSSIAN = """async () => {
  const {translate} = await import("/client/elements.js");
  const {default: russian} = await import("/client/locales/ru.js");
  translate({...russian, preferencesRollup: "Своё"});
}"""


class Chooser(Person):
    """A person whose choices are put back afterwards."""

    def __init__(self, demo: str, id: str) -> None:
        super().__init__(demo, id, secrets.token_hex(3))
        self.token = ask(f"{demo}/demo/token", {"user": id})["token"]
        self._before = {name: self.call("GET", name) for name in ("preferences", "line-opt-ins")}

    def call(self, method: str, name: str, body: Any = None) -> dict[str, Any]:
        """Call the hub for what is one's own."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.demo}/v1/users/me/{name}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def mentioned(self) -> int:
        """Mention this person; tell how many were told."""
        event = {"type": "mention", "account": "acme", "users": [self.id], "title": self.title("Mentioned")}
        told: int = ask(f"{self.demo}/demo/events", event)["recipients"]
        return told

    def clean_up(self) -> None:
        """Choose as before, and close what is still open."""
        self.call("PATCH", "preferences", self._before["preferences"])
        self.call("PUT", "line-opt-ins", self._before["line-opt-ins"])
        self.call("PUT", "rollup", {"accounts": []})
        super().clean_up()


@pytest.fixture
def dan(demo: str, desk: Profile) -> Iterator[Chooser]:
    """The admin of the account with the add-on."""
    chooser = Chooser(demo, "dan")
    yield chooser
    desk.close_tabs()
    chooser.clean_up()


def settings(page: Page) -> Locator:
    """Put the settings on a page of the demo, in front."""
    connected(page).evaluate(SETTINGS)
    shown = page.locator("#settings")
    expect(shown.get_by_role("tab", name="Control")).to_be_visible()
    return shown


def box(shown: Locator, name: str) -> Locator:
    return shown.get_by_role("checkbox", name=name, exact=True)


def said(shown: Locator, text: str) -> None:
    expect(shown.get_by_role("status").filter(has_text=text)).to_be_visible()


def fetched(page: Page) -> set[str]:
    """Name the files of the client that a page has fetched."""
    names = page.evaluate("() => performance.getEntriesByType('resource').map(({name}) => name)")
    return {name.rpartition("/client/")[2] for name in names if "/client/" in name}


def test_they_are_fetched_where_they_are_used_and_again_when_that_failed(
    dan: Chooser, desk: Profile, announce: Announce
) -> None:
    announce("net::ERR_FAILED")
    page = desk.tab(dan.page)
    connected(page)
    assert not fetched(page) & {"preferences-view.js", "bell-inbox.js", "broadcast-dialog.js"}
    page.route("**/client/preferences-view.js", lambda route: route.abort())
    page.evaluate(SETTINGS)
    shown = page.locator("#settings")
    said(shown, "This could not be loaded.")
    page.unroute("**/client/preferences-view.js")
    shown.get_by_role("button", name="Try again").click()
    expect(shown.get_by_role("tab", name="Control")).to_be_visible()
    assert not fetched(page) & {"bell-inbox.js", "broadcast-dialog.js"}


def test_a_change_of_language_fetches_their_words_too(dan: Chooser, desk: Profile) -> None:
    page = desk.tab(dan.page)
    shown = settings(page)
    page.evaluate(RUSSIAN)
    expect(shown.get_by_role("tab", name="Управление")).to_be_visible()
    expect(shown.get_by_role("tab", name="Своё")).to_be_visible()
    expect(box(shown, f"{MENTION}: SMS")).to_be_visible()


def test_C_06_what_is_chosen_is_kept_at_once_and_obeyed_by_what_happens_next(dan: Chooser, desk: Profile) -> None:
    page = desk.tab(dan.page)
    shown = settings(page)
    activate(page)
    box(shown, f"{MENTION}: In-app").uncheck()
    said(shown, "Saved.")
    assert dan.mentioned() == 0
    box(shown, f"{MENTION}: In-app").check()
    wait_until(lambda: dan.call("GET", "preferences")["types"]["mention"]["system"], "the choice to be kept")
    assert dan.mentioned() == 1
    wait_popups(page, [dan.title("Mentioned")])


def test_AMB_41_what_the_hub_refuses_is_taken_back_and_explained(
    dan: Chooser, desk: Profile, announce: Announce
) -> None:
    announce("status of 422")
    page = desk.tab(dan.page)
    shown = settings(page)
    activate(page)
    title = "One-time notification for system users"
    expect(box(shown, f"{title}: In-app")).to_be_disabled()
    expect(box(shown, f"{title}: In-app")).to_have_accessible_description("Always on")

    def mandatory(route: Route) -> None:
        route.continue_(post_data=json.dumps({"types": {"group_broadcast": {"system": False}}}))

    page.route(
        "**/v1/users/me/preferences",
        lambda route: mandatory(route) if route.request.method == "PATCH" else route.continue_(),
    )
    box(shown, f"{MENTION}: Text").click()
    said(shown, f"Not saved: {title} cannot be turned off")
    expect(box(shown, f"{MENTION}: Text")).not_to_be_checked()


def test_AMB_36_a_line_of_the_hub_is_no_number_for_texts(dan: Chooser, desk: Profile, announce: Announce) -> None:
    announce("status of 422")
    page = desk.tab(dan.page)
    shown = settings(page)
    activate(page)
    number = shown.get_by_label("Send texts to")
    number.fill("+1 (202) 555-0190")
    number.press("Enter")
    said(shown, "is one of the hub's own lines")
    expect(number).to_have_value("")
    number.fill("+1 202")
    number.press("Enter")
    assert number.evaluate("(number) => number.validity.patternMismatch")
    number.fill("+1 (202) 555-0111")
    number.press("Enter")
    said(shown, "Saved.")
    assert dan.call("GET", "preferences")["channels"]["text"]["custom_number"] == "+12025550111"


def test_C_02_changes_made_elsewhere_follow(dan: Chooser, desk: Profile, laptop: Profile) -> None:
    page, other = desk.tab(dan.page), laptop.tab(dan.page)
    shown, followed = settings(page), settings(other)
    activate(page)
    box(shown, f"{MENTION}: E-mail").check()
    expect(box(followed, f"{MENTION}: E-mail")).to_be_checked()
    shown.get_by_role("tab", name="Roll-up").click()
    box(shown, "Acme Seattle").check()
    followed.get_by_role("tab", name="Roll-up").click()
    expect(box(followed, "Acme Seattle")).to_be_checked()
    laptop.close_tabs()


def test_C_04_the_roll_up_is_there_with_the_add_on_only(
    demo: str, dan: Chooser, desk: Profile, announce: Announce
) -> None:
    announce("status of 404")  # that there is no add-on
    page = desk.tab(dan.page)
    shown = settings(page)
    activate(page)
    shown.get_by_role("tab", name="Roll-up").click()
    expect(shown.get_by_role("tabpanel").get_by_role("checkbox")).to_have_count(2)
    box(shown, "Acme Boston").check()
    said(shown, "Saved.")
    assert dan.call("GET", "rollup")["accounts"] == ["acme-boston"]
    without = settings(desk.tab(f"{demo}/?as=lena"))
    expect(without.get_by_role("tab")).to_have_text(["Control"])


def test_AMB_37_a_sample_comes_up_marked_and_counts_for_nothing(dan: Chooser, desk: Profile) -> None:
    page = desk.tab(dan.page)
    shown = settings(page)
    activate(page)
    row = shown.get_by_role("row").filter(has=page.get_by_role("checkbox", name="Voicemails: In-app"))
    row.get_by_text("Send me a sample").click()
    row.get_by_role("button", name="In-app: Send me a sample: Voicemails").click()
    said(shown, "A sample is on its way.")
    popup = page.get_by_role("region", name="Notifications").get_by_role("group", name="Voicemails")
    expect(popup).to_contain_text("Sample")
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()


def test_it_can_be_used_with_the_keyboard_alone(dan: Chooser, desk: Profile) -> None:
    page = desk.tab(dan.page)
    shown = settings(page)
    activate(page)
    control, rollup = (shown.get_by_role("tab", name=name) for name in ("Control", "Roll-up"))
    control.focus()
    page.keyboard.press("ArrowRight")
    expect(rollup).to_be_focused()
    expect(rollup).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")
    expect(box(shown, "Acme Boston")).to_be_focused()
    page.keyboard.press("Space")
    said(shown, "Saved.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")
    expect(control).to_be_focused()
    page.keyboard.press("Tab")
    expect(box(shown, "Text messages")).to_be_focused()
    shown.get_by_role("searchbox").focus()
    page.keyboard.type("mentioned")
    expect(shown.get_by_role("table")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for option in ("In-app", "Text", "E-mail"):
        page.keyboard.press("Tab")
        expect(shown.get_by_role("button", name=f"{option}: Send me a sample: {MENTION}")).to_be_focused()
    page.keyboard.press("Tab")
    expect(box(shown, f"{MENTION}: In-app")).to_be_focused()


@pytest.mark.parametrize("width", [360, 1000])
def test_C_07_to_C_13_every_option_has_the_name_of_the_contract(dan: Chooser, desk: Profile, width: int) -> None:
    page = desk.tab(dan.page)
    shown = settings(page)
    page.locator("#settings").evaluate("(shown, width) => shown.style.setProperty('inline-size', `${width}px`)", width)
    seen = shown.aria_snapshot()
    types = ask(f"{dan.demo}/v1/types", token=dan.token)["items"]
    wanted = {
        f"{kind['title']}: {name}"
        for kind in types
        for option, name in COLUMNS.items()
        if (kind["au"] if option == "au" else option in kind["channels"])
    }
    names = re.findall(r'checkbox "(.+?)"', seen)
    assert {name for name in names if ": " in name and not name.startswith("All of ")} == wanted
    assert len(names) == len(set(names))
    assert len(re.findall(r"rowheader ", seen)) == len(types)
    assert seen.count('columnheader "In-app"') > 1
