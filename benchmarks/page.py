"""docs/performance.md: what was measured, written between two markers; the rest of the page is written by people."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.requirements import base_case
from benchmarks.results import Results
from benchmarks.tables import Table, case_table, figure_table, requirement_table

BEGIN = "<!-- measured: written by `python -m benchmarks report` -->"
END = "<!-- end of what was measured -->"

_CAPTIONS = {
    "phases": "Where the time goes in the base case",
    "rows": "Wall time against rows",
    "tenants": "Wall time against tenants",
    "jobs": "Wall time against jobs",
    "memory": "Peak memory of each kind of process in the base case",
}


def update(page: Path, results: Results, charts: Sequence[Path]) -> None:
    """Replaces what stands between the markers of `page`.

    Raises:
        ValueError: the page lacks them.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no {BEGIN} … {END}")
    measured = "\n\n".join(_sections(results, charts, page.parent))
    page.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}", encoding="utf-8")


def _sections(results: Results, charts: Sequence[Path], directory: Path) -> Iterator[str]:
    yield f"Measured {results.began}."
    yield _headed(requirement_table(results))
    base = base_case(results)
    if base is not None:
        yield _headed(case_table(results, base))
    for chart in charts:
        caption = _CAPTIONS[chart.stem]
        yield f"### {caption}\n\n![{caption}]({os.path.relpath(chart, directory)})"
    for case in results.cases:
        if case != base:
            yield _headed(case_table(results, case))
    if base is not None:
        yield _headed(figure_table(results, base))
    machine = tuple((name, value) for name, value in results.machine.items())
    yield _headed(Table("The machine", ("what", "is"), machine))
    yield from (f"Not measured: {note}." for note in results.notes)


def _headed(table: Table) -> str:
    return f"### {table.title}\n\n{table.markdown()}"
