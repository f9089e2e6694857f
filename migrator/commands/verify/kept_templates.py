"""What verify compares the databases of a finished run with, where their templates were dropped."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.commands.shared.transfers import KeptTemplate
from migrator.commands.shared.workspace import RunContext
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.run.facts import TEMPLATE_OBJECTS


def kept_templates(context: RunContext, plan: Plan) -> Mapping[str, KeptTemplate]:
    """What stands in for the templates of a finished run that were dropped."""
    recorded = context.journal.recorded(TEMPLATE_OBJECTS) or {}
    made: dict[str, CreateDatabase] = {}
    for step in plan.of(CreateDatabase):
        made.setdefault(step.target, step)
    return {
        target: KeptTemplate(context.server(made[target].server).at(made[target].database), objects)
        for target, objects in recorded.items()
        if target in made
    }
