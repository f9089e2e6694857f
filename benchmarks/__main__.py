"""`python -m benchmarks`: measure one case, or all that the page shows; then write the page."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks import charts, machine, page
from benchmarks.case import Case
from benchmarks.contenders import pgcopydb
from benchmarks.results import Results
from benchmarks.schedule import CONTENDERS, Item, carry_out, series
from benchmarks.tables import all_tables, show
from benchmarks.testbed import HERE, BenchmarkError, testbed
from migrator import MigratorError

_RESULTS = HERE / "results"
_CITED = _RESULTS / "cited.json"
_DOCS = HERE.parent / "docs"
_FILE = click.Path(dir_okay=False, path_type=Path)

_DEFAULT = Case()

_COMMON = (
    click.option("--rows", type=click.IntRange(min=20), default=_DEFAULT.rows, show_default=True),
    click.option("--tenants", type=click.IntRange(min=1), default=_DEFAULT.tenants, show_default=True),
    click.option("--bytes-per-row", type=click.IntRange(min=1), default=_DEFAULT.bytes_per_row, show_default=True),
    click.option("--jobs", "-j", type=click.IntRange(min=1), default=_DEFAULT.jobs, show_default=True),
    click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True),
    click.option(
        "--postgres",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="BINDIR",
        help="Programs of an installed PostgreSQL; default: the embedded 18.",
    ),
    click.option("--pgcopydb", "program", default="pgcopydb", show_default=True, metavar="PROGRAM"),
    click.option("--output", type=_FILE, help="Where the JSON goes; default: benchmarks/results/TIME.json."),
)


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_COMMON):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Measures migrator against pgcopydb, pg_dump, a script by hand, and what the server itself takes."""


@main.command()
@_common
@click.option(
    "--contenders", default=",".join(CONTENDERS), show_default=True, help="Which of them, separated by commas."
)
@click.option("--tenant-index/--no-tenant-index", default=True, help="Whether the source has one on the tenant's key.")
def run(
    rows: int, tenants: int, bytes_per_row: int, jobs: int, rounds: int, postgres: Path | None, program: str,
    output: Path | None, contenders: str, tenant_index: bool,
) -> None:  # fmt: skip
    """Measure one case.

    \b
    Examples:
      python -m benchmarks run --rows 100000 --rounds 1
      python -m benchmarks run --postgres /usr/lib/postgresql/15/bin --contenders ours,pgcopydb
    """
    chosen = tuple(name.strip() for name in contenders.split(","))
    if unknown := set(chosen) - set(CONTENDERS):
        raise click.BadParameter(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(CONTENDERS)}")
    case = Case(rows, tenants, bytes_per_row, jobs, tenant_index=tenant_index)
    _measure([Item(case, chosen, rounds)], postgres, program, output)


@main.command("all")
@_common
def everything(
    rows: int, tenants: int, bytes_per_row: int, jobs: int, rounds: int, postgres: Path | None, program: str,
    output: Path | None,
) -> None:  # fmt: skip
    """Measure all that docs/performance.md shows: this base case, and rows, tenants and jobs varied."""
    _measure(series(Case(rows, tenants, bytes_per_row, jobs), rounds), postgres, program, output)


@main.command()
@_common
def ledger(
    rows: int, tenants: int, bytes_per_row: int, jobs: int, rounds: int, postgres: Path | None, program: str,
    output: Path | None,
) -> None:  # fmt: skip
    """Measure many tenants of forty tables that are mostly empty: 2,000 with --tenants 2000."""
    case = replace(Case(rows=0, tenants=tenants, jobs=jobs), shape="ledger")
    _measure([Item(case, ("ours",), rounds)], postgres, program, output)


@main.command()
@click.argument("results", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1)
@click.option("--docs", type=click.Path(file_okay=False, path_type=Path), default=_DOCS, help="Where the page is.")
def report(results: tuple[Path, ...], docs: Path) -> None:
    """Write RESULTS (default: the newest) into docs/performance.md, with charts, and keep them as what it cites.

    Of several files a later one replaces what it measured again.
    """
    chosen = results or (max(_RESULTS.glob("2*.json"), default=_CITED),)
    if not chosen[0].exists():
        raise click.ClickException("There are no results; measure first: python -m benchmarks all")
    found = reduce(Results.with_later, map(Results.read, chosen))
    try:
        drawn = charts.draw(found, docs / "performance")
    except ImportError as error:
        raise click.ClickException("matplotlib is not installed: pip install 'migrator[bench]'") from error
    page.update(docs / "performance.md", found, drawn)
    if docs == _DOCS and chosen != (_CITED,):
        found.write(_CITED)
    names = ", ".join(file.name for file in chosen)
    click.echo(f"{docs / 'performance.md'} shows {names}, with {len(drawn)} charts")


def _measure(items: Sequence[Item], postgres: Path | None, program: str, output: Path | None) -> None:
    file = (output or _RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json").absolute()
    say = _say
    # Terminated, it ends its server and removes its files as it does at the end.
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with testbed(postgres, say) as bed:
            results = Results(machine.describe(bed, pgcopydb.version(program)))
            carry_out(bed, items, results=results, file=file, program=program, say=say)
    except (BenchmarkError, MigratorError) as error:
        hint = f"\n{error.hint}" if isinstance(error, MigratorError) and error.hint else ""
        raise click.ClickException(f"{error}{hint}\nWhat was measured before is in {file}") from error
    finally:
        signal.signal(signal.SIGTERM, before)
    width = None if sys.stdout.isatty() else 180
    show(list(all_tables(results)), Console(width=width))
    click.echo(f"\n{file}")


def _say(text: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S} {text}", err=True)


if __name__ == "__main__":
    main()
