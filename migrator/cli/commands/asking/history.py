"""The command history: shows the runs of the source."""

from __future__ import annotations

import click

from migrator.cli.completion import run_ids
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("history", cls=StageCommand, short_help="Show the runs of the source, and how they ended.")
@click.option(
    "--run",
    "run",
    metavar="RUN-ID",
    shell_complete=run_ids,
    help="The stages of this run; the beginning of its id will do.",
)
def history(run: str | None) -> Work:
    """Shows every run of the source: its stages, who typed them from which machine, when, and how it ended.

    Reads only.

    \b
    Examples:
      migrator history
      migrator history --run 20260101-120000-ab12
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.history.command import history as read
        from migrator.commands.history.report import present

        return present(read(session.looking, run))

    return work
