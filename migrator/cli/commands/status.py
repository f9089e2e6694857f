"""The command status: shows how far the migration is."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("status", cls=StageCommand, short_help="Show how far the migration is.")
@click.option("--watch", is_flag=True, help="Keep showing it, until Ctrl-C.")
@click.option("--tenant", metavar="TENANT", help="Of the databases, only this tenant's (its key, slug or database).")
def status(watch: bool, tenant: str | None) -> Work:
    """Shows how far the migration is: stages, running steps, who holds the lock, the fence, the next command.

    Reads only, and creates nothing.

    \b
    Examples:
      migrator status
      migrator status --watch
      migrator status --tenant acme
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.status.command import status as stage
        from migrator.commands.status.report import present

        if watch:
            from migrator.cli.watch import watch as keep_showing

            return keep_showing(session, lambda: present(stage(session.looking, tenant=tenant)))
        return present(stage(session.looking, tenant=tenant))

    return work
