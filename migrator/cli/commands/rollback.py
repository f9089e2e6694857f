"""The command rollback: takes a run back, once its id is typed as confirmation."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome
from migrator.errors import InterruptedRunError, RefusedError


@click.command("rollback", cls=StageCommand, short_help="Take the split back.")
@click.option("--validate", is_flag=True, help="Only show what would be done, and whether it can be.")
@click.option(
    "--confirm", metavar="RUN-ID", help="The run to take back; without a terminal this is how it is confirmed."
)
@click.option("--tenant", metavar="TENANT", help="Only this tenant (its key, slug or database); the run stays open.")
@click.option(
    "--save-writes",
    "save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep rows that were written to the targets since the split as files in a new directory, then go on.",
)
@click.option("--replay-writes", "replay", is_flag=True, help="Carry those rows back into the source, then go on.")
@click.option("--discard-writes", is_flag=True, help="Give up rows that were written to the targets since the split.")
@click.option("--restore-quarantine", is_flag=True, help="Put the rows that clean moved away back into the source.")
@click.option(
    "--restore-backup",
    is_flag=True,
    help="Only where the source is damaged: restore the backup beside it and swap the two by name.",
)
@click.option(
    "--adopt", is_flag=True, help="The journal is lost: find the run by what it left on the servers and in the source."
)
def rollback(
    validate: bool,
    confirm: str | None,
    tenant: str | None,
    save: Path | None,
    replay: bool,
    discard_writes: bool,
    restore_quarantine: bool,
    restore_backup: bool,
    adopt: bool,
) -> Work:
    """Takes the split back: drops what this run made, after dumping it, and lifts the fence.

    Before it changes anything it shows what it would do, and asks for the run's id. Nothing but typing it, or
    --confirm, answers that.

    \b
    Examples:
      migrator rollback --validate
      migrator rollback
      migrator rollback --confirm 20260101-120000-ab12 --restore-quarantine
      migrator rollback --save-writes writes --replay-writes
      migrator rollback --tenant acme --confirm 20260101-120000-ab12
    """
    if tenant is not None and (restore_quarantine or restore_backup or adopt):
        raise click.UsageError("--tenant goes with none of --restore-quarantine, --restore-backup, --adopt.")

    def work(session: Session) -> Outcome:
        from migrator.commands.rollback.command import rollback as stage
        from migrator.commands.rollback.tenant import rollback_tenant

        def carry_out(*, validate: bool, confirm: str | None) -> Outcome:
            if tenant is not None:
                return rollback_tenant(
                    session.workspace,
                    tenant,
                    validate=validate,
                    confirm=confirm,
                    discard_writes=discard_writes,
                    save=save,
                    replay=replay,
                )
            return stage(
                session.workspace,
                validate=validate,
                confirm=confirm,
                discard_writes=discard_writes,
                save=save,
                replay=replay,
                restore_quarantine=restore_quarantine,
                restore_backup=restore_backup,
                lost_journal=adopt,
            )

        if validate or confirm is not None or not _is_attended():
            return carry_out(validate=validate, confirm=confirm)
        outlook = carry_out(validate=True, confirm=None)
        kept = discard_writes or replay or save is not None
        if outlook.run_id is None or (outlook.exit_code != 0 and not kept):
            return outlook
        return carry_out(validate=False, confirm=_typed_run_id(session, outlook))

    return work


def _is_attended() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _typed_run_id(session: Session, outlook: Outcome) -> str:
    session.show(replace(outlook, next=()))
    question = f"\nType the run's id ({outlook.run_id}) to take it back; anything else leaves everything as it is"
    try:
        typed: str = click.prompt(question, default="", show_default=False, err=True).strip()
    except click.Abort:
        click.echo(err=True)  # ends the line that the question is on
        raise InterruptedRunError(
            "Nothing was confirmed; nothing was changed.", "Run `migrator rollback` again."
        ) from None
    if typed != outlook.run_id:
        raise RefusedError("That is not the run's id; nothing was changed.", "Run `migrator rollback` again.")
    return typed
