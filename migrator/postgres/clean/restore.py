"""Restores quarantined rows as they were, with everything that they reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import RefusedError
from migrator.postgres.clean import quarantine
from migrator.postgres.placement.from_items import qualified
from migrator.postgres.session.connect import Connection, rows
from migrator.postgres.session.triggers import triggers_disabled
from migrator.postgres.session.written_rows import counted, require_only, written_rows

# What the rows may violate where a constraint of their table was never validated.
_VIOLATIONS = (psycopg.errors.ForeignKeyViolation, psycopg.errors.CheckViolation, psycopg.errors.NotNullViolation)


def restore_rows(connection: Connection, catalog: Catalog, rules: Sequence[str] = ()) -> Mapping[Relation, int]:
    """Puts rows back where they were and takes them out of quarantine; returns how many of each table.

    Within the caller's transaction, which holds locks on the tables of `to_restore`. One statement for all tables, so
    rows that reference each other come back together.

    Raises:
        RefusedError: a table is gone or has other columns now, a row is in the way of another, a parent is missing, or
            something else was written along with it. The caller's transaction must end then.
    """
    wanted = to_restore(connection, catalog, rules)
    if not wanted:
        return {}
    with triggers_disabled(connection, catalog, wanted):
        dropped: list[sql.Composed] = []
        while True:
            before = written_rows(connection, catalog)
            try:
                with connection.transaction():
                    restored = _counts(connection, _restore(catalog, list(wanted), rules), list(wanted))
                    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                break
            except _VIOLATIONS as error:
                dropped += _drop_unvalidated(connection, error)
            except psycopg.errors.UniqueViolation as error:
                raise _not_restored(error, "Another row has taken its key since: look at both.") from error
        if restored != wanted:
            raise RefusedError(
                f"{counted(restored)} would have come back instead of {counted(wanted)}; nothing was changed.",
                "Another session may be restoring too: run the same command again.",
            )
        if not dropped:
            require_only(
                written_rows(connection, catalog) - before,
                inserted=wanted,
                deleted={quarantine.ROWS: sum(wanted.values())},
            )
        for statement in dropped:
            connection.execute(statement)
    return wanted


def to_restore(connection: Connection, catalog: Catalog, rules: Sequence[str] = ()) -> Mapping[Relation, int]:
    """How many rows of each table would come back.

    Raises:
        RefusedError: a table is gone, or has other columns now.
    """
    if not quarantine.exists(connection):
        return {}
    counts: Counter[Relation] = Counter()
    statement = sql.SQL(
        "SELECT source_schema, source_table, columns, count(*) FROM migrator_quarantine.rows{} GROUP BY 1, 2, 3"
    )
    for schema, name, columns, count in connection.execute(statement.format(_of_rules(rules))):
        relation = Relation(schema, name)
        table = catalog.tables.get(relation)
        if table is None:
            raise RefusedError(
                f"The table {relation} of {count} quarantined rows is not there any more.",
                "Make it again, or name the rules whose rows are to come back: --rule.",
            )
        if tuple(columns) != table.column_names:
            raise RefusedError(
                f"{relation} has other columns now than when {count} of its rows were put into quarantine.",
                f"Then: {', '.join(columns)}. Now: {', '.join(table.column_names)}. Give it its columns back first.",
            )
        counts[relation] += count
    return dict(counts)


def _of_rules(rules: Sequence[str]) -> sql.Composable:
    return sql.SQL(" WHERE rule = ANY ({}::text[])").format(sql.Literal(list(rules))) if rules else sql.SQL("")


def _restore(catalog: Catalog, relations: Sequence[Relation], rules: Sequence[str]) -> sql.Composed:
    parts = []
    for number, relation in enumerate(relations):
        columns = [column.name for column in catalog.tables[relation].columns if not column.generated]
        # OFFSET 0 keeps the planner from parsing the row's text once for each of its columns. An identity column is
        # given its value back (OVERRIDING SYSTEM VALUE), a generated one computes it again.
        parts.append(
            sql.SQL(
                "{name} AS (INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values} "
                'FROM (SELECT "row"::{table} AS whole FROM taken '
                "WHERE source_schema = {schema} AND source_table = {relname} ORDER BY id OFFSET 0) AS s RETURNING 1)"
            ).format(
                name=sql.Identifier(f"back_{number}"),
                table=qualified(relation),
                columns=sql.SQL(", ").join(sql.Identifier(column) for column in columns),
                values=sql.SQL(", ").join(sql.SQL("(s.whole).{}").format(sql.Identifier(column)) for column in columns),
                schema=sql.Literal(relation.schema),
                relname=sql.Literal(relation.name),
            )
        )
    return sql.SQL("WITH taken AS (DELETE FROM migrator_quarantine.rows{} RETURNING *), {} SELECT {}").format(
        _of_rules(rules),
        sql.SQL(", ").join(parts),
        sql.SQL(", ").join(
            sql.SQL("(SELECT count(*) FROM {})").format(sql.Identifier(f"back_{number}"))
            for number, _ in enumerate(relations)
        ),
    )


def _counts(connection: Connection, statement: sql.Composed, relations: Sequence[Relation]) -> dict[Relation, int]:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return dict(zip(relations, row, strict=True))


def _drop_unvalidated(connection: Connection, error: psycopg.Error) -> list[sql.Composed]:
    """Drops the constraint that is in the way, if it was NOT VALID; returns the statements that make it again.

    Such a constraint tells of rows like these: they were there before it, and nobody ever checked them.
    """
    diagnosis = error.diag
    scope = {
        "schema": diagnosis.schema_name,
        "table": diagnosis.table_name,
        "constraint": diagnosis.constraint_name,
    }
    constraints = rows(connection, "clean/unvalidated_constraint", scope) if diagnosis.constraint_name else []
    if not constraints:
        raise _not_restored(
            error, "Restore what it references too: migrator clean --restore without --rule."
        ) from error
    ((schema, table, definition, comment),) = constraints
    place, name = sql.Identifier(schema, table), sql.Identifier(str(diagnosis.constraint_name))
    connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(place, name))
    again = [sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(place, name, sql.SQL(definition))]
    if comment is not None:
        again.append(sql.SQL("COMMENT ON CONSTRAINT {} ON {} IS {}").format(name, place, sql.Literal(comment)))
    return again


def _not_restored(error: psycopg.Error, hint: str) -> RefusedError:
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    return RefusedError(
        f"The rows cannot be put back: {error.diag.message_primary}{detail}. Nothing was changed.", hint
    )
