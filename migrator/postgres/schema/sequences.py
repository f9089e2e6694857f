"""Reads and sets the sequences of a target, so that none gives a number twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from psycopg import sql

from migrator.core.schema.catalog import Relation, Sequence
from migrator.postgres.session.connect import Connection


def low_sequences(
    connection: Connection, sequences: Collection[Sequence], given: Mapping[Relation, int]
) -> Iterator[tuple[Relation, int | None, int]]:
    """Those of `sequences` that would give a number again: one that a row here has, or the monolith gave out (`given`).

    Each with where it stands (None: never used) and the furthest of those numbers.
    """
    if not sequences:
        return
    statement = sql.SQL(" UNION ALL ").join(_standing(place, one) for place, one in enumerate(sequences))
    standing = {place: (last, used) for place, last, used in connection.execute(statement).fetchall()}
    for place, sequence in enumerate(sequences):
        stands, used = standing[place]
        furthest = max if sequence.increment > 0 else min
        values = [value for value in (*used, given.get(sequence.relation)) if value is not None]
        if values and (stands is None or furthest(stands, *values) != stands):
            yield sequence.relation, stands, furthest(values)


def _standing(place: int, sequence: Sequence) -> sql.Composed:
    """(place, last value, the furthest number in each column that draws from the sequence)."""
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
    return sql.SQL("SELECT {}, CASE WHEN is_called THEN last_value END, ARRAY[{}]::bigint[] FROM {}").format(
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
