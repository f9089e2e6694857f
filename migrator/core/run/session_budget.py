"""Divides the sessions that a run may hold on its targets among its workers."""

from __future__ import annotations

from dataclasses import dataclass

# A database that is made or finished waits for its disk about half of the time (docs/performance.md).
_BUILDERS_PER_JOB = 2


@dataclass(frozen=True, slots=True)
class SessionShares:
    """How many workers copy, how many make and finish databases, and the target sessions of one that copies."""

    readers: int
    builders: int
    sessions: int


def share_sessions(jobs: int, budget: int) -> SessionShares:
    """Shares out `budget` sessions: every worker has one for the journal, a builder one more.

    Of a small budget builders get the smaller part: they can wait for each other, while a reader with too few sessions
    has to go by way of files.
    """
    builders = max(1, min(_BUILDERS_PER_JOB * jobs, (budget - 2 * jobs) // 4))
    return SessionShares(jobs, builders, max(1, (budget - jobs - 2 * builders) // jobs))
