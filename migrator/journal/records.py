"""Rows of the journal as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrator.core.run.step_id import StepKind

# In the summary of an attempt for as long as nothing of it can be seen.
REFUSED = "refused"
# In the summary of an attempt that an error ended: the status that its exit code stands for.
ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Run:
    """One row of `runs`."""

    id: str
    source: str
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One row of `plans`, without the plan itself."""

    fingerprint: str
    made_at: datetime
    passed: bool  # nothing blocked in its dry-run
    run_id: str


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One row of `stages`: one attempt at a stage."""

    stage: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    host: str
    pid: int
    summary: Mapping[str, Any]
    error: str | None
    account: str = ""  # who typed it, on `host`; '' where an earlier version wrote it
    role: str = ""  # in the control database

    @property
    def was_refused(self) -> bool:
        """Whether a guard stopped it, which is no failure."""
        return self.refused or (self.status == "failed" and self.summary.get(ENDED) == "refused")

    @property
    def refused(self) -> bool:
        """Whether it ended before it changed anything, so that what an earlier attempt did still stands."""
        return self.status == "failed" and bool(self.summary.get(REFUSED))


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One row of `steps`. `bytes` and `rows` grow while the step runs."""

    step: str
    kind: StepKind
    target: str
    relation: str
    database: str
    part: int | None
    status: str
    rows: int
    bytes: int
    seconds: float | None
    detail: Mapping[str, Any]
    started_at: datetime
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Artefact:
    """Something that a run made, or is about to make: a database, the fence, a quarantine schema."""

    kind: str
    name: str
    state: str
    target: str | None = None
    tenant: str | None = None
