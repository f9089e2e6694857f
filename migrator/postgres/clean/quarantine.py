"""Moves whole rows out of their tables into quarantine, in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.clean.row_selection import RowSelection
from migrator.postgres.databases.databases import Mark
from migrator.postgres.placement.from_items import own_rows, qualified
from migrator.postgres.session.connect import Connection, query, rows
from migrator.postgres.session.triggers import triggers_disabled
from migrator.postgres.session.written_rows import counted, require_only, written_rows

SCHEMA = "migrator_quarantine"
ROWS = Relation(SCHEMA, "rows")


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of one table that one rule of one run put into quarantine."""

    run: str
    rule: str
    relation: Relation
    rows: int


def exists(connection: Connection) -> bool:
    """Whether the source has a quarantine of ours.

    Raises:
        RefusedError: a schema of that name is there that migrator did not make.
    """
    state = rows(connection, "clean/quarantine_state")
    if not state:
        return False
    ((comment, complete),) = state
    if Mark.parse(comment) is None:
        raise RefusedError(
            f"The schema {SCHEMA} was not made by migrator.", "Rename it, then run the same command again."
        )
    return bool(complete)


def prepare(connection: Connection, run: str) -> None:
    """Makes the quarantine where it is missing, marked with the run."""
    if exists(connection):
        return
    with connection.transaction():
        connection.execute(sql.SQL(query("clean/quarantine_schema")))
        connection.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
                sql.Identifier(SCHEMA), sql.Literal(Mark(run, "quarantine").text)
            )
        )


def held(connection: Connection) -> tuple[Held, ...]:
    """What is in quarantine; nothing where there is none."""
    if not exists(connection):
        return ()
    return tuple(
        Held(run, rule, Relation(schema, table), count)
        for run, rule, schema, table, count in rows(connection, "clean/quarantine_held")
    )


def drop_if_empty(connection: Connection) -> bool:
    """Removes the quarantine where it holds nothing; True where it is gone."""
    if not exists(connection):
        return True
    with connection.transaction():
        connection.execute("LOCK TABLE migrator_quarantine.rows IN ACCESS EXCLUSIVE MODE")
        if connection.execute("SELECT FROM migrator_quarantine.rows LIMIT 1").fetchone() is not None:
            return False
        connection.execute("DROP TABLE migrator_quarantine.rows")
        connection.execute("DROP SCHEMA migrator_quarantine")
    return True


def move(connection: Connection, row_selection: RowSelection, rule: str, run: str) -> Mapping[Relation, int]:
    """Moves the rows that a rule has picked into quarantine; returns how many of each table.

    Within the caller's transaction, which holds locks on every table concerned. One statement deletes and keeps all of
    them: foreign keys are checked at its end, so neither the order of the tables nor cycles between them matter.

    Raises:
        RefusedError: what was moved is not what was picked, would not read back as it was, or something else was
            written along with it. The caller's transaction must end then.
    """
    catalog = row_selection.catalog
    wanted = row_selection.picked(rule)
    if not wanted:
        return {}
    with triggers_disabled(connection, catalog, wanted):
        before = written_rows(connection, catalog)
        moved = {
            Relation(schema, table): count
            for schema, table, count in connection.execute(_move(row_selection, list(wanted), rule, run))
        }
        # Deferred checks now: an error must be ours to tell, and ALTER TABLE refuses tables with pending ones.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if moved != wanted:
            raise RefusedError(
                f"[clean.{rule}] would have moved {counted(moved)} instead of {counted(wanted)}; nothing was changed.",
                "Run `migrator clean` again to see what the rule means now.",
            )
        require_only(written_rows(connection, catalog) - before, deleted=wanted, inserted={ROWS: sum(wanted.values())})
    _require_readable(connection, wanted, rule, run)
    return wanted


def _move(row_selection: RowSelection, relations: Sequence[Relation], rule: str, run: str) -> sql.Composed:
    parts, sources = [], []
    for number, relation in enumerate(relations):
        name = sql.Identifier(f"taken_{number}")
        columns = list(row_selection.catalog.tables[relation].column_names)
        # (t.*): a bare t would be a column of that name where there is one.
        parts.append(
            sql.SQL(
                "{} AS (DELETE FROM {} AS t USING pg_temp.picked AS k WHERE {} "
                'RETURNING k.reason, k.tenant, {} AS row_key, (t.*)::text AS "row")'
            ).format(
                name,
                own_rows(row_selection.catalog, relation),
                row_selection.rows_of(rule, relation),
                row_selection.row_key(relation),
            )
        )
        sources.append(
            sql.SQL('SELECT {}, {}, reason, {}, {}, tenant, row_key, {}::text[], "row" FROM {}').format(
                sql.Literal(run),
                sql.Literal(rule),
                sql.Literal(relation.schema),
                sql.Literal(relation.name),
                sql.Literal(columns),
                name,
            )
        )
    return sql.SQL(
        "WITH {}, kept AS (INSERT INTO migrator_quarantine.rows "
        '(run_id, rule, reason, source_schema, source_table, tenant_key, row_key, columns, "row") {} '
        "RETURNING source_schema, source_table) SELECT source_schema, source_table, count(*) FROM kept GROUP BY 1, 2"
    ).format(sql.SQL(", ").join(parts), sql.SQL(" UNION ALL ").join(sources))


def _require_readable(connection: Connection, relations: Iterable[Relation], rule: str, run: str) -> None:
    """Reads every kept row back as a row of its table, before the transaction that took it can commit."""
    for relation in relations:
        row = connection.execute(
            sql.SQL(
                "SELECT count(*) FROM migrator_quarantine.rows WHERE run_id = {} AND rule = {} AND source_schema = {} "
                'AND source_table = {} AND moved_at = now() AND ("row"::{})::text IS DISTINCT FROM "row"'
            ).format(
                sql.Literal(run),
                sql.Literal(rule),
                sql.Literal(relation.schema),
                sql.Literal(relation.name),
                qualified(relation),
            )
        ).fetchone()
        if row is None or row[0]:
            raise RefusedError(
                f"[clean.{rule}] rows of {relation} would not read back as they were; nothing was changed.",
                "Some type of its columns writes text that it does not read: leave that table out of the rule.",
            )
