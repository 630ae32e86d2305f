"""Say what machine and which versions a result was measured on, without names or paths."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from hub import __version__

LIBRARIES = ("uvicorn", "uvloop", "starlette", "websockets", "hiredis", "redis", "msgpack", "orjson")


def describe(store_version: str) -> dict[str, str]:
    """Describe cores, memory, system and versions in neutral words."""
    return {
        "hub": __version__,
        "cores": f"{os.cpu_count()} × {_processor()}",
        "memory": f"{_memory_gib():.0f} GiB",
        "system": f"{platform.system()} {_kernel()} on {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "node": _answer("node", "--version").lstrip("v") or "none",
        "store": store_version,
        "libraries": ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES),
    }


def _kernel() -> str:
    """Keep the kernel's number; what a distribution or a cloud adds behind it names the place."""
    found = re.match(r"\d+\.\d+(\.\d+)?", platform.release())
    return found.group() if found else "unknown"


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _answer(program: str, flag: str) -> str:
    if shutil.which(program) is None:
        return ""
    return subprocess.run([program, flag], capture_output=True, text=True, check=True).stdout.strip()
