"""Medians, ratios inside a round, tables, and what is written to results/."""

import json
from pathlib import Path

import pytest

from bench import report
from bench.report import Column, Report, Spread, figures, percentile, ratios, spread, table

ROUNDS = [
    {"hub": {"cpu": 5.0, "size": 500.0}, "uws": {"cpu": 4.0, "size": 500.0}},
    {"hub": {"cpu": 9.0, "size": 500.0}, "uws": {"cpu": 10.0, "size": 500.0}},
    {"hub": {"cpu": 6.0, "size": 500.0}, "uws": {"cpu": 6.0, "size": 500.0}},
]
COLUMNS = (Column("cpu", "CPU µs", 1, compared=True), Column("size", "bytes", 0))


def made(rounds: list[dict[str, dict[str, float]]] = ROUNDS) -> Report:
    return Report("How fast?", "python -m bench fanout", {"cores": "2"}, rounds, COLUMNS, "uws")


def test_a_spread_is_the_median_between_the_extremes() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert spread([1.0, 2.0]).middle == 1.5
    assert spread([1234.56]).shown(1) == "1,234.6 (1,234.6–1,234.6)"


def test_a_ratio_is_taken_inside_each_round() -> None:
    assert figures(ROUNDS, "hub", "cpu") == Spread(6.0, 5.0, 9.0)
    assert ratios(ROUNDS, "hub", "uws", "cpu") == Spread(1.0, 0.9, 1.25)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert percentile(list(range(1, 101)), share) == value


def test_a_table_has_a_rule_under_its_heading() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_a_report_says_command_machine_figures_and_ratios() -> None:
    text = made().markdown()
    assert "`python -m bench fanout`" in text
    assert "* cores: 2" in text
    assert "| hub | 6.0 (5.0–9.0) | 500 (500–500) |" in text
    assert "| hub | 1.00 (0.90–1.25) |" in text
    assert "| uws | 1.00" not in text


def test_a_single_server_is_compared_with_nothing() -> None:
    alone = [{"hub": each["hub"]} for each in ROUNDS]
    assert "Ratio" not in made(alone).markdown()


def test_a_report_is_kept_for_people_and_for_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    made().save("fanout")
    assert (tmp_path / "fanout.md").read_text() == made().markdown()
    assert json.loads((tmp_path / "fanout.json").read_text())["rounds"] == ROUNDS
