"""Results as tables: cells of text, for the terminal and for the page alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.case import Case
from benchmarks.requirements import REQUIREMENTS, Requirement
from benchmarks.results import Results

_MEGABYTE = 2**20


@dataclass(frozen=True)
class Table:
    """A title, the columns' names, and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table in Markdown, less its title."""
        lines = [
            self.columns,
            tuple("---" if not number else "---:" for number, _ in enumerate(self.columns)),
            *self.rows,
        ]
        return "\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def all_tables(results: Results) -> Iterator[Table]:
    """A table per case, then what must be reached."""
    for case in results.cases:
        yield case_table(results, case)
    yield requirement_table(results)


def case_table(results: Results, case: Case) -> Table:
    """One line per contender: median, spread, ratio to ours, phases, peak memory."""
    reference = results.seconds(case, "ours")
    rows = []
    for name in results.contenders(case):
        median = results.median(case, name)
        seconds = results.seconds(case, name)
        assert median is not None
        assert seconds is not None
        # The two halves of the relay's measurement are rivals, not phases.
        comparable = name != "relay"
        every = sorted(one.seconds for one in results.of(case, name))
        rows.append(
            (
                name,
                f"{seconds:.1f}" if comparable else "",
                f"{every[0]:.1f} - {every[-1]:.1f}" if comparable and len(every) > 1 else "",
                f"{seconds / reference:.2f}" if reference and comparable else "",
                f"{median.processor:.1f}" if median.processor else "",
                "; ".join(f"{phase} {value:.1f}" for phase, value in median.phases.items()),
                ", ".join(f"{kind} {size / _MEGABYTE:.0f}" for kind, size in median.memory.items()),
            )
        )
    columns = (
        "contender",
        "seconds",
        "fastest - slowest",
        "/ ours",
        "processor (s)",
        "phases (s)",
        "peak memory of a process (MB)",
    )
    return Table(case.label, columns, tuple(rows))


def figure_table(results: Results, case: Case) -> Table:
    """The further numbers of one case."""
    rows = []
    for name in results.contenders(case):
        median = results.median(case, name)
        assert median is not None
        rows += [
            (name, figure, f"{value:,.2f}" if value < 1000 else f"{value:,.0f}")
            for figure, value in median.figures.items()
        ]
    return Table(f"Further figures: {case.label}", ("contender", "figure", "median"), tuple(rows))


def requirement_table(results: Results) -> Table:
    """Each requirement with what was measured; "not measured" where the results lack a case that it needs."""
    rows = tuple(_requirement_row(results, one) for one in REQUIREMENTS)
    return Table("What must be reached", ("ratio or limit", "must", "hoped for", "measured", "met"), rows)


def _requirement_row(results: Results, one: Requirement) -> tuple[str, ...]:
    sign = ">=" if one.at_least else "<="
    hoped = "" if one.hoped is None else f"{one.hoped:g} {one.unit}"
    value = one.value(results)
    if value is None:
        return (one.text, f"{sign} {one.must:g} {one.unit}", hoped, "not measured", "")
    return (
        one.text,
        f"{sign} {one.must:g} {one.unit}",
        hoped,
        f"{value:.2f} {one.unit}",
        "yes" if one.met(value) else "NO",
    )


def show(tables: Sequence[Table], console: Console) -> None:
    """Prints the tables."""
    for table in tables:
        drawn = RichTable(title=table.title, title_justify="left")
        for number, column in enumerate(table.columns):
            drawn.add_column(column, justify="left" if number in (0, len(table.columns) - 1) else "right")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)
