"""Makes what migrate needs before it touches the source: roles, templates and bare templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from migrator.commands.migrate.worker_pools import preparers
from migrator.commands.shared.roles import make_groups
from migrator.commands.shared.transfers import complete_template
from migrator.commands.shared.workspace import RunContext
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget
from migrator.core.plan.survey import Survey
from migrator.core.schema.catalog import Relation
from migrator.engine.prepare import SchemaSources, prepare_target
from migrator.postgres.databases.roles import make_role, marked_roles
from migrator.postgres.session.connect import session

# Rows of a table in a database of average size below which its indexes are filled, not built (docs/performance.md).
_FEW_ROWS = 1000


class Templates:
    """The preparation of targets, each in a thread of its own; a context, which waits for those that are begun."""

    def __init__(self, context: RunContext, plan: Plan, surveyed: Survey) -> None:
        self._context = context
        self._plan = plan
        self._survey = surveyed
        self._threads = preparers(sum(1 for _ in plan.of(PrepareTarget)))
        self._begun: list[tuple[str, Future[str]]] = []

    def begin(self, step: PrepareTarget) -> None:
        """Begins to make a template and its bare clone; before the first of them the roles that they grant to.

        Raises:
            RefusedError: a role in the way is not of this run.
        """
        if not self._begun:
            _make_roles(self._context, self._plan)
        job = partial(_prepare, self._context, self._plan, self._survey, step)
        self._begun.append((step.target, self._threads.submit(job)))

    def scripts(self) -> Mapping[str, str]:
        """Waits for all of them: the deferred part of each target's schema as a script.

        Raises:
            DatabaseError: a tree does not upgrade, or pg_dump fails.
            RefusedError: a database in the way is not of this run.
        """
        # A target on several servers has one schema, and so one script.
        return {target: future.result() for target, future in self._begun}

    def __enter__(self) -> Templates:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)


def _prepare(context: RunContext, plan: Plan, survey: Survey, step: PrepareTarget) -> str:
    built = ", ".join(f"{tree.target} (revision {', '.join(tree.heads)})" for tree in step.trees)
    context.progress.say(f"building the schema of target {built}")
    made = [creation for creation in plan.of(CreateDatabase) if creation.target == step.target]
    sources = SchemaSources(
        trees=[(context.settings.path(Path(tree.path)), tree.schema) for tree in step.trees],
        complete=partial(complete_template, context.workspace, survey, step.target),
        large=large_tables(survey, step.target, len(made)),
        clones=sum(1 for creation in made if creation.server == step.server),
        programs=context.workspace.programs,
        owners=table_owners(survey),
    )
    server = context.server(step.server)
    return prepare_target(step, sources, journal=context.journal, server=server, like=context.source)


def table_owners(survey: Survey) -> tuple[str, ...]:
    """The roles that the source's tables belong to, those with the most first."""
    counted = Counter(table.owner for table in survey.catalog.tables.values() if table.owner)
    return tuple(name for name, _ in counted.most_common())


def large_tables(survey: Survey, target: str, databases: int) -> set[Relation]:
    """Tables of a target that get many rows in each database, as far as the source's statistics know."""
    tables = survey.catalog.tables
    return {
        placement.destination_in(target)
        for placement in survey.placements.of_host(target)
        # What a query yields is unknown, and so are the rows of a table that nobody has analysed.
        if placement.query is not None or not 0 <= tables[placement.relation].rows < _FEW_ROWS * max(1, databases)
    }


def _make_roles(context: RunContext, plan: Plan) -> None:
    """The read-only roles that do not exist yet, on every server where they read something."""
    wanted = {(step.server, role) for step in plan.of(CreateDatabase) for role in step.readers}
    for server, role in sorted(wanted):
        with session(context.server(server), purpose="prepare") as connection:
            if role not in marked_roles(connection):
                context.journal.artefact("role", role, "intended")
            if make_role(connection, role, context.id):
                context.journal.artefact("role", role, "created")
    make_groups(context, plan)
