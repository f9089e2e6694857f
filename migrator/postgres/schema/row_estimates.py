"""Counts the rows of small tables, and estimates those of large ones."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from migrator.core.schema.catalog import Catalog, Relation, Table
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.session.connect import Connection

# Up to 8 MiB with indexes and TOAST a table is counted: read in a few milliseconds, and never wrong.
_SMALL_BYTES = 8 * 1024 * 1024
# Never analysed and larger than this: nobody knows, and counting would take long.
_MOST_BYTES = 1024 * 1024 * 1024
_BATCH = 100


def row_counts(connection: Connection, catalog: Catalog) -> Mapping[Relation, int | None]:
    """Rows of every table, partitions within their parent; None for a large one that was never analysed.

    Tables that the role may not read have the planner's estimate, or None.
    """
    counted = [table for table in catalog.tables.values() if _is_counted(table)]
    counts: dict[Relation, int | None] = {
        relation: table.rows if table.rows >= 0 else None for relation, table in catalog.tables.items()
    }
    readable = _readable(connection, counted)
    counted = [table for table in counted if table.relation in readable]
    for start in range(0, len(counted), _BATCH):
        batch = counted[start : start + _BATCH]
        statement = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}::int, count(*) FROM {}").format(sql.Literal(number), own_rows(catalog, table.relation))
            for number, table in enumerate(batch)
        )
        for number, rows in connection.execute(statement):
            counts[batch[number].relation] = rows
    return counts


def _is_counted(table: Table) -> bool:
    # Before 14 a table that was never analysed has the estimate 0.
    unknown = table.rows < 0 or (table.rows == 0 and table.pages > 0)
    return table.bytes <= (_MOST_BYTES if unknown else _SMALL_BYTES)


def _readable(connection: Connection, tables: list[Table]) -> set[Relation]:
    """Those of the tables whose rows the role may read, all of them: row security would make the count fail."""
    statement = (
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::text[], %s::text[])) "
        "AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') "
        "AND NOT pg_catalog.row_security_active(c.oid)"
    )
    names = [[table.relation.schema for table in tables], [table.relation.name for table in tables]]
    return {Relation(schema, name) for schema, name in connection.execute(statement, names)}
