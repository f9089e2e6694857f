"""How long a split takes, computed from its plan: what a rehearsal has not measured yet."""

from __future__ import annotations

from migrator.core.plan.steps import CopyTable, CreateDatabase, Plan
from migrator.core.run.facts import SplitTimes

# What a slow one of the machines of docs/performance.md does: bytes of heap a second and job, indexes and digests
# included; a database's making and finishing; and what is done once, before the fence (templates) and behind it (the
# fence itself, the proof). A rehearsal measures instead.
_BYTES_A_SECOND_AND_JOB = 20_000_000
_SECONDS_A_DATABASE = 0.2
_SECONDS_BEFORE_THE_FENCE = 2.0
_SECONDS_BEHIND_THE_FENCE = 1.0

# verify reads both sides; rollback dumps, reads back and drops every database, and reads the source once more.
_VERIFIED_BYTES_A_SECOND_AND_JOB = 40_000_000
_VERIFY_SECONDS_A_DATABASE = 0.15
_BACK_SECONDS_A_DATABASE = 0.4
_SECONDS_ONCE = 2.0


def estimate(plan: Plan, jobs: int) -> SplitTimes:
    """The times of a plan that so many workers carry out."""
    copied = sum(step.bytes for step in plan.of(CopyTable))
    databases = sum(1 for _ in plan.of(CreateDatabase))
    copying = (copied / _BYTES_A_SECOND_AND_JOB + _SECONDS_A_DATABASE * databases) / jobs
    fenced = _SECONDS_BEHIND_THE_FENCE + copying
    return SplitTimes(
        plan.fingerprint,
        migrate=_SECONDS_BEFORE_THE_FENCE + fenced,
        fenced=fenced,
        verify=_SECONDS_ONCE
        + (copied / _VERIFIED_BYTES_A_SECOND_AND_JOB + _VERIFY_SECONDS_A_DATABASE * databases) / jobs,
        back=_SECONDS_ONCE + (copied / _BYTES_A_SECOND_AND_JOB + _BACK_SECONDS_A_DATABASE * databases) / jobs,
    )
