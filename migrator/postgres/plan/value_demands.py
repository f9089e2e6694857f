"""Tries in a scratch database whether a target's column takes the values that the source holds for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import psycopg
from psycopg import sql

from migrator.core.audit.row_demands import Answer, Demand
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Relation
from migrator.postgres.placement.from_items import bare_names
from migrator.postgres.plan.row_demands import SourceRows, item_of, samples_of
from migrator.postgres.session.connect import Connection, rows

_AT_ONCE = 5_000  # values of one COPY
_MOST_REFUSED = 20  # distinct values after which no more are looked for


def read_listed_columns(connection: Connection) -> frozenset[tuple[Relation, str]]:
    """The (table, column) of a target's schema whose values have to be known to their database."""
    return frozenset(
        (Relation(schema, table), column) for schema, table, column in rows(connection, "plan/listed_values")
    )


def try_values(
    connection: Connection, target: Connection, transfer: Transfer, wanted: Iterable[Demand], source: SourceRows
) -> Iterator[Answer]:
    """How many rows hold what the target's column would refuse, in the open transaction of the source's connection.

    Each distinct value is written into a temporary table of the target, by COPY as migrate writes it: its input
    function decides, with the type's length and the target's objects.
    """
    item = item_of(transfer, source)
    for demand in wanted:
        (name,) = demand.columns
        column = sql.Identifier(name)
        with bare_names(connection, transfer.placement):
            distinct = sql.SQL("SELECT DISTINCT {}::text FROM {} WHERE {} IS NOT NULL").format(column, item, column)
            refused = list(_refused(target, demand.expression, _values(connection, distinct)))
            if not refused:
                yield Answer(demand)
                continue
            holding = sql.SQL('{}::text COLLATE "C" = ANY ({}::text[])').format(
                column, sql.Literal([value for value, _ in refused])
            )
            row = connection.execute(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(item, holding)).fetchone()
            assert row is not None
            shown = sql.SQL("left({}::text, 80)").format(column)
            yield Answer(demand, row[0], samples_of(connection, item, holding, shown), reason=refused[0][1])


def _values(connection: Connection, distinct: sql.Composed) -> Iterator[Sequence[str]]:
    with connection.cursor(name="migrator_values") as cursor:
        cursor.execute(distinct)
        while batch := cursor.fetchmany(_AT_ONCE):
            yield [value for (value,) in batch]


def _refused(target: Connection, type_: str, batches: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """(value, what the server says of it) of the first values that the type does not take."""
    found = 0
    with target.transaction(force_rollback=True):
        # The type is what the target's catalog says, as PostgreSQL writes it.
        target.execute(sql.SQL("CREATE TEMPORARY TABLE migrator_values (value {})").format(sql.SQL(type_)))
        for batch in batches:
            waiting = [batch]
            while waiting and found < _MOST_REFUSED:
                values = waiting.pop()
                error = _copied(target, values)
                if error is None:
                    continue
                if len(values) == 1:
                    found += 1
                    yield values[0], error
                else:
                    middle = len(values) // 2
                    waiting += [values[middle:], values[:middle]]


def _copied(target: Connection, values: Sequence[str]) -> str | None:
    """Writes the values; what the server says where it refuses one of them."""
    try:
        with (
            target.transaction(force_rollback=True),
            target.cursor() as cursor,
            cursor.copy("COPY pg_temp.migrator_values FROM STDIN") as copy,
        ):
            for value in values:
                copy.write_row((value,))
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise
        return error.diag.message_primary or str(error)
    return None
