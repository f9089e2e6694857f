"""Makes what migrate needs before it touches the source: roles, templates and bare templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from migrator.commands.migrate.worker_pools import preparers
from migrator.commands.shared.roles import make_groups
from migrator.commands.shared.transfers import complete_template
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget
from migrator.core.plan.survey import Survey
from migrator.core.schema.catalog import Relation
from migrator.engine.prepare import prepare_target
from migrator.journal import Run
from migrator.postgres.databases.roles import make_role, marked_roles
from migrator.postgres.session.connect import session

# Rows of a table in a database of average size below which its indexes are filled, not built (docs/performance.md).
_FEW_ROWS = 1000


def prepare_targets(workspace: Workspace, run: Run, plan: Plan, found: Survey) -> Mapping[str, str]:
    """Makes the roles, templates and bare clones; returns the deferred part of each target's schema as a script.

    Raises:
        DatabaseError: a tree does not upgrade, or pg_dump fails.
        RefusedError: a database or role in the way is not of this run.
    """
    _make_roles(workspace, run, plan)
    steps = list(plan.of(PrepareTarget))
    with preparers(len(steps)) as threads:
        scripts = threads.map(partial(_prepare, workspace, run, plan, found), steps)
        # A target on several servers has one schema, and so one script.
        return dict(zip((step.target for step in steps), scripts, strict=True))


def _prepare(workspace: Workspace, run: Run, plan: Plan, found: Survey, step: PrepareTarget) -> str:
    built = ", ".join(f"{tree.target} (revision {', '.join(tree.heads)})" for tree in step.trees)
    workspace.progress.say(f"building the schema of target {built}")
    made = [one for one in plan.of(CreateDatabase) if one.target == step.target]
    return prepare_target(
        step,
        run=run.id,
        journal=workspace.journal,
        server=workspace.server(step.server),
        like=workspace.source,
        trees=[(workspace.settings.path(Path(tree.path)), tree.schema) for tree in step.trees],
        complete=partial(complete_template, workspace, found, step.target),
        crowded=_crowded(found, step.target, len(made)),
        clones=sum(1 for one in made if one.server == step.server),
        programs=workspace.programs,
    )


def _crowded(found: Survey, target: str, databases: int) -> set[Relation]:
    """Tables of a target that get many rows in each database, as far as the source's statistics know."""
    tables = found.catalog.tables
    return {
        placement.destination_in(target)
        for placement in found.placements.of_host(target)
        # What a query yields is unknown, and so are the rows of a table that nobody has analysed.
        if placement.query is not None or not 0 <= tables[placement.relation].rows < _FEW_ROWS * max(1, databases)
    }


def _make_roles(workspace: Workspace, run: Run, plan: Plan) -> None:
    """The read-only roles that do not exist yet, on every server where they read something."""
    wanted = {(step.server, role) for step in plan.of(CreateDatabase) for role in step.readers}
    for server, role in sorted(wanted):
        with session(workspace.server(server), purpose="prepare") as connection:
            if role not in marked_roles(connection):
                workspace.journal.artefact(run.id, "role", role, "intended")
            if make_role(connection, role, run.id):
                workspace.journal.artefact(run.id, "role", role, "created")
    make_groups(workspace, run, plan)
