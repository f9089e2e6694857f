"""The figures of one scenario: as tables for the terminal, as JSON for whoever compares them later."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.online.compare import Difference
from benchmarks.online.goals import goal_table
from benchmarks.online.load import Outcome
from benchmarks.online.samples import FAILED, Summary, summarise
from benchmarks.tables import Table

SCHEMA_VERSION = 1
LOST = "acknowledged writes lost or doubled"
WRONG = "wrong answers shown to writers"
# Of rows that are not as they were acknowledged, as many are named.
_NAMED = 20


@dataclass
class Report:
    """What one scenario measured; `phases` are what writers met, `figures` are named with their unit."""

    scenario: str
    machine: Mapping[str, str]
    options: Mapping[str, Any]
    began: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}")
    phases: dict[str, Summary] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def add_outcome(self, outcome: Outcome, differences: Sequence[Difference]) -> None:
        """Adds what the writers met in each phase, and whether their ledger is what the databases hold."""
        for name in dict.fromkeys(phase.name for phase in outcome.phases):
            self.phases[name] = summarise(outcome.samples, outcome.stretches(name))
        samples = outcome.samples
        self.figures |= {
            "acknowledged transactions": len(samples.outcome) - samples.outcome.count(FAILED),
            "acknowledged writes": sum(samples.rows),
            "rows compared": len(outcome.ledger),
            LOST: len(differences),
            WRONG: len(samples.failures),
            "commits in doubt, resolved": samples.doubts,
            "transactions that no writer was free for": outcome.unserved,
        }
        self.failures += [f"{failure.sqlstate}: {failure.message}" for failure in samples.failures[:_NAMED]]
        self.differences += [str(difference) for difference in differences[:_NAMED]]

    @property
    def exact(self) -> bool:
        """Whether the databases hold what was acknowledged, and nobody was shown an error."""
        return not self.figures.get(LOST) and not self.figures.get(WRONG)

    def tables(self) -> Iterator[Table]:
        """What writers met, all figures, and the goals among them."""
        columns = ("phase", "s", "tps", "rows/tx", "p50 ms", "p95", "p99", "max", "refused", "retried", "failed")
        yield Table(f"{self.scenario}: what writers met", columns, tuple(_phase_rows(self.phases)))
        yield Table("Figures", ("figure", "value"), tuple((name, _text(value)) for name, value in self.figures.items()))
        yield goal_table(self.figures)

    def write(self, file: Path) -> None:
        """Writes all of it as JSON."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario,
            "began": self.began,
            "machine": dict(self.machine),
            "options": dict(self.options),
            "phases": {name: summary.document() for name, summary in self.phases.items()},
            "figures": {name: round(value, 4) for name, value in self.figures.items()},
            "failures": self.failures,
            "differences": self.differences,
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _text(value: float) -> str:
    return f"{value:,.4g}" if value < 10_000 else f"{value:,.0f}"


def _phase_rows(phases: Mapping[str, Summary]) -> Iterator[tuple[str, ...]]:
    for name, one in phases.items():
        latencies = (f"{1000 * value:.1f}" for value in (one.p50, one.p95, one.p99, one.most))
        rows = f"{one.rows / one.done:.1f}" if one.done else ""
        yield (
            name, f"{one.seconds:.1f}", f"{one.rate:.0f}", rows, *latencies,
            str(one.refused), str(one.retried), str(one.failed),
        )  # fmt: skip
