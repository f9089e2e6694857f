"""The statements of each plan step, for people to read: what dry-run --sql prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from psycopg import sql

from migrator.core.catalog import Catalog, Relation
from migrator.core.placement import Placement
from migrator.core.plan import Compare, CopyTable, CreateDatabase, FinishDatabase, PrepareTarget, RaiseFence, Step
from migrator.core.transfer import Transfer, TransferColumn
from migrator.postgres.fence import fence_statement
from migrator.postgres.reading import select_rows


def explain(
    step: Step,
    catalog: Catalog,
    placements: Mapping[Relation, Placement],
    query_columns: Mapping[Relation, tuple[str, ...]],
    *,
    per_tenant: bool,
) -> list[str]:
    """The statements of one step. Columns are those of the source: the target's schema is not built yet."""
    match step:
        case PrepareTarget():
            return [
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(step.template)).as_string(None),
                *(f"-- alembic upgrade head ({tree.path})" for tree in step.trees),
                "-- pg_dump of all but post-data into the bare clone",
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(step.bare)).as_string(None),
            ]
        case CreateDatabase():
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            return [statement.format(sql.Identifier(step.database), sql.Identifier(step.bare)).as_string(None)]
        case RaiseFence():
            relations = [name for table in catalog.tables.values() for name in (table.relation, *table.partitions)]
            return [fence_statement(relation, "RUN").as_string(None) for relation in relations]
        case CopyTable():
            placement = placements[step.relation]
            names = query_columns.get(step.relation) or catalog.tables[step.relation].column_names
            columns = tuple(
                TransferColumn(target, name) for name in names if (target := placement.columns.get(name, name)) != ""
            )
            transfer = Transfer(placement, step.target, per_tenant, columns)
            into = sql.SQL(", ").join(sql.Identifier(column.target) for column in columns)
            return [
                sql.SQL("COPY ({}) TO STDOUT")
                .format(select_rows(transfer, catalog, pages=step.parts[0]))
                .as_string(None),
                sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*step.destination), into).as_string(None),
            ]
        case FinishDatabase():
            return [
                "-- pg_dump's post-data section of the template, in one transaction; setval of each sequence; ANALYZE"
            ]
        case Compare():
            return []
        case _:
            assert_never(step)
