"""plan: the stored plans, shown and compared."""

from __future__ import annotations

import click

from migrator.cli.options import Family, StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.group("plan", cls=Family, short_help="Show or compare the plans that dry-run wrote down.")
def plan() -> None:
    """Shows the plans that dry-run wrote down, and what they have otherwise than each other.

    A plan is named by its fingerprint, of which 8 characters are enough. What was approved under that name is carried
    out by `migrator migrate --plan FINGERPRINT`, and nothing else is.

    \b
    Examples:
      migrator plan show
      migrator plan diff
      migrator plan diff 3f9c0d1e
    """


@plan.command("show", cls=StageCommand, short_help="Show one plan: what it decides, makes and can take back.")
@click.argument("fingerprint", required=False)
def show(fingerprint: str | None) -> Work:
    """Shows a plan of the journal: where tables go, what is made, in which steps, and what takes each of them back.

    Without a FINGERPRINT the plan that the newest run carries out, or else that of its newest dry-run.

    \b
    Examples:
      migrator plan show
      migrator plan show 3f9c0d1e --output json
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.plan.show import show_plan

        return show_plan(session.looking, fingerprint)

    return work


@plan.command("diff", cls=StageCommand, short_help="Compare two plans, or one with what would be planned now.")
@click.argument("before", required=False)
@click.argument("after", required=False)
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
        from migrator.commands.plan.diff import diff_plans

        return diff_plans(session.looking, before, after)

    return work
