"""Windows that are minimised, tabs that are closed or die, lines that break: what is open goes on where somebody is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .cable import Cable
from .person import Person, ask, close_button, connected, elected_is, favicons, keep, popups, wait_bell, wait_popups
from .real_tabs import HIDDEN, Announce, Profile, activate, wait_state, wait_until

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")

QUIET = "Notifications"
MARKED = ["/demo/icon-marked.svg"]

LISTED = "() => document.querySelector('hub-bell').client.entries.map(({title}) => title)"


@pytest.fixture
def minimised(desk: Profile) -> Iterator[None]:
    """The desk's first window, minimised meanwhile."""
    desk.bounds(desk.blank, windowState="minimized")
    yield
    desk.bounds(desk.blank, windowState="normal")


@pytest.fixture
def cable(demo: str) -> Iterator[Cable]:
    with Cable(demo) as plugged:
        yield plugged


def looks(page: Page) -> tuple[str, list[str]]:
    """Tell what the tab strip shows of a page."""
    return page.title(), favicons(page)


@pytest.mark.usefixtures("minimised")
def test_R_19_R_20_of_minimised_windows_exactly_one_has_it_and_says_so(ann: Person, desk: Profile) -> None:
    windows = [connected(desk.window(ann.page, left=left, top=0, width=600, height=500)) for left in (0, 300, 650)]
    used = windows[1]
    activate(used)
    elected_is(ann, used)
    plain = looks(used)
    for page in (windows[0], windows[2], used):  # what is minimised hands the focus on, and that counts as use
        desk.bounds(page, windowState="minimized")
        wait_state(page, HIDDEN)
    elected_is(ann, used)
    title = ann.happens("Nobody looks")
    wait_until(lambda: looks(used) == (f"(1) {plain[0]}", MARKED), "the mark")
    assert [popups(page) for page in windows] == [[], [title], []]
    assert [looks(page) for page in windows if page != used] == [plain, plain]
    desk.bounds(used, windowState="normal")
    activate(used)
    wait_until(lambda: looks(used) == plain, "the mark to be gone")
    assert popups(used) == [title]


def test_the_pop_ups_of_a_tab_whose_process_is_killed_come_up_in_another(ann: Person, desk: Profile) -> None:
    other, used = connected(desk.tab(ann.page)), connected(desk.tab(ann.page))
    activate(used)
    titles = [ann.happens("One"), ann.happens("Two")]
    wait_popups(used, titles)
    desk.kill(used)
    wait_popups(other, titles)
    elected_is(ann, other)


def test_AMB_45_of_three_tabs_on_two_devices_the_one_used_last_inherits(
    ann: Person, desk: Profile, laptop: Profile
) -> None:
    early, late = connected(desk.tab(ann.page)), connected(laptop.tab(ann.page))
    last = connected(desk.tab(ann.page))
    for page in (early, late, last):
        activate(page)
        elected_is(ann, page)
    title = ann.happens("Inherited")
    wait_popups(last, [title])
    for device, page in ((laptop, late), (desk, last)):
        device.blank.bring_to_front()
        wait_state(page, HIDDEN)
    elected_is(ann, last)
    last.close()
    wait_popups(late, [title])
    assert popups(early) == []
    late.close()
    wait_popups(early, [title])


@pytest.mark.parametrize("way", ["Shift", "Close all"])
def test_R_23_AMB_47_what_is_closed_at_once_is_closed_on_all_devices_also_where_nobody_was(
    ann: Person, desk: Profile, laptop: Profile, way: str
) -> None:
    used, beside = connected(desk.tab(ann.page)), connected(desk.tab(ann.page))
    away, there = connected(laptop.tab(ann.page)), connected(laptop.tab(ann.page))
    activate(used)
    elected_is(ann, used)
    titles = [ann.happens("One"), ann.happens("Two"), ann.happens("Three")]
    wait_popups(used, titles)
    for page in (used, beside, away, there):
        wait_bell(page, "Notifications, 3 unread")
    away.evaluate("() => { globalThis.kept = true; }")
    away.goto(f"{ann.demo}/")
    if way == "Shift":
        close_button(used, titles[1]).click(modifiers=["Shift"])
    else:
        used.get_by_role("button", name=way).click()
    for page in (used, beside, there, connected(laptop.tab(ann.page))):
        wait_bell(page, QUIET)
        assert popups(page) == []
    away.evaluate("history.back()")
    away.wait_for_function("address => location.href === address", arg=ann.page, polling=100)
    wait_bell(away, QUIET)
    activate(away)
    elected_is(ann, away)
    assert (popups(away), away.evaluate("globalThis.kept")) == ([], True)


def test_R_08_after_a_broken_line_all_is_there_and_nothing_twice(
    ann: Person, desk: Profile, cable: Cable, announce: Announce
) -> None:
    announce(cable.url.removeprefix("http"))
    page = connected(desk.tab(f"{cable.url}/?as={ann.id}"))
    activate(page)
    keep(page)
    titles = [ann.happens("Before"), ann.happens("Closed meanwhile")]
    wait_popups(page, titles)
    page.get_by_role("button", name="Notifications, 2 unread").click()
    panel = page.get_by_role("dialog", name="Notifications")
    expect(panel).to_contain_text(titles[1])
    cable.pull()
    expect(panel).to_contain_text("Offline. Trying to connect again…")
    close_button(page, titles[1]).click()
    wait_popups(page, titles[:1])
    titles.append(ann.happens("Missed"))
    page.get_by_role("button", name="Notifications, 2 unread").click()
    cable.plug()
    connected(page)
    wait_popups(page, [titles[0], titles[2]])
    expect(panel).to_contain_text(titles[2])
    expect(panel).not_to_contain_text("Offline")
    expect(page.get_by_role("button", name="Notifications, 2 unread")).to_be_visible()
    assert page.evaluate("came") == titles
    assert [page.evaluate(LISTED).count(title) for title in titles] == [1, 1, 1]
    assert unread(ann) == {titles[0], titles[2]}


def unread(ann: Person) -> set[str]:
    """Ask the hub what a person has not read."""
    token = ask(f"{ann.demo}/demo/token", {"user": ann.id})["token"]
    return {entry["title"] for entry in ask(f"{ann.demo}/v1/inbox?state=unread", token=token)["items"]}
