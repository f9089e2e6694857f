"""Presents what migrate is about to do, on ten lines: what the person at the terminal confirms."""

from __future__ import annotations

from collections import Counter

from migrator.commands.migrate.outlook import SplitOutlook
from migrator.commands.plan.times import how_known
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.outcome import Outcome
from migrator.core.result.wording import plural, rough_time, size
from migrator.core.run.facts import SplitTimes


def present(outlook: SplitOutlook) -> Outcome:
    """What the plan makes, how long the source is fenced for it, and how long it takes to go back."""
    times, plan = outlook.times, outlook.plan
    unfenced = "not at all: rows that are written meanwhile stay behind"
    backup = f"{outlook.backup} ({'verified' if outlook.backup_verified else 'not verified'})"
    return Outcome(
        "migrate",
        "planned",
        run_id=outlook.run_id,
        summary={
            "source": outlook.source,
            "will be made": _made(plan),
            "will be copied": _copied(plan),
            "source fenced": _fenced(times) if outlook.fenced else unfenced,
            "going back": f"about {rough_time(times.back)} (`migrator rollback`), until `migrator finish`",
            "times": how_known(times),
            "backup": backup if outlook.backup else "none of this run",
            "plan": plan.fingerprint[:12],
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
