"""Where sequences stand exactly, how far they can go, and giving them a block of numbers or their own limits again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from psycopg import sql

from migrator.core.schema.catalog import Relation, Sequence
from migrator.core.sequences.blocks import Block, SourceSequence, limits
from migrator.postgres.session.connect import Connection, rows


def lock_sequences(connection: Connection, sequences: Iterable[Sequence]) -> None:
    """Holds off everybody who draws from them until the transaction ends; no sequence is changed.

    There is no LOCK for sequences: altering one to what it is takes the lock that nextval waits for.
    """
    _at_once(
        connection,
        (
            sql.SQL("ALTER SEQUENCE {} INCREMENT BY {}").format(
                sql.Identifier(*one.relation), sql.Literal(one.increment)
            )
            for one in sequences
        ),
    )


def source_sequences(connection: Connection, sequences: Collection[Sequence]) -> Mapping[Relation, SourceSequence]:
    """Where the sequences stand, with the numbers that their columns hold already."""
    if not sequences:
        return {}
    types = {
        (Relation(schema, table), column): type_
        for schema, table, column, type_ in rows(connection, "schema/number_columns")
    }
    standing = states(connection, [one.relation for one in sequences])
    beyond = _beyond(connection, sequences, standing, types)
    known = {}
    for one in sequences:
        low, high = limits(one, types)
        last, called = standing[one.relation]
        known[one.relation] = SourceSequence(
            one.relation, last, called, one.increment, one.start, low, high, one.cycle, beyond.get(one.relation)
        )
    return known


def states(connection: Connection, sequences: Iterable[Relation]) -> Mapping[Relation, tuple[int, bool]]:
    """(last_value, is_called) of each sequence."""
    named = list(sequences)
    if not named:
        return {}
    statement = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, last_value, is_called FROM {}").format(sql.Literal(place), sql.Identifier(*one))
        for place, one in enumerate(named)
    )
    return {named[place]: (last, called) for place, last, called in connection.execute(statement).fetchall()}


def _beyond(
    connection: Connection,
    sequences: Collection[Sequence],
    standing: Mapping[Relation, tuple[int, bool]],
    types: Mapping[tuple[Relation, str], str],
) -> Mapping[Relation, tuple[int, int]]:
    """The nearest and the furthest number that a column holds and its sequence has not come to."""
    parts: list[sql.Composed] = []
    named: list[Sequence] = []
    for one in sequences:
        last, called = standing[one.relation]
        low, high = limits(one, types)
        if one.increment > 0:
            low = last + 1 if called else last
        else:
            high = last - 1 if called else last
        for place in one.used_by:
            if place not in types or low > high:
                continue
            relation, column = place
            parts.append(
                sql.SQL("SELECT {0}, min({1})::bigint, max({1})::bigint FROM {2} WHERE {1} BETWEEN {3} AND {4}").format(
                    sql.Literal(len(named)),
                    sql.Identifier(column),
                    sql.Identifier(*relation),
                    sql.Literal(low),
                    sql.Literal(high),
                )
            )
            named.append(one)
    beyond: dict[Relation, tuple[int, int]] = {}
    if not parts:
        return beyond
    for number, least, most in connection.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall():
        if least is None:
            continue
        one = named[number]
        before = beyond.get(one.relation, (least, least) if one.increment > 0 else (most, most))
        ends = (min(least, *before), max(most, *before))
        beyond[one.relation] = ends if one.increment > 0 else (ends[1], ends[0])
    return beyond


def restart_sequences(connection: Connection, nexts: Mapping[Relation, int]) -> None:
    """Makes these the next numbers of the sequences; undone with the transaction."""
    _at_once(
        connection,
        (
            sql.SQL("ALTER SEQUENCE {} RESTART WITH {}").format(sql.Identifier(*name), sql.Literal(number))
            for name, number in nexts.items()
        ),
    )


def set_states(connection: Connection, wanted: Mapping[Relation, tuple[int, bool]]) -> None:
    """Sets each sequence to exactly that (last_value, is_called)."""
    if not wanted:
        return
    listed = (
        sql.SQL("({}, {}, {})").format(
            sql.Literal(sql.Identifier(*name).as_string(connection)), sql.Literal(last), sql.Literal(called)
        )
        for name, (last, called) in wanted.items()
    )
    connection.execute(
        sql.SQL(
            "SELECT pg_catalog.setval(name::regclass, value::bigint, called) FROM (VALUES {}) s (name, value, called)"
        ).format(sql.SQL(", ").join(listed))
    )


def set_blocks(connection: Connection, blocks: Iterable[Block]) -> None:
    """Limits each sequence to its block, from the first number on: behind the last it gives none, but an error."""
    _at_once(
        connection,
        (
            sql.SQL("ALTER SEQUENCE {} {} {} RESTART WITH {} NO CYCLE").format(
                sql.Identifier(*one.sequence), _bound(one.rising), sql.Literal(one.last), sql.Literal(one.first)
            )
            for one in blocks
        ),
    )


def lift_blocks(connection: Connection, bounds: Mapping[Relation, tuple[int, bool]]) -> None:
    """Gives sequences (bound, whether it rises) their own limits again; they go on where they stand."""
    _at_once(
        connection,
        (
            sql.SQL("ALTER SEQUENCE {} {} {}").format(sql.Identifier(*name), _bound(rising), sql.Literal(bound))
            for name, (bound, rising) in bounds.items()
        ),
    )


def numbers_ahead(
    connection: Connection, sequences: Iterable[Sequence], blocks: Mapping[Relation, Block]
) -> Mapping[Relation, int]:
    """For each sequence with rows that have a number of the part of its block still to be given: the furthest."""
    known = [one for one in sequences if one.relation in blocks]
    types = {
        (Relation(schema, table), column): type_
        for schema, table, column, type_ in rows(connection, "schema/number_columns")
    }
    standing = states(connection, [one.relation for one in known])
    ahead: dict[Relation, int] = {}
    for name, (_, furthest) in _beyond(
        connection,
        [_within(one, blocks[one.relation]) for one in known],
        standing,
        types,
    ).items():
        ahead[name] = furthest
    return ahead


def _within(sequence: Sequence, block: Block) -> Sequence:
    """The sequence as its block limits it."""
    low, high = min(block.first, block.last), max(block.first, block.last)
    return Sequence(
        sequence.relation, sequence.type, sequence.last_value, sequence.increment, low, high, used_by=sequence.used_by
    )


def _bound(rising: bool) -> sql.SQL:
    return sql.SQL("MAXVALUE" if rising else "MINVALUE")


def _at_once(connection: Connection, statements: Iterable[Any]) -> None:
    """Sends many statements as one message, which is one round trip and, outside of a transaction, one transaction."""
    if together := list(statements):
        connection.execute(sql.SQL("; ").join(together))
