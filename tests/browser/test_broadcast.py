"""A manager tells whole groups, as people see it: written, confirmed, on their screens, counted, taken back."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .person import Person, ask, close_button, connected, popups, wait_popups
from .real_tabs import Announce, Profile, activate, wait_until

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")

ELEMENT = """() => {
  if (document.querySelector("hub-broadcast")) return;
  const element = document.createElement("hub-broadcast");
  element.client = document.querySelector("hub-bell").client;
  document.querySelector("header").append(element);
}"""
BODY = """title => {
  const groups = [...document.querySelector("hub-popups").shadowRoot.querySelectorAll("[role=group]")];
  return groups.find((group) => group.getAttribute("aria-label") === title)?.querySelector(".body")?.innerHTML;
}"""


@pytest.fixture
def away(laptop: Profile) -> Iterator[Profile]:
    """The second device, whose tabs are closed afterwards."""
    yield laptop
    laptop.close_tabs()


def element(page: Page) -> Locator:
    """Put the element on the page, if it is not there yet."""
    page.evaluate(ELEMENT)
    return page.locator("hub-broadcast")


def written(page: Page, title: str, message: str) -> Locator:
    """Write to Sales and go as far as the button that sends it; return the dialog."""
    element(page).get_by_role("button", name="Create notification").click()
    dialog = page.get_by_role("dialog", name="Create notification")
    dialog.get_by_role("textbox", name="Title").fill(title)
    dialog.get_by_role("textbox", name="Message").fill(message)
    dialog.get_by_role("checkbox", name="Sales").check()
    expect(dialog.get_by_text("5 people would get it.")).to_be_visible()
    dialog.get_by_role("button", name="Send", exact=True).click()
    return dialog


def taken_back(dialog: Locator, title: str) -> None:
    """Take a sent one back, so that it is in nobody's way afterwards."""
    row = dialog.get_by_role("listitem").filter(has_text=title)
    row.get_by_role("button", name="Take back").click()
    row.get_by_role("button", name="Take back from everybody?").click()
    expect(row).to_contain_text("taken back")


def inbox(person: Person) -> list[str]:
    token = ask(f"{person.demo}/demo/token", {"user": person.id})["token"]
    return [entry["title"] for entry in ask(f"{person.demo}/v1/inbox?limit=200", token=token)["items"]]


def test_R_12_D_05_a_group_is_told_watched_and_relieved_of_it(
    ann: Person, carla: Person, desk: Profile, away: Profile
) -> None:
    page, other = connected(desk.tab(carla.page)), connected(away.tab(ann.page))
    title = carla.title("Friday")
    activate(other)
    dialog = written(page, title, "The office is <b>closed</b>.\nSee you on Monday!")
    confirm = dialog.get_by_role("button", name="Send to 5 people")
    expect(confirm).to_be_focused()
    confirm.dblclick()
    expect(dialog.get_by_text("Sent to 5 people.")).to_be_visible()
    wait_popups(other, [title])
    assert other.evaluate(BODY, title) == "The office is <b>closed</b>.\nSee you on Monday!"
    row = dialog.get_by_role("listitem").filter(has_text=title)
    expect(row).to_contain_text("Delivered5 of 5")
    close_button(other, title).click()
    expect(row).to_contain_text("Closed1 of 5")
    assert inbox(ann).count(title) == 1
    taken_back(dialog, title)
    expect(row.get_by_role("button")).to_have_count(0)
    wait_until(lambda: title not in popups(page), "the sender's own pop-up to be gone")
    assert title not in inbox(ann)


def test_AMB_40_it_is_there_for_managers_only_and_comes_with_the_role(
    ann: Person, desk: Profile, operator_key: str, announce: Announce
) -> None:
    announce("status of 403")  # what was being asked when the role was taken away
    page = connected(desk.tab(ann.page))
    button = element(page).get_by_role("button", name="Create notification")
    expect(button).to_have_count(0)
    token = ask(f"{ann.demo}/demo/token", {"user": "ann"})["token"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(f"{ann.demo}/v1/broadcasts", {"message": "Hi", "groups": ["sales"]}, token)
    try:
        ask(f"{ann.demo}/v1/users/ann", {"roles": ["agent", "manager"]}, operator_key, method="PATCH")
        button.click()
        expect(page.get_by_role("dialog", name="Create notification")).to_be_visible()
    finally:
        ask(f"{ann.demo}/v1/users/ann", {"roles": ["agent"]}, operator_key, method="PATCH")
    expect(page.get_by_role("dialog", name="Create notification")).to_have_count(0)
    expect(button).to_have_count(0)


def test_an_answer_that_is_lost_loses_no_word_and_sends_nothing_twice(
    ann: Person, carla: Person, desk: Profile, announce: Announce
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    announce("net::ERR_CONNECTION_RESET")
    page, title = connected(desk.tab(carla.page)), carla.title("Once")
    dialog = written(page, title, "Only once.")
    page.route("**/v1/broadcasts", lose, times=1)
    dialog.get_by_role("button", name="Send to 5 people").click()
    expect(dialog.get_by_text("The hub did not answer. Nothing is lost: try again.")).to_be_visible()
    dialog.get_by_role("button", name="Back").click()
    expect(dialog.get_by_role("textbox", name="Message")).to_have_value("Only once.")
    dialog.get_by_role("button", name="Send", exact=True).click()
    dialog.get_by_role("button", name="Send to 5 people").click()
    expect(dialog.get_by_text("Sent to 5 people.")).to_be_visible()
    assert inbox(ann).count(title) == 1
    taken_back(dialog, title)


ATTACK = (
    '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    '<a href="javascript:window.hit=1">here</a><b onclick="window.hit=1">bold</b><svg/onload=window.hit=1>'
)


def test_E_17_an_attack_is_text_in_the_preview_and_in_every_pop_up(
    ann: Person, carla: Person, desk: Profile, away: Profile
) -> None:
    page, other = connected(desk.tab(carla.page)), connected(away.tab(ann.page))
    activate(other)
    title = carla.title("<i>Attack</i>")
    dialog = written(page, title, ATTACK)
    expect(dialog.get_by_text("<script>window.hit=1</script>")).to_be_visible()
    dialog.get_by_text("here").click()
    dialog.get_by_role("button", name="Send to 5 people").click()
    wait_popups(other, [title])
    found = other.evaluate(BODY, title)
    assert "<b>bold</b>" in found
    assert "&lt;img src=x onerror" in found
    for tag in ("<img", "<script", "<svg", "<a ", "<b "):
        assert tag not in found
    assert [tab.evaluate("() => window.hit") for tab in (page, other)] == [None, None]
    taken_back(dialog, title)


def test_a_pop_up_can_be_closed_while_a_message_is_written(carla: Person, desk: Profile) -> None:
    page = connected(desk.tab(carla.page))
    activate(page)
    titles = [carla.happens("Before")]
    wait_popups(page, titles)
    dialog = written(page, carla.title("Later"), "Not yet.")
    titles.append(carla.happens("Meanwhile"))
    wait_popups(page, titles)
    for left in (titles[1:], []):
        close_button(page, titles[1 - len(left)]).click()
        wait_popups(page, left)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    wait_until(lambda: page.evaluate("() => document.querySelector('hub-popups').parentNode === document.body"), "home")
    element(page).get_by_role("button", name="Create notification").click()
    expect(dialog.get_by_role("textbox", name="Message")).to_have_value("Not yet.")
