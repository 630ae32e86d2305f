"""Real focus and visibility: Debian's Chromium over CDP without Playwright's focus emulation, on a private display.

Three facts make it work. Chromium is started by us and joined with `no_defaults=True`, else every page claims to be
visible and focused for ever. Only the default context is free of that emulation. And a window manager is needed for
windows to lose the focus or be minimised.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import ConsoleMessage, Error, Page, Playwright

CHROMIUM = os.environ.get("CHROMIUM", "chromium")
PATIENCE = 20.0  # seconds until a wait is a failure
STATE = "() => [document.visibilityState, document.hasFocus()]"
QUIET_FLAGS = (
    "--no-first-run",
    "--no-default-browser-check",
    "--password-store=basic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
)
State = tuple[str, bool]
Announce = Callable[[str], None]  # says a part of what a page is going to complain of, so that it fails no test
FOCUSED: State = ("visible", True)
VISIBLE: State = ("visible", False)
HIDDEN: State = ("hidden", False)


class Display:
    """A private X display with a window manager; the server picks a free number itself."""

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        options = ["-screen", "0", "1400x900x24", "-nolisten", "tcp"]
        self._server = _start(["Xvfb", "-displayfd", str(writing), *options], pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as answer:
            self.env = {**os.environ, "DISPLAY": f":{answer.readline().strip()}"}
        self._manager = _start(["openbox", "--sm-disable"], env=self.env)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(PATIENCE)


class Profile:
    """One Chromium process: one browser profile, one device."""

    def __init__(self, playwright: Playwright, display: Display, left: int = 0) -> None:
        self._folder = tempfile.mkdtemp(prefix="hub-chromium-")
        window = [f"--window-position={left},0", "--window-size=680,640"]
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        options = ["--remote-debugging-port=0", f"--user-data-dir={self._folder}", *QUIET_FLAGS, *window, *sandbox]
        self._process = _start([CHROMIUM, *options, "about:blank"], env=display.env, start_new_session=True)
        self._browser = playwright.chromium.connect_over_cdp(self._endpoint(), no_defaults=True, is_local=True)
        self._context = self._browser.contexts[0]
        self._control = self._browser.new_browser_cdp_session()
        self._faults: list[str] = []
        self._context.on("console", self._heard)
        self._context.on("weberror", lambda thrown: self._faults.append(f"thrown, not caught: {thrown.error}"))
        self.blank = self._context.pages[0]

    def _endpoint(self) -> str:
        """Read where Chromium listens; it writes that down once it does."""
        note = Path(self._folder, "DevToolsActivePort")
        wait_until(lambda: note.exists() and len(note.read_text().splitlines()) > 1, "Chromium to start")
        port, path = note.read_text().splitlines()[:2]
        return f"ws://127.0.0.1:{port}{path}"

    def tab(self, url: str, before: str | None = None) -> Page:
        """Open a tab in the window used last; `before` is a script that runs before the page's own."""
        page = self._context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        if before:
            page.add_init_script(before)
        page.goto(url)
        return page

    def window(self, url: str, **bounds: int) -> Page:
        """Open a window of its own."""
        with self._context.expect_page() as opened:
            self._control.send("Target.createTarget", {"url": url, "newWindow": True})
        page = opened.value
        page.set_default_timeout(PATIENCE * 1000)
        page.wait_for_load_state()
        self.bounds(page, **bounds)
        return page

    def bounds(self, page: Page, **bounds: Any) -> None:
        """Move, resize or minimise (`windowState="minimized"`) the window of a page."""
        window = self._context.new_cdp_session(page).send("Browser.getWindowForTarget")["windowId"]
        self._control.send("Browser.setWindowBounds", {"windowId": window, "bounds": bounds})

    def freeze(self, page: Page, frozen: bool = True) -> None:
        """Freeze a hidden page as the browser does, or let it live again."""
        session = self._context.new_cdp_session(page)
        session.send("Page.setWebLifecycleState", {"state": "frozen" if frozen else "active"})

    def kill(self, page: Page) -> None:
        """Let the process of a page end as by SIGKILL; the tab stays, with nothing in it."""
        with page.expect_event("crash"), contextlib.suppress(Error):
            page.goto("chrome://kill")

    def allow(self, origin: str, *permissions: str) -> None:
        """Answer for the person what a site may; nothing named: what was answered is forgotten."""
        self._control.send("Browser.resetPermissions")
        if permissions:
            self._control.send("Browser.grantPermissions", {"origin": origin, "permissions": [*permissions]})

    def faults(self) -> list[str]:
        """Take what all pages complained of since the last time: errors in the console, among them refusals by a
        content policy and failed requests, and what was thrown and not caught."""
        self.blank.evaluate("0")  # by its answer, all that was said before is heard
        found, self._faults[:] = self._faults[:], []
        return found

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._faults.append(f"{message.text} ({message.location['url']})")

    def close_tabs(self) -> None:
        """Close everything but the blank first tab."""
        for page in self._context.pages:
            if page != self.blank:
                page.close()

    def close(self) -> None:
        """End the process and remove its profile."""
        with contextlib.suppress(Error):
            self._browser.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        shutil.rmtree(self._folder, ignore_errors=True)


def wait_until(true: Any, what: str) -> None:
    """Ask again and again until it holds."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def wait_state(page: Page, wanted: State) -> None:
    """Wait until a page is visible and focused as wanted."""
    wait_until(lambda: tuple(page.evaluate(STATE)) == wanted, f"{page.url} to be {wanted}")


def activate(page: Page) -> None:
    """Bring a tab to the front: before any key or click, which would make a page claim the focus for good."""
    page.bring_to_front()
    wait_state(page, FOCUSED)


def _start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
