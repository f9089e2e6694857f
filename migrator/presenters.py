"""Presents whatever a command returned: the report that the command line would write."""

from __future__ import annotations

from typing import assert_never

from migrator.commands.audit import report as audit
from migrator.commands.audit.result import Audited
from migrator.commands.backup import report as backup
from migrator.commands.backup.result import BackedUp
from migrator.commands.clean import report as clean
from migrator.commands.clean.result import Cleaned, Restored
from migrator.commands.connections import report as connections
from migrator.commands.connections.command import ServingMap
from migrator.commands.cutover import report as cutover
from migrator.commands.cutover.result import MovedWave, ReturnOutlook
from migrator.commands.doctor import report as doctor
from migrator.commands.doctor.command import Examination
from migrator.commands.dry_run import report as dry_run
from migrator.commands.dry_run.result import DryRun
from migrator.commands.finish import report as finish
from migrator.commands.finish.result import Finished, FinishedBefore, FinishOutlook, NotProven
from migrator.commands.follow import report as follow
from migrator.commands.follow.result import Followed, FollowStatus, FollowStopped, FollowUninstalled
from migrator.commands.history import report as history
from migrator.commands.history.command import History
from migrator.commands.init import report as init
from migrator.commands.init.result import Initialized, TreesWritten
from migrator.commands.migrate import report as migrate
from migrator.commands.migrate import report_outlook as migrate_outlook
from migrator.commands.migrate.outlook import SplitOutlook
from migrator.commands.migrate.result import Migrated
from migrator.commands.plan import diff as plan_diff
from migrator.commands.plan import show as plan_show
from migrator.commands.plan.diff import PlansCompared
from migrator.commands.plan.find import NamedPlan
from migrator.commands.rollback import report as rollback
from migrator.commands.rollback.result import (
    ConflictsRetried,
    NoSuchTenantDatabase,
    NothingOpen,
    RollbackOutlook,
    RolledBack,
    TenantRolledBack,
)
from migrator.commands.sequences import report as sequences
from migrator.commands.sequences.result import Refilled, SequenceLevels
from migrator.commands.status import lock, placements
from migrator.commands.status import report as status
from migrator.commands.status.lock import SourceLock
from migrator.commands.status.placements import PlacedTables
from migrator.commands.status.result import Status
from migrator.commands.verify import report as verify
from migrator.commands.verify.result import Verified, VerifiedLive
from migrator.core.result.outcome import Outcome

Result = (
    Audited | BackedUp | Cleaned | ConflictsRetried | DryRun | Examination | Finished | FinishedBefore
    | FinishOutlook | Followed | FollowStatus | FollowStopped | FollowUninstalled | History | Initialized
    | Migrated | MovedWave | NamedPlan | NoSuchTenantDatabase | NothingOpen | NotProven | PlacedTables
    | PlansCompared | Refilled | Restored | ReturnOutlook | RollbackOutlook | RolledBack | SequenceLevels
    | ServingMap | SourceLock | SplitOutlook | Status | TenantRolledBack | TreesWritten | Verified
    | VerifiedLive
)  # fmt: skip


def present(result: Result) -> Outcome:
    """The report of a result: headline, figures, sections, and the exit code that the command line would end with."""
    match result:
        case BackedUp():
            return backup.present(result)
        case Audited():
            return audit.present(result)
        case Cleaned() | Restored():
            return clean.present(result)
        case DryRun():
            return dry_run.present(result)
        case SplitOutlook():
            return migrate_outlook.present(result)
        case Migrated():
            return migrate.present(result)
        case Verified():
            return verify.present(result)
        case VerifiedLive():
            return verify.present_live(result)
        case (
            RollbackOutlook()
            | RolledBack()
            | TenantRolledBack()
            | NothingOpen()
            | NoSuchTenantDatabase()
            | ConflictsRetried()
        ):
            return rollback.present(result)
        case NotProven() | FinishOutlook() | Finished() | FinishedBefore():
            return finish.present(result)
        case Followed() | FollowStatus() | FollowStopped() | FollowUninstalled():
            return follow.present(result)
        case MovedWave():
            return cutover.present(result)
        case ReturnOutlook():
            return cutover.present_outlook(result)
        case SequenceLevels() | Refilled():
            return sequences.present(result)
        case NamedPlan():
            return plan_show.present(result)
        case PlansCompared():
            return plan_diff.present(result)
        case Status():
            return status.present(result)
        case Examination():
            return doctor.present(result)
        case History():
            return history.present(result)
        case ServingMap():
            return connections.present(result)
        case SourceLock():
            return lock.present(result)
        case PlacedTables():
            return placements.present(result)
        case Initialized() | TreesWritten():
            return init.present(result)
        case _:
            assert_never(result)
