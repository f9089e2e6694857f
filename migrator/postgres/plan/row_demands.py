"""Asking the source's rows what the constraints of a target will ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from migrator.core.audit.row_demands import Answer, Demand
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.placement.from_items import bare_names
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.placement.row_hash import read_column
from migrator.postgres.placement.select_rows import where
from migrator.postgres.session.connect import Connection, rows

_SAMPLES = 5
# What an expression of the target uses and the source does not have: a function, table, type, column, operator.
_LACKING = ("42883", "42P01", "42704", "42703", "3F000", "42501")


@dataclass(frozen=True, slots=True)
class SourceRows:
    """The source's catalog, and the keys of its tenants: rows of others come into no target."""

    catalog: Catalog
    known: Sequence[str]

    def travelling(self, transfer: Transfer) -> sql.Composed:
        """The WHERE clause of the rows that come into the target."""
        if not transfer.per_tenant:
            return where(transfer)
        return where(transfer, keys=self.known, everyones=transfer.for_everyone)


def read_target_checks(connection: Connection) -> dict[Relation, list[tuple[str, str]]]:
    """The check constraints of a target's schema, as (name, expression) by table."""
    checks: dict[Relation, list[tuple[str, str]]] = {}
    for schema, table, name, expression in rows(connection, "plan/target_checks"):
        checks.setdefault(Relation(schema, table), []).append((name, expression))
    return checks


def ask_rows(
    connection: Connection, transfer: Transfer, wanted: Sequence[Demand], source: SourceRows
) -> Iterator[Answer]:
    """Counts the rows that do not comply, in the open transaction: checks and columns of a table in one pass."""
    together = [one for one in wanted if one.kind in ("check", "not null", "generated")]
    with bare_names(connection, transfer.placement):
        try:
            yield from _one_pass(connection, transfer, together, source)
        except psycopg.Error as error:
            if error.sqlstate is None:
                raise
            for one in together:
                yield _alone(connection, transfer, one, source)
        for one in wanted:
            if one.kind == "unique":
                yield _duplicates(connection, transfer, one, source)
            elif one.kind == "foreign key" and one.parent is not None:
                yield _orphans(connection, transfer, one.parent, one, source)


def _one_pass(
    connection: Connection, transfer: Transfer, wanted: Sequence[Demand], source: SourceRows
) -> Iterable[Answer]:
    if not wanted:
        return ()
    counts = sql.SQL(", ").join(sql.SQL("count(*) FILTER (WHERE {})").format(_broken(one)) for one in wanted)
    item = item_of(transfer, source)
    with connection.transaction():
        row = connection.execute(sql.SQL("SELECT {} FROM {}").format(counts, item)).fetchone()
        assert row is not None
        return [
            Answer(one, count, samples_of(connection, item, _broken(one)) if count else ())
            for one, count in zip(wanted, row, strict=True)
        ]


def _alone(connection: Connection, transfer: Transfer, demand: Demand, source: SourceRows) -> Answer:
    try:
        (answer,) = _one_pass(connection, transfer, [demand], source)
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise
        text = error.diag.message_primary or str(error)
        return Answer(demand, error=text, unknown=error.sqlstate in _LACKING)
    return answer


def _broken(demand: Demand) -> sql.Composable:
    """The condition of rows that do not comply."""
    if demand.kind == "check":
        # The expression comes from the target's catalog, as PostgreSQL wrote it, every name with its schema.
        return sql.SQL("NOT ({})").format(sql.SQL(demand.expression))
    column = sql.Identifier(*demand.columns)
    if demand.kind == "not null":
        return sql.SQL("{} IS NULL").format(column)
    return sql.SQL('({})::text COLLATE "C" IS DISTINCT FROM ({})::text COLLATE "C"').format(
        sql.SQL(demand.expression), column
    )


def item_of(transfer: Transfer, source: SourceRows, *further: sql.Composed) -> sql.Composed:
    """The rows with the target's names for their columns, as a FROM item that is called like the target's table."""
    columns: list[sql.Composable] = [*further]
    columns += [sql.SQL("{} AS {}").format(read_column(one), sql.Identifier(one.target)) for one in transfer.columns]
    columns.append(sql.SQL("{} AS migrator_label").format(_label(transfer, source)))
    return sql.SQL("(SELECT {} FROM {}{}) AS {}").format(
        sql.SQL(", ").join(columns),
        source_of(transfer.placement, source.catalog),
        source.travelling(transfer),
        sql.Identifier(transfer.destination.name),
    )


def _label(transfer: Transfer, source: SourceRows) -> sql.Composed:
    """The row's key for people, "id=42"."""
    table = source.catalog.tables.get(transfer.relation)
    if table is None or transfer.placement.query is not None or not table.primary_key:
        return sql.SQL("left(t::text, 80)").format()
    return sql.SQL(" || ', ' || ").join(
        sql.SQL("{} || t.{}::text").format(sql.Literal(f"{name}="), sql.Identifier(name)) for name in table.primary_key
    )


def samples_of(
    connection: Connection, item: sql.Composable, broken: sql.Composable, value: sql.Composable | None = None
) -> tuple[str, ...]:
    """The keys of a few rows that do not comply, each with a value of the row where one is asked for."""
    shown = sql.SQL("") if value is None else sql.SQL(" || ' ' || {}").format(value)
    statement = sql.SQL("SELECT migrator_label{} FROM {} WHERE {} ORDER BY 1 LIMIT {}").format(
        shown, item, broken, sql.Literal(_SAMPLES)
    )
    return tuple(label for (label,) in connection.execute(statement))


def _tenant(transfer: Transfer) -> sql.Composed:
    key = tenant_key(transfer.placement) if transfer.per_tenant else sql.SQL("''::text").format()
    return sql.SQL('({}) COLLATE "C" AS migrator_tenant').format(key)


def _duplicates(connection: Connection, transfer: Transfer, demand: Demand, source: SourceRows) -> Answer:
    columns = sql.SQL(", ").join(map(sql.Identifier, demand.columns))
    complete = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier(one)) for one in demand.columns)
    again = sql.SQL(
        "(SELECT migrator_label, count(*) OVER (PARTITION BY migrator_tenant, {}) AS migrator_times FROM {} WHERE {}) d"
    ).format(columns, item_of(transfer, source, _tenant(transfer)), complete)
    return _counted(connection, demand, again, sql.SQL("migrator_times > 1"))


def _orphans(connection: Connection, child: Transfer, parent: Transfer, demand: Demand, source: SourceRows) -> Answer:
    matches: list[sql.Composable] = [
        sql.SQL("p.{} = c.{}").format(sql.Identifier(there), sql.Identifier(here))
        for here, there in zip(demand.columns, demand.parent_columns, strict=True)
    ]
    if child.per_tenant and not parent.for_everyone:
        matches.append(sql.SQL("p.migrator_tenant = c.migrator_tenant"))
    complete = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(one)) for one in demand.columns)
    lost = sql.SQL("(SELECT c.migrator_label FROM {} WHERE {} AND NOT EXISTS (SELECT FROM {} WHERE {})) d").format(
        sql.SQL("(SELECT * FROM {}) AS c").format(item_of(child, source, _tenant(child))),
        complete,
        sql.SQL("(SELECT * FROM {}) AS p").format(item_of(parent, source, _tenant(parent))),
        sql.SQL(" AND ").join(matches),
    )
    return _counted(connection, demand, lost, sql.SQL("true"))


def _counted(connection: Connection, demand: Demand, item: sql.Composable, broken: sql.Composable) -> Answer:
    try:
        with connection.transaction():
            row = connection.execute(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(item, broken)).fetchone()
            count = row[0] if row is not None else 0
            return Answer(demand, count, samples_of(connection, item, broken) if count else ())
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise
        return Answer(demand, error=error.diag.message_primary or str(error), unknown=True)
