"""The rows of the catalog's queries: their fields are the columns of postgres/schema/queries/NAME.sql, in its order."""

from __future__ import annotations

from typing import NamedTuple

# [schema, name]; [schema, table, column]
QualifiedName = list[str]


class DatabaseRow(NamedTuple):
    """database.sql"""

    name: str
    server_version: int
    system_identifier: str
    encoding: str
    large_objects: int


class TableRow(NamedTuple):
    """tables.sql"""

    oid: int
    schema: str
    name: str
    kind: str
    rows: int
    bytes: int
    pages: int
    owner: str
    partitions: list[QualifiedName]
    parents: list[QualifiedName]
    row_security: bool
    force_row_security: bool
    persistence: str
    comment: str | None
    file: int


class ColumnRow(NamedTuple):
    """columns.sql"""

    table_oid: int
    name: str
    type: str
    type_oid: int
    not_null: bool
    default: str | None
    identity: str
    generated: str
    sequence: QualifiedName | None
    base: str
    deterministic: bool


class ForeignKeyRow(NamedTuple):
    """foreign_keys.sql"""

    table_oid: int
    name: str
    columns: list[str]
    referenced_schema: str
    referenced_table: str
    referenced_columns: list[str]
    validated: bool
    deferrable: bool
    match: str
    on_delete: str
    operators: list[QualifiedName] | None
    collations: list[QualifiedName] | None  # ['', ''] where a column needs none
    partition: QualifiedName | None
    in_every_partition: bool
    of_period: bool


class IndexRow(NamedTuple):
    """indexes.sql"""

    table_oid: int
    name: str
    columns: list[str | None]
    definition: str
    unique: bool
    primary: bool
    valid: bool
    partial: bool
    of_constraint: bool
    immediate: bool


class SequenceRow(NamedTuple):
    """sequences.sql"""

    schema: str
    name: str
    type: str
    last_value: int | None
    increment: int
    minimum: int
    maximum: int
    cycle: bool
    owned_by: QualifiedName | None
    used_by: list[QualifiedName]
    start: int


class CallingCheckRow(NamedTuple):
    """calling_checks.sql"""

    schema: str
    table_name: str
    name: str
    routine_schema: str
    routine_name: str
    routine: str
    add_statement: str
    drop_statement: str
