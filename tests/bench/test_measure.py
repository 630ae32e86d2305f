"""What is read from /proc, and the command line."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import measure
from bench.machine import describe

ROOT = Path(__file__).parent.parent.parent


def test_work_costs_cpu_time_and_waiting_does_not() -> None:
    me = [os.getpid()]
    before = measure.cpu_seconds(me)
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    assert measure.cpu_seconds(me) - before >= 0.045


def test_a_family_includes_grandchildren_and_their_memory() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE) as process:
        while len(measure.family(process.pid)) < 2:
            time.sleep(0.01)
        assert measure.resident_bytes([process.pid]) > 1_000_000
        process.communicate(b"\n")


def test_a_process_that_is_gone_has_no_cost() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert measure.cpu_seconds([process.pid]) == 0
    assert measure.resident_bytes([process.pid]) == 0


def test_memory_is_settled_when_it_stops_moving() -> None:
    readings = iter([100_000, 150_000, 200_000, 200_100])
    waits: list[float] = []
    assert measure.settled_bytes(lambda: next(readings), waits.append) == 200_100
    assert len(waits) == 3


def test_pinning_ends_with_its_block() -> None:
    before = os.sched_getaffinity(0)
    with measure.on_core(measure.SERVER_CORE):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_a_machine_is_described_without_names_or_paths() -> None:
    said = describe("Valkey 9.1.2")
    assert said["cores"].startswith(f"{os.cpu_count()} × ")
    assert not [value for value in said.values() if os.uname().nodename in value or str(Path.home()) in value]


@pytest.mark.parametrize("arguments", [["--help"], ["fanout", "--help"], ["idle", "--help"]])
def test_the_command_line_explains_itself(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "bench", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python -m bench" in done.stdout
