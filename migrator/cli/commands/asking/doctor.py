"""The command doctor: looks at everything that a migration needs before it needs it."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.next_commands import STAGES
from migrator.core.result.outcome import Outcome


@click.command("doctor", cls=StageCommand, short_help="Check programs, servers and privileges before they are needed.")
@click.option("--stage", type=click.Choice(STAGES), help="Only what matters to this stage.")
def doctor(stage: str | None) -> Work:
    """Checks programs, servers, privileges, extensions, disk, memory, connections, clocks, encryption and collations.

    Each line is ok, a warning, or failed with its remedy; exit code 1 where something failed. Changes nothing, and
    needs neither a journal nor a superuser.

    \b
    Examples:
      migrator doctor
      migrator doctor --stage migrate
      migrator doctor --output json
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.doctor.command import doctor as examine
        from migrator.commands.doctor.report import present

        return present(examine(session.looking, stage))

    return work
