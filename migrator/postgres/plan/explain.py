"""Shows the statements of each plan step, for dry-run --sql."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from psycopg import sql

from migrator.core.plan.steps import Compare, CopyTable, CreateDatabase, FinishDatabase, PrepareTarget, RaiseFence, Step
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog
from migrator.postgres.databases.roles import giving
from migrator.postgres.fence.fence import fence_statement, fences_partitions, partition_fence_statement
from migrator.postgres.placement.select_rows import select_rows


def explain(
    step: Step,
    catalog: Catalog,
    transfers: Mapping[str, Sequence[Transfer]],
) -> list[str]:
    """The statements of one step; `transfers` are what travels into the databases of each host."""
    match step:
        case PrepareTarget():
            return [
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(step.template)).as_string(None),
                *(f"-- alembic upgrade head ({tree.path})" for tree in step.trees),
                "-- pg_dump of all but post-data into the bare template",
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(step.bare)).as_string(None),
            ]
        case CreateDatabase():
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            return [
                statement.format(sql.Identifier(step.database), sql.Identifier(step.bare)).as_string(None),
                *(
                    sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)).as_string(None)
                    for role in step.own_roles
                ),
                *(one.as_string(None) for one in giving(step)),
            ]
        case RaiseFence():
            relations = [name for table in catalog.tables.values() for name in (table.relation, *table.partitions)]
            later = [
                relation
                for relation, table in catalog.tables.items()
                if table.kind == "p" and fences_partitions(catalog.server_version)
            ]
            return [
                *(fence_statement(relation, "RUN").as_string(None) for relation in relations),
                *(partition_fence_statement(relation, "RUN").as_string(None) for relation in later),
            ]
        case CopyTable():
            transfer = next(one for one in transfers[step.target] if one.relation == step.relation)
            into = sql.SQL(", ").join(sql.Identifier(column.target) for column in transfer.copied)
            further = [f"-- and so for {len(step.parts) - 1} further parts"] if len(step.parts) > 1 else []
            return [
                sql.SQL("COPY ({}) TO STDOUT")
                .format(select_rows(transfer, catalog, pages=step.parts[0]))
                .as_string(None),
                sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*step.destination), into).as_string(None),
                *further,
            ]
        case FinishDatabase():
            return [
                "-- pg_dump's post-data section of the template, in one transaction; setval of each sequence; ANALYZE"
            ]
        case Compare():
            return []
        case _:
            assert_never(step)
