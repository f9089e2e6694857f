"""Reads a database's schema into values of core/schema, and its objects by name for a comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Index, Relation, Table, loose_types
from migrator.core.schema.catalog import Sequence as SequenceObject
from migrator.postgres.schema.catalog_rows import (
    ColumnRow,
    DatabaseRow,
    ForeignKeyRow,
    IndexRow,
    QualifiedName,
    SequenceRow,
    TableRow,
)
from migrator.postgres.session.connect import Connection, rows
from migrator.postgres.session.records import records

# (kind, identity) -> definition; the unit in which "same schema" is decided.
Objects = Mapping[tuple[str, str], str]


def read_catalog(connection: Connection, schemas: Sequence[str] = ()) -> Catalog:
    """Reads tables, columns, keys, indexes, sequences and extensions in seven queries, whatever the table count.

    `schemas` limits it; none means every schema that belongs neither to the system nor to migrator.
    """
    (database,) = records(connection, "schema/database", DatabaseRow)
    table_rows = records(connection, "schema/tables", TableRow, {"schemas": list(schemas) or None})
    columns = _read_columns(connection, [row.oid for row in table_rows])
    keys = _read_keys(connection, table_rows, columns)
    indexes, unique = _read_indexes(connection, table_rows)
    tables = {}
    for row in table_rows:
        relation = Relation(row.schema, row.name)
        tables[relation] = Table(
            relation=relation,
            columns=tuple(columns[row.oid]),
            kind=row.kind,
            primary_key=next((_names(index) for index in indexes[row.oid] if index.primary), ()),
            unique_keys=tuple(unique[row.oid]),
            foreign_keys=tuple(keys.of_table[row.oid]),
            indexes=tuple(indexes[row.oid]),
            rows=row.rows,
            bytes=row.bytes,
            pages=row.pages,
            owner=row.owner,
            partitions=tuple(Relation(*name) for name in row.partitions),
            parents=tuple(Relation(*name) for name in row.parents),
            row_security=row.row_security,
            force_row_security=row.force_row_security,
            persistence=row.persistence,
            comment=row.comment,
            file=row.file,
        )
    return Catalog(
        database=database.name,
        server_version=database.server_version,
        tables=tables,
        sequences={sequence.relation: sequence for sequence in read_sequences(connection, schemas)},
        extensions={name: version for _, name, version in rows(connection, "schema/extensions")},
        system_identifier=database.system_identifier,
        encoding=database.encoding,
        large_objects=database.large_objects,
        partition_keys=tuple(keys.of_partitions),
        period_keys=tuple(keys.of_periods),
        common_keys=tuple(keys.common.values()),
    )


def _read_columns(connection: Connection, oids: Sequence[int]) -> dict[int, list[Column]]:
    """The columns of each table, by its oid."""
    columns: dict[int, list[Column]] = defaultdict(list)
    for row in records(connection, "schema/columns", ColumnRow, {"oids": oids}):
        # By position: keywords take a third longer, and there are tens of thousands of columns.
        column = Column(
            row.name, row.type, row.type_oid, row.not_null, row.default, row.identity, row.generated,
            Relation(*row.sequence) if row.sequence else None, row.base, row.deterministic,
        )  # fmt: skip
        columns[row.table_oid].append(column)
    return columns


@dataclass(frozen=True)
class _Keys:
    """The foreign keys by what declares them: a table (by its oid), one partition, or each partition of a table."""

    of_table: dict[int, list[ForeignKey]] = field(default_factory=lambda: defaultdict(list))
    of_partitions: list[ForeignKey] = field(default_factory=list)
    of_periods: list[ForeignKey] = field(default_factory=list)
    common: dict[tuple[object, ...], ForeignKey] = field(default_factory=dict)


def _read_keys(connection: Connection, tables: Sequence[TableRow], columns: Mapping[int, Sequence[Column]]) -> _Keys:
    relation_of = {row.oid: Relation(row.schema, row.name) for row in tables}
    oid_of = {relation: oid for oid, relation in relation_of.items()}
    root_of = {Relation(*name): relation_of[row.oid] for row in tables for name in row.partitions}
    keys = _Keys()
    for row in records(connection, "schema/foreign_keys", ForeignKeyRow, {"oids": list(relation_of)}):
        here = relation_of[row.table_oid]
        key = _foreign_key(row, here, root_of)
        key = _with_loose_types(key, columns[row.table_oid], columns.get(oid_of.get(key.referenced, 0), []))
        if row.of_period:
            keys.of_periods.append(key)
            continue
        if key.partition is None:
            keys.of_table[row.table_oid].append(key)
            continue
        keys.of_partitions.append(key)
        if row.in_every_partition:
            whole = replace(
                key,
                name="",
                validated=False,
                virtual=True,
                partition=None,
                evidence="each of its partitions declares it",
            )
            keys.common.setdefault((here, key.columns, key.referenced, key.referenced_columns), whole)
    return keys


def _read_indexes(
    connection: Connection, tables: Sequence[TableRow]
) -> tuple[dict[int, list[Index]], dict[int, list[tuple[str, ...]]]]:
    """(the indexes, the unique keys that a foreign key may reference) of each table, by its oid."""
    relation_of = {row.oid: Relation(row.schema, row.name) for row in tables}
    indexes: dict[int, list[Index]] = defaultdict(list)
    unique: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for row in records(connection, "schema/indexes", IndexRow, {"oids": list(relation_of)}):
        index = Index(
            name=row.name,
            table=relation_of[row.table_oid],
            columns=tuple(row.columns),
            definition=row.definition,
            unique=row.unique,
            primary=row.primary,
            valid=row.valid,
            partial=row.partial,
            constraint=row.of_constraint,
        )
        indexes[row.table_oid].append(index)
        if row.unique and row.valid and not row.partial and row.immediate and None not in row.columns:
            unique[row.table_oid].append(_names(index))
    return indexes, unique


def read_sequences(connection: Connection, schemas: Sequence[str] = ()) -> tuple[SequenceObject, ...]:
    """Every sequence and where it stands now; sequences are outside of transactions, which no snapshot holds."""
    scope = {"schemas": list(schemas) or None}
    return tuple(_sequence(row) for row in records(connection, "schema/sequences", SequenceRow, scope))


def _sequence(row: SequenceRow) -> SequenceObject:
    owner = _owning_column(row.owned_by) if row.owned_by else None
    users = {_owning_column(name) for name in row.used_by} | ({owner} if owner else set())
    return SequenceObject(
        relation=Relation(row.schema, row.name),
        type=row.type,
        last_value=row.last_value,
        increment=row.increment,
        minimum=row.minimum,
        maximum=row.maximum,
        cycle=row.cycle,
        owned_by=owner,
        used_by=tuple(sorted(users)),
        start=row.start,
    )


def _owning_column(name: QualifiedName) -> tuple[Relation, str]:
    schema, table, column = name
    return Relation(schema, table), column


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


def _foreign_key(row: ForeignKeyRow, table: Relation, root_of: Mapping[Relation, Relation]) -> ForeignKey:
    there = Relation(row.referenced_schema, row.referenced_table)
    return ForeignKey(
        name=row.name,
        table=table,
        columns=tuple(row.columns),
        referenced=root_of.get(there, there),
        referenced_columns=tuple(row.referenced_columns),
        validated=row.validated,
        deferrable=row.deferrable,
        match=row.match,
        on_delete=row.on_delete,
        operators=tuple((schema, symbol) for schema, symbol in row.operators or ()),
        collations=tuple((schema, name) if name else None for schema, name in row.collations or ()),
        partition=Relation(*row.partition) if row.partition else None,
        referenced_partition=there if there in root_of else None,
    )


def _with_loose_types(key: ForeignKey, here: Sequence[Column], there: Sequence[Column]) -> ForeignKey:
    if not there:  # outside of what was read
        return key
    types = loose_types(_named(here, key.columns), _named(there, key.referenced_columns))
    return replace(key, loose=types) if types else key


def _named(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    return [next(column for column in columns if column.name == name) for name in names]


def _names(index: Index) -> tuple[str, ...]:
    return tuple(column for column in index.columns if column is not None)
