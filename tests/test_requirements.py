"""Every requirement that is built has a test that carries its id, as `C-14` or `C_14`."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
SOURCES = (*TESTS.rglob("test_*.py"), *(TESTS.parent / "client-js" / "test").glob("*.test.js"))
NAMED = re.compile(r"(?<![A-Za-z])(AMB|[ACDERS])[-_](\d\d)(?!\d)")

BUILT = {
    "C": range(1, 56),
    "A": (*range(3, 28), *range(34, 42)),
    "R": (*range(1, 4), 6, *range(8, 17), *range(18, 24)),
    "D": range(1, 6),
    "E": (6, 7, 11, 13, 15, 17, 18, *range(20, 24)),
    "AMB": (*range(1, 20), *range(28, 32), *range(34, 38), *range(39, 49)),
}


def test_every_requirement_that_is_built_is_named_by_a_test() -> None:
    named = {(kind, int(number)) for path in SOURCES for kind, number in NAMED.findall(path.read_text())}
    built = {(kind, number) for kind, numbers in BUILT.items() for number in numbers}
    assert sorted(f"{kind}-{number:02}" for kind, number in built - named) == []
