"""The house rules that a machine can check: who may import whom, how long things get, where they live."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HUB = ROOT / "hub"
SOURCES = sorted(HUB.rglob("*.py"))
OURS = [*SOURCES, *sorted(path for top in ("tests", "bench") for path in (ROOT / top).rglob("*.py"))]
FILE_LINES, FUNCTION_LINES = 400, 40

# The table of the architecture: a room, and the rooms and root modules of the hub that it may import beside itself.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "engine": {"core"},
    "channels": {"core"},
    "gateway": {"core", "engine", "metrics"},
    "api": {"core", "engine", "metrics"},
    "workers": {"core", "engine", "metrics", "channels"},
    "cli": {"app", "settings"},
    "metrics": set(),
    "settings": set(),
}
CORE_LIBRARIES = {"pydantic", "pydantic_core", "orjson", "msgpack", "jwt", "nh3", "liquid", "cel", "phonenumbers"}
OUTSIDE_CORE = {
    *("asyncio", "concurrent", "multiprocessing", "threading", "subprocess", "signal", "selectors", "socket", "ssl"),
    *("time", "sched", "random", "secrets", "uuid", "os", "sys", "io", "pathlib", "shutil", "tempfile", "logging"),
    *("http", "sqlite3", "contextvars"),
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc", "lib", "shared"}
SHORT = {"cfg", "conf", "ctx", "msg", "req", "res", "resp", "usr", "acct", "notif", "prefs", "impl", "mgr", "db"}

# Written in pieces, so that this file does not say what it forbids.
MACHINE_WORDS = re.compile("|".join("".join(halves) for halves in (
    ("/wo", "rk/(?:main|shared|[.])"),
    ("/tm", "p/(?:venv|design)"),
    ("/ro", "ot/"),
)))  # fmt: skip
TEXTS = {
    ".py",
    ".lua",
    ".js",
    ".json",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".html",
    ".css",
    ".conf",
    ".cfg",
    ".sh",
    ".txt",
}
NOT_OURS = {".git", "node_modules", "hub-data", ".venv", "dist", "build", "__pycache__", "htmlcov"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    """Name the room a source lies in, or the root module it is."""
    return path.relative_to(HUB).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Give every module a source imports, wherever in it the import stands, by its full dotted name."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                near = (*package[: len(package) - level + 1],) if level else ()
                source = ".".join((*near, module) if module else near)
                yield from (f"{source}.{name.name}" for name in names)


def is_standard(name: str) -> bool:
    return name in sys.stdlib_module_names


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def texts() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        hidden = any(part in NOT_OURS or part.endswith("_cache") for part in path.relative_to(ROOT).parts)
        if not hidden and path.suffix in TEXTS and path.is_file():
            yield path


each_source = pytest.mark.parametrize("path", SOURCES, ids=name_of)
each_core_source = pytest.mark.parametrize("path", sorted((HUB / "core").rglob("*.py")), ids=name_of)


@each_source
def test_a_room_imports_only_what_the_table_allows(path: Path) -> None:
    here = room(path)
    if here in ("app", "__init__"):  # app builds everything
        return
    inside = (name.split(".") for name in imports(path) if name.startswith("hub."))
    assert {parts[1] for parts in inside} <= MAY_IMPORT[here] | {here, "__version__"}


@each_source
def test_only_the_command_line_imports_the_composition_root(path: Path) -> None:
    if path.parent != HUB and room(path) != "app":
        assert not [name for name in imports(path) if re.match(r"hub\.(app|cli)\b", name)]


@each_core_source
def test_the_core_imports_values_only(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports(path)} - {"hub"}
    foreign = {name for name in tops if name not in CORE_LIBRARIES and not is_standard(name)}
    assert not foreign
    assert not tops & OUTSIDE_CORE


@each_core_source
def test_the_core_neither_waits_nor_reads_a_clock(path: Path) -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, waiting), f"line {node.lineno} waits"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("now", "utcnow", "today"), f"line {node.lineno} reads a clock"


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES


@each_source
def test_no_function_is_longer_than_40_lines(path: Path) -> None:
    long = [
        node.name for node in functions(path) if node.end_lineno and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]
    assert not long


@each_source
def test_every_module_and_every_public_function_of_it_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    public = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
    assert not [node.name for node in public if node.name[0] != "_" and not ast.get_docstring(node)]


@each_source
def test_a_file_lives_in_a_room_of_the_house(path: Path) -> None:
    inner = path.relative_to(HUB).parts
    assert len(inner) == 1 or inner[0] in {*MAY_IMPORT, "app"}
    assert len(inner) <= 2 or inner[:2] == ("engine", "functions")


@each_source
def test_a_file_has_a_name_that_says_something(path: Path) -> None:
    words = set(path.stem.split("_"))
    assert re.fullmatch(r"__init__|__main__|[a-z]+(_[a-z]+)*", path.stem)
    assert not words & (VAGUE | SHORT)


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=name_of)
def test_a_package_opens_with_its_map(folder: Path) -> None:
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))


def test_no_text_speaks_of_the_machine_it_was_written_on() -> None:
    said = {name_of(path): MACHINE_WORDS.findall(path.read_text(errors="replace")) for path in texts()}
    assert not {name: words for name, words in said.items() if words}


def test_lock_files_name_public_registries_only() -> None:
    public = re.compile(
        r'"resolved": "(?!https://registry\.npmjs\.org/)|url = "(?!https://(pypi|files\.pythonhosted)\.org/)'
    )
    locks = [path for path in texts() if path.name == "package-lock.json"]
    locks += [path for path in (ROOT / "uv.lock", ROOT / ".npmrc") if path.exists()]
    assert not [name_of(path) for path in locks if public.search(path.read_text())]
