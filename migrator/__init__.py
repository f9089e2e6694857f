"""migrator splits a monolithic PostgreSQL database, proves the result, and can take it all back.

This is the front door: what `__all__` names is the library, and docs/api.md shows it at work. Nothing is imported
before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from migrator.version import __version__

if TYPE_CHECKING:
    from migrator.commands.audit.result import Audited
    from migrator.commands.backup.result import BackedUp
    from migrator.commands.changes.conflicts import Settlement
    from migrator.commands.clean.result import Cleaned, Restored
    from migrator.commands.connections.command import ServingMap
    from migrator.commands.cutover.result import MovedWave, ReturnOutlook
    from migrator.commands.doctor.command import Examination
    from migrator.commands.dry_run.result import DryRun
    from migrator.commands.finish.result import Finished, FinishedBefore, FinishOutlook, NotProven
    from migrator.commands.follow.result import Followed, FollowStatus, FollowStopped, FollowUninstalled
    from migrator.commands.history.command import History
    from migrator.commands.init.result import Initialized, TreesWritten
    from migrator.commands.init.survey import Wanted
    from migrator.commands.migrate.outlook import SplitOutlook
    from migrator.commands.migrate.result import MadeDatabase, Migrated
    from migrator.commands.plan.diff import PlansCompared
    from migrator.commands.plan.find import NamedPlan
    from migrator.commands.rollback.result import (
        ConflictsRetried,
        NoSuchTenantDatabase,
        NothingOpen,
        RollbackOutlook,
        RolledBack,
        TenantRolledBack,
    )
    from migrator.commands.sequences.result import Refilled, SequenceLevels
    from migrator.commands.status.lock import SourceLock
    from migrator.commands.status.placements import PlacedTables
    from migrator.commands.status.result import Status
    from migrator.commands.verify.result import CrossReference, LiveProof, Verified, VerifiedLive, WrongRow
    from migrator.core.backup.manifest import Inventory
    from migrator.core.result.outcome import Cell, Outcome, Section
    from migrator.core.result.progress import Progress, Silent
    from migrator.errors import (
        ConfigurationError,
        DatabaseError,
        InterruptedRunError,
        MigratorError,
        RefusedError,
        SnapshotLostError,
        TargetsFailedError,
    )
    from migrator.journal.records import StageRecord, StepRecord
    from migrator.migration import Migration, init, read_objects, upgrade_tree
    from migrator.postgres.programs.local_server import LocalServer, temporary_server
    from migrator.presenters import Result, present
    from migrator.report.document import outcome_document as as_document
    from migrator.report.html import to_html as as_html
    from migrator.report.text import to_text as as_text
    from migrator.settings import Settings
    from migrator.settings.load import load_settings

__all__ = [
    "Audited",
    "BackedUp",
    "Cell",
    "Cleaned",
    "ConfigurationError",
    "ConflictsRetried",
    "CrossReference",
    "DatabaseError",
    "DryRun",
    "Examination",
    "FinishOutlook",
    "Finished",
    "FinishedBefore",
    "FollowStatus",
    "FollowStopped",
    "FollowUninstalled",
    "Followed",
    "History",
    "Initialized",
    "InterruptedRunError",
    "Inventory",
    "LiveProof",
    "LocalServer",
    "MadeDatabase",
    "Migrated",
    "Migration",
    "MigratorError",
    "MovedWave",
    "NamedPlan",
    "NoSuchTenantDatabase",
    "NotProven",
    "NothingOpen",
    "Outcome",
    "PlacedTables",
    "PlansCompared",
    "Progress",
    "Refilled",
    "RefusedError",
    "Restored",
    "Result",
    "ReturnOutlook",
    "RollbackOutlook",
    "RolledBack",
    "Section",
    "SequenceLevels",
    "ServingMap",
    "Settings",
    "Settlement",
    "Silent",
    "SnapshotLostError",
    "SourceLock",
    "SplitOutlook",
    "StageRecord",
    "Status",
    "StepRecord",
    "TargetsFailedError",
    "TenantRolledBack",
    "TreesWritten",
    "Verified",
    "VerifiedLive",
    "Wanted",
    "WrongRow",
    "__version__",
    "as_document",
    "as_html",
    "as_text",
    "init",
    "load_settings",
    "present",
    "read_objects",
    "temporary_server",
    "upgrade_tree",
]

# Where each name is defined, and under which one where that is another; the imports above say the same to mypy.
_PLACES = {
    "Audited": "commands.audit.result",
    "BackedUp": "commands.backup.result",
    "Cell": "core.result.outcome",
    "Cleaned": "commands.clean.result",
    "ConfigurationError": "errors",
    "ConflictsRetried": "commands.rollback.result",
    "CrossReference": "commands.verify.result",
    "DatabaseError": "errors",
    "DryRun": "commands.dry_run.result",
    "Examination": "commands.doctor.command",
    "FinishOutlook": "commands.finish.result",
    "Finished": "commands.finish.result",
    "FinishedBefore": "commands.finish.result",
    "History": "commands.history.command",
    "Initialized": "commands.init.result",
    "InterruptedRunError": "errors",
    "Inventory": "core.backup.manifest",
    "LocalServer": "postgres.programs.local_server",
    "MadeDatabase": "commands.migrate.result",
    "MovedWave": "commands.cutover.result",
    "ReturnOutlook": "commands.cutover.result",
    "FollowStatus": "commands.follow.result",
    "FollowStopped": "commands.follow.result",
    "FollowUninstalled": "commands.follow.result",
    "Followed": "commands.follow.result",
    "ServingMap": "commands.connections.command",
    "Migrated": "commands.migrate.result",
    "Migration": "migration",
    "MigratorError": "errors",
    "NamedPlan": "commands.plan.find",
    "NoSuchTenantDatabase": "commands.rollback.result",
    "NotProven": "commands.finish.result",
    "NothingOpen": "commands.rollback.result",
    "Outcome": "core.result.outcome",
    "PlacedTables": "commands.status.placements",
    "PlansCompared": "commands.plan.diff",
    "Progress": "core.result.progress",
    "Refilled": "commands.sequences.result",
    "RefusedError": "errors",
    "Restored": "commands.clean.result",
    "Result": "presenters",
    "RollbackOutlook": "commands.rollback.result",
    "Section": "core.result.outcome",
    "SequenceLevels": "commands.sequences.result",
    "Settings": "settings",
    "Settlement": "commands.changes.conflicts",
    "Silent": "core.result.progress",
    "SnapshotLostError": "errors",
    "SourceLock": "commands.status.lock",
    "SplitOutlook": "commands.migrate.outlook",
    "StageRecord": "journal.records",
    "StepRecord": "journal.records",
    "Status": "commands.status.result",
    "RolledBack": "commands.rollback.result",
    "TargetsFailedError": "errors",
    "TenantRolledBack": "commands.rollback.result",
    "TreesWritten": "commands.init.result",
    "Verified": "commands.verify.result",
    "VerifiedLive": "commands.verify.result",
    "LiveProof": "commands.verify.result",
    "Wanted": "commands.init.survey",
    "WrongRow": "commands.verify.result",
    "as_document": "report.document:outcome_document",
    "as_html": "report.html:to_html",
    "as_text": "report.text:to_text",
    "init": "migration",
    "load_settings": "settings.load",
    "present": "presenters",
    "read_objects": "migration",
    "temporary_server": "postgres.programs.local_server",
    "upgrade_tree": "migration",
}


def __getattr__(name: str) -> Any:
    """A name of the library, imported when it is asked for: `migrator --version` needs none of them."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, own_name = _PLACES[name].partition(":")
    value = getattr(import_module(f"{__name__}.{module}"), own_name or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
