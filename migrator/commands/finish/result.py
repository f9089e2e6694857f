"""What finishing a run would do and did, as values."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.commands.finish.source import SourceEnd
from migrator.commands.plan.changes import PlanChanges
from migrator.commands.verify.result import Verified


@dataclass(frozen=True, slots=True)
class FinishedDatabase:
    """A database that is its applications' own now, and where it is."""

    database: str
    target: str
    tenant: str
    server: str


@dataclass(frozen=True)
class NotProven:
    """The last proof does not hold: nothing was changed."""

    run_id: str
    verified: Verified
    plan_changes: PlanChanges | None = None


@dataclass(frozen=True)
class FinishOutlook:
    """What finishing a run would do."""

    run_id: str
    source: str
    databases: int
    written_tables: int  # that applications have written to since migrate
    end: SourceEnd
    drops_templates: bool
    plan_changes: PlanChanges | None = None


@dataclass(frozen=True)
class Finished:
    """A run that was finished: nothing takes it back any more."""

    run_id: str
    source: str
    databases: tuple[FinishedDatabase, ...]
    templates_dropped: int  # bare clones included
    end: SourceEnd
    plan_changes: PlanChanges | None = None


@dataclass(frozen=True)
class FinishedBefore:
    """A run that had been finished, whose source is (or would be) what was chosen now.

    `retired` is False where the source had its new name already.
    """

    run_id: str
    source: str
    end: SourceEnd
    retired: bool = True
