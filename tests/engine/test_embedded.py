"""The embedded store, with real processes and kill -9: nothing acknowledged is lost, nobody is an orphan for long."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from hub.engine.embedded import EmbeddedStore, StoreFailed, StoreInUse, running_url
from hub.engine.server_program import NoServer, choose_socket, find_server

PATIENCE = 20.0  # seconds until a wait is a failure
OWNER = Path(__file__).with_name("owner.py")
ROOT = Path(__file__).parents[2]


class Owner(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    store_pid: int
    how: str


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "a data directory"  # with spaces, always


@pytest.fixture
def start_owner(data: Path) -> Iterator[Callable[[], Owner]]:
    """Start processes that own the store; what they leave behind is ended through the store itself."""
    owners: list[Owner] = []

    def start() -> Owner:
        process = subprocess.Popen(
            [sys.executable, str(OWNER), str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        url, pid, how = process.stdout.readline().split()
        owners.append(Owner(process, url, int(pid), how))
        return owners[-1]

    yield start
    for owner in owners:
        owner.process.communicate()
    last = EmbeddedStore(data)
    last.start()
    last.stop()


@pytest.fixture
def store(data: Path) -> Iterator[EmbeddedStore]:
    store = EmbeddedStore(data)
    store.start()
    yield store
    store.stop()


def write(url: str, key: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.set(key, "kept")


def keys(url: str) -> set[str]:
    with redis.Redis.from_url(url) as client:
        return {key.decode() for key in client.scan_iter()}


def config(url: str, name: str) -> str:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        value: str = client.config_get(name)[name]
        return value


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


def test_data_survives_a_stop_and_a_start(data: Path) -> None:
    store = EmbeddedStore(data)
    write(store.start(), "a")
    store.stop()
    again = EmbeddedStore(data)
    assert keys(again.start()) == {"a"}
    again.stop()


def test_every_write_is_on_disk_before_its_answer(store: EmbeddedStore) -> None:
    assert (config(store.url, "appendonly"), config(store.url, "appendfsync")) == ("yes", "always")
    assert config(store.url, "stream-node-max-bytes") == "1024"
    assert config(store.url, "port") == "0"


def test_a_killed_store_is_started_again_on_the_same_url_with_its_data(store: EmbeddedStore) -> None:
    write(store.url, "a")
    url, pid = store.url, store.pid
    assert pid is not None
    assert not store.ensure_running()
    os.kill(pid, signal.SIGKILL)
    wait_until(store.ensure_running, "the store to be started again")
    assert store.url == url
    assert store.pid != pid
    assert keys(url) == {"a"}


def test_the_store_of_a_killed_hub_is_adopted(start_owner: Callable[[], Owner]) -> None:
    first = start_owner()
    write(first.url, "a")
    first.process.kill()
    first.process.wait()
    assert is_alive(first.store_pid)
    second = start_owner()
    assert (second.how, second.store_pid, second.url) == ("adopted", first.store_pid, first.url)
    assert keys(second.url) == {"a"}


def test_an_adopted_store_is_stopped_by_its_new_owner(start_owner: Callable[[], Owner]) -> None:
    first = start_owner()
    first.process.kill()
    first.process.wait()
    second = start_owner()
    second.process.communicate()
    assert not is_alive(first.store_pid)


def test_an_adopted_store_that_dies_is_started_again(data: Path, start_owner: Callable[[], Owner]) -> None:
    first = start_owner()
    write(first.url, "a")
    first.process.kill()
    first.process.wait()
    store = EmbeddedStore(data)
    store.start()
    assert store.adopted
    os.kill(first.store_pid, signal.SIGKILL)
    wait_until(store.ensure_running, "the store to be started again")
    assert not store.adopted
    assert keys(store.url) == {"a"}
    store.stop()


def test_hub_and_store_killed_together(start_owner: Callable[[], Owner]) -> None:
    first = start_owner()
    write(first.url, "a")
    first.process.kill()
    os.kill(first.store_pid, signal.SIGKILL)
    first.process.wait()
    second = start_owner()
    assert second.how == "started"
    assert keys(second.url) == {"a"}


def test_a_second_hub_is_refused_while_the_first_lives(data: Path, store: EmbeddedStore) -> None:
    second = subprocess.run(
        [sys.executable, str(OWNER), str(data)],
        input="",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert second.returncode == 3
    assert f"process {os.getpid()}" in second.stdout
    assert "HUB_DATA_DIR" in second.stdout
    assert not store.ensure_running()


def test_a_second_owner_in_the_same_process_is_refused_too(data: Path, store: EmbeddedStore) -> None:
    with pytest.raises(StoreInUse):
        EmbeddedStore(data).start()


def test_a_torn_last_write_is_cut_off(data: Path) -> None:
    store = EmbeddedStore(data)
    write(store.start(), "a")
    store.stop()
    (log,) = (data / "appendonlydir").glob("*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\nto")
    again = EmbeddedStore(data)
    assert keys(again.start()) == {"a"}
    again.stop()


def test_a_damaged_file_is_said_and_nothing_keeps_running(data: Path) -> None:
    store = EmbeddedStore(data)
    write(store.start(), "a")
    store.stop()
    (log,) = (data / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"nonsense\r\n" + log.read_bytes())
    again = EmbeddedStore(data)
    with pytest.raises(StoreFailed, match="Bad file format"):
        again.start()
    assert again.pid is None
    assert not Path((data / "socket-path").read_text().strip()).parent.exists()


def test_stop_is_clean_and_may_be_repeated(data: Path) -> None:
    store = EmbeddedStore(data)
    socket = Path(store.start().removeprefix("unix://"))
    pid = store.pid
    assert pid is not None
    store.stop()
    store.stop()
    assert not is_alive(pid)
    assert not socket.parent.exists()
    assert not store.ensure_running()


def test_only_its_user_reaches_the_store(data: Path, store: EmbeddedStore) -> None:
    socket = Path(store.url.removeprefix("unix://"))
    assert socket.parent.stat().st_mode & 0o077 == 0
    assert data.stat().st_mode & 0o077 == 0


def test_a_deep_data_directory_is_no_obstacle(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / ("deep" * 30) / ("deeper" * 20))
    store.start()
    store.stop()


def test_who_runs_is_found_from_the_directory_alone(data: Path, store: EmbeddedStore) -> None:
    assert running_url(data) == store.url
    store.stop()
    assert running_url(data) is None
    assert running_url(data / "nothing") is None


def test_a_socket_in_a_directory_open_to_others_is_not_used_again(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    other = choose_socket(tmp_path / "valkey.sock").parent
    assert other != tmp_path
    other.rmdir()
    tmp_path.chmod(0o700)
    assert choose_socket(tmp_path / "valkey.sock").parent == tmp_path


def test_a_server_program_that_does_not_exist_is_named() -> None:
    with pytest.raises(NoServer, match="no-such-server"):
        find_server(Path("no-such-server"))


@pytest.mark.requires("redis-server")
def test_another_server_can_be_chosen(data: Path) -> None:
    store = EmbeddedStore(data, "redis-server")
    with redis.Redis.from_url(store.start()) as client:
        assert "valkey_version" not in client.info("server")
    store.stop()
