"""axe finds nothing that keeps people out, whatever is open, light or dark, in English or Russian."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from .packages import INSTALLED, MODULES
from .person import Person, ask, connected, popups
from .real_tabs import Profile, activate, wait_until

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox", INSTALLED)

AXE = MODULES / "axe-core" / "axe.min.js"
LOOK = """async () => {
  const soon = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 1000);
  await Promise.all(soon.map((one) => one.finished.catch(() => undefined)));
  const {violations} = await axe.run(document, {resultTypes: ["violations"]});
  const told = (id, help) => ({target, failureSummary}) => `${id}: ${help} at ${target}: ${failureSummary}`;
  return violations.flatMap(({id, help, nodes}) => nodes.map(told(id, help)));
}"""
ENGLISH = ("Create notification", "Notification settings", "Roll-up", "Why did I get this?")
RUSSIAN = ("Создать уведомление", "Настройки уведомлений", "Сводка", "Почему мне это пришло?")


@pytest.fixture
def everybody(demo: str) -> Iterator[None]:
    """Whom an important notice reaches; it is closed for them all afterwards."""
    yield
    for id in ("ann", "bob", "dan", "edith"):
        Person(demo, id, "").clean_up()


def violations(page: Page) -> list[str]:
    """Ask axe. Its source is evaluated, because the page's policy lets no script in."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(LOOK)
    return found


def happenings(carla: Person) -> list[Callable[[], object]]:
    """What gives one pop-up of each kind: sticky, timed, important, with a link."""
    event = {"type": "important_system_notice", "account": "acme", "title": carla.title("Tonight"), "body": "At ten."}
    linked = {"type": "mention", "account": "acme", "users": ["carla"], "title": carla.title("A link")}
    return [
        lambda: carla.happens("A task"),
        lambda: ask(f"{carla.demo}/demo/events", event),
        lambda: ask(f"{carla.demo}/demo/events", {**linked, "url": "https://crm.example/deals/7"}),
    ]


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize(
    ("look", "words"),
    [("theme=light&lang=en", ENGLISH), ("theme=dark&lang=ru", RUSSIAN)],
    ids=["light", "dark-russian"],
)
def test_axe_finds_nothing(carla: Person, desk: Profile, look: str, words: tuple[str, ...]) -> None:
    create, settings, rollup, why = words
    page = connected(desk.tab(f"{carla.page}&{look}"))
    activate(page)
    for happens in happenings(carla):
        happens()
    wait_until(lambda: len(popups(page)) == 3, "three pop-ups")
    found = {"pop-ups": violations(page)}

    page.locator("hub-bell").get_by_role("button").first.click()
    page.locator("hub-bell").get_by_role("button", name=why).first.click()
    found["bell"] = violations(page)
    page.keyboard.press("Escape")

    page.get_by_role("button", name=create).click()
    dialog = page.get_by_role("dialog", name=create)
    expect(dialog.get_by_role("checkbox", name="Sales")).to_be_visible()
    found["broadcast"] = violations(page)
    page.keyboard.press("Escape")

    page.get_by_role("link", name=settings).click()
    expect(page.locator("hub-preferences").get_by_role("tab", name=rollup)).to_be_visible()
    found["preferences"] = violations(page)
    page.get_by_role("tab", name=rollup).click()
    found["roll-up"] = violations(page)
    assert [f"{state}: {fault}" for state, faults in found.items() for fault in faults] == []


@pytest.mark.parametrize("look", ["theme=dark&lang=en", "theme=light&lang=ru&dir=rtl"])
def test_axe_finds_nothing_where_nobody_is_yet(demo: str, desk: Profile, look: str) -> None:
    page = desk.tab(f"{demo}/?{look}")
    expect(page.get_by_role("link", name="Ann")).to_be_visible()
    assert violations(page) == []
    desk.close_tabs()
