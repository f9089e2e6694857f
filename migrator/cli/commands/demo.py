"""The command demo: runs the whole pipeline on a PostgreSQL of its own."""

from __future__ import annotations

from pathlib import Path

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("demo", cls=StageCommand, short_help="Watch all of it on a PostgreSQL of its own.")
@click.option(
    "--tenants",
    type=click.IntRange(1, 1000),
    default=5,
    metavar="N",
    show_default=True,
    help="Companies in the monolith.",
)
@click.option(
    "--scale",
    type=click.FloatRange(0, min_open=True),
    default=0.5,
    metavar="S",
    show_default=True,
    help="1: about 100,000 rows.",
)
@click.option("--keep", is_flag=True, help="Stop after verify, leave the server up and say how to explore it.")
@click.option("--stop", is_flag=True, help="End the server that --keep left, and remove its files.")
@click.option(
    "--postgres", type=click.Choice(["18", "16"]), default="18", show_default=True, help="The embedded version."
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="PATH",
    help="Where it lives; needed for a second one beside the first.",
)
def demo(tenants: int, scale: float, keep: bool, stop: bool, postgres: str, directory: Path | None) -> Work:
    """Splits a reference ERP of several companies, proves it, and takes it back, on a PostgreSQL of its own.

    Needs no configuration and no server: only `pip install 'migrator[embedded]'`. Everything goes to a directory of
    its own and is removed at the end.

    \b
    Examples:
      migrator demo
      migrator demo --tenants 20 --scale 2 --keep
      migrator demo --stop
    """
    if keep and stop:
        raise click.UsageError("--keep and --stop exclude each other.")

    def work(session: Session) -> Outcome:
        from migrator.demo import demonstration

        if stop:
            return demonstration.stop(directory)
        limits = {path: value for path, value in session.options.flags.items() if path[0] == "limits"}
        viewer = demonstration.Viewer(session.progress, session.show, limits)
        return demonstration.demonstrate(
            viewer,
            tenants=tenants,
            scale=scale,
            afterwards="kept" if keep else "removed",
            version=int(postgres),
            directory=directory,
        )

    return work
