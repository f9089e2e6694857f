"""The statements that migrate would execute, with the columns that the targets' trees make."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from migrator.commands.shared.scratch import scratch_database
from migrator.commands.shared.transfers import transfers_of
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import Plan, PrepareTarget
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import Transfer
from migrator.postgres.plan.explain import explain
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import READ_ONLY, revision_connect, session
from migrator.revisions import upgrade_together


def statements(workspace: Workspace, run: str, found: Survey, plan: Plan) -> tuple[tuple[str, str], ...]:
    """Every step's statements as (step, SQL).

    Which columns travel, and by what name, only the target's schema says: each host's trees are run once in a scratch
    database, as migrate will run them in a template.

    Raises:
        ConfigurationError: a tree cannot be run, or lacks a column or table that the source's rows need.
        DatabaseError: a revision failed.
    """
    transfers: dict[str, Sequence[Transfer]] = {}
    for step in plan.of(PrepareTarget):
        if step.target not in transfers:
            transfers[step.target] = _transfers(workspace, run, found, step)
    return tuple((step.id, text) for step in plan.steps for text in explain(step, found.catalog, transfers))


def _transfers(workspace: Workspace, run: str, found: Survey, step: PrepareTarget) -> Sequence[Transfer]:
    workspace.progress.say(f"Running the tree of target {step.target} on a scratch database.")
    trees = [(workspace.settings.path(Path(tree.path)), tree.schema) for tree in step.trees]
    with scratch_database(workspace, run, f"columns_{step.target}") as endpoint:
        upgrade_together(trees, partial(revision_connect, endpoint, "alembic"))
        with session(endpoint, purpose="dry-run", settings=READ_ONLY) as connection:
            return transfers_of(workspace, found, step.target, read_catalog(connection))
