"""Presents a dry-run: readiness, placements, populations, steps, and statements on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from migrator.commands.dry_run.report_plan import planned_databases, target_section
from migrator.commands.dry_run.result import DryRun, Look, blocks
from migrator.commands.plan.steps import step_section
from migrator.commands.plan.times import time_figures
from migrator.commands.status.placements import placement_section
from migrator.core.plan.checks import Check, Population, State
from migrator.core.plan.steps import CreateDatabase
from migrator.core.plan.survey import Survey
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural
from migrator.core.schema.catalog import Relation


def present(result: DryRun) -> Outcome:
    """What would be made, and what blocks it; exit code 1 where anything does."""
    if result.look is None:
        return _unreadable(result)
    return _readable(result, result.look)


def _readable(result: DryRun, look: Look) -> Outcome:
    found, plan, population = look.survey, look.plan, look.population
    blocked = result.blocked
    figures: dict[str, str | int | float | bool | None] = {
        "tables": len(found.placements.tables),
        "undecided": len(found.placements.undecided),
        "tenants": len(found.tenants),
        "databases": sum(1 for _ in plan.of(CreateDatabase)),
        "rows": sum(sum(one.by_tenant.values()) + one.unowned for one in population if _is_home(found, one)),
        "unowned_rows": sum(one.unowned for one in population if _is_home(found, one)),
        "blocking": sum(check.state == "block" for check in result.checks),
        "estimated_seconds": round(look.times.migrate, 1),
        **time_figures(look.times),
        "estimated_bytes": look.needed,
        "fingerprint": plan.fingerprint,
    }
    return Outcome(
        "dry-run",
        "findings" if blocked else "done",
        1 if blocked else 0,
        result.run_id,
        _headline(result, look),
        figures,
        tuple(_sections(result, look)),
        _data(result, look),
        ("migrator audit", "migrator clean", "migrator dry-run") if blocked else ("migrator migrate",),
    )


def _unreadable(result: DryRun) -> Outcome:
    """A page of what keeps rows from being read: the rest cannot be looked at before."""
    return Outcome(
        "dry-run",
        "findings",
        1,
        result.run_id,
        "Not every row of the source can be read; nothing else could be looked at.",
        {"blocking": sum(check.state == "block" for check in result.checks)},
        (_check_section(result.checks),),
        {"checks": _listed(result.checks)},
        ("migrator dry-run",),
    )


def _headline(result: DryRun, look: Look) -> str:
    if result.blocked:
        blocking = sum(check.state == "block" for check in result.checks)
        return f"{plural(blocking, 'finding')} {'blocks' if blocking == 1 else 'block'} the migration."
    if result.rehearsal is not None:
        seconds = result.rehearsal.seconds
        return f"Rehearsed in {seconds:.1f} s: all digests agree; the scratch databases are dropped."
    return (
        f"Nothing blocks; the plan is written down. `migrate --plan {look.plan.fingerprint[:12]}` carries out this one "
        "and no other."
    )


def _sections(result: DryRun, look: Look) -> Iterable[Section]:
    yield _check_section(result.checks)
    yield _placement_section(look.survey, look.population)
    yield target_section(planned_databases(look.survey, look.plan, look.population))
    yield from _unowned_sections(look.survey, look.population)
    yield from _severed_sections(look.survey)
    yield step_section(look.plan)
    if result.statements is not None:
        yield Section("Statements", ("step", "statement"), result.statements)
    if result.rehearsal is not None:
        yield Section("Rehearsal", ("phase", "seconds"), tuple(result.rehearsal.figures.items()), tone="good")


def _is_home(survey: Survey, population: Population) -> bool:
    placement = survey.placements.tables[population.relation]
    return placement.home == population.target and not placement.derived


def _check_section(checks: Sequence[Check]) -> Section:
    words: Mapping[State, str] = {"block": "BLOCKS", "warn": "warning", "ok": "ok"}
    ordered = sorted(checks, key=lambda check: list(words).index(check.state))
    return Section(
        "Readiness",
        ("check", "result", "what is true", "what to do"),
        tuple((check.name, words[check.state], check.detail, check.remedy) for check in ordered),
        tone="bad" if blocks(checks) else "warning" if any(check.state == "warn" for check in checks) else "good",
    )


def _placement_section(survey: Survey, population: Sequence[Population]) -> Section:
    rows = Counter[Relation]()
    for one in population:
        if _is_home(survey, one):
            rows[one.relation] += sum(one.by_tenant.values()) + one.unowned
    return placement_section(survey.placements, survey.catalog, rows)


def _unowned_sections(survey: Survey, population: Sequence[Population]) -> Iterable[Section]:
    unowned = tuple(
        (str(one.relation), one.without_key, one.unknown_key, survey.placements.tables[one.relation].unowned)
        for one in population
        if one.unowned
    )
    if unowned:
        yield Section(
            "Rows that nobody owns",
            ("table", "rows without key", "unknown-key rows", "unowned"),
            unowned,
            tone="warning",
        )


def _severed_sections(survey: Survey) -> Iterable[Section]:
    placed = survey.placements.tables
    rows = tuple(
        (key.label, placed[key.table].target, placed[key.referenced].target) for key in survey.placements.severed
    )
    if rows:
        yield Section(
            "Foreign keys that will cross databases (checked by verify instead)",
            ("foreign key", "from target", "to target"),
            rows,
        )


def _data(result: DryRun, look: Look) -> Mapping[str, object]:
    data: dict[str, object] = {
        "checks": _listed(result.checks),
        "plan": look.plan.to_document(),
        "population": [
            {
                "table": str(one.relation),
                "target": one.target,
                "rows": dict(one.by_tenant),
                "without_key": one.without_key,
                "unknown_key": one.unknown_key,
            }
            for one in look.population
        ],
        "databases": planned_databases(look.survey, look.plan, look.population),
        "severed": [key.label for key in look.survey.placements.severed],
    }
    if result.statements is not None:
        data["statements"] = [{"step": step, "sql": text} for step, text in result.statements]
    if result.rehearsal is not None:
        data["rehearsal"] = result.rehearsal.figures
    return data


def _listed(checks: Iterable[Check]) -> list[Mapping[str, str]]:
    return [
        {"name": check.name, "state": check.state, "detail": check.detail, "remedy": check.remedy} for check in checks
    ]
