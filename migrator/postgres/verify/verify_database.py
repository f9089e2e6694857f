"""Verifies one target database: digests, catalog, leaks, sequences, references across databases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from psycopg import sql

from migrator.core.plan.database_parameters import DatabaseSetting
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import ForeignKey, Relation
from migrator.core.sequences.blocks import Block
from migrator.core.verify.digests import Digest, RowDifference, merge_keys
from migrator.core.verify.object_differences import ObjectDifference, object_differences
from migrator.postgres.placement.key_path import equal, holds, text_of
from migrator.postgres.placement.row_hash import target_hash
from migrator.postgres.placement.select_rows import by_key, key_text
from migrator.postgres.schema.catalog import Objects, read_objects, read_sequences
from migrator.postgres.schema.database_parameters import read_settings
from migrator.postgres.schema.sequence_states import numbers_ahead
from migrator.postgres.schema.sequences import low_sequences
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, rows, session
from migrator.postgres.verify.digest import target_digests

_KEYS_A_QUERY = 10_000
_MOST_SAMPLES = 5  # of keys that lead nowhere


@dataclass(frozen=True, slots=True)
class Reference:
    """One severed foreign key between two databases, in the target's names."""

    key: ForeignKey
    child: Relation
    columns: tuple[str, ...]
    parent: Relation
    parent_columns: tuple[str, ...]
    when: tuple[str, str] | None = None  # the condition of a polymorphic key


class Leak(NamedTuple):
    """A table that holds rows of another tenant."""

    table: str
    rows: int


class CollidingSequence(NamedTuple):
    """A sequence that would give a number which somebody else has or gives: where it stands, and that number."""

    sequence: str
    stands: int
    taken: int


class LiveRows(NamedTuple):
    """The rows of a table in which rows are marked as deleted, and those that are not."""

    table: str
    rows: int
    living: int


class Orphans(NamedTuple):
    """How many keys of a reference lead to no row, and some of them."""

    reference: Reference
    keys: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What was found in one target database; there is no digest of a table that it lacks, or lacks columns of."""

    database: str
    target: str
    tenant: str
    digests: tuple[Digest, ...]
    objects: tuple[ObjectDifference, ...]  # against the template
    leaks: tuple[Leak, ...]
    sequences: tuple[CollidingSequence, ...]
    live: tuple[LiveRows, ...]
    orphans: tuple[Orphans, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedDatabase:
    """What a target database is to be.

    Attributes:
        transfers: what travels into it.
        template: the objects that it has.
        given: up to which values the source's sequences have given numbers, by target sequence.
        soft_deleted: the columns that mark rows as deleted.
        settings: those that it gives its sessions.
        members: the keys of the tenant and of all below it, where the tenants are tops of a tree.
        blocks: the numbers that are its own.
    """

    target: str
    tenant: str
    transfers: Sequence[Transfer]
    template: Objects
    given: Mapping[Relation, int]
    soft_deleted: Mapping[Relation, str]
    settings: Sequence[DatabaseSetting]
    members: Sequence[str]
    blocks: Mapping[Relation, Block]


def examine(
    endpoint: Endpoint,
    expected: ExpectedDatabase,
    references: Sequence[tuple[Reference, Connection]] = (),
    digested: Sequence[Transfer] | None = None,
) -> DatabaseFacts:
    """Reads one target database in one read-only session.

    `references` are the foreign keys out of this database, each with a session of the database that it points into;
    `digested` the transfers whose rows are counted and hashed, by default all.
    """
    target, tenant, transfers, soft_deleted = (
        expected.target, expected.tenant, expected.transfers, expected.soft_deleted
    )  # fmt: skip
    with session(endpoint, purpose="verify", settings=READ_ONLY) as connection:
        # What somebody has dropped is named by its definition; it must not keep the rest from being read.
        names = {*(one.destination for one in transfers), *soft_deleted, *(one.child for one, _ in references)}
        there = _columns(connection, names)
        transfers = [one for one in transfers if {column.target for column in one.columns} <= there[one.destination]]
        return DatabaseFacts(
            endpoint.database,
            target,
            tenant,
            target_digests(connection, [one for one in transfers if digested is None or one in digested], tenant),
            object_differences(
                {**limited(expected.template, expected.blocks), **_as_objects(expected.settings)},
                {**read_objects(connection), **_as_objects(read_settings(connection))},
            ),
            tuple(_leaks(connection, transfers, expected.members or (tenant,))) if tenant else (),
            tuple(_collisions(connection, expected.given, expected.blocks)),
            tuple(_live_rows(connection, {table: one for table, one in soft_deleted.items() if one in there[table]})),
            tuple(
                Orphans(one, *orphans(connection, home, one))
                for one, home in references
                if {*one.columns} <= there[one.child]
            ),
        )


_LIMITS = re.compile(r" by (-?\d+) (-?\d+) (-?\d+) cache ")
_PART = r"(\"(?:[^\"]|\"\")+\"|[^\".]+)"
_IDENTITY = re.compile(rf"{_PART}\.{_PART}")


def limited(template: Objects, blocks: Mapping[Relation, Block]) -> Objects:
    """The template's objects with its sequences limited to the numbers of a database's blocks."""
    if not blocks:
        return template
    expected = dict(template)
    for (kind, identity), text in template.items():
        if kind != "sequence" or (names := _IDENTITY.fullmatch(identity)) is None:
            continue
        block = blocks.get(Relation(*(_unquoted(name) for name in names.groups())))
        if block is not None:
            # A function: what is put in begins with a digit, which a group's number would swallow.
            expected[kind, identity] = _LIMITS.sub(partial(_limited, block), text, count=1)
    return expected


def _limited(block: Block, match: re.Match[str]) -> str:
    increment, low, high = match.groups()
    low, high = (low, str(block.last)) if block.rising else (str(block.last), high)
    return f" by {increment} {low} {high} cache "


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _collisions(
    connection: Connection, given: Mapping[Relation, int], blocks: Mapping[Relation, Block]
) -> Iterator[CollidingSequence]:
    """Sequences that would give a number that somebody else has or gives."""
    sequences = read_sequences(connection)
    for name, stands, value in low_sequences(
        connection, [one for one in sequences if one.relation not in blocks], given
    ):
        yield CollidingSequence(str(name), stands, value)
    ahead = numbers_ahead(connection, sequences, blocks) if blocks else {}
    for one in sequences:
        block = blocks.get(one.relation)
        if block is None:
            continue
        if one.last_value is not None and not any(map(block.holds, (one.last_value, one.last_value + one.increment))):
            yield CollidingSequence(str(one.relation), one.last_value, block.first)
        elif one.relation in ahead:
            yield CollidingSequence(str(one.relation), one.last_value or 0, ahead[one.relation])


def _columns(connection: Connection, relations: Iterable[Relation]) -> Mapping[Relation, frozenset[str]]:
    """The columns of each of the relations; none where it is missing."""
    wanted = sorted(relations)
    scope = {"schemas": [one.schema for one in wanted], "names": [one.name for one in wanted]}
    found = {
        Relation(schema, name): frozenset(has) for schema, name, has in rows(connection, "verify/table_columns", scope)
    }
    return {one: found.get(one, frozenset()) for one in wanted}


def _as_objects(settings: Iterable[DatabaseSetting]) -> Objects:
    return {("setting", f"{one.role} {one.name}".strip()): one.value for one in settings}


def _leaks(connection: Connection, transfers: Sequence[Transfer], keys: Sequence[str]) -> Iterator[Leak]:
    """Rows whose key path, followed inside the tenant's own database, leads to somebody else."""
    by_relation = {transfer.relation: transfer for transfer in transfers}
    for transfer in transfers:
        statement = _foreign_rows(transfer, by_relation, keys)
        if statement is None:
            continue
        row = connection.execute(statement).fetchone()
        if row is not None and row[0]:
            yield Leak(str(transfer.destination), int(row[0]))


def _foreign_rows(
    transfer: Transfer, by_relation: Mapping[Relation, Transfer], own: Sequence[str]
) -> sql.Composed | None:
    path = transfer.placement.key_path
    if path is None or path.column is None:
        return None
    joins: dict[tuple[str, ForeignKey], str] = {}
    froms: list[sql.Composable] = [sql.SQL("{} AS t").format(sql.Identifier(*transfer.destination))]
    keys = []
    for one in path.alternatives:
        alias, here = "t", transfer
        for hop in one.hops:
            parent = by_relation.get(hop.referenced)
            if parent is None:
                return None  # the path leaves this database: its references are checked across databases instead
            if (alias, hop) not in joins:
                condition = joined(hop, here, parent, sql.Identifier(alias), sql.Identifier(f"h{len(joins) + 1}"))
                if condition is None:
                    return None
                joins[alias, hop] = f"h{len(joins) + 1}"
                froms.append(
                    sql.SQL("LEFT JOIN {} AS {} ON {}").format(
                        sql.Identifier(*parent.destination), sql.Identifier(joins[alias, hop]), condition
                    )
                )
            alias, here = joins[alias, hop], parent
        column = target_name(here, one.column or "")
        if column is None:
            return None
        key = sql.Identifier(alias, column)
        text = text_of(key, one.blank)
        keys.append(text if one.lookup is None else _as_own(one.lookup, key, text, own))
    return sql.SQL("SELECT count(*) FROM {} WHERE COALESCE({}) <> ALL ({}::text[])").format(
        sql.SQL(" ").join(froms), sql.SQL(", ").join(keys), sql.Literal(list(own))
    )


def _as_own(lookup: ForeignKey, key: sql.Composable, text: sql.Composable, own: Sequence[str]) -> sql.Composed:
    """The key as text; as one of `own` is written where the server calls it equal to that."""
    # The type's name comes from the source's catalog, spelt by format_type, quoted where it needs to be.
    typed = sql.SQL("CAST(o.own AS {})").format(sql.SQL(lookup.loose[0]))
    return sql.SQL(
        'COALESCE((SELECT o.own COLLATE "C" FROM unnest({}::text[]) o (own) WHERE {} LIMIT 1), {} COLLATE "C")'
    ).format(sql.Literal(list(own)), equal(lookup, 0, typed, key), text)


def joined(
    hop: ForeignKey, child: Transfer, parent: Transfer, start: sql.Identifier, alias: sql.Identifier
) -> sql.Composed | None:
    """The hop's condition by the columns' names in the target; None where one of them did not travel.

    The child goes by `start` there, the parent by `alias`.
    """
    conditions = []
    for place, (left, right) in enumerate(zip(hop.columns, hop.referenced_columns, strict=True)):
        here, there = target_name(child, left), target_name(parent, right)
        if here is None or there is None:
            return None
        referenced, referencing = (
            sql.SQL("{}.{}").format(end, sql.Identifier(name)) for end, name in ((alias, there), (start, here))
        )
        conditions.append(equal(hop, place, referenced, referencing))
    if hop.when is not None:
        column = target_name(child, hop.when[0])
        if column is None:
            return None
        conditions.append(sql.SQL("{}.{}::text = {}").format(start, sql.Identifier(column), sql.Literal(hop.when[1])))
    return sql.SQL(" AND ").join(conditions)


def target_name(transfer: Transfer, source_column: str) -> str | None:
    """The target's name of a source column, None where it did not travel."""
    return next((column.target for column in transfer.columns if column.source == source_column), None)


def _live_rows(connection: Connection, soft_deleted: Mapping[Relation, str]) -> Iterator[LiveRows]:
    for relation, column in soft_deleted.items():
        statement = sql.SQL("SELECT count(*), count(*) FILTER (WHERE {} IS NULL) FROM {}").format(
            sql.Identifier(column), sql.Identifier(*relation)
        )
        row = connection.execute(statement).fetchone()
        assert row is not None
        yield LiveRows(str(relation), row[0], row[1])


def severed_reference(key: ForeignKey, child: Transfer, parent: Transfer) -> Reference | None:
    """The reference in the targets' names; None where a column of it did not travel."""
    columns = tuple(target_name(child, name) for name in key.columns)
    referenced = tuple(target_name(parent, name) for name in key.referenced_columns)
    when = (target_name(child, key.when[0]), key.when[1]) if key.when is not None else None
    if None in columns or None in referenced or (when is not None and when[0] is None):
        return None
    here = child.destination
    if key.partition is not None:
        # Partitions keep their names wherever their table does.
        if here != key.table:
            return None
        here = key.partition
    return Reference(
        key,
        here,
        tuple(name for name in columns if name is not None),
        parent.destination,
        tuple(name for name in referenced if name is not None),
        (when[0], when[1]) if when is not None and when[0] is not None else None,
    )


def orphans(child: Connection, parent: Connection, reference: Reference) -> tuple[int, tuple[str, ...]]:
    """(how many distinct keys of the child database the parent database lacks, some of them).

    It lacks all of them where its table or a column of it is missing.
    """
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in reference.columns)
    complete = sql.SQL(" AND ").join(holds(sql.Identifier(name), reference.key.blank) for name in reference.columns)
    if reference.when is not None:
        column, value = reference.when
        complete += sql.SQL(" AND {}::text = {}").format(sql.Identifier(column), sql.Literal(value))
    statement = sql.SQL("SELECT DISTINCT {} FROM {} WHERE {}").format(
        columns, sql.Identifier(*reference.child), complete
    )
    if not {*reference.parent_columns} <= _columns(parent, [reference.parent])[reference.parent]:
        found = child.execute(statement).fetchall()
        return len(found), tuple(", ".join(map(str, key)) for key in found[:_MOST_SAMPLES])
    missing = 0
    samples: list[str] = []
    types = _compared_types(child, parent, reference)
    with child.transaction(), child.cursor(name="migrator_references") as cursor:
        cursor.itersize = _KEYS_A_QUERY
        as_text = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in reference.columns)
        cursor.execute(sql.SQL("SELECT {} FROM ({}) d").format(as_text, statement))
        while keys := cursor.fetchmany(_KEYS_A_QUERY):
            for lost in _absent(parent, reference, types, keys):
                missing += 1
                if len(samples) < _MOST_SAMPLES:
                    samples.append(", ".join(str(part) for part in lost))
    return missing, tuple(samples)


def _compared_types(child: Connection, parent: Connection, reference: Reference) -> list[str]:
    """The type by which each column is compared: the parent's; the child's own where texts of it may not be of that."""
    there = _column_types(parent, reference.parent)
    here = _column_types(child, reference.child)
    types = []
    for place, (name, other) in enumerate(zip(reference.columns, reference.parent_columns, strict=True)):
        (_, base), (wanted, wanted_base) = here[name], there[other]
        loose = bool(reference.key.loose) and bool(reference.key.loose[place])
        types.append(base if loose and base != wanted_base and "." not in base else wanted)
    return types


def _column_types(connection: Connection, table: Relation) -> dict[str, tuple[str, str]]:
    """(type, what it is a domain of, else itself) of each column, spelt by format_type."""
    relation = sql.Identifier(*table).as_string(connection)
    return {
        name: (type_, base)
        for name, type_, base in connection.execute(
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod), "
            "format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) "
            "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
            "WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped",
            [relation],
        )
    }


def _absent(
    parent: Connection, reference: Reference, types: Sequence[str], keys: Sequence[Sequence[str]]
) -> list[tuple[str, ...]]:
    names = [sql.Identifier(f"k{number}") for number, _ in enumerate(types)]
    arrays = [sql.Literal([key[number] for key in keys]) for number, _ in enumerate(types)]
    unnested = sql.SQL(", ").join(sql.SQL("{}::text[]").format(array) for array in arrays)
    # A text that names a row of integers need not be a number: '01' is not row 1, and 'x' is no error.
    cast = sql.SQL("k.{}" if reference.key.as_text else "CAST(k.{} AS {})")
    conditions = [
        # The type's name comes from the parent's catalog, spelt by format_type, quoted where it needs to be.
        equal(reference.key, place, sql.Identifier("p", column), cast.format(name, sql.SQL(type_)))
        for place, (column, name, type_) in enumerate(zip(reference.parent_columns, names, types, strict=True))
    ]
    statement = sql.SQL("SELECT k.* FROM unnest({}) AS k({}) WHERE NOT EXISTS (SELECT FROM {} p WHERE {})").format(
        unnested, sql.SQL(", ").join(names), sql.Identifier(*reference.parent), sql.SQL(" AND ").join(conditions)
    )
    return [tuple(row) for row in parent.execute(statement)]


def drill_down(
    source: Connection,
    target: Connection,
    transfer: Transfer,
    keyed_source: sql.Composed,
    key: Sequence[str],
    *,
    limit: int,
) -> tuple[RowDifference, ...]:
    """Which rows of one (table, tenant) differ, by primary key; both sides are streamed in the key's order.

    `keyed_source` is `reading.select_keyed` for the tenant, `key` the primary key's source columns.
    """
    names = [target_name(transfer, name) for name in key]
    if None in names or not names:
        return ()
    there = [name for name in names if name is not None]
    keyed_target = sql.SQL("SELECT {} AS key, {} AS hash FROM {} AS t").format(
        key_text(there), target_hash(transfer), sql.Identifier(*transfer.destination)
    ) + by_key(there)
    with (
        source.transaction(),
        target.transaction(),
        source.cursor(name="migrator_source") as left,
        target.cursor(name="migrator_target") as right,
    ):
        left.execute(keyed_source)
        right.execute(keyed_target)
        rows = []
        for difference in merge_keys(iter(left), iter(right)):
            rows.append(difference)
            if len(rows) >= limit:
                break
        return tuple(rows)
