"""What migrate is about to do, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.commands.plan.times import times_of
from migrator.core.plan.steps import Plan
from migrator.core.run.facts import BACKUP, SplitTimes

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import RunContext


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


def outlook(context: RunContext, plan: Plan, *, fenced: bool) -> SplitOutlook:
    """What the plan makes, how long the source is fenced for it, and how long it takes to go back."""
    backup = context.journal.recorded(BACKUP)
    return SplitOutlook(
        context.id,
        str(context.source),
        plan,
        times_of(context, plan),
        fenced,
        str(backup.directory) if backup is not None else "",
        backup is not None and backup.verified,
    )
