"""The command rollback: takes a run back, once its id is typed as confirmation."""

from __future__ import annotations

from pathlib import Path

import click

from migrator.cli.completion import open_run_ids, tenants
from migrator.cli.confirmation import is_attended, typed_run_id
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("rollback", cls=StageCommand, short_help="Take the split back.")
@click.option("--validate", is_flag=True, help="Only show what would be done, and whether it can be.")
@click.option(
    "--confirm",
    metavar="RUN-ID",
    shell_complete=open_run_ids,
    help="The run to take back; without a terminal this is how it is confirmed.",
)
@click.option(
    "--tenant",
    metavar="TENANT",
    shell_complete=tenants,
    help="Only this tenant (its key, slug or database); the run stays open.",
)
@click.option(
    "--save-writes",
    "save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep rows that were written to the targets since the split as files in a new directory, then go on.",
)
@click.option("--replay-writes", "replay", is_flag=True, help="Carry those rows back into the source, then go on.")
@click.option(
    "--renumber", is_flag=True, help="With --replay-writes: rows whose number is taken in the source get another one."
)
@click.option(
    "--accept-conflicts",
    is_flag=True,
    help="With --replay-writes: keep what cannot be carried back in a file, and go on.",
)
@click.option(
    "--retry-conflicts",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Afterwards: carry back what waits in a file of conflicts, as far as it goes now.",
)
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
    renumber: bool,
    accept_conflicts: bool,
    retry_conflicts: Path | None,
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
      migrator rollback --confirm 20260101-120000-ab12 --replay-writes --renumber
      migrator rollback --retry-conflicts backups/rollback/20260101-120000-ab12/conflicts.1.jsonl
      migrator rollback --tenant acme --confirm 20260101-120000-ab12
    """
    if tenant is not None and (restore_quarantine or restore_backup or adopt):
        raise click.UsageError("--tenant goes with none of --restore-quarantine, --restore-backup, --adopt.")
    if retry_conflicts is not None:
        if validate or confirm or tenant or save or replay or accept_conflicts or discard_writes or adopt:
            raise click.UsageError("--retry-conflicts goes with --renumber only.")
        return _retry(retry_conflicts, renumber=renumber)
    if (renumber or accept_conflicts) and not replay:
        raise click.UsageError("--renumber and --accept-conflicts go with --replay-writes.")

    def work(session: Session) -> Outcome:
        from migrator.commands.changes.conflicts import Settlement
        from migrator.commands.rollback import report
        from migrator.commands.rollback.command import rollback as stage
        from migrator.commands.rollback.tenant import rollback_tenant

        settlement = Settlement(accept=accept_conflicts, renumber=renumber)

        def carry_out(*, validate: bool, confirm: str | None) -> Outcome:
            if tenant is not None:
                one_tenant = rollback_tenant(
                    session.workspace,
                    tenant,
                    validate=validate,
                    confirm=confirm,
                    discard_writes=discard_writes,
                    save=save,
                    replay=replay,
                    settlement=settlement,
                )
                return report.present(one_tenant)
            whole = stage(
                session.workspace,
                validate=validate,
                confirm=confirm,
                discard_writes=discard_writes,
                save=save,
                replay=replay,
                restore_quarantine=restore_quarantine,
                restore_backup=restore_backup,
                lost_journal=adopt,
                settlement=settlement,
            )
            return report.present(whole)

        if validate or confirm is not None or not is_attended():
            return carry_out(validate=validate, confirm=confirm)
        outlook = carry_out(validate=True, confirm=None)
        kept = discard_writes or replay or save is not None
        if outlook.run_id is None or (outlook.exit_code != 0 and not kept):
            return outlook
        typed = typed_run_id(session, outlook, purpose="take it back", command="rollback")
        return carry_out(validate=False, confirm=typed)

    return work


def _retry(file: Path, *, renumber: bool) -> Work:
    def work(session: Session) -> Outcome:
        from migrator.commands.rollback.report import present
        from migrator.commands.rollback.retry import retry_conflicts

        return present(retry_conflicts(session.workspace, file, with_new_numbers=renumber))

    return work
