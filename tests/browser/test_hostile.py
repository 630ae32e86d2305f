"""What strangers write stays text, wherever it is shown: markup, script and templates, in words, names and addresses.

The demo page is under the strictest policy, with Trusted Types; what it refuses comes as an error that fails the test.
So the walk over the page looks for what a page without a policy would have suffered.
"""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .person import Person, ask, connected, popups, wait_popups
from .real_tabs import Profile, activate

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox")

HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script><svg/onload=alert(3)>\"'--><b>bold</b>&lt;"
    "{{constructor.constructor('alert(4)')()}} ${alert(5)} <%= 6*7 %> {% raw %} #{7*7}"
)
PLACES = {"accounts": "acme-boston", "groups": "sales", "users": "carla", "contacts": "c1"}
RUNNING = ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<b>x</b>", "vbscript:x", "//example.com")
RICH = (
    '<b onclick="alert(1)">bold</b><a href="javascript:alert(2)">first</a><a href="JAVA&#10;SCRIPT:alert(3)">second</a>'
    '<a href="data:text/html,x">third</a><a href="https://example.com/&quot;onmouseover=&quot;alert(4)">fourth</a>'
    "<img src=x onerror=alert(5)><math><mtext></b><style><img src=x onerror=alert(6)></style><!--><script>alert(7)"
)

# Writes down what the policy refused, and what would be asked of the person.
WATCH = """
  window.refused = [];
  addEventListener("securitypolicyviolation", (event) => refused.push(`${event.violatedDirective} ${event.sample}`));
  for (const name of ["alert", "confirm", "prompt"]) window[name] = (said) => refused.push(`${name} ${said}`);
"""
# Lists, in every shadow tree, what the page itself has none of.
WALK = """() => {
  const ALIEN = "[src=x], body script, iframe, object, embed, base, math, style";
  const found = [];
  const attacks = ({attributes}) => [...attributes].some(({name, value}) =>
    name.startsWith("on") || name === "srcdoc" || /^\\s*(javascript|data|vbscript):/i.test(value));
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.matches(ALIEN) || attacks(node)) found.push(node.outerHTML);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  return [...refused, ...found];
}"""
LINKS = """() => [...document.querySelector("hub-popups").shadowRoot.querySelectorAll("a")].map(({href}) => href)"""

# A hub that hands on what it should have refused.
FORGETFUL = """
  globalThis.WebSocket = class extends WebSocket {
    set onmessage(act) {
      const running = (text) => text.replaceAll("https://hostile.example/", "javascript:alert(1)//");
      super.onmessage = act && (({data}) => act({data: running(data)}));
    }
  };
"""


@pytest.fixture
def renamed(demo: str, operator_key: str) -> Iterator[None]:
    """A directory in which others chose the names."""
    fields = {kind: "first_name" if kind == "contacts" else "name" for kind in PLACES}
    places = {kind: f"{demo}/v1/{kind}/{id}?root=acme" for kind, id in PLACES.items()}
    before = {kind: {fields[kind]: ask(place, token=operator_key)[fields[kind]]} for kind, place in places.items()}
    for kind, place in places.items():
        ask(place, {fields[kind]: HOSTILE}, operator_key, "PATCH")
    yield
    for kind, place in places.items():
        ask(place, before[kind], operator_key, "PATCH")


def happens(demo: str, key: str, **event: Any) -> None:
    """Post an event as a CRM does."""
    ask(f"{demo}/v1/events", {"account": "acme", **event}, key)


def bodies(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => [...document.querySelector("hub-popups").shadowRoot.querySelectorAll("[role=group] .body")]
                 .map(({textContent}) => textContent)"""
    )
    return found


def seen(shown: Locator) -> None:
    expect(shown.filter(has_text=HOSTILE).first).to_be_visible()


@pytest.mark.usefixtures("renamed", "ann")
def test_E_17_names_and_words_of_strangers_are_text_wherever_they_are_shown(
    carla: Person, desk: Profile, operator_key: str
) -> None:
    demo, title, body = carla.demo, carla.title(HOSTILE), f"{HOSTILE}\n{HOSTILE}"
    page = connected(desk.tab(f"{carla.page}#settings", before=WATCH))
    activate(page)
    happens(demo, operator_key, type="text_received", contact="c1", title=title, body=body)
    happens(demo, operator_key, type="mention", users=["carla"], title=carla.title("Own"), url="https://example.com/")
    happens(demo, operator_key, type="mention", users=["carla"], title=title, body=body)
    happens(demo, operator_key, type="voicemails", account="acme-boston", contact="c7", title=title, body=body)
    wait_popups(page, [title, carla.title("Own"), title, title])
    assert bodies(page) == [body] * 3

    page.get_by_role("button", name="Notifications, 4 unread").click()
    panel = page.get_by_role("dialog", name="Notifications")
    row = panel.get_by_role("listitem").filter(has_text=title).first
    expect(row).to_contain_text(f" · {HOSTILE}")
    expect(panel.get_by_role("combobox")).to_contain_text(HOSTILE)
    row.get_by_role("button", name="Why did I get this?").click()
    row.get_by_role("button", name=f"Archive: {title}").click()
    expect(panel.get_by_role("status")).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Create notification").click()
    expect(page.get_by_role("checkbox", name=HOSTILE)).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("tab", name="Roll-up").click()
    expect(page.get_by_role("checkbox", name=HOSTILE)).to_be_checked()
    page.get_by_role("link", name="Customers").click()
    seen(page.get_by_role("cell"))
    seen(page.get_by_role("link", name="Open as"))
    page.get_by_role("button", name="Close all").click()
    outbox = page.get_by_role("list", name="E-mails and texts")
    outbox.get_by_role("listitem").filter(has_text=HOSTILE).first.locator("summary").click()
    expect(outbox.locator("details[open] pre")).to_contain_text(body)
    assert page.evaluate(WALK) == []


@pytest.mark.usefixtures("renamed")
def test_E_17_a_broadcast_keeps_its_bold_and_loses_its_teeth(carla: Person, desk: Profile) -> None:
    token = ask(f"{carla.demo}/demo/token", {"user": "carla"})["token"]
    page = connected(desk.tab(carla.page, before=WATCH))
    activate(page)
    title = carla.title(HOSTILE)
    sent = ask(f"{carla.demo}/v1/broadcasts", {"title": title, "message": RICH, "users": ["carla"]}, token)
    wait_popups(page, [title])
    expect(page.get_by_role("group", name=title)).to_contain_text(f"from {HOSTILE}", ignore_case=True)
    assert page.evaluate(LINKS) == ["https://example.com/%22onmouseover=%22alert(4)"]
    assert bodies(page)[0].startswith("boldfirstsecondthirdfourth<img src=x onerror=alert(5)>")
    page.get_by_role("button", name="Notifications, 1 unread").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_contain_text("boldfirstsecondthirdfourth<img src=x")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Create notification").click()
    dialog = page.get_by_role("dialog", name="Create notification")
    expect(dialog.get_by_role("listitem").filter(has_text=title)).to_be_visible()
    dialog.get_by_role("textbox", name="Message").fill(RICH)
    dialog.get_by_role("textbox", name="Title").fill(HOSTILE)
    dialog.get_by_role("checkbox", name=HOSTILE).check()
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_role("button", name="Send to 5 people")).to_be_visible()
    expect(dialog).to_contain_text("boldfirst")
    assert page.evaluate(WALK) == []
    ask(f"{carla.demo}/v1/broadcasts/{sent['id']}", token=token, method="DELETE")


@pytest.mark.parametrize("url", RUNNING)
def test_an_address_that_would_run_is_refused(demo: str, operator_key: str, url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="422"):
        happens(demo, operator_key, type="mention", users=["ann"], title="Press me", url=url)


def test_an_address_that_would_run_is_no_link_even_if_a_hub_hands_it_on(
    ann: Person, desk: Profile, operator_key: str
) -> None:
    page = connected(desk.tab(ann.page, before=WATCH + FORGETFUL))
    activate(page)
    title = ann.title("Press me")
    happens(ann.demo, operator_key, type="mention", users=["ann"], title=title, url="https://hostile.example/")
    wait_popups(page, [title])
    page.get_by_role("group", name=title).get_by_text(title).click()
    page.get_by_role("button", name="Notifications, 1 unread").click()
    page.get_by_role("dialog", name="Notifications").get_by_text(title).first.click()
    assert (popups(page), page.evaluate(LINKS), page.evaluate(WALK)) == ([title], [], [])
