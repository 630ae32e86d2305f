"""Pop-ups as people see them: in one tab, the right one, and gone everywhere once closed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .person import Person, close_button, connected, elected_is, favicons, popups, wait_popups
from .real_tabs import HIDDEN, VISIBLE, Announce, Profile, activate, wait_state, wait_until

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")


def test_R_18_a_pop_up_comes_up_only_in_the_focused_tab_and_once(ann: Person, desk: Profile) -> None:
    behind, front = connected(desk.tab(ann.page)), connected(desk.tab(ann.page))
    activate(front)
    wait_state(behind, HIDDEN)
    elected_is(ann, front)
    title = ann.happens("Call back")
    group = front.get_by_role("region", name="Notifications").get_by_role("group", name=title)
    expect(group).to_have_count(1)
    known = "() => document.querySelector('hub-bell').client.entries.map((entry) => entry.title)"
    wait_until(lambda: title in behind.evaluate(known), "the entry")
    assert popups(behind) == []


def test_R_01_R_02_a_pop_up_is_at_the_bottom_right_and_in_the_header(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    title = ann.happens("Bottom right")
    wait_popups(page, [title])
    right, below = page.get_by_role("group", name=title).evaluate(
        """card => {
          const {right, bottom} = card.getBoundingClientRect();
          return [document.documentElement.clientWidth - right, innerHeight - bottom];
        }"""
    )
    assert 0 < right < 40
    assert 0 < below < 40
    page.get_by_role("banner").get_by_role("button", name="Notifications, 1 unread").click()
    expect(page.get_by_role("dialog", name="Notifications").get_by_text(title)).to_be_visible()


def test_AMB_45_open_pop_ups_follow_the_person_to_another_tab(ann: Person, desk: Profile) -> None:
    first, second = connected(desk.tab(ann.page)), connected(desk.tab(ann.page))
    activate(second)
    titles = [ann.happens("One"), ann.happens("Two")]
    wait_popups(second, titles)
    activate(first)
    wait_popups(first, titles)
    wait_popups(second, [])


def test_AMB_44_a_quick_look_elsewhere_and_back_counts(ann: Person, desk: Profile) -> None:
    first, second = connected(desk.tab(ann.page)), connected(desk.tab(ann.page))
    for _ in range(3):
        activate(second)
        activate(first)
    elected_is(ann, first)
    title = ann.happens("Back already")
    wait_popups(first, [title])
    assert popups(second) == []


def test_R_23_AMB_47_shift_close_closes_all_of_them_in_every_tab(ann: Person, desk: Profile) -> None:
    first, second = connected(desk.tab(ann.page)), connected(desk.tab(ann.page))
    activate(second)
    elected_is(ann, second)
    titles = [ann.happens(f"Task {number}") for number in range(6)]
    wait_popups(second, titles[:4])
    expect(second.get_by_role("button", name="2 more")).to_be_visible()
    close_button(second, titles[0]).click(modifiers=["Shift"])
    wait_popups(second, [])
    activate(first)
    elected_is(ann, first)
    wait_popups(first, [])
    expect(first.get_by_role("button", name="Notifications", exact=True)).to_be_visible()


@pytest.mark.parametrize("keys", ["Shift+Enter", "Shift+Space"])
def test_R_23_shift_and_a_key_close_all_too(ann: Person, desk: Profile, keys: str) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    titles = [ann.happens("One"), ann.happens("Two")]
    wait_popups(page, titles)
    close_button(page, titles[1]).focus()
    page.keyboard.press(keys)
    wait_popups(page, [])


def test_the_hotkey_shows_where_the_focus_is_after_a_click_too(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    title = ann.happens("With a ring")
    wait_popups(page, [title])
    page.get_by_role("list", name="Frames of this tab").click()
    page.keyboard.press("Alt+t")
    expect(close_button(page, title)).to_be_focused()
    assert close_button(page, title).evaluate("button => button.matches(':focus-visible')")


def test_closing_one_leaves_the_others(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    titles = [ann.happens("One"), ann.happens("Two"), ann.happens("Three")]
    wait_popups(page, titles)
    close_button(page, titles[1]).click()
    wait_popups(page, [titles[0], titles[2]])
    page.get_by_role("button", name="Close all").click()
    wait_popups(page, [])


def test_AMB_44_of_two_windows_side_by_side_the_focused_one_has_it(ann: Person, desk: Profile) -> None:
    left = connected(desk.window(ann.page, left=0, top=0, width=600, height=500))
    right = connected(desk.window(ann.page, left=650, top=0, width=600, height=500))
    activate(right)
    wait_state(left, VISIBLE)
    elected_is(ann, right)
    title = ann.happens("Side by side")
    wait_popups(right, [title])
    assert popups(left) == []
    activate(left)
    wait_popups(left, [title])
    wait_popups(right, [])


def test_AMB_44_of_two_devices_the_one_in_use_has_it(ann: Person, desk: Profile, laptop: Profile) -> None:
    here, there = connected(desk.tab(ann.page)), connected(laptop.tab(ann.page))
    activate(there)
    elected_is(ann, there)
    title = ann.happens("Two devices")
    wait_popups(there, [title])
    assert popups(here) == []
    activate(here)
    wait_popups(here, [title])
    wait_popups(there, [])
    close_button(here, title).click()
    wait_popups(here, [])
    activate(there)
    elected_is(ann, there)
    assert popups(there) == []
    laptop.close_tabs()


def test_R_08_a_reload_brings_a_sticky_one_back(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    title = ann.happens("Sticky")
    wait_popups(page, [title])
    page.reload()
    wait_popups(connected(page), [title])


def test_back_from_the_back_forward_cache_it_is_there_again(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    title = ann.happens("Back and forth")
    wait_popups(page, [title])
    page.goto(f"{ann.demo}/")
    wait_until(lambda: ann.elected() == [], "the tab to be gone")
    page.evaluate("history.back()")
    page.wait_for_function("address => location.href === address", arg=ann.page, polling=100)
    wait_popups(connected(page), [title])


def test_R_19_if_nobody_looks_exactly_one_hidden_tab_has_it(ann: Person, desk: Profile) -> None:
    tabs = [connected(desk.tab(ann.page)) for _ in range(3)]
    activate(tabs[1])
    elected_is(ann, tabs[1])
    activate(desk.blank)
    wait_state(tabs[1], HIDDEN)
    title = ann.happens("Nobody looks")
    wait_until(lambda: any(popups(page) for page in tabs), "a pop-up")
    assert [popups(page) for page in tabs] == [[], [title], []]


def test_a_tab_that_freezes_leaves_its_pop_ups_to_another(ann: Person, desk: Profile) -> None:
    other, used = connected(desk.tab(ann.page)), connected(desk.tab(ann.page))
    activate(used)
    elected_is(ann, used)
    activate(desk.blank)
    wait_state(used, HIDDEN)
    title = ann.happens("Before the frost")
    wait_popups(used, [title])
    desk.freeze(used)
    wait_popups(other, [title])
    desk.freeze(used, frozen=False)
    connected(used)
    wait_until(lambda: popups(used) + popups(other) == [title], "one of them to have it")


DEAF = "document.addEventListener('freeze', (event) => event.stopImmediatePropagation(), {capture: true})"


def test_what_a_silently_frozen_tab_was_offered_is_offered_to_the_next(
    ann: Person, desk: Profile, announce: Announce
) -> None:
    """As on a system that stops a page without telling it: its connection stays open and answers nothing."""
    announce("Page entered Back-Forward Cache")  # as Chromium calls it when it ends the connection of a frozen page
    other, silent = connected(desk.tab(ann.page)), connected(desk.tab(ann.page, before=DEAF))
    activate(silent)
    elected_is(ann, silent)
    activate(desk.blank)
    wait_state(silent, HIDDEN)
    desk.freeze(silent)
    title = ann.happens("Into the void")
    wait_popups(other, [title])
    desk.freeze(silent, frozen=False)
    wait_until(lambda: popups(silent) + popups(other) == [title], "one of them to have it")


def test_R_20_AMB_45_title_and_favicon_tell_of_it_until_the_tab_is_looked_at(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    elected_is(ann, page)
    title, icons = page.title(), favicons(page)
    activate(desk.blank)
    wait_state(page, HIDDEN)
    elected_is(ann, page)
    ann.happens("One")
    ann.happens("Two")
    wait_until(lambda: page.title() == f"(2) {title}", "the mark in the title")
    assert favicons(page) == ["/demo/icon-marked.svg"]
    activate(page)
    wait_until(lambda: page.title() == title, "the title to be restored")
    assert favicons(page) == icons


def test_R_20_the_mark_goes_when_they_are_closed_elsewhere(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    elected_is(ann, page)
    title = page.title()
    activate(desk.blank)
    wait_state(page, HIDDEN)
    ann.happens("One")
    wait_until(lambda: page.title() == f"(1) {title}", "the mark in the title")
    ann.clean_up()
    wait_until(lambda: page.title() == title, "the title to be restored")
    assert popups(page) == []


def test_a_timed_one_fades_and_stays_unread(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    title = ann.happens("Timed", sticky=False)
    wait_popups(page, [title])
    wait_popups(page, [])
    expect(page.get_by_role("button", name="Notifications, 1 unread")).to_be_visible()


def test_beside_a_scroll_bar_pop_ups_keep_their_distance_to_both_edges(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    page.set_viewport_size({"width": 360, "height": 640})
    wait_popups(page, [ann.happens("Narrow")])
    left, right, whole, clear = page.evaluate(
        """() => {
          const {left, right} = document.querySelector("hub-popups").getBoundingClientRect();
          return [left, right, innerWidth, document.documentElement.clientWidth];
        }"""
    )
    assert clear < whole
    assert left == clear - right > 0


UPPERMOST = """name => {
  const {shadowRoot} = document.querySelector(name);
  const {left, top, width, height} = shadowRoot.querySelector("[role=dialog], [role=group]").getBoundingClientRect();
  return document.elementFromPoint(left + width / 2, top + height - 4).localName;
}"""


def test_a_pop_up_never_covers_the_open_panel_of_the_bell(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    page.set_viewport_size({"width": 400, "height": 400})
    titles = [ann.happens("Before")]
    wait_popups(page, titles)
    page.get_by_role("button", name="Notifications, 1 unread").click()
    titles.append(ann.happens("Meanwhile"))
    wait_popups(page, titles)
    assert page.evaluate(UPPERMOST, "hub-bell") == "hub-bell"
    page.keyboard.press("Escape")
    assert page.evaluate(UPPERMOST, "hub-popups") == "hub-popups"


def test_a_pop_up_can_be_closed_over_a_modal_dialog(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    page.evaluate(
        """() => {
          const dialog = document.body.appendChild(document.createElement("dialog"));
          dialog.textContent = "Modal";
          dialog.showModal();
        }"""
    )
    titles = [ann.happens("Over a dialog"), ann.happens("Afterwards")]
    wait_popups(page, titles)
    close_button(page, titles[0]).click()
    wait_popups(page, titles[1:])
    page.evaluate("() => document.querySelector('dialog').close()")
    wait_until(lambda: page.evaluate("() => document.querySelector('hub-popups').parentNode === document.body"), "home")
    close_button(page, titles[1]).click()
    wait_popups(page, [])
