"""Reads and sets the sequences of a target, so that none gives a number twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from psycopg import sql

from migrator.core.schema.catalog import Relation, Sequence
from migrator.postgres.session.connect import Connection


def low_sequences(
    connection: Connection, sequences: Collection[Sequence], given: Mapping[Relation, int]
) -> Iterator[tuple[Relation, int, int]]:
    """Those of `sequences` that would give a number again: one that a row here has, or the monolith gave out (`given`).

    Each with the number that its next one comes after, and the furthest of those numbers.
    """
    if not sequences:
        return
    statement = sql.SQL(" UNION ALL ").join(_standing(place, one) for place, one in enumerate(sequences))
    standing = {place: (last, called, used) for place, last, called, used in connection.execute(statement).fetchall()}
    for place, sequence in enumerate(sequences):
        last, called, used = standing[place]
        # One that was never used, or was given another place to begin at, has the number before it behind it.
        stands = last if called else last - sequence.increment
        furthest = max if sequence.increment > 0 else min
        values = [value for value in (*used, given.get(sequence.relation)) if value is not None]
        if values and furthest(stands, *values) != stands:
            yield sequence.relation, stands, furthest(values)


def _standing(place: int, sequence: Sequence) -> sql.Composed:
    """(place, last value, whether it was given, the furthest number in each column that draws from the sequence)."""
    furthest = [
        sql.SQL("(SELECT {}({})::bigint FROM {} WHERE {} BETWEEN {} AND {})").format(
            sql.SQL("max" if sequence.increment > 0 else "min"),
            sql.Identifier(column),
            sql.Identifier(*relation),
            sql.Identifier(column),
            sql.Literal(sequence.minimum),
            sql.Literal(sequence.maximum),
        )
        for relation, column in sequence.used_by
    ]
    return sql.SQL("SELECT {}, last_value, is_called, ARRAY[{}]::bigint[] FROM {}").format(
        sql.Literal(place), sql.SQL(", ").join(furthest), sql.Identifier(*sequence.relation)
    )


def set_sequences(connection: Connection, values: Collection[tuple[Relation, int]]) -> None:
    """Sets each sequence so that its next value comes after the given one."""
    if values:
        listed = (
            sql.SQL("({}, {})").format(sql.Literal(sql.Identifier(*sequence).as_string(connection)), sql.Literal(value))
            for sequence, value in values
        )
        connection.execute(
            sql.SQL(
                "SELECT pg_catalog.setval(name::regclass, value::bigint, true) FROM (VALUES {}) s (name, value)"
            ).format(sql.SQL(", ").join(listed))
        )
