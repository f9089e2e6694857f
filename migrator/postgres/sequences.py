"""Sequences of a target database: where they stand, and setting them so that none gives a number twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from psycopg import sql

from migrator.core.catalog import Relation
from migrator.postgres.catalog import read_sequences
from migrator.postgres.connect import Connection


def low_sequences(connection: Connection, given: Mapping[Relation, int]) -> Iterator[tuple[Relation, int | None, int]]:
    """Sequences that would give a number again: one that a row here has, or one that the monolith gave out (`given`).

    Each with where it stands (None: never used) and the furthest of those numbers.
    """
    for sequence in read_sequences(connection):
        furthest = max if sequence.increment > 0 else min
        values = [given[sequence.relation]] if sequence.relation in given else []
        for relation, column in sequence.used_by:
            statement = sql.SQL("SELECT {}({})::bigint FROM {} WHERE {} BETWEEN {} AND {}").format(
                sql.SQL(furthest.__name__),
                sql.Identifier(column),
                sql.Identifier(*relation),
                sql.Identifier(column),
                sql.Literal(sequence.minimum),
                sql.Literal(sequence.maximum),
            )
            row = connection.execute(statement).fetchone()
            values += [int(row[0])] if row is not None and row[0] is not None else []
        stands = sequence.last_value
        if values and (stands is None or furthest(stands, *values) != stands):
            yield sequence.relation, stands, furthest(values)


def set_sequences(connection: Connection, values: Iterable[tuple[Relation, int]]) -> None:
    """Sets each sequence so that its next value comes after the given one."""
    for sequence, value in values:
        name = sql.Literal(sql.Identifier(*sequence).as_string(connection))
        connection.execute(sql.SQL("SELECT pg_catalog.setval({}::regclass, {}, true)").format(name, sql.Literal(value)))
