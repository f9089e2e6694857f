"""The command rollback: takes a run back, once its id is typed as confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.completion import open_run_ids, tenants
from migrator.cli.confirmation import is_attended, typed_run_id
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome

if TYPE_CHECKING:
    # Loaded when it is worked: a command line that is only completed needs none of it.
    from migrator.commands.changes.way_back import LaterWrites, Restore, WayBack


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
    "--wave", type=click.IntRange(min=1), metavar="N", help="Of a followed source: the tenants that moved in this wave."
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
def rollback(**typed: Any) -> Work:
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
    asked = _Typed(**typed)
    asked.require_sense()
    return asked.retried if asked.retry_conflicts is not None else asked.work


@dataclass(frozen=True)
class _Typed:
    """What was typed, by the names of the options."""

    validate: bool
    confirm: str | None
    tenant: str | None
    wave: int | None
    save: Path | None
    replay: bool
    renumber: bool
    accept_conflicts: bool
    retry_conflicts: Path | None
    discard_writes: bool
    restore_quarantine: bool
    restore_backup: bool
    adopt: bool

    def require_sense(self) -> None:
        """Refuses options that do not go together.

        Raises:
            UsageError: they do not.
        """
        if self.tenant is not None and self.wave is not None:
            raise click.UsageError("--tenant does not go with --wave.")
        of_the_whole = self.restore_quarantine or self.restore_backup or self.adopt
        if self.tenant is not None and of_the_whole:
            raise click.UsageError("--tenant goes with none of --restore-quarantine, --restore-backup, --adopt.")
        if self.retry_conflicts is not None:
            of_writes = self.save or self.replay or self.accept_conflicts or self.discard_writes
            if self.validate or self.confirm or self.tenant or of_writes or self.adopt:
                raise click.UsageError("--retry-conflicts goes with --renumber only.")
        elif (self.renumber or self.accept_conflicts) and not self.replay:
            raise click.UsageError("--renumber and --accept-conflicts go with --replay-writes.")

    def work(self, session: Session) -> Outcome:
        """Takes back, or shows what that would do; asks for the run's id where somebody can be asked."""
        if (self.tenant is not None or self.wave is not None) and (moved := self._moved_back(session)) is not None:
            return moved
        if self.wave is not None:
            raise click.UsageError("--wave is of a source that is followed while it is written to.")
        if self.validate:
            return self._outlook(session)
        if self.confirm is not None or not is_attended():
            return self._take_back(session, self.confirm)
        outlook = self._outlook(session)
        if outlook.run_id is None or (outlook.exit_code != 0 and not (self._later.kept or self.discard_writes)):
            return outlook
        typed = typed_run_id(session, outlook, purpose="take it back", command="rollback")
        return self._take_back(session, typed)

    def retried(self, session: Session) -> Outcome:
        """Carries back what waits in a file."""
        from migrator.commands.rollback.report import present
        from migrator.commands.rollback.retry import retry_conflicts

        assert self.retry_conflicts is not None
        return present(retry_conflicts(session.workspace, self.retry_conflicts, with_new_numbers=self.renumber))

    def _moved_back(self, session: Session) -> Outcome | None:
        """Tenants of a followed source come back with all that they wrote; None where no source is followed."""
        from migrator.commands.cutover.choice import WaveChoice
        from migrator.commands.cutover.command import move_back, return_outlook
        from migrator.commands.cutover.report import present, present_outlook
        from migrator.commands.follow.manage import is_following

        if not is_following(session.workspace):
            return None
        choice = WaveChoice((self.tenant,) if self.tenant is not None else (), self.wave)
        if self.validate:
            return present_outlook(return_outlook(session.looking, choice))
        return present(move_back(session.workspace, choice))

    def _outlook(self, session: Session) -> Outcome:
        from migrator.commands.rollback.command import validate_rollback
        from migrator.commands.rollback.report import present
        from migrator.commands.rollback.tenant import validate_tenant_rollback

        if self.tenant is not None:
            return present(validate_tenant_rollback(session.workspace, self.tenant, confirm=self.confirm))
        return present(validate_rollback(session.workspace, self._way, confirm=self.confirm))

    def _take_back(self, session: Session, confirm: str | None) -> Outcome:
        from migrator.commands.rollback.command import rollback
        from migrator.commands.rollback.report import present
        from migrator.commands.rollback.tenant import rollback_tenant

        if self.tenant is not None:
            return present(rollback_tenant(session.workspace, self.tenant, self._later, confirm=confirm))
        return present(rollback(session.workspace, self._way, confirm=confirm))

    @property
    def _later(self) -> LaterWrites:
        from migrator.commands.changes.conflicts import Settlement
        from migrator.commands.changes.way_back import LaterWrites

        settlement = Settlement(accept=self.accept_conflicts, renumber=self.renumber)
        return LaterWrites(self.save, self.replay, self.discard_writes, settlement)

    @property
    def _way(self) -> WayBack:
        from migrator.commands.changes.way_back import WayBack

        restore: Restore = "quarantine" if self.restore_quarantine else "nothing"
        return WayBack(self._later, "backup" if self.restore_backup else restore, "lost" if self.adopt else "kept")
