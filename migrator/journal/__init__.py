"""The journal: runs, stages, steps, artefacts and digests, in a control database of their own.

What must be atomic is committed here in one transaction; what must be unique is a unique index here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migrator.journal.artefacts import Artefacts
from migrator.journal.digests import Digests
from migrator.journal.facts import Facts
from migrator.journal.lock import Holder, Locks, machine
from migrator.journal.online.followed import Followed, FollowedDatabase
from migrator.journal.plans import Plans
from migrator.journal.records import REFUSED, Artefact, PlanRecord, Run, StageRecord, StepRecord
from migrator.journal.runs import Runs
from migrator.journal.stages import Stages
from migrator.journal.steps import Steps

__all__ = [
    "REFUSED",
    "Artefact",
    "FollowedDatabase",
    "Holder",
    "Journal",
    "PlanRecord",
    "Run",
    "RunJournal",
    "StageRecord",
    "StepRecord",
    "machine",
]


class RunJournal(Plans, Stages, Steps, Artefacts, Digests, Facts, Followed):
    """All that is known of one run, and is to be recorded of it."""


class Journal(Runs):
    """What one control database has: the runs of sources, a journal for each of them, and who works on which source.

    One pool of sessions serves them all.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        super().__init__(connect)
        self.locks = Locks(self._engine, self._begin)

    def of(self, run_id: str) -> RunJournal:
        """The journal of that run; nothing is read yet."""
        return RunJournal(self._begin, run_id)
