"""finish: ends a run well, and the typed confirmation that it takes."""

from __future__ import annotations

from typing import cast

import click

from migrator.cli.completion import open_run_ids
from migrator.cli.confirmation import is_attended, typed_run_id
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome

_ENDS = ("keep-fenced", "read-only", "rename", "unfence")


@click.command("finish", cls=StageCommand, short_help="End the run: the point of no return.")
@click.option("--validate", is_flag=True, help="Only show what would be done, and whether it can be.")
@click.option(
    "--confirm",
    metavar="RUN-ID",
    shell_complete=open_run_ids,
    help="The run to finish; without a terminal this is how it is confirmed.",
)
@click.option(
    "--retire",
    "end",
    type=click.Choice(_ENDS),
    default="keep-fenced",
    show_default=True,
    help="What becomes of the source.",
)
@click.option("--drop-templates", is_flag=True, help="Drop the targets' templates too; by default they are kept.")
def finish(validate: bool, confirm: str | None, end: str, drop_templates: bool) -> Work:
    """Ends the run: a last proof, then the point of no return.

    The databases become their applications' own: their sequences give numbers without a limit, and no command of
    migrator drops them or carries anything back any more. On a run that is finished it changes what becomes of the
    source.

    \b
    Examples:
      migrator finish --validate
      migrator finish --confirm 20260101-120000-ab12
      migrator finish --confirm 20260101-120000-ab12 --retire read-only --drop-templates
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.finish.command import finish as stage
        from migrator.commands.finish.command import validate_finish
        from migrator.commands.finish.report import present
        from migrator.commands.finish.source import RunEnd, SourceEnd

        wanted = RunEnd(cast(SourceEnd, end), drop_templates)
        if validate:
            return present(validate_finish(session.workspace, wanted, confirm=confirm))
        if confirm is not None or not is_attended():
            return present(stage(session.workspace, wanted, confirm=confirm))
        outlook = present(validate_finish(session.workspace, wanted))
        if outlook.run_id is None or outlook.exit_code != 0:
            return outlook
        typed = typed_run_id(session, outlook, purpose="finish it, for good", command="finish")
        return present(stage(session.workspace, wanted, confirm=typed))

    return work
