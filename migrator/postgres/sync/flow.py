"""Decides, for one kind of database, how each table's rows are read on one side and written on the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from migrator.core.online.captured import CapturedTable
from migrator.core.online.routing import Way
from migrator.core.plan.transfer import LARGE_OBJECT, Transfer, TransferColumn
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table, strongly_connected
from migrator.errors import RefusedError
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.typed_keys import KeyColumn, key_columns_of


@dataclass(frozen=True, slots=True)
class TableFlow:
    """One table's rows from one side to the other.

    `key` are the columns by which rows are known where they are read, `target_key` the same where they are written, in
    the same order; both are () where the table is rewritten whole. `columns` are those that are written, the key's
    first. `arbiter` says that a unique index of the key decides between INSERT and UPDATE; `loose` that keys which it
    calls equal may be different texts. `fixed` are columns besides the key that no UPDATE may set. `scope` is the way
    that rows took from the written table, where rows of others are in it too.
    """

    transfer: Transfer
    key: tuple[str, ...]
    target_key: tuple[str, ...]
    columns: tuple[TransferColumn, ...]
    arbiter: bool = False
    loose: bool = False
    fixed: tuple[str, ...] = ()
    scope: Transfer | None = None

    @property
    def relation(self) -> Relation:
        return self.transfer.relation

    @property
    def destination(self) -> Relation:
        return self.transfer.destination

    @property
    def updated(self) -> tuple[str, ...]:
        """The columns that an UPDATE sets: a key that is the same text is left alone, so that nothing refers anew."""
        left = set(self.fixed) if self.loose else {*self.fixed, *self.target_key}
        return tuple(column.target for column in self.columns if column.target not in left)

    @property
    def written_rows(self) -> sql.Composed:
        """The table that is written, without the rows of tables that inherit from it."""
        only = sql.SQL("" if self.transfer.partitioned else "ONLY ")
        return sql.SQL("{}{}").format(only, sql.Identifier(*self.destination))


@dataclass(frozen=True)
class Flow:
    """All tables of one kind of database, in an order in which each comes after those that it references there.

    `catalog` is of the side that is read, `target_catalog` of the side that is written. `cyclic` are the foreign keys
    of the latter that stand in a circle of several tables, which no order satisfies.
    """

    catalog: Catalog
    target_catalog: Catalog
    captured: tuple[CapturedTable, ...]
    tables: tuple[TableFlow, ...]
    cyclic: tuple[ForeignKey, ...] = ()

    @cached_property
    def _known(self) -> dict[tuple[str, Relation], Mapping[str, KeyColumn]]:
        return {}

    def read_columns(self, connection: Connection, relation: Relation) -> Mapping[str, KeyColumn]:
        """The columns of a table that is read, asked of the server once."""
        return self._columns(connection, "read", relation)

    def written_columns(self, connection: Connection, relation: Relation) -> Mapping[str, KeyColumn]:
        """The columns of a table that is written, asked of one database for all of its kind: their schema is one."""
        return self._columns(connection, "written", relation)

    def _columns(self, connection: Connection, side: str, relation: Relation) -> Mapping[str, KeyColumn]:
        if (side, relation) not in self._known:
            self._known[side, relation] = key_columns_of(connection, relation)
        return self._known[side, relation]

    @cached_property
    def ways(self) -> Mapping[Relation, Way]:
        """How the rows of each table find their tenant."""
        return {
            flow.relation: Way(flow.transfer.placement.key_path, flow.transfer.placement.tree) for flow in self.tables
        }

    @cached_property
    def of_destination(self) -> Mapping[Relation, tuple[TableFlow, ...]]:
        """The flows into each table: more than one where tables were merged."""
        grouped: dict[Relation, list[TableFlow]] = {}
        for flow in self.tables:
            grouped.setdefault(flow.destination, []).append(flow)
        return {relation: tuple(flows) for relation, flows in grouped.items()}

    @cached_property
    def referencing(self) -> Mapping[Relation, tuple[ForeignKey, ...]]:
        """For each written table the foreign keys that point at it there."""
        return {relation: self.target_catalog.referencing.get(relation, ()) for relation in self.of_destination}

    @cached_property
    def in_circles(self) -> frozenset[Relation]:
        """The written tables that reference themselves, directly or over others."""
        own = (key.table for keys in self.referencing.values() for key in keys if key.table == key.referenced)
        return frozenset((*own, *(relation for key in self.cyclic for relation in (key.table, key.referenced))))


def forward_flow(
    transfers: Sequence[Transfer], catalog: Catalog, target_catalog: Catalog, captured: Iterable[CapturedTable]
) -> Flow:
    """The flow from the source into the databases of one host.

    Raises:
        RefusedError: a table's columns name large objects, whose contents no log says anything of.
    """
    logged = {table.relation: table for table in captured}
    flows = []
    for transfer in transfers:
        if any(column.type == LARGE_OBJECT for column in transfer.columns):
            raise RefusedError(
                f"{transfer.relation} names large objects: what changes in them is not logged, so it cannot follow.",
                "Split it while nothing is written, or keep their contents in a bytea column.",
            )
        target = target_catalog.tables.get(transfer.destination) or catalog.tables[transfer.relation]
        flows.append(_table_flow(transfer, catalog, target, logged.get(transfer.relation)))
    order, cyclic = _parents_first([flow.destination for flow in flows], target_catalog)
    flows.sort(key=lambda flow: (order[flow.destination], flow.relation))
    return Flow(catalog, target_catalog, tuple(logged.values()), tuple(flows), cyclic)


def _table_flow(transfer: Transfer, catalog: Catalog, target: Table, captured: CapturedTable | None) -> TableFlow:
    there = {column.source: column.target for column in transfer.copied if column.source is not None}
    key = captured.key if captured is not None and transfer.placement.query is None else ()
    if not set(key) <= there.keys():
        key = ()
    target_key = tuple(there[name] for name in key)
    by_name = {column.target: column for column in transfer.copied}
    columns = [by_name.pop(name) for name in target_key] + list(by_name.values())
    read = catalog.tables.get(transfer.relation)
    sides = [(read, key), (target, target_key)]
    loose = any(
        (column := table.column(name)) is None or not column.equal_is_identical
        for table, names in sides
        if table is not None
        for name in names
    )
    fixed = tuple(
        column.name
        for column in target.columns
        if column.identity == "a" and column.name not in target_key and any(c.target == column.name for c in columns)
    )
    return TableFlow(
        transfer, key, target_key, tuple(columns), bool(key) and _arbiter(target, target_key), loose, fixed
    )


def _arbiter(table: Table, key: Sequence[str]) -> bool:
    """Whether a unique index that holds at once is of exactly these columns."""
    return any(set(unique) == set(key) for unique in table.unique_keys)


def _parents_first(
    relations: Iterable[Relation], catalog: Catalog
) -> tuple[Mapping[Relation, int], tuple[ForeignKey, ...]]:
    """The place of each table behind those that it references, and the keys for which there is none."""
    wanted = set(relations)
    keys = [key for key in catalog.foreign_keys if key.table in wanted and key.referenced in wanted]
    edges: dict[Relation, set[Relation]] = {relation: set() for relation in sorted(wanted)}
    for key in keys:
        edges[key.table].add(key.referenced)
    order: dict[Relation, int] = {}
    component: dict[Relation, int] = {}
    for number, members in enumerate(strongly_connected(edges)):
        for relation in members:
            order[relation] = len(order)
            component[relation] = number
    circles = (key for key in keys if key.table != key.referenced and component[key.table] == component[key.referenced])
    return order, tuple(circles)
