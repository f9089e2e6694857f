"""What a rollback would do and did, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from migrator.commands.changes.apply import Carried
from migrator.commands.clean.result import Restored
from migrator.commands.plan.changes import PlanChanges
from migrator.commands.rollback.findings import Findings, foreign_fence
from migrator.core.changes.row_changes import Conflict
from migrator.core.verify.digests import Difference
from migrator.core.verify.object_differences import ObjectDifference


@dataclass(frozen=True)
class NothingOpen:
    """There is no run to take back or to finish; `why` says so in a sentence."""

    why: str
    may_be_lost: bool = False  # there is no journal: nothing has run, or it was lost
    run_id: str | None = None


@dataclass(frozen=True)
class ConflictOutlook:
    """The conflicts that carrying the writes back would meet, and how many of them a new number settles."""

    conflicts: tuple[Conflict, ...]
    by_number: int

    def options(self) -> tuple[str, ...]:
        """What may be typed behind the confirmation, those that lose nothing first."""
        if not self.conflicts:
            return ("--replay-writes", "--save-writes DIR", "--discard-writes")
        keep = "--save-writes DIR --replay-writes --accept-conflicts"
        if not self.by_number:
            return (keep, "--replay-writes --accept-conflicts", "--save-writes DIR", "--discard-writes")
        # Whether new numbers settle all of it is only known when it is done; where they do not, it is refused.
        return ("--replay-writes --renumber", keep, "--save-writes DIR", "--discard-writes")


@dataclass(frozen=True)
class RollbackOutlook:
    """What taking a run back would do, or one `tenant` of it ('' for the whole), and what stands in its way."""

    run_id: str
    source: str
    findings: Findings
    backup: Path | None
    conflicts: ConflictOutlook | None = None  # None where nothing was written, or what was cannot be told by rows
    tenant: str = ""
    plan_changes: PlanChanges | None = None

    @property
    def loses_nothing(self) -> bool:
        """Whether it can be confirmed without a word on what applications have written."""
        return not self.findings.lost and not self.findings.written


class Dump(NamedTuple):
    """The dump of a database that was dropped."""

    database: str
    directory: str


@dataclass(frozen=True)
class Dropped:
    """The databases and roles that were dropped, each target after a dump of it."""

    dumps: tuple[Dump, ...] = ()
    databases: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    used_roles: tuple[str, ...] = ()  # that stay, because something of somebody's uses them


@dataclass(frozen=True)
class RolledBack:
    """A run that was taken back, and how the source compares with what migrate read."""

    run_id: str
    source: str
    findings: Findings
    dropped: Dropped
    lifted: int  # tables that take writes again
    compared: int  # tables
    known: bool  # whether the journal says what the source was
    comparable: bool  # whether its digests are of the form in which rows are hashed now
    changed: tuple[Difference, ...]  # tables of the source
    objects: tuple[ObjectDifference, ...]  # of the source that changed
    swapped: str = ""  # the damaged source's new name, where its backup took its place
    carried: Carried | None = None  # what became of the targets' changes
    quarantine: Restored | None = None
    plan_changes: PlanChanges | None = None

    @property
    def unchanged(self) -> bool:
        """Whether nothing was seen that the source has otherwise now, but for what was carried back."""
        return not self.changed and not self.objects

    @property
    def identical(self) -> bool | None:
        """Whether the source is as migrate read it; None where that cannot be told."""
        return self.unchanged if self.known and (self.comparable or not self.unchanged) else None

    @property
    def fenced_by(self) -> str:
        """Another run, whose fence stays on the source; '' where none does."""
        return foreign_fence(self.run_id, self.findings) or ""

    @property
    def waiting(self) -> Path | None:
        """The file in which changes wait that could not be carried back."""
        return self.carried.file if self.carried is not None else None

    @property
    def closes(self) -> bool:
        """Whether the run is over: the source is as it has to be, even if some changes wait in a file."""
        restored = bool(self.swapped) and self.waiting is None and not self.fenced_by
        return self.identical is not False or restored


@dataclass(frozen=True)
class TenantRolledBack:
    """One tenant of a run that was taken back; the run stays open."""

    run_id: str
    tenant: str  # its key
    findings: Findings
    dropped: Dropped
    carried: Carried | None = None
    plan_changes: PlanChanges | None = None


@dataclass(frozen=True)
class NoSuchTenantDatabase:
    """There is no database of that tenant to take back."""

    run_id: str
    tenant: str


@dataclass(frozen=True)
class ConflictsRetried:
    """The changes of a conflicts file: how many are in the source now, and those that still wait in the file."""

    source: str
    file: Path
    carried: int
    left: tuple[Conflict, ...]
    by_number: int = 0  # of those that are left, how many a new number would settle
