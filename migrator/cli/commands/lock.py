"""The command lock: shows who holds a source's lock, and frees that of a process that is gone."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("lock", cls=StageCommand, short_help="Show who works on the source; free a dead one's lock.")
@click.option("--release", is_flag=True, help="Free the lock of a holder whose process is gone; never a live one's.")
def lock(release: bool) -> Work:
    """Shows who holds the source's lock, and whether that process lives.

    The lock is a session's, so it is free as soon as the server knows that its holder is gone.

    \b
    Examples:
      migrator lock
      migrator lock --release
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.status.lock import lock as stage
        from migrator.commands.status.lock import present

        return present(stage(session.workspace if release else session.looking, release=release))

    return work
