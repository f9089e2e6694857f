"""Presents the steps of a plan, for dry-run and plan show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from migrator.core.plan.steps import (
    Compare,
    CopyTable,
    CreateDatabase,
    FinishDatabase,
    Plan,
    PrepareTarget,
    RaiseFence,
    Step,
)
from migrator.core.result.outcome import Section
from migrator.core.result.wording import plural


def step_section(plan: Plan) -> Section:
    """The steps in their order; those that differ in the database alone are one line, or a thousand tenants bury it."""
    alike: dict[tuple[type[Step], str], list[Step]] = {}
    for step in plan.steps:
        kind = step.target if isinstance(step, CreateDatabase | FinishDatabase) else step.id
        alike.setdefault((type(step), kind), []).append(step)
    return Section(
        "Steps",
        ("step", "what it does"),
        tuple(
            (f"{steps[0].id} and {len(steps) - 1:,} more" if len(steps) > 1 else steps[0].id, _describe(steps))
            for steps in alike.values()
        ),
    )


def _describe(steps: Sequence[Step]) -> str:
    """What one step does, or several that are alike."""
    match steps[0]:
        case PrepareTarget() as step:
            heads = ", ".join(head for tree in step.trees for head in tree.heads)
            at = heads if len(step.trees) == 1 else f"the heads of {len(step.trees)} trees"
            return f"build {step.template} at {at}, and {step.bare} without indexes and keys"
        case CreateDatabase() as step:
            made = f"database {step.database}" if len(steps) == 1 else f"{len(steps):,} databases"
            return f"create {made} from {step.bare}"
        case RaiseFence() as step:
            return f"refuse writes to {plural(step.tables, 'table')} of the source, then take the snapshot"
        case CopyTable() as step:
            return (
                f"read {step.relation} once{f' in {len(step.parts)} parts' if len(step.parts) > 1 else ''}, "
                f"route its rows to {step.destination} in {plural(step.databases, 'database')}"
            )
        case FinishDatabase() as step:
            made = step.database if len(steps) == 1 else f"{len(steps):,} databases"
            return f"indexes, keys, triggers, sequences and statistics of {made}, then digests"
        case Compare():
            return "compare the digests of both sides, and account for every row"
        case _:
            assert_never(steps[0])
