"""The tabs of one browser profile among themselves: what the hub's word says later, they know at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from .person import Person, connected, dismiss, elected_is, keep, wait_popups
from .real_tabs import VISIBLE, Profile, activate, wait_state

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")

# A tab whose connection stays open while nothing of the hub reaches the page, until it hears again: then all at once.
DEAF = """(() => {
  const waiting = [];
  let deaf = false;
  globalThis.hear = (hears) => {
    deaf = !hears;
    if (hears) for (const act of waiting.splice(0)) act();
  };
  globalThis.WebSocket = class extends WebSocket {
    set onmessage(act) {
      super.onmessage = act && ((event) => (deaf ? waiting.push(() => act(event)) : act(event)));
    }
  };
})()"""

LOCKS = "async () => (await navigator.locks.query()).held.filter(({name}) => name.startsWith('hub:')).length"


def windows(ann: Person, desk: Profile) -> tuple[Page, Page]:
    """Open two windows side by side, both in sight; the first can be made deaf."""
    left = connected(desk.tab(ann.page, before=DEAF))
    right = connected(desk.window(ann.page, left=690, top=0, width=600, height=640))
    return left, right


def test_AMB_45_what_one_tab_shows_leaves_the_other_before_the_hub_tells_it(ann: Person, desk: Profile) -> None:
    left, right = windows(ann, desk)
    activate(left)
    titles = [ann.happens("One"), ann.happens("Two")]
    wait_popups(left, titles)
    left.evaluate("hear(false)")
    activate(right)
    wait_state(left, VISIBLE)
    wait_popups(right, titles)
    wait_popups(left, [])
    assert left.evaluate("document.querySelector('hub-popups').client.elected"), "the hub's word came through"
    assert left.evaluate(LOCKS) == 1
    left.evaluate("hear(true)")
    activate(left)
    wait_popups(left, titles)
    wait_popups(right, [])


def test_what_was_robbed_on_an_old_word_comes_back(ann: Person, desk: Profile) -> None:
    left, right = windows(ann, desk)
    activate(left)
    title = ann.happens("Robbed")
    wait_popups(left, [title])
    left.evaluate("hear(false)")
    activate(right)
    wait_popups(right, [title])
    wait_popups(left, [])
    right.close()
    wait_popups(left, [title])


def test_AMB_47_a_closed_one_leaves_all_tabs_of_the_profile_at_once(ann: Person, desk: Profile) -> None:
    left, right = windows(ann, desk)
    activate(left)
    titles = [ann.happens("One"), ann.happens("Two")]
    wait_popups(left, titles)
    left.evaluate("hear(false)")
    dismiss(right, titles[0])
    wait_popups(left, titles[1:])


def test_an_offer_that_a_tab_hears_too_late_does_not_come_up_twice(ann: Person, desk: Profile) -> None:
    """What it says to the late offer is a sign of life, so the hub elects it again: only then it shows."""
    left, right = windows(ann, desk)
    activate(left)
    elected_is(ann, left)
    keep(left)
    left.evaluate("hear(false)")
    title = ann.happens("Late")
    wait_popups(right, [title])
    left.evaluate("hear(true)")
    wait_popups(left, [title])
    wait_popups(right, [])
    assert left.evaluate("came") == [title]


def test_a_page_that_showed_pop_ups_still_fits_into_the_back_forward_cache(ann: Person, desk: Profile) -> None:
    page = connected(desk.tab(ann.page))
    activate(page)
    title = ann.happens("Back and forth")
    wait_popups(page, [title])
    page.evaluate("() => { globalThis.mark = 'kept'; }")
    page.goto(f"{ann.demo}/")
    page.evaluate("history.back()")
    page.wait_for_function("address => location.href === address", arg=ann.page, polling=100)
    wait_popups(connected(page), [title])
    assert page.evaluate("globalThis.mark") == "kept"
