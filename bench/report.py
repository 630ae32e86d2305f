"""Rounds in, tables out: medians with their extremes, and ratios taken inside each round.

Absolute figures of a shared machine drift by tens of per cent between minutes; two servers measured in the same
round drift together. So the ratio to the reference is taken per round, and only then summed up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"

#: One round: peer -> name of a figure -> its value.
Round = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values between their extremes."""

    middle: float
    low: float
    high: float

    def shown(self, digits: int) -> str:
        return f"{self.middle:,.{digits}f} ({self.low:,.{digits}f}–{self.high:,.{digits}f})"


def spread(values: Iterable[float]) -> Spread:
    """Sum up values that are not empty."""
    found = sorted(values)
    return Spread(median(found), found[0], found[-1])


def figures(rounds: Sequence[Round], peer: str, figure: str) -> Spread:
    """Sum up one figure of one peer over the rounds."""
    return spread(each[peer][figure] for each in rounds)


def ratios(rounds: Sequence[Round], peer: str, reference: str, figure: str) -> Spread:
    """Sum up how a peer's figure compares with the reference's in the same round."""
    return spread(each[peer][figure] / each[reference][figure] for each in rounds)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Read the value below which this share of ordered values lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Column:
    """A figure to show: its key in a round, its heading, its decimals, and whether a ratio makes sense of it."""

    figure: str
    heading: str
    digits: int
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One run of one scenario, complete enough to be read without the program that made it."""

    question: str
    command: str
    machine: Mapping[str, str]
    rounds: Sequence[Round]
    columns: Sequence[Column]
    reference: str

    def markdown(self) -> str:
        """Write the run for people."""
        machine = [f"* {name}: {value}" for name, value in self.machine.items()]
        parts = [f"# {self.question}", f"`{self.command}`", "\n".join(machine)]
        parts += [f"Median of {len(self.rounds)} rounds (lowest–highest).", self._figures()]
        if self._has_ratios():
            parts += [f"Ratio to {self.reference}, taken in each round:", self._ratios()]
        return "\n\n".join(parts) + "\n"

    def document(self) -> str:
        """Write the run for programs, every round with full digits."""
        fields = ("question", "command", "machine", "reference", "rounds")
        return json.dumps({name: getattr(self, name) for name in fields}, indent=1, ensure_ascii=False) + "\n"

    def save(self, name: str) -> None:
        """Keep the run in results/."""
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(self.markdown())
        (RESULTS / f"{name}.json").write_text(self.document())

    def _peers(self) -> list[str]:
        return list(self.rounds[0])

    def _has_ratios(self) -> bool:
        return len(self._peers()) > 1 and self.reference in self._peers()

    def _figures(self) -> str:
        rows = [
            [peer, *(figures(self.rounds, peer, column.figure).shown(column.digits) for column in self.columns)]
            for peer in self._peers()
        ]
        return table(["server", *(column.heading for column in self.columns)], rows)

    def _ratios(self) -> str:
        compared = [column for column in self.columns if column.compared]
        rows = [
            [peer, *(ratios(self.rounds, peer, self.reference, column.figure).shown(2) for column in compared)]
            for peer in self._peers()
            if peer != self.reference
        ]
        return table(["server", *(column.heading for column in compared)], rows)


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
