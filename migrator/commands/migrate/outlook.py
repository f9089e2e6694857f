"""What migrate is about to do, on ten lines: what the person at the terminal confirms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.commands.plan.times import how_known, times_of
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.outcome import Outcome
from migrator.core.result.wording import plural, rough_time, size
from migrator.core.run.facts import BACKUP, BackupFact, SplitTimes

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import Workspace
    from migrator.journal import Run


@dataclass(frozen=True)
class SplitOutlook:
    """What migrate is about to do: the plan, how long it takes, whether the source is fenced, and its backup if any."""

    run_id: str
    source: str
    plan: Plan
    times: SplitTimes
    fenced: bool
    backup: BackupFact | None

    @property
    def made(self) -> str:
        """How many databases of which target, and on which servers."""
        return _made(self.plan)

    @property
    def fence_time(self) -> str:
        """For how long the source takes no writes."""
        return _fenced(self.times) if self.fenced else "not at all: rows that are written meanwhile stay behind"


def outlook(workspace: Workspace, run: Run, plan: Plan, *, fenced: bool) -> SplitOutlook:
    """What the plan makes, how long the source is fenced for it, and how long it takes to go back."""
    times = times_of(workspace, run.id, plan)
    return SplitOutlook(run.id, str(workspace.source), plan, times, fenced, workspace.journal.recorded(run.id, BACKUP))


def present(result: SplitOutlook) -> Outcome:
    """The same on ten lines."""
    return Outcome(
        "migrate",
        "planned",
        run_id=result.run_id,
        summary={
            "source": result.source,
            "will be made": result.made,
            "will be copied": _copied(result.plan),
            "source fenced": result.fence_time,
            "going back": f"about {rough_time(result.times.back)} (`migrator rollback`), until `migrator finish`",
            "times": how_known(result.times),
            "backup": _backup(result.backup),
            "plan": result.plan.fingerprint[:12],
        },
    )


def _made(plan: Plan) -> str:
    steps = list(plan.of(CreateDatabase))
    counted = Counter(step.target for step in steps)
    servers = sorted({step.server for step in steps} - {"default"})
    where = f", on {', '.join(servers)}" if servers else ""
    return (
        f"{plural(len(steps), 'database')} ({', '.join(f'{count:,} {name}' for name, count in counted.items())}){where}"
    )


def _copied(plan: Plan) -> str:
    tables = plan.survey.catalog.tables.values()
    rows = sum(max(0, table.rows) for table in tables)
    about = f"about {plural(rows, 'row')}, " if rows else ""  # 0 where nobody has analysed
    return f"{plural(len(plan.survey.placements.tables), 'table')}, {about}{size(sum(table.bytes for table in tables))}"


def _fenced(times: SplitTimes) -> str:
    return (
        f"about {rough_time(times.fenced)} until all is copied and proved, {rough_time(times.verify)} for verify; "
        "then until rollback or finish"
    )


def _backup(kept: BackupFact | None) -> str:
    if kept is None:
        return "none of this run"
    return f"{kept.directory} ({'verified' if kept.verified else 'not verified'})"
