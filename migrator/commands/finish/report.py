"""What finishing a run would do and has done, as outcomes."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.commands.finish.source import MEANING, SourceEnd
from migrator.commands.verify.report import present_structure
from migrator.commands.verify.result import Verified
from migrator.core.plan.steps import CreateDatabase
from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.core.result.wording import plural
from migrator.journal import Run

_MOST_DATABASES = 50  # shown; --output json has all
NO_RETURN = (
    "This is the point of no return. From here on no command of migrator takes the split back, no row that is "
    "written to the new databases is carried back into the source, and the dumps and backups that there are, are all "
    "that there is."
)


def not_proven(run: Run, result: Verified) -> Outcome:
    """The last proof does not hold: nothing was changed."""
    outcome = present_structure(result)
    return Outcome(
        "finish",
        "findings",
        1,
        run.id,
        "The run is not finished: the databases are not what migrate made. Nothing was changed.",
        outcome.summary,
        outcome.sections,
        next=("migrator verify", "migrator rollback --validate"),
    )


def outlook(
    run: Run, steps: Sequence[CreateDatabase], written: int, end: SourceEnd, source: str, *, drops_templates: bool
) -> Outcome:
    """What finishing would do."""
    return Outcome(
        "finish",
        run_id=run.id,
        headline=f"Run {run.id} can be finished: {plural(len(steps), 'database')} become their applications' own.",
        summary={
            "databases": len(steps),
            "tables_written_since_migrate": written,
            "source": end,
            "templates": "dropped" if drops_templates else "kept",
        },
        sections=(
            Section("The point of no return", text=NO_RETURN, tone="bad"),
            Section("The source", text=f"{source} {MEANING[end]}."),
        ),
        next=(f"migrator finish --confirm {run.id} --retire {end}" + (" --drop-templates" if drops_templates else ""),),
    )


def finished(
    run: Run,
    steps: Sequence[CreateDatabase],
    places: Sequence[tuple[str, str, str, str]],
    end: SourceEnd,
    source: str,
    dropped: int,
) -> Outcome:
    """What finishing has done, and what applications need now; `places` are (database, target, tenant, server)."""
    figures: dict[str, Cell] = {"databases": len(steps), "templates_dropped": dropped, "source": end}
    rest = len(places) - _MOST_DATABASES
    needs = (
        "Each application connects to its own database, and to no other: whatever still names the source is refused "
        "or writes past them. Give the new databases backups, monitoring and connection limits of their own; the "
        f"source's backups no longer hold what is written. {source} {MEANING[end]}; keep it and its last backup for "
        "as long as somebody may ask what was in it."
    )
    more = f" {rest:,} more are in --output json." if rest > 0 else ""
    return Outcome(
        "finish",
        run_id=run.id,
        headline=f"Run {run.id} is finished: {plural(len(steps), 'database')} are their applications' own.",
        summary=figures,
        sections=(
            Section("What applications need now", text=needs + more, tone="good"),
            Section("Databases", ("database", "target", "tenant", "server"), tuple(places[:_MOST_DATABASES])),
        ),
        data={
            "databases": [
                {"database": name, "target": target, "tenant": tenant, "server": server}
                for name, target, tenant, server in places
            ]
        },
        next=("migrator verify", "migrator status"),
    )
