"""The command plan diff: compares two stored plans, or one with what would be planned now."""

from __future__ import annotations

import click

from migrator.cli.completion import fingerprints
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("diff", cls=StageCommand, short_help="Compare two plans, or one with what would be planned now.")
@click.argument("before", required=False, shell_complete=fingerprints)
@click.argument("after", required=False, shell_complete=fingerprints)
def diff(before: str | None, after: str | None) -> Work:
    """Shows what the plan AFTER comes to that BEFORE does not; exit code 1 where anything is otherwise.

    Without AFTER it is what would be planned now; without BEFORE the plan that the newest run carries out, or else
    that of its newest dry-run.

    \b
    Examples:
      migrator plan diff
      migrator plan diff 3f9c0d1e 77ab04c2
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.plan.diff import diff_plans, present

        return present(diff_plans(session.looking, before, after))

    return work
