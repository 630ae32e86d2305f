"""The documentation is true: what exists is named in the README of its folder, and what a README names exists."""

import re
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from hub import cli, metrics
from hub.api import application, testing
from hub.api.problem import CODES
from hub.api.route import Row
from hub.core import wire
from hub.settings import Settings, variable

ROOT = Path(__file__).parent.parent


def readme(folder: str) -> str:
    return (ROOT / folder / "README.md").read_text()


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_explained_with_its_default(field: str) -> None:
    row = next((line for line in readme("hub").splitlines() if line.startswith(f"| `{variable(field)}` |")), None)
    assert row is not None
    description = Settings.model_fields[field].description
    assert description is not None
    assert description in row
    default = Settings.model_fields[field].default
    assert default in (None, (), True, False) or f"`{default}`" in row


def test_no_setting_is_explained_that_does_not_exist() -> None:
    named = set(re.findall(r"^\| `(HUB_\w+)` \|", readme("hub"), re.MULTILINE))
    assert named == {variable(field) for field in Settings.model_fields}


@pytest.mark.parametrize("metric", [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)])
def test_every_metric_is_explained(metric: MetricWrapperBase) -> None:
    assert f"| `{metric._name}` | {metric._type} | {metric._documentation} |" in readme("hub")


@pytest.mark.parametrize(
    "command", [command.name or command.callback.__name__ for command in cli.app.registered_commands]
)
def test_every_command_is_explained(command: str) -> None:
    assert re.search(rf"^\| `hub {command}[ `]", readme("hub"), re.MULTILINE)


@pytest.mark.parametrize("code", list(wire.CloseCode))
def test_every_close_code_is_explained(code: wire.CloseCode) -> None:
    assert re.search(rf"\b{code.value}\b.*{re.escape(code.explanation)}", readme("hub/gateway"))


@pytest.mark.parametrize("frame", sorted(path.stem for path in (ROOT / "tests" / "wire").glob("*.json")))
def test_every_frame_is_explained(frame: str) -> None:
    assert f"`{frame}`" in readme("hub/gateway")


@pytest.mark.parametrize("test", re.findall(r"`((?:tests/[\w/]+\.py|…)::test_\w+)`", readme(".")))
def test_a_promise_of_the_readme_has_its_test(test: str) -> None:
    path, _, name = test.partition("::")
    path = "tests/system/test_bad_days.py" if path == "…" else path
    assert f"def {name}(" in (ROOT / path).read_text()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([\w./-]+)\)", readme(".")))))
def test_what_the_readme_links_to_exists(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("row", [*application.TABLE, *testing.ROUTES], ids=lambda row: f"{row.method} {row.path}")
def test_every_route_is_explained(row: Row) -> None:
    assert f"| `{row.method}` | `{row.path}` |" in readme("hub/api")


def test_every_problem_code_is_explained() -> None:
    assert [code for code, status in CODES.items() if f"| {status} | `{code}` |" not in readme("hub/api")] == []
