"""The command placements: shows where every table goes, and why."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("placements", cls=StageCommand, short_help="Show where every table goes, and why.")
def placements() -> Work:
    """Shows where every table goes and why, and what has still to be decided.

    Reads the source's catalog, and counts the rows of small tables. Exit code 1 while a table is undecided.

    \b
    Examples:
      migrator placements
      migrator placements --output svg > placements.svg
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.status.placements import placements as stage
        from migrator.commands.status.placements import present

        return present(stage(session.looking))

    return work
