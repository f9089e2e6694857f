"""The command plan show: shows one stored plan."""

from __future__ import annotations

import click

from migrator.cli.completion import fingerprints
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("show", cls=StageCommand, short_help="Show one plan: what it decides, makes and can take back.")
@click.argument("fingerprint", required=False, shell_complete=fingerprints)
def show(fingerprint: str | None) -> Work:
    """Shows a plan of the journal: where tables go, what is made, in which steps, and what takes each of them back.

    Without a FINGERPRINT the plan that the newest run carries out, or else that of its newest dry-run.

    \b
    Examples:
      migrator plan show
      migrator plan show 3f9c0d1e --output json
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.plan.find import find_plan
        from migrator.commands.plan.show import present

        return present(find_plan(session.looking, fingerprint))

    return work
