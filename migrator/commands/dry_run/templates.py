"""The schema of each target, built for trial in scratch databases as migrate will build it, and dropped again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from migrator.commands.migrate.templates import large_tables, table_owners
from migrator.commands.migrate.worker_pools import preparers
from migrator.commands.shared.scratch import scratch_databases
from migrator.commands.shared.transfers import Resolved, adapt_template, resolve_target
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.audit.row_demands import check_rows, demands, value_demands
from migrator.core.plan.checks import Check
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget
from migrator.core.plan.survey import Survey
from migrator.core.schema.catalog import Relation
from migrator.engine.prepare import SchemaSources, build_schema
from migrator.errors import ConfigurationError, DatabaseError, MigratorError, RefusedError
from migrator.postgres.databases.post_data import restore_deferred
from migrator.postgres.plan.row_demands import SourceRows, ask_rows, read_target_checks
from migrator.postgres.plan.value_demands import read_listed_columns, try_values
from migrator.postgres.session.connect import Connection, Endpoint, session

_INSUFFICIENT_PRIVILEGE = "42501"


@dataclass(frozen=True)
class TriedSchema:
    """One target's schema on one server: what its template holds, or why it cannot be built."""

    step: PrepareTarget
    template: Endpoint
    bare: Endpoint
    resolved: Resolved | None = None
    error: MigratorError | None = None
    checks: Mapping[Relation, Sequence[tuple[str, str]]] = field(default_factory=dict)  # of the target's tables
    listed_columns: frozenset[tuple[Relation, str]] = frozenset()  # whose values their database has to know

    @property
    def check(self) -> Check:
        """What dry-run says of it."""
        server = f" on server {self.step.server}" if self.step.server != "default" else ""
        name = f"schema of {self.step.target}{server}"
        if self.error is not None:
            return Check(name, "block", self.error.message, self.error.hint)
        heads = ", ".join(head for tree in self.step.trees for head in tree.heads)
        return Check(name, "ok", f"built in a scratch database, revision {heads or 'none'}")


@contextmanager
def tried_schemas(context: RunContext, survey: Survey, plan: Plan) -> Iterator[tuple[TriedSchema, ...]]:
    """Every target's schema built as the role and with the settings that migrate has; there until the end.

    The template, the bare template, and on it what is deferred until rows are there: all of it runs, on no rows.
    """
    steps = list(plan.of(PrepareTarget))
    context.progress.say(f"building the schemas of {len(steps)} targets in scratch databases")
    with ExitStack() as scratch, preparers(len(steps)) as threads:
        try:
            # Two each: of the template, and of the bare template.
            places = [
                scratch.enter_context(
                    scratch_databases(context, (f"schema{number}", f"bare{number}"), server=step.server)
                )
                for number, step in enumerate(steps)
            ]
        except DatabaseError as error:
            if error.sqlstate != _INSUFFICIENT_PRIVILEGE:
                raise
            # Which privilege is missing, and how it is granted, is what the checks of privileges say.
            refused = DatabaseError(error.message, "")
            yield tuple(TriedSchema(step, *(context.server(step.server),) * 2, error=refused) for step in steps)
            return
        tries = [
            threads.submit(partial(_try, context.workspace, survey, plan), *one)
            for one in zip(steps, places, strict=True)
        ]
        yield tuple(one.result() for one in tries)


def _try(
    workspace: Workspace, survey: Survey, plan: Plan, step: PrepareTarget, place: Sequence[Endpoint]
) -> TriedSchema:
    template, bare = place
    made = [creation for creation in plan.of(CreateDatabase) if creation.target == step.target]
    sources = SchemaSources(
        trees=[(workspace.settings.path(Path(tree.path)), tree.schema) for tree in step.trees],
        complete=partial(adapt_template, workspace.settings, survey, step.target),
        large=large_tables(survey, step.target, len(made)),
        clones=1,
        programs=workspace.programs,
        owners=table_owners(survey),
    )
    try:
        deferred = build_schema(template, bare, sources)
        resolved = resolve_target(workspace.settings, survey, step.target, template)
        with session(template, purpose="dry-run") as connection:
            checks, listed_columns = read_target_checks(connection), read_listed_columns(connection)
        # Taken back again: rows are tried in what they will be copied into.
        with session(bare, purpose="dry-run") as connection, connection.transaction(force_rollback=True):
            restore_deferred(connection, deferred)
    except (ConfigurationError, DatabaseError, RefusedError) as error:
        return TriedSchema(step, template, bare, error=error)
    return TriedSchema(step, template, bare, resolved, checks=checks, listed_columns=listed_columns)


def row_checks(workspace: Workspace, survey: Survey, tried: Sequence[TriedSchema]) -> Iterator[Check]:
    """Whether the source's rows will pass the constraints of the schemas that were built; each target is asked once."""
    by_target = {one.step.target: one for one in tried if one.resolved is not None}
    with workspace.read_source("dry-run") as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        source = SourceRows(survey.catalog, survey.known_keys)
        for schema in by_target.values():
            assert schema.resolved is not None
            transfers = schema.resolved.transfers
            for transfer in transfers:
                wanted = list(demands(transfer, transfers, survey.catalog, schema.resolved.catalog, schema.checks))
                yield from check_rows(transfer, ask_rows(connection, transfer, wanted, source))
            yield from _value_checks(connection, schema, source)


def _value_checks(connection: Connection, schema: TriedSchema, source: SourceRows) -> Iterator[Check]:
    """Whether the columns of the schema that was built take the values that the source has for them.

    In the bare template: a row that names an index comes before the index does.
    """
    assert schema.resolved is not None
    catalog = schema.resolved.catalog
    wanted = [
        (transfer, list(value_demands(transfer, source.catalog, catalog, schema.listed_columns)))
        for transfer in schema.resolved.transfers
    ]
    if not any(of_transfer for _, of_transfer in wanted):
        return
    with session(schema.bare, purpose="dry-run") as target:
        for transfer, of_transfer in wanted:
            yield from check_rows(transfer, try_values(connection, target, transfer, of_transfer, source))
