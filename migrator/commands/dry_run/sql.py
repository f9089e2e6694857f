"""The statements that migrate would execute, with the columns that the targets' trees make."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.commands.dry_run.result import StepStatement
from migrator.commands.dry_run.templates import TriedSchema
from migrator.core.plan.steps import Plan
from migrator.core.plan.survey import Survey
from migrator.postgres.plan.explain import explain


def statements(survey: Survey, plan: Plan, tried: Iterable[TriedSchema]) -> tuple[StepStatement, ...]:
    """Every step's statements.

    Which columns travel, and by what name, only the target's schema says: `tried` are the schemas that were built.
    """
    transfers = {one.step.target: one.resolved.transfers for one in tried if one.resolved is not None}
    return tuple(
        StepStatement(step.id, text) for step in plan.steps for text in explain(step, survey.catalog, transfers)
    )
