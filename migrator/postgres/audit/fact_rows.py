"""The rows of the audit's queries: their fields are the columns of postgres/audit/queries/NAME.sql, in its order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from migrator.core.schema.catalog import Relation


class RelationRow(NamedTuple):
    """relations.sql"""

    schema: str
    name: str
    kind: str
    is_partition: bool
    root_schema: str
    root_name: str
    row_security: bool
    readable: bool
    age: int | None
    server: str | None

    @property
    def relation(self) -> Relation:
        """The table itself."""
        return Relation(self.schema, self.name)

    @property
    def root(self) -> Relation:
        """Its topmost partitioned parent, or itself."""
        return Relation(self.root_schema, self.root_name)


class KeyRow(NamedTuple):
    """foreign_keys.sql"""

    schema: str
    table: str
    name: str
    temporal: bool
    disabled: bool

    @property
    def key(self) -> tuple[Relation, str]:
        """The table and the name of its key."""
        return Relation(self.schema, self.table), self.name


class IndexRow(NamedTuple):
    """indexes.sql"""

    schema: str
    name: str
    table_schema: str
    table_name: str
    root_schema: str
    root_name: str
    columns: list[str | None]
    method: str
    signature: str
    unique: bool
    primary: bool
    immediate: bool
    valid: bool
    building: bool
    predicate: str | None
    ordered: bool
    constraint: str
    constraint_name: str
    referenced: bool
    partitioned: bool
    attached: bool
    nulls_distinct: bool
    scans: int
    bytes: int


class ConstraintRow(NamedTuple):
    """constraints.sql"""

    schema: str
    owner: str
    name: str
    kind: str
    definition: str
    enforced: bool
    of_domain: bool


class RoutineRow(NamedTuple):
    """routines.sql"""

    identity: str
    language: str
    body: str
    used: Sequence[Sequence[str]]
    as_owner: bool
    own_search_path: bool


class HeapRow(NamedTuple):
    """heaps.sql"""

    schema: str
    name: str
    root_schema: str
    root_name: str
    size: int
    needed: int
