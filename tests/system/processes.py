"""Real processes to kill, and a strict client written from the protocol alone."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx2
import websockets
from websockets.asyncio.client import ClientConnection, connect

OPERATOR = "operator-key-of-the-system-tests"
SECRET = "a-secret-of-the-system-tests-32-bytes-long"
START_SECONDS = 30.0
PATIENCE = 20.0  # seconds until a wait is a failure; nothing is asserted about how fast


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class StoreProcess:
    """A Valkey or Redis of the test's own, that can be killed and started again on its data."""

    def __init__(self, binary: str) -> None:
        self._binary = binary
        self.folder = tempfile.mkdtemp(prefix="hub-store-")
        self.url = f"unix://{self.folder}/s"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--port", "0", "--unixsocket", f"{self.folder}/s", "--dir", self.folder, "--save", ""]
        arguments += ["--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen([self._binary, *arguments], stdout=subprocess.DEVNULL)
        wait_until(lambda: self.answers(), "the store to answer")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(f"{self.folder}/s")
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def wait_until(true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


class HubProcess:
    """`hub serve` as people start it, on a free port."""

    def __init__(self, data_dir: Path, *arguments: str, command: str = "serve", **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**surroundings(), "HUB_OPERATOR_KEY": OPERATOR, "HUB_DATA_DIR": str(data_dir), **settings}
        self._arguments = [command, "--port", str(self.port), *arguments]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `bury`
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", *self._arguments],
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
        )
        wait_until(self.ready, f"the hub to be ready: {self.said()}")
        return self

    def workers(self) -> list[int]:
        """Return the pids of the processes that serve, where there are several."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        rows = [line.split(maxsplit=2) for line in listed.splitlines()]
        return [int(pid) for pid, parent, *words in rows if int(parent) == self.pid and "hub.app.serving" in words[0]]

    def ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.said()
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False

    def said(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-4000:]

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask to end as an init system does, and return the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def bury(self) -> None:
        """Leave nothing of it behind."""
        if self._process is not None:
            self.stop()
        self._log.close()


def surroundings() -> dict[str, str]:
    """Return the environment without the settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command as from a shell, with these settings alone."""
    return subprocess.run(
        [sys.executable, "-m", "hub.cli", *arguments],
        capture_output=True,
        text=True,
        env=surroundings() | settings,
        check=False,
    )


class Api:
    """HTTP with the operator's key."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub
        headers = {"Authorization": f"Bearer {OPERATOR}"}
        self.client = httpx2.AsyncClient(base_url=hub.url, headers=headers, timeout=PATIENCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    async def put(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.put(path, json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def seed(self, *users: str) -> None:
        """Make the account acme with these users and a contact c7 that belongs to the first."""
        await self.put("/v1/accounts/acme", name="Acme", time_zone="America/New_York")
        for user in users:
            await self.put(f"/v1/users/{user}", account="acme", name=user.title())
        await self.put("/v1/contacts/c7", account="acme", first_name="Eve", assigned_user=users[0])

    async def event(self, id: str, type: str = "voicemails", **body: Any) -> httpx2.Response:
        event = {"type": type, "account": "acme", "id": id, "contact": "c7", **body}
        return await self.client.post("/v1/events", json=event)

    async def insist(self, id: str, **body: Any) -> None:
        """Post an event as a producer would: again and again until it is acknowledged."""
        end = time.monotonic() + PATIENCE * 2
        while True:
            assert time.monotonic() < end, f"{id} was never acknowledged"
            try:
                answer = await self.event(id, **body)
            except httpx2.HTTPError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 202:
                return
            assert answer.status_code in (409, 503), answer.text
            await asyncio.sleep(0.05)

    async def log_of(self, user: str) -> list[str]:
        """Return the event ids of a user's inbox, oldest first, over all pages."""
        events: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": "200", "user": user} | ({"cursor": cursor} if cursor else {})
            answer = await self.client.get("/v1/inbox", params=query, headers=bearer(user))
            assert answer.status_code == 200, answer.text
            page = answer.json()
            events += [entry["event"] for entry in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return events[::-1]


def token(user: str, seconds: float = 3600) -> str:
    import jwt

    return jwt.encode({"sub": user, "exp": int(time.time() + seconds)}, SECRET, algorithm="HS256")


def bearer(user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user)}"}


class Tab:
    """One browser tab, as strict as the protocol allows: a gap in `seq` fails the test.

    `screen` holds the ids on the screen. With `answers` it says `shown` as a browser would.
    """

    open_ones: ClassVar[list["Tab"]] = []

    def __init__(self, user: str, name: str, answers: bool = True) -> None:
        self.open_ones.append(self)
        self.user, self.name, self.answers = user, name, answers
        self.frames: list[dict[str, Any]] = []
        self.screen: set[str] = set()
        self.offered: list[str] = []
        self.entries: dict[str, dict[str, Any]] = {}
        self.epoch: str | None = None
        self.seq = 0
        self.elected = False
        self.unread = 0
        self.closed: int | None = None
        self._line: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def open(self, hub: HubProcess, state: str = "hidden", **hello: Any) -> Self:
        self._line = await connect(
            hub.url.replace("http", "ws") + "/v1/ws", subprotocols=[websockets.Subprotocol("hub.v1+json")]
        )
        self.closed, before = None, len(self.frames)
        after = {"epoch": self.epoch, "seq": self.seq} if self.epoch else None
        await self.say(
            "hello",
            **{
                "token": token(self.user),
                "tab": self.name,
                "state": state,
                "after": after,
                "client": "test/1",
                **hello,
            },
        )
        self._reader = asyncio.create_task(self._read(self._line))
        await self.until(
            lambda: self.closed is not None or any(f["op"] == "welcome" for f in self.frames[before:]), "welcome"
        )
        return self

    async def say(self, op: str, **fields: Any) -> None:
        assert self._line is not None
        await self._line.send(json.dumps({"op": op, **fields}))

    async def until(self, true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(true), seconds)
            except TimeoutError:
                raise AssertionError(f"{self.user}/{self.name} waited in vain for {what}: {self.frames[-8:]}") from None

    async def until_event(self, *events: str) -> None:
        """Wait until the entries of these events are there."""
        await self.until(lambda: set(events) <= {entry["event"] for entry in self.entries.values()}, f"events {events}")

    async def close(self) -> None:
        if self._line:
            self._line.transport.abort()
        if self._reader:
            await self._reader

    def vanish(self) -> None:
        """Break the connection without a word."""
        assert self._line is not None
        self._line.transport.abort()

    async def _read(self, line: ClientConnection) -> None:
        try:
            async for message in line:
                await self._take(json.loads(message))
        except websockets.ConnectionClosed:
            pass
        async with self._changed:
            self.closed = line.close_code
            self._changed.notify_all()

    async def _take(self, frame: dict[str, Any]) -> None:
        if frame["op"] == "ping":
            await self.say("pong")
        self._number(frame)
        taken = self._apply(frame)
        if taken and self.answers:
            await self.say("shown", ids=taken)
        async with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def _number(self, frame: dict[str, Any]) -> None:
        if frame["op"] == "welcome":
            if not frame["recovered"]:
                self.seq, self.entries = frame["seq"], {entry["id"]: entry for entry in frame["inbox"]}
            self.epoch = frame["epoch"]
        elif "seq" in frame:
            assert frame["seq"] <= self.seq + 1, f"a gap: {self.seq} then {frame}"
            self.seq = max(self.seq, frame["seq"])

    def _apply(self, frame: dict[str, Any]) -> list[str]:
        """Change what the person sees; return the pop-ups taken."""
        self.unread = frame.get("unread", self.unread)
        taken: list[str] = []
        match frame["op"]:
            case "welcome" | "elected":
                self.elected = frame["elected"]
                taken = [entry["id"] for entry in frame["popups"]]
                self.screen = set(taken)
            case "notify":
                entry = frame["entry"]
                self.entries[entry["id"]] = entry
                if frame["popup"]:
                    taken = [entry["id"]]
                    self.screen.add(entry["id"])
                    self.offered.append(entry["id"])
            case "dismissed" | "recalled" | "archived":
                self.screen -= set(frame["ids"])
        return taken


def once(tabs: Sequence[Tab]) -> None:
    """Check that no two of these tabs have the same pop-up on the screen, and that none was announced twice."""
    shown = [id for tab in tabs for id in tab.screen]
    assert len(shown) == len(set(shown)), shown
    offered = [id for tab in tabs for id in tab.offered]
    assert len(offered) == len(set(offered)), offered
