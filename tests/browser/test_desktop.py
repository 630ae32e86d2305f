"""Notifications of the system, in a browser that may show them: while nobody sees the page, by one tab, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .person import Person, connected, dismiss, elected_is, popups, wait_popups
from .real_tabs import HIDDEN, Profile, activate, wait_state, wait_until

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")

# Keeps which notifications the browser showed, and which of them are still there.
KEEP = """
  window.shown = [];
  window.there = new Set();
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      this.addEventListener("show", () => { shown.push(title); there.add(title); });
      this.addEventListener("close", () => there.delete(title));
    }
  };
"""


@pytest.fixture
def tabs(ann: Person, desk: Profile) -> Iterator[tuple[Page, Page]]:
    """Two tabs of a person who wants to see them, the second one used last."""
    desk.allow(ann.demo, "notifications")
    other, used = (connected(desk.tab(ann.page, before=KEEP)) for _ in range(2))
    activate(used)
    used.locator("#desktop").click()
    for page in (other, used):
        expect(page.locator("#desktop")).to_have_attribute("aria-pressed", "true")
    elected_is(ann, used)
    yield other, used
    used.evaluate("() => localStorage.clear()")
    desk.allow(ann.demo)


def wait_there(page: Page, titles: list[str]) -> None:
    """Wait until exactly these of a page's notifications are there."""
    wait_until(lambda: page.evaluate("[...there]") == titles, f"the notifications {titles}")


def test_R_19_only_the_elected_tab_shows_it_and_only_while_hidden(
    ann: Person, desk: Profile, tabs: tuple[Page, Page]
) -> None:
    _, used = tabs
    wait_popups(used, [ann.happens("Seen")])
    activate(desk.blank)
    wait_state(used, HIDDEN)
    elected_is(ann, used)
    title = ann.happens("Unseen")
    wait_there(used, [title])
    activate(used)
    wait_there(used, [])
    assert ann.title("Seen") in popups(used)
    assert [page.evaluate("shown") for page in tabs] == [[], [title]]


def test_AMB_47_it_goes_when_its_pop_up_is_closed_elsewhere(
    ann: Person, desk: Profile, laptop: Profile, tabs: tuple[Page, Page]
) -> None:
    _, used = tabs
    elsewhere = connected(laptop.tab(ann.page))
    laptop.blank.bring_to_front()
    wait_state(elsewhere, HIDDEN)
    activate(used)
    elected_is(ann, used)
    activate(desk.blank)
    wait_state(used, HIDDEN)
    titles = [ann.happens("One"), ann.happens("Two")]
    wait_there(used, titles)
    dismiss(elsewhere, titles[0])
    wait_there(used, titles[1:])
    activate(elsewhere)
    wait_popups(elsewhere, titles[1:])
    wait_there(used, [])
    assert [page.evaluate("shown") for page in tabs] == [[], titles]
