"""The command dry-run: shows everything that migrate would do, and whether something blocks it."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("dry-run", cls=StageCommand, short_help="Show what migrate would do, and write the plan.")
@click.option("--sql", is_flag=True, help="Show the SQL of each step.")
@click.option("--rehearse", is_flag=True, help="Carry the plan out into scratch databases, verify, measure, drop them.")
@click.option("--no-tenants-yet", is_flag=True, help="An empty tenant root is meant: there are no customers yet.")
def dry_run(sql: bool, rehearse: bool, no_tenants_yet: bool) -> Work:
    """Shows everything that can be known of the split without changing anything, and writes the plan.

    Exit code 1 where something blocks. migrate carries out the plan of the last dry-run that passed.

    \b
    Examples:
      migrator dry-run
      migrator dry-run --sql --report plan.html
      migrator dry-run --rehearse
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.dry_run.command import dry_run as stage
        from migrator.commands.dry_run.report import present
        from migrator.commands.dry_run.result import DryRunWanted

        return present(stage(session.workspace, DryRunWanted(sql, rehearse, no_tenants_yet)))

    return work
