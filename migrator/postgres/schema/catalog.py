"""Reads a database's schema into values of core/schema, and its objects by name for a comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Index, Relation, Table, loose_types
from migrator.core.schema.catalog import Sequence as SequenceObject
from migrator.postgres.session.connect import Connection, rows

Row = Sequence[Any]
# (kind, identity) -> definition; the unit in which "same schema" is decided.
Objects = Mapping[tuple[str, str], str]


def read_catalog(connection: Connection, schemas: Sequence[str] = ()) -> Catalog:
    """Reads tables, columns, keys, indexes, sequences and extensions in seven queries, whatever the table count.

    `schemas` limits it; none means every schema that belongs neither to the system nor to migrator.
    """
    scope = {"schemas": list(schemas) or None}
    ((database, version, identifier, encoding, large_objects),) = rows(connection, "schema/database")
    table_rows = rows(connection, "schema/tables", scope)
    oids = {"oids": [row[0] for row in table_rows]}
    relation_of = {row[0]: Relation(row[1], row[2]) for row in table_rows}
    oid_of = {relation: oid for oid, relation in relation_of.items()}
    columns: dict[int, list[Column]] = defaultdict(list)
    for oid, name, type_, type_oid, not_null, default, identity, generated, owned, drawn, base, deterministic in rows(
        connection, "schema/columns", oids
    ):
        sequence = owned or drawn
        columns[oid].append(
            Column(
                name,
                type_,
                type_oid,
                not_null,
                default,
                identity,
                generated,
                Relation(*sequence) if sequence else None,
                base,
                deterministic,
            )
        )
    root_of = {Relation(*pair): relation_of[row[0]] for row in table_rows for pair in row[8]}
    keys: dict[int, list[ForeignKey]] = defaultdict(list)
    of_partitions: list[ForeignKey] = []
    period_keys: list[ForeignKey] = []
    common: dict[tuple[object, ...], ForeignKey] = {}
    for row in rows(connection, "schema/foreign_keys", oids):
        *_, in_all, of_period = row
        here = relation_of[row[0]]
        key = _foreign_key(row, here, root_of)
        key = _with_loose_types(key, columns[row[0]], columns.get(oid_of.get(key.referenced, 0), []))
        if of_period:
            period_keys.append(key)
            continue
        if key.partition is None:
            keys[row[0]].append(key)
            continue
        of_partitions.append(key)
        if in_all:
            whole = replace(
                key,
                name="",
                validated=False,
                virtual=True,
                partition=None,
                evidence="each of its partitions declares it",
            )
            common.setdefault((here, key.columns, key.referenced, key.referenced_columns), whole)
    indexes: dict[int, list[Index]] = defaultdict(list)
    unique: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for oid, name, cols, definition, is_unique, primary, valid, partial, constraint, immediate in rows(
        connection, "schema/indexes", oids
    ):
        index = Index(name, relation_of[oid], tuple(cols), definition, is_unique, primary, valid, partial, constraint)
        indexes[oid].append(index)
        if is_unique and valid and not partial and immediate and None not in cols:
            unique[oid].append(tuple(cols))
    tables = {}
    for row in table_rows:
        oid, relation = row[0], relation_of[row[0]]
        tables[relation] = Table(
            relation=relation,
            columns=tuple(columns[oid]),
            kind=row[3],
            primary_key=next((_names(index) for index in indexes[oid] if index.primary), ()),
            unique_keys=tuple(unique[oid]),
            foreign_keys=tuple(keys[oid]),
            indexes=tuple(indexes[oid]),
            rows=row[4],
            bytes=row[5],
            pages=row[6],
            owner=row[7],
            partitions=tuple(Relation(*pair) for pair in row[8]),
            parents=tuple(Relation(*pair) for pair in row[9]),
            row_security=row[10],
            force_row_security=row[11],
            persistence=row[12],
            comment=row[13],
            file=row[14],
        )
    return Catalog(
        database=database,
        server_version=version,
        tables=tables,
        sequences={sequence.relation: sequence for sequence in read_sequences(connection, schemas)},
        extensions={name: version for _, name, version in rows(connection, "schema/extensions")},
        system_identifier=identifier,
        encoding=encoding,
        large_objects=large_objects,
        partition_keys=tuple(of_partitions),
        period_keys=tuple(period_keys),
        common_keys=tuple(common.values()),
    )


def read_sequences(connection: Connection, schemas: Sequence[str] = ()) -> tuple[SequenceObject, ...]:
    """Every sequence and where it stands now; sequences are outside of transactions, which no snapshot holds."""
    sequences = []
    for schema, name, type_, last, increment, low, high, cycle, owner, used_by, start in rows(
        connection, "schema/sequences", {"schemas": list(schemas) or None}
    ):
        owned_by = (Relation(owner[0], owner[1]), owner[2]) if owner else None
        users = {(Relation(user[0], user[1]), user[2]) for user in used_by}
        sequences.append(
            SequenceObject(
                Relation(schema, name), type_, last, increment, low, high, cycle, owned_by,
                tuple(sorted(users | ({owned_by} if owned_by else set()))), start,
            )
        )  # fmt: skip
    return tuple(sequences)


def read_objects(connection: Connection) -> Objects:
    """Every object by kind and name, with its definition.

    The server plans for longer than it reads: kinds that most databases have none of are asked for where there are any.
    """
    ((comments, rare_objects),) = rows(connection, "schema/object_kinds")
    queries = ("schema/objects", *(("schema/comments",) if comments else ()))
    queries += ("schema/rare_objects",) if rare_objects else ()
    return {
        (kind, identity): definition or "" for name in queries for kind, identity, definition in rows(connection, name)
    }


def _foreign_key(row: Row, table: Relation, root_of: Mapping[Relation, Relation]) -> ForeignKey:
    _, name, columns, schema, parent, referenced, validated, deferrable, match, on_delete = row[:10]
    operators, collations, partition = row[10:13]
    there = Relation(schema, parent)
    return ForeignKey(
        name, table, tuple(columns), root_of.get(there, there), tuple(referenced),
        validated, deferrable, match, on_delete,
        operators=tuple((where, symbol) for where, symbol in operators or ()),
        collations=tuple((one[0], one[1]) if one[1] else None for one in collations or ()),
        partition=Relation(*partition) if partition else None,
        referenced_partition=there if there in root_of else None,
    )  # fmt: skip


def _with_loose_types(key: ForeignKey, here: Sequence[Column], there: Sequence[Column]) -> ForeignKey:
    own, referenced = {one.name: one for one in here}, {one.name: one for one in there}
    if not referenced:  # outside of what was read
        return key
    types = loose_types([own[name] for name in key.columns], [referenced[name] for name in key.referenced_columns])
    return replace(key, loose=types) if types else key


def _names(index: Index) -> tuple[str, ...]:
    return tuple(column for column in index.columns if column is not None)
