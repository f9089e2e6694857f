"""The library: one migration by its settings, whose stages return values. It asks nothing and prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from migrator.commands.audit.command import audit
from migrator.commands.audit.result import Audited
from migrator.commands.backup.command import backup
from migrator.commands.backup.result import BackedUp
from migrator.commands.changes.conflicts import REFUSE, Settlement
from migrator.commands.changes.way_back import LaterWrites, Restore, WayBack
from migrator.commands.clean.command import clean_rows, restore_quarantine
from migrator.commands.clean.result import Cleaned, Restored
from migrator.commands.connections.command import ServingMap, connections
from migrator.commands.cutover.choice import WaveChoice
from migrator.commands.cutover.command import cutover, move_back, return_outlook
from migrator.commands.cutover.result import MovedWave, ReturnOutlook
from migrator.commands.doctor.command import Examination, doctor
from migrator.commands.dry_run.command import dry_run
from migrator.commands.dry_run.result import DryRun, DryRunWanted
from migrator.commands.finish.command import finish, validate_finish
from migrator.commands.finish.result import Finished, FinishedBefore, FinishOutlook, NotProven
from migrator.commands.finish.source import RunEnd, SourceEnd
from migrator.commands.follow.command import follow
from migrator.commands.follow.manage import follow_status, stop_following, uninstall_following
from migrator.commands.follow.result import Followed, FollowStatus, FollowStopped, FollowUninstalled
from migrator.commands.history.command import History, history
from migrator.commands.init.command import Wanted, regenerate_trees
from migrator.commands.init.command import init as write_project
from migrator.commands.init.result import Initialized, TreesWritten
from migrator.commands.migrate.command import migrate
from migrator.commands.migrate.outlook import SplitOutlook
from migrator.commands.migrate.result import Migrated
from migrator.commands.plan.diff import PlansCompared, diff_plans
from migrator.commands.plan.find import NamedPlan, find_plan
from migrator.commands.rollback.command import rollback, validate_rollback
from migrator.commands.rollback.result import (
    ConflictsRetried,
    NoSuchTenantDatabase,
    NothingOpen,
    RollbackOutlook,
    RolledBack,
    TenantRolledBack,
)
from migrator.commands.rollback.retry import retry_conflicts
from migrator.commands.rollback.tenant import rollback_tenant, validate_tenant_rollback
from migrator.commands.sequences.command import refill_sequences, sequence_levels
from migrator.commands.sequences.result import Refilled, SequenceLevels
from migrator.commands.shared.workspace import Workspace
from migrator.commands.status.command import status
from migrator.commands.status.lock import SourceLock, lock
from migrator.commands.status.placements import PlacedTables, placements
from migrator.commands.status.result import Status
from migrator.commands.verify.command import verify
from migrator.commands.verify.live import verify_live
from migrator.commands.verify.result import Verified, VerifiedLive
from migrator.core.backup.manifest import Inventory
from migrator.core.result.progress import Progress, Silent
from migrator.postgres.schema.catalog import read_objects as objects_on
from migrator.postgres.session.connect import READ_ONLY, Endpoint, revision_connect, session
from migrator.postgres.verify.inventory import exported_snapshot, take_inventory
from migrator.revisions import upgrade
from migrator.settings import Settings
from migrator.settings.load import load_settings

Writes = Literal["refuse", "replay", "discard"]
_ANY_DATABASE = Wanted()


class Migration:
    """One migration: a source, and the targets that it is split into.

    Every method raises a MigratorError where it cannot be carried out: its message says what is true, its hint what
    the command line would have typed next. What an operator types to confirm is an argument here.
    """

    def __init__(self, settings: Settings, *, progress: Progress | None = None) -> None:
        """Connects to nothing yet; `progress` is told of tasks, rows and sentences worth a line.

        Raises:
            ConfigurationError: no source is named.
        """
        self.settings = settings
        self._progress = progress or Silent()
        self._workspace = Workspace.of(settings, self._progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends what was opened; harmless where nothing was."""
        self._workspace.close()

    # -- before the split ---------------------------------------------------------------------------------------------

    def backup(self, *, verify: bool = False) -> BackedUp:
        """Backs the source up, or keeps the run's backup that is as good; with `verify` restores it on trial."""
        return backup(self._workspace, verify=verify)

    def audit(self, *, baseline: Path | None = None, rules: Sequence[str] = ()) -> Audited:
        """Applies the audit's rules to the source; `baseline` is an earlier audit's document, `rules` none mean all."""
        return audit(self._workspace, baseline=baseline, rules=tuple(rules))

    def clean(self, *, execute: bool = False, rules: Sequence[str] = ()) -> Cleaned:
        """What the [clean] rules take; `execute` moves it to quarantine."""
        return clean_rows(self._workspace, tuple(rules), execute=execute)

    def restore_quarantine(self, *, rules: Sequence[str] = ()) -> Restored:
        """Puts the rows back that rules moved to quarantine; by default those of all rules."""
        return restore_quarantine(self._workspace, tuple(rules))

    def placements(self) -> PlacedTables:
        """Where every table goes and why, and which have no place yet."""
        return placements(self._workspace)

    def dry_run(self, *, sql: bool = False, rehearse: bool = False, no_tenants_yet: bool = False) -> DryRun:
        """Looks at everything, changes nothing, and writes the plan down; where nothing blocks `sql` and `rehearse` go
        further."""
        return dry_run(self._workspace, DryRunWanted(sql, rehearse, no_tenants_yet))

    def plan(self, fingerprint: str | None = None) -> NamedPlan:
        """A stored plan by the beginning of its fingerprint; by default the one that the newest run carries out."""
        return find_plan(self._workspace, fingerprint)

    def compare_plans(self, before: str | None = None, after: str | None = None) -> PlansCompared:
        """What is otherwise in the plan `after`, by default the one that would be made now."""
        return diff_plans(self._workspace, before, after)

    # -- the split ----------------------------------------------------------------------------------------------------

    def migrate(
        self,
        plan: DryRun | str | None = None,
        *,
        confirm: Callable[[SplitOutlook], object] | None = None,
        without_backup: bool = False,
        fence: bool = True,
    ) -> Migrated:
        """Splits the source, or goes on where an earlier attempt stopped; `plan` is the only one that may be.

        `confirm` gets what is about to be done, before anything is changed, and raises where it is not wanted.
        """
        approved = plan.fingerprint if isinstance(plan, DryRun) else plan
        return migrate(self._workspace, confirm=confirm, approved=approved, without_backup=without_backup, fence=fence)

    def follow(self, *, until: Literal["stopped", "proved"] = "stopped", without_backup: bool = False) -> Followed:
        """Copies the source while it is written to and keeps every database like it, until `stop_following` elsewhere.

        Until "proved" ends it once every database has been followed, and compared with the source at one position.
        """
        return follow(self._workspace, until_proved=until == "proved", without_backup=without_backup)

    def follow_status(self) -> FollowStatus:
        """How far each followed database is behind the source. Reads only."""
        return follow_status(self._workspace)

    def stop_following(self) -> FollowStopped:
        """Asks whoever follows to end after its round, and waits for it a minute."""
        return stop_following(self._workspace)

    def uninstall_following(self) -> FollowUninstalled:
        """Takes the triggers and the log of following out of the source."""
        return uninstall_following(self._workspace)

    def cutover(self, *tenants: str, wave: int | None = None, freeze_limit: float | None = None) -> MovedWave:
        """Moves tenants (by key, slug or database), a wave, or all, to their own databases while others write on.

        `freeze_limit` is for how many seconds writers may be held up; where it would be longer nothing happens.
        """
        return cutover(self._workspace, WaveChoice(tenants, wave), freeze_limit=freeze_limit)

    def move_back(self, *tenants: str, wave: int | None = None, freeze_limit: float | None = None) -> MovedWave:
        """Brings tenants back into the source with all that was written in their databases, which follow again then."""
        return move_back(self._workspace, WaveChoice(tenants, wave), freeze_limit=freeze_limit)

    def validate_move_back(self, *tenants: str, wave: int | None = None) -> ReturnOutlook:
        """Whether tenants that were moved can go back with all that was written. Reads only."""
        return return_outlook(self._workspace, WaveChoice(tenants, wave))

    def verify(self, *, sample: float | None = None) -> Verified:
        """Reads both sides again and compares them; `sample` examines only that percentage of the tenants."""
        return verify(self._workspace, sample=sample)

    def verify_live(self) -> VerifiedLive:
        """Compares each followed database with the source at one position, while that is written to."""
        return verify_live(self._workspace)

    # -- afterwards ---------------------------------------------------------------------------------------------------

    def sequences(self, *, tenant: str | None = None) -> SequenceLevels:
        """How much is left of the blocks of numbers that each database draws from."""
        return sequence_levels(self._workspace, tenant=tenant)

    def refill_sequences(self, *, tenant: str | None = None) -> Refilled | SequenceLevels:
        """Gives new blocks where they run out; the (empty) levels where no run is open."""
        return refill_sequences(self._workspace, tenant=tenant)

    def validate_rollback(self, tenant: str = "") -> RollbackOutlook | NothingOpen | NoSuchTenantDatabase:
        """What taking the run back, or one tenant of it, would do, and what it would meet. Changes nothing."""
        if tenant:
            return validate_tenant_rollback(self._workspace, tenant)
        return validate_rollback(self._workspace)

    def rollback(
        self,
        *,
        confirm: str,
        writes: Writes = "refuse",
        save: Path | None = None,
        settlement: Settlement = REFUSE,
        restore: Restore = "nothing",
        journal: Literal["kept", "lost"] = "kept",
    ) -> RolledBack | NothingOpen:
        """Takes the run back whose id is `confirm`.

        `writes` says what becomes of rows that applications wrote to the targets since, which `save` keeps as files in
        a new directory besides; `settlement` what becomes of those that cannot be carried back as they are.
        """
        way = WayBack(_later(writes, save, settlement), restore, journal)
        try:
            return rollback(self._workspace, way, confirm=confirm)
        finally:
            self._renew()

    def rollback_tenant(
        self,
        tenant: str,
        *,
        confirm: str,
        writes: Writes = "refuse",
        save: Path | None = None,
        settlement: Settlement = REFUSE,
    ) -> TenantRolledBack | NoSuchTenantDatabase | NothingOpen:
        """Takes one tenant back, by its key, slug or database; the run stays open, and migrate makes it again."""
        return rollback_tenant(self._workspace, tenant, _later(writes, save, settlement), confirm=confirm)

    def retry_conflicts(self, file: Path, *, renumber: bool = False) -> ConflictsRetried:
        """Carries what waits in a file of conflicts into the source, as far as it goes now."""
        return retry_conflicts(self._workspace, file, with_new_numbers=renumber)

    def validate_finish(
        self, *, source: SourceEnd = "keep-fenced", drop_templates: bool = False
    ) -> FinishOutlook | NotProven | FinishedBefore | NothingOpen:
        """What finishing would do, and whether the last proof holds. Changes nothing."""
        return validate_finish(self._workspace, RunEnd(source, drop_templates))

    def finish(
        self, *, confirm: str, source: SourceEnd = "keep-fenced", drop_templates: bool = False
    ) -> Finished | NotProven | FinishedBefore | NothingOpen:
        """Ends the run whose id is `confirm`: the point of no return; `source` says what becomes of the source."""
        try:
            return finish(self._workspace, RunEnd(source, drop_templates), confirm=confirm)
        finally:
            self._renew()

    # -- whenever -----------------------------------------------------------------------------------------------------

    def status(self) -> Status:
        """How far the newest run is: its stages and steps, who works on it, the fence. Reads only."""
        return status(self._workspace)

    def history(self, run: str | None = None) -> History:
        """Every run of the source with its stages; `run`, an id or the beginning of one, is the `chosen` one."""
        return history(self._workspace, run)

    def connections(self, name: str | None = None) -> ServingMap:
        """In which database the rows of each target and tenant are served now; `name` chooses one of them."""
        return connections(self._workspace, name)

    def doctor(self, stage: str | None = None) -> Examination:
        """Whether programs, servers and privileges are such that `stage`, or a migration, can begin."""
        return doctor(self._workspace, stage)

    def lock(self, *, release: bool = False) -> SourceLock:
        """Who works on the source; `release` frees the lock of a process that is gone, never a live one's."""
        return lock(self._workspace, release=release)

    def inventory(self) -> Inventory:
        """What the source holds now: a digest of every table, the sequences, and of all definitions together."""
        limits = self.settings.limits
        with exported_snapshot(self._workspace.source_rows, purpose="inventory") as (connection, snapshot):
            return take_inventory(
                self._workspace.source_rows,
                connection,
                snapshot,
                jobs=limits.source_jobs,
                purpose="inventory",
                progress=self._progress,
            )

    def write_trees(self, directory: Path | None = None) -> TreesWritten:
        """Writes the Alembic trees anew for an edited migrator.toml, by default beside it."""
        return regenerate_trees(self._workspace, directory or self.settings.root)

    def _renew(self) -> None:
        """Forgets what is known of the source: it may be another database now, or called otherwise."""
        self._workspace.close()
        self._workspace = Workspace.of(self.settings, self._progress)


def _later(writes: Writes, save: Path | None, settlement: Settlement) -> LaterWrites:
    return LaterWrites(save, writes == "replay", writes == "discard", settlement)


def init(
    source: str,
    directory: Path,
    wanted: Wanted = _ANY_DATABASE,
    *,
    schemas: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Initialized:
    """Reads the database at the URL `source`, and writes migrator.toml and the Alembic trees for it into `directory`.

    Raises:
        RefusedError: migrator.toml exists, or the tenant root is ambiguous and `wanted` does not name it.
    """
    flags: dict[tuple[str, ...], Any] = {("source", "url"): source, ("source", "schemas"): list(schemas) or None}
    settings = load_settings(flags=flags, environment=environment, directory=directory, without_file=True)
    workspace = Workspace.of(settings, progress or Silent())
    try:
        return write_project(workspace, directory, wanted)
    finally:
        workspace.close()


def read_objects(url: str) -> Mapping[tuple[str, str], str]:
    """(kind, identity) of every object of a database, with its definition; two databases are alike where these are."""
    with session(Endpoint(url), purpose="objects", settings=READ_ONLY) as connection:
        return objects_on(connection)


def upgrade_tree(directory: Path, url: str) -> None:
    """Runs an Alembic tree to its head on a database, as migrate does on a template.

    Raises:
        ConfigurationError: the directory is no Alembic tree.
        DatabaseError: a revision does not run.
    """
    upgrade(directory, partial(revision_connect, Endpoint(url), "upgrade"))
