"""A benchmark's results: written as they come in, read for tables, charts and the page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.case import Case, Measured, Measurement

SCHEMA_VERSION = 1


@dataclass
class Results:
    """Everything that one run of the benchmark measured."""

    machine: Mapping[str, str]
    began: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}")
    measurements: list[Measurement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what was not measured, and why

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases, in the order in which they were measured first."""
        return tuple(dict.fromkeys(one.case for one in self.measurements))

    def of(self, case: Case, contender: str) -> tuple[Measured, ...]:
        """The rounds of one contender in one case."""
        return tuple(one.measured for one in self.measurements if (one.case, one.contender) == (case, contender))

    def contenders(self, case: Case) -> tuple[str, ...]:
        """Who was measured in that case."""
        return tuple(dict.fromkeys(one.contender for one in self.measurements if one.case == case))

    def median(self, case: Case, contender: str) -> Measured | None:
        """The median of each number over the rounds, the largest for memory; None where there was no round."""
        rounds = self.of(case, contender)
        if not rounds:
            return None
        return Measured(
            _each(median, (one.phases for one in rounds)),
            {name: int(size) for name, size in _each(max, (one.memory for one in rounds)).items()},
            _each(median, (one.figures for one in rounds)),
            median(one.processor for one in rounds),
        )

    def seconds(self, case: Case, contender: str) -> float | None:
        """The median of the whole, which is not the sum of the phases' medians."""
        rounds = self.of(case, contender)
        return median(one.seconds for one in rounds) if rounds else None

    def with_later(self, later: Results) -> Results:
        """These results; what `later` measured again (a case's contender) takes the place of what was measured here."""
        again = {(one.case, one.contender) for one in later.measurements}
        kept = [one for one in self.measurements if (one.case, one.contender) not in again]
        notes = [*self.notes, *(note for note in later.notes if note not in self.notes)]
        return Results(self.machine, self.began, [*kept, *later.measurements], notes)

    def write(self, file: Path) -> None:
        """Writes them as JSON; whoever reads the file meanwhile finds the old or the new ones, whole."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "began": self.began,
            "machine": dict(self.machine),
            "notes": self.notes,
            "measurements": [one.to_document() for one in self.measurements],
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whole or as before: a run of half an hour writes it after each case.
        partial = file.with_name(f"{file.name}.partial")
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        partial.replace(file)

    @classmethod
    def read(cls, file: Path) -> Results:
        """Reads what `write` wrote.

        Raises:
            ValueError: the file is of another schema version.
        """
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"{file} is of schema version {document['schema_version']}, not {SCHEMA_VERSION}")
        found = [Measurement.of_document(one) for one in document["measurements"]]
        return cls(document["machine"], document["began"], found, document["notes"])


def _each(choose: Any, rounds: Iterable[Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for one in rounds:
        for name, value in one.items():
            found.setdefault(name, []).append(value)
    return {name: choose(values) for name, values in found.items()}
