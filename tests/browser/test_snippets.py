"""The pages that client-js/README.md shows: each, as it is written, brings a pop-up from a hub of another origin."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .guest import Guest
from .packages import CLIENT, INSTALLED, MODULES, VITE
from .person import Person, ask, close_button, connected, wait_popups
from .real_tabs import Profile, activate

pytestmark = pytest.mark.requires("chromium", "Xvfb", "openbox", "node", INSTALLED)

WRITTEN = "http://localhost:8080"  # where the README says the hub is
STRICT = (
    "default-src 'none'; script-src {scripts}; connect-src 'self' {hub} {socket}; img-src 'self' {hub}; "
    "style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types {types}"
)
PAGE = '<!doctype html><div id="app"></div><script type="module" src="/{entry}"></script>'
VUE_ENTRY = 'import {createApp} from "vue";\nimport App from "./App.vue";\ncreateApp(App).mount("#app");\n'
PACKAGES = ("react", "react-dom", "vue", "vite", "@vitejs")


class Snippets:
    """The README's blocks of code, with this hub's address in place of the one that is written."""

    def __init__(self, hub: str) -> None:
        self.hub, self.socket = hub, hub.replace("http", "ws", 1)
        text = (CLIENT / "README.md").read_text()
        sections = re.split(r"^##+ (.+)\n", text, flags=re.MULTILINE)
        self._sections = dict(zip(sections[1::2], sections[2::2], strict=True))

    def take(self, heading: str, language: str) -> str:
        """Take the only block of a language below a heading."""
        (block,) = re.findall(rf"^```{language}\n(.*?)^```", self._sections[heading], re.MULTILINE | re.DOTALL)
        code: str = block
        return code.replace(WRITTEN, self.hub).replace(WRITTEN.replace("http", "ws", 1), self.socket)

    def policy(self, scripts: str, types: str = "'none'") -> str:
        """Write the strictest policy that a page can have."""
        return STRICT.format(scripts=scripts, types=types, hub=self.hub, socket=self.socket)


@pytest.fixture(scope="module")
def snippets(demo: str) -> Snippets:
    return Snippets(demo)


@pytest.fixture(scope="module")
def site(guest: Guest, demo: str, snippets: Snippets, tmp_path_factory: pytest.TempPathFactory) -> Guest:
    """The other site, with the page of every snippet."""
    guest.token = lambda: ask(f"{demo}/demo/token", {"user": "ann"})["token"]
    put_plain(guest, snippets)
    put_strict(guest, snippets)
    built = {
        "react": {"main.jsx": snippets.take("React", "jsx")},
        "vue": {
            "main.js": VUE_ENTRY,
            "App.vue": snippets.take("Vue", "vue"),
            "vite.config.js": snippets.take("Vue", "js"),
        },
    }
    folders = {name: project(tmp_path_factory.mktemp(name), files) for name, files in built.items()}
    builds = [build(folder, name) for name, folder in folders.items()]
    for (name, folder), process in zip(folders.items(), builds, strict=True):
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
        policy = snippets.policy("'self'", "vue" if name == "vue" else "'none'")
        put_folder(guest, f"/{name}", folder / "dist", policy)
    return guest


def put_plain(guest: Guest, snippets: Snippets) -> None:
    page = snippets.take("Plain HTML", "html")
    (inline,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    guest.put("/plain/index.html", page.encode(), snippets.policy(f"{snippets.hub} 'sha256-{digest}'"))


def put_strict(guest: Guest, snippets: Snippets) -> None:
    heading = "A page with a strict content policy"
    name, _, policy = snippets.take(heading, "http").strip().partition(": ")
    assert name == "Content-Security-Policy"
    guest.put("/strict/index.html", snippets.take(heading, "html").encode(), policy)
    guest.put("/strict/notify.js", snippets.take(heading, "js").encode(), policy)


def project(folder: Path, files: dict[str, str]) -> Path:
    """Make a project of these files, in which the packages are installed."""
    entry = next(iter(files))
    for name, text in {"index.html": PAGE.format(entry=entry), **files}.items():
        (folder / name).write_text(text)
    (folder / "node_modules" / "@hub").mkdir(parents=True)
    (folder / "node_modules" / "@hub" / "client").symlink_to(CLIENT)
    for name in PACKAGES:
        (folder / "node_modules" / name).symlink_to(MODULES / name)
    return folder


def build(folder: Path, name: str) -> subprocess.Popen[bytes]:
    command = ["node", str(VITE), "build", "--base", f"/{name}/", "--logLevel", "warn"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def put_folder(guest: Guest, prefix: str, folder: Path, policy: str) -> None:
    for path in folder.rglob("*.*"):
        guest.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes(), policy)


@pytest.mark.parametrize("name", ["plain", "strict", "react", "vue"])
def test_a_page_of_the_readme_shows_a_pop_up(name: str, site: Guest, ann: Person, desk: Profile) -> None:
    page = desk.tab("about:blank")
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{site.origin}/{name}/")
    connected(page)
    activate(page)
    title = ann.happens(f"Over in {name}")
    wait_popups(page, [title])
    expect(page.get_by_role("button", name="Notifications, 1 unread")).to_be_visible()
    close_button(page, title).click()
    wait_popups(page, [])
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    assert faults == []
