"""`python -m benchmarks.online`: what splitting under load costs its writers, and whether it loses any write."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from benchmarks import machine
from benchmarks.online.load import LoadError, LoadOptions
from benchmarks.online.project import CommandError
from benchmarks.online.report import Report
from benchmarks.online.scenarios import capture, following, moving
from benchmarks.tables import show
from benchmarks.testbed import HERE, BenchmarkError, Testbed, testbed
from migrator import MigratorError

_RESULTS = HERE / "results"


@dataclass(frozen=True)
class Size:
    """How long a scenario measures, and how often."""

    rounds: int
    seconds: float


_SHORT, _FULL = Size(2, 8), Size(6, 30)


def _capture(bed: Testbed, options: LoadOptions, size: Size, report: Report) -> None:
    capture.measure(bed, options, report, rounds=size.rounds, seconds=size.seconds, say=_say)


def _following(bed: Testbed, options: LoadOptions, size: Size, report: Report) -> None:
    following.measure(bed, options, report, seconds=size.rounds * size.seconds / 2, say=_say)


def _moving(bed: Testbed, options: LoadOptions, size: Size, report: Report) -> None:
    moving.measure(bed, options, report, seconds=size.rounds * size.seconds / 4, say=_say)


SCENARIOS: Mapping[str, Callable[[Testbed, LoadOptions, Size, Report], None]] = {
    "capture": _capture,
    "following": _following,
    "moving": _moving,
}


@click.command()
@click.argument("scenarios", nargs=-1, type=click.Choice(list(SCENARIOS)))
@click.option("--full/--short", default=False, help="Measure for long enough to be cited, or in about two minutes.")
@click.option("--rounds", type=click.IntRange(min=1), help="Of what is measured in turn; instead of the size's own.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="That each stretch lasts; instead of the size's own.")
@click.option("--rate", type=click.FloatRange(min=1), default=300, show_default=True, help="Transactions a second.")
@click.option("--companies", type=click.IntRange(min=2), default=12, show_default=True)
@click.option("--processes", type=click.IntRange(min=1), default=2, show_default=True, help="Of writers.")
@click.option("--writers", type=click.IntRange(min=1), default=6, show_default=True, help="Of each process.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--postgres",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="BINDIR",
    help="Programs of an installed PostgreSQL; default: the embedded 18.",
)
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), default=_RESULTS, help="Where the JSON goes."
)
def main(
    scenarios: tuple[str, ...], full: bool, rounds: int | None, seconds: float | None, rate: float, companies: int,
    processes: int, writers: int, seed: int, postgres: Path | None, output: Path,
) -> None:  # fmt: skip
    """Measure SCENARIOS (default: all) under an open-loop load whose writes are all accounted for.

    Exit code 1 where an acknowledged write was not found as it was written, or a writer was shown an error.

    \b
    Examples:
      python -m benchmarks.online
      python -m benchmarks.online capture --full --rate 1000 --postgres /usr/lib/postgresql/15/bin
    """
    options = LoadOptions(companies, rate, processes, writers, seed)
    size = _FULL if full else _SHORT
    size = Size(rounds or size.rounds, seconds or size.seconds)
    # Terminated, it ends its server and removes its files as it does at the end.
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    reports = []
    try:
        with testbed(postgres, _say) as bed:
            described = machine.describe(bed, "")
            for name in scenarios or SCENARIOS:
                _say(name)
                report = Report(name, described, {**asdict(options), **asdict(size)})
                SCENARIOS[name](bed, options, size, report)
                report.write(output / f"online-{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.json")
                reports.append(report)
    except (BenchmarkError, CommandError, LoadError, MigratorError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        signal.signal(signal.SIGTERM, before)
    console = Console(width=None if sys.stdout.isatty() else 180)
    for report in reports:
        show(list(report.tables()), console)
        for line in (*report.failures, *report.differences):
            click.echo(line)
    sys.exit(0 if all(report.exact for report in reports) else 1)


def _say(text: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S} {text}", err=True)


if __name__ == "__main__":
    main()
