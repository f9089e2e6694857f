"""The command backup: dumps the source, with a manifest."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("backup", cls=StageCommand, short_help="Back the source up, with a manifest.")
@click.option("--verify", is_flag=True, help="Restore it into a scratch database and compare digests of every table.")
def backup(verify: bool) -> Work:
    """Backs the source up with pg_dump, in parallel, with a manifest of rows, digests and checksums.

    The backup goes to backups/pre-migration/RUN/, readable by you only. A complete backup of the open run is kept;
    --verify can be added to it later.

    \b
    Examples:
      migrator backup --verify
      migrator --jobs 8 backup
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.backup.command import backup as stage
        from migrator.commands.backup.report import present

        return present(stage(session.workspace, verify=verify))

    return work
