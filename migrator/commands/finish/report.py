"""What finishing a run would do and has done, as outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from migrator.commands.finish.result import Finished, FinishedBefore, FinishOutlook, NotProven
from migrator.commands.finish.source import MEANING
from migrator.commands.plan.changes import change_sections
from migrator.commands.rollback.report import present as present_nothing_open
from migrator.commands.rollback.result import NothingOpen
from migrator.commands.verify.report import present_structure
from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.core.result.wording import plural

_MOST_DATABASES = 50  # shown; --output json has all
NO_RETURN = (
    "This is the point of no return. From here on no command of migrator takes the split back, no row that is "
    "written to the new databases is carried back into the source, and the dumps and backups that there are, are all "
    "that there is."
)


Result = NotProven | FinishOutlook | Finished | FinishedBefore | NothingOpen


def present(result: Result) -> Outcome:
    """What finishing would do, or has done; exit code 1 where the last proof does not hold."""
    match result:
        case NotProven():
            outcome = _not_proven(result)
        case FinishOutlook():
            outcome = _outlook(result)
        case Finished():
            outcome = _finished(result)
        case FinishedBefore():
            return _finished_before(result)
        case NothingOpen():
            return present_nothing_open(result)
        case _:
            assert_never(result)
    return replace(outcome, sections=(*outcome.sections, *change_sections(result.plan_changes)))


def _finished_before(result: FinishedBefore) -> Outcome:
    return Outcome(
        "finish",
        "nothing-to-do",
        run_id=result.run_id,
        headline=f"Run {result.run_id} is finished; {result.source} {MEANING[result.end]}.",
        summary={"source": result.end} if result.retired else {},
        next=("migrator verify",),
    )


def _not_proven(result: NotProven) -> Outcome:
    outcome = present_structure(result.verified)
    return Outcome(
        "finish",
        "findings",
        1,
        result.run_id,
        "The run is not finished: the databases are not what migrate made. Nothing was changed.",
        outcome.summary,
        outcome.sections,
        next=("migrator verify", "migrator rollback --validate"),
    )


def _outlook(result: FinishOutlook) -> Outcome:
    run, end = result.run_id, result.end
    return Outcome(
        "finish",
        run_id=result.run_id,
        headline=f"Run {run} can be finished: {plural(result.databases, 'database')} become their applications' own.",
        summary={
            "databases": result.databases,
            "tables_written_since_migrate": result.written_tables,
            "source": end,
            "templates": "dropped" if result.drops_templates else "kept; the bare clones are dropped",
        },
        sections=(
            Section("The point of no return", text=NO_RETURN, tone="bad"),
            Section("The source", text=f"{result.source} {MEANING[end]}."),
        ),
        next=(
            f"migrator finish --confirm {run} --retire {end}" + (" --drop-templates" if result.drops_templates else ""),
        ),
    )


def _finished(result: Finished) -> Outcome:
    """What finishing has done, and what applications need now."""
    places, end = result.databases, result.end
    figures: dict[str, Cell] = {
        "databases": len(places),
        "templates_dropped": result.templates_dropped,
        "source": end,
    }
    rest = len(places) - _MOST_DATABASES
    needs = (
        "Each application connects to its own database, and to no other: whatever still names the source is refused "
        "or writes past them. Give the new databases backups, monitoring and connection limits of their own; the "
        f"source's backups no longer hold what is written. {result.source} {MEANING[end]}; keep it and its last backup "
        "for as long as somebody may ask what was in it."
    )
    shown = tuple((one.database, one.target, one.tenant, one.server) for one in places[:_MOST_DATABASES])
    more = f" {rest:,} more are in --output json." if rest > 0 else ""
    return Outcome(
        "finish",
        run_id=result.run_id,
        headline=f"Run {result.run_id} is finished: {plural(len(places), 'database')} are their applications' own.",
        summary=figures,
        sections=(
            Section("What applications need now", text=needs + more, tone="good"),
            Section(
                "Databases",
                ("database", "target", "tenant", "server"),
                shown,
            ),
        ),
        data={"databases": places},
        next=("migrator verify", "migrator status"),
    )
