"""A person of the demo: what happens to them, and what their tabs show."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import Locator, Page

from .real_tabs import wait_until


def ask(
    url: str, body: dict[str, Any] | None = None, token: str | None = None, method: str | None = None
) -> dict[str, Any]:
    """Call the demo or the hub behind it."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found


class Person:
    """One user, whose titles are told apart from those of other tests by a mark."""

    def __init__(self, demo: str, id: str, mark: str) -> None:
        self.demo, self.id, self.mark = demo, id, mark
        self.page = f"{demo}/?as={id}"

    def title(self, name: str) -> str:
        """Say how the pop-up of this name is titled."""
        return f"{name} {self.mark}"

    def happens(self, name: str, sticky: bool = True) -> str:
        """Post an event to this person alone; return the title of its pop-up."""
        kind = "task_due" if sticky else "mention"
        event = {"type": kind, "account": "acme", "users": [self.id], "title": self.title(name), "body": "As planned."}
        assert ask(f"{self.demo}/demo/events", event)["recipients"] == 1
        return self.title(name)

    def elected(self) -> list[str]:
        """Name the tabs that the hub has elected for this person."""
        tabs = ask(f"{self.demo}/demo/tabs")["tabs"]
        return [tab["tab"] for tab in tabs if tab["user"] == self.id and tab["elected"]]

    def clean_up(self) -> None:
        """Close what is still open."""
        token = ask(f"{self.demo}/demo/token", {"user": self.id})["token"]
        entries = ask(f"{self.demo}/v1/inbox?state=all&limit=200", token=token)["items"]
        ask(f"{self.demo}/v1/inbox/dismiss", {"ids": [entry["id"] for entry in entries]}, token)


def connected(page: Page) -> Page:
    """Wait until a tab of the demo is connected."""
    wait_until(
        lambda: page.evaluate("() => document.querySelector('hub-bell')?.client?.state") == "connected", "a welcome"
    )
    return page


def tab_id(page: Page) -> str:
    """Tell the id that a page has at the hub."""
    found: str = page.evaluate("() => document.querySelector('hub-bell').client.tab")
    return found


def elected_is(person: Person, page: Page) -> None:
    """Wait until the hub has elected this page for the person."""
    wait_until(lambda: person.elected() == [tab_id(page)], "the election")


def popups(page: Page) -> list[str]:
    """List the titles on a page's screen; asked by script, because a hidden page draws nothing to be located."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelector("hub-popups").shadowRoot.querySelectorAll("[role=group]")]
                 .map((group) => group.getAttribute("aria-label"))"""
    )
    return found


def wait_popups(page: Page, titles: list[str]) -> None:
    """Wait until exactly these are on a page's screen."""
    wait_until(lambda: popups(page) == titles, f"{titles} on {page.title()}; there: {popups(page)}")


def keep(page: Page) -> None:
    """Let a page keep the titles of all pop-ups that come up in it, as `came`."""
    page.evaluate(
        """() => {
          const {client} = document.querySelector("hub-popups");
          globalThis.came = [];
          client.addEventListener("popups", ({detail}) => came.push(...detail.added.map(({title}) => title)));
        }"""
    )


def dismiss(page: Page, title: str) -> None:
    """Close for good what is titled so, out of a page that need not show it."""
    page.evaluate(
        """async (title) => {
          const {client} = document.querySelector("hub-popups");
          await client.dismiss(client.entries.filter((entry) => entry.title === title).map(({id}) => id));
        }""",
        title,
    )


def bell(page: Page) -> str:
    """Read how the bell of a page is named; by script, as a page may be hidden."""
    found: str = page.evaluate("() => document.querySelector('hub-bell').shadowRoot.querySelector('button').ariaLabel")
    return found


def wait_bell(page: Page, name: str) -> None:
    """Wait until the bell of a page is named so."""
    wait_until(lambda: bell(page) == name, f"the bell to say {name}")


def close_button(page: Page, title: str) -> Locator:
    """Find the button that closes a pop-up, by the name that the contract gives it."""
    return page.get_by_role("button", name=f"Close notification: {title}")


def favicons(page: Page) -> list[str]:
    """List the page's icons."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('link[rel~=icon]')].map((link) => new URL(link.href).pathname)"
    )
    return found
