"""What migrate is about to do, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.commands.plan.times import times_of
from migrator.core.plan.steps import Plan
from migrator.core.run.facts import BACKUP, SplitTimes

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import Workspace
    from migrator.journal import Run


@dataclass(frozen=True, slots=True)
class SplitOutlook:
    """What a plan makes, how long the source is `fenced` for it, and what the way back rests on."""

    run_id: str
    source: str
    plan: Plan
    times: SplitTimes
    fenced: bool
    backup: str  # its directory; "" where this run has none
    backup_verified: bool


def outlook(workspace: Workspace, run: Run, plan: Plan, *, fenced: bool) -> SplitOutlook:
    """What the plan makes, how long the source is fenced for it, and how long it takes to go back."""
    backup = workspace.journal.of(run.id).recorded(BACKUP)
    return SplitOutlook(
        run.id,
        str(workspace.source),
        plan,
        times_of(workspace, run.id, plan),
        fenced,
        str(backup.directory) if backup is not None else "",
        backup is not None and backup.verified,
    )
