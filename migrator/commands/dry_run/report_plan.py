"""Presents a plan: the databases with what they will hold, and the steps in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.core.plan.checks import Population
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.plan.survey import Survey
from migrator.core.result.outcome import Section
from migrator.core.result.wording import plural

_MOST_DATABASES = 50  # shown; the document has all


@dataclass(frozen=True, slots=True)
class PlannedDatabase:
    """What one database will hold."""

    target: str
    database: str
    tenant: str  # the tenant's name
    tables: int = 0
    rows: int = 0
    bytes: int = 0


def planned_databases(survey: Survey, plan: Plan, population: Sequence[Population]) -> list[PlannedDatabase]:
    """Every database of the plan: target by target, the one with the most rows first."""
    totals: dict[tuple[str, str], list[int]] = {}
    for one in population:
        for tenant, count in one.by_tenant.items():
            entry = totals.setdefault((one.target, tenant), [0, 0, 0])
            entry[0] += 1
            entry[1] += count
            entry[2] += _share(survey, one, count)
    names = {tenant.key: tenant.name for tenant in survey.tenants}
    planned = [
        PlannedDatabase(
            step.target, step.database, names.get(step.tenant, ""), *totals.get((step.target, step.tenant), ())
        )
        for step in plan.of(CreateDatabase)
    ]
    targets = list(dict.fromkeys(one.target for one in planned))
    return sorted(planned, key=lambda made: (targets.index(made.target), -made.rows, made.database))


def target_section(planned: Sequence[PlannedDatabase]) -> Section:
    """The largest databases, and how many there are besides."""
    shown, left_out = planned[:_MOST_DATABASES], planned[_MOST_DATABASES:]
    text = ""
    if left_out:
        rows, empty = sum(one.rows for one in left_out), sum(not one.rows for one in left_out)
        text = (
            f"The largest. {plural(len(left_out), 'database')} with {plural(rows, 'row')} in all, {empty:,} of them "
            "empty, are left out here; --output json has every one."
        )
    return Section(
        "Targets",
        ("target", "database", "tenant", "filled tables", "rows", "estimated bytes"),
        tuple((one.target, one.database, one.tenant, one.tables, one.rows, one.bytes) for one in shown),
        text=text,
    )


def _share(survey: Survey, population: Population, count: int) -> int:
    table = survey.catalog.tables.get(population.relation)
    everything = sum(population.by_tenant.values()) + population.unowned
    return round(table.bytes * count / everything) if table and everything else 0
