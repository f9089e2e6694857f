"""Numbers of the source's sequences that are reserved for targets, and the sequences put back to where they stood."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from psycopg import sql

from migrator.core.schema.catalog import Relation, Sequence
from migrator.core.sequences.blocks import SourceSequence
from migrator.postgres.schema.sequence_states import (
    lock_sequences,
    restart_sequences,
    set_states,
    source_sequences,
    states,
)
from migrator.postgres.session.connect import Connection, query


@dataclass(frozen=True, slots=True)
class ReservedSequence:
    """Where a sequence of the source stood before numbers of it were reserved, and the next number since."""

    last_value: int
    is_called: bool
    behind: int


def reserved_sequences(connection: Connection) -> Mapping[Relation, ReservedSequence]:
    """What is reserved in the source; {} where nothing is."""
    row = connection.execute(
        "SELECT pg_catalog.to_regclass('migrator_fence.reserved_sequences') IS NOT NULL"
    ).fetchone()
    if row is None or not row[0]:
        return {}
    found = connection.execute(
        "SELECT schema_name, sequence_name, last_value, is_called, behind FROM migrator_fence.reserved_sequences"
    ).fetchall()
    return {Relation(schema, name): ReservedSequence(*rest) for schema, name, *rest in found}


def reserve_numbers(
    connection: Connection,
    sequences: Collection[Sequence],
    decide: Callable[[Mapping[Relation, SourceSequence]], Mapping[Relation, int]],
) -> None:
    """Reserves numbers, within the open transaction: nobody draws from the sequences from the look to the commit.

    `decide` is given where they stand, and returns the next number of each; it writes down what the numbers in between
    are for. Where some were reserved before, the first place that a sequence stood at is kept.
    """
    lock_sequences(connection, sequences)
    standing = source_sequences(connection, sequences)
    behind = decide(standing)
    connection.execute(query("fence/reserved_sequences"))
    if behind:
        values = sql.SQL(", ").join(
            sql.SQL("({}, {}, {}, {}, {})").format(
                sql.Literal(name.schema),
                sql.Literal(name.name),
                sql.Literal(standing[name].last_value),
                sql.Literal(standing[name].is_called),
                sql.Literal(number),
            )
            for name, number in behind.items()
        )
        connection.execute(
            sql.SQL(
                "INSERT INTO migrator_fence.reserved_sequences VALUES {} "
                "ON CONFLICT (schema_name, sequence_name) DO UPDATE SET behind = excluded.behind"
            ).format(values)
        )
    restart_sequences(connection, behind)


def put_back_sequences(
    connection: Connection, sequences: Mapping[Relation, Sequence], drawn: Mapping[Relation, int]
) -> None:
    """Sets the source's sequences back to where they stood, or behind the furthest number `drawn` of them.

    One that somebody has drawn from meanwhile is behind all of that already, and is left as it is. Within the open
    transaction; what was written down about the sequences is gone with it.
    """
    reserved = {name: one for name, one in reserved_sequences(connection).items() if name in sequences}
    lock_sequences(connection, [sequences[name] for name in reserved])
    now = states(connection, reserved)
    wanted: dict[Relation, tuple[int, bool]] = {}
    for name, before in reserved.items():
        if now[name] != (before.behind, False):
            continue
        sign = 1 if sequences[name].increment > 0 else -1
        furthest = drawn.get(name)
        given = before.last_value if before.is_called else before.last_value - sequences[name].increment
        if furthest is not None and sign * furthest > sign * given:
            wanted[name] = furthest, True
        else:
            wanted[name] = before.last_value, before.is_called
    set_states(connection, wanted)
    if reserved:
        connection.execute("DELETE FROM migrator_fence.reserved_sequences")
