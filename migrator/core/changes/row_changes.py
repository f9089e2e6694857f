"""Rows that applications changed in a target, their order, and what depends on a row that conflicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table, strongly_connected

ChangeKind = Literal["inserted", "updated", "deleted"]
KINDS: tuple[ChangeKind, ...] = ("inserted", "updated", "deleted")


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row, in the source's names.

    `key` is the text of an array of the key's values; `values` the columns' text as they are in the target now, for a
    deleted row as they were. `origin` is the key in the target, where the row has got another one for the source.
    """

    relation: Relation
    key: str
    kind: ChangeKind
    values: Mapping[str, str | None]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseChanges:
    """Everything that was changed in one target database. `tenant` is '' where the target is not per tenant."""

    target: str
    tenant: str
    database: str
    rows: tuple[RowChange, ...]
    held: tuple[Conflict, ...] = ()  # changes that have no way back to a table of the source

    def counts(self) -> Mapping[Relation, Mapping[ChangeKind, int]]:
        """How many rows of each table were inserted, updated and deleted, those without a way back included."""
        counts: dict[Relation, dict[ChangeKind, int]] = {}
        for row in (*self.rows, *(conflict.change for conflict in self.held)):
            figures = counts.setdefault(row.relation, dict.fromkeys(KINDS, 0))
            figures[row.kind] += 1
        return counts


@dataclass(frozen=True, slots=True)
class Conflict:
    """A change that was not carried back, and why.

    `taken` are the columns of a key that is another row's in the source; `held` says that the change has no way back
    whatever becomes of other rows.
    """

    database: str
    change: RowChange
    reason: str
    taken: tuple[str, ...] = ()
    held: bool = False
    target: str = ""
    tenant: str = ""


def key_columns(transfer: Transfer, catalog: Catalog) -> tuple[str, ...]:
    """The source columns that tell a table's rows apart: its primary key, else a unique key that is never null.

    () where there is none, or where a part of it does not travel: rows are told apart by all of their values then.
    """
    table = catalog.tables.get(transfer.relation)
    if table is None:
        return ()
    return identifying_columns(table, {column.source for column in transfer.columns if column.source is not None})


def identifying_columns(table: Table, among: Collection[str]) -> tuple[str, ...]:
    """The primary key, else a unique key that is never null, of columns `among` those given; () where there is none."""
    never_null = {column.name for column in table.columns if column.not_null}
    for key in (table.primary_key, *table.unique_keys):
        if key and set(key) <= set(among) and (key == table.primary_key or set(key) <= never_null):
            return key
    return ()


def row_key(row: RowChange, catalog: Catalog) -> tuple[str, ...]:
    """The columns that the row's key was made of, as `key_columns` chose them."""
    return identifying_columns(catalog.tables[row.relation], row.values.keys())


def no_way_back(transfer: Transfer) -> str:
    """Why changes of a transfer's rows cannot be carried back; '' where they can."""
    if transfer.placement.query is not None:
        return "its rows come from a query, which no change can be taken back through"
    if transfer.is_replica and not transfer.unowned_only:
        return f"it is a replica; the rows of {transfer.relation} are at home in target {transfer.placement.target}"
    return ""


def parents_first(relations: Iterable[Relation], catalog: Catalog) -> tuple[Relation, ...]:
    """The tables in an order in which each comes after those that it references, cycles apart."""
    wanted = set(relations)
    edges = {
        relation: {key.referenced for key in catalog.tables[relation].foreign_keys if key.referenced in wanted}
        for relation in sorted(wanted)
    }
    return tuple(relation for component in strongly_connected(edges) for relation in component)


def dependents(
    lost: Sequence[RowChange], rows: Iterable[RowChange], foreign_keys: Sequence[ForeignKey]
) -> Mapping[int, RowChange]:
    """Changes that reference a row which could not be carried back, by their position in `rows`, with that row.

    Carried back without it they would hang on whichever row has that key in the source: another tenant's.
    """
    listed = list(rows)
    parents: dict[int, RowChange] = {}
    waiting = [row for row in lost if row.kind == "inserted"]
    while waiting:
        parent = waiting.pop()
        for key in foreign_keys:
            if key.referenced != parent.relation:
                continue
            wanted = [parent.values.get(column) for column in key.referenced_columns]
            if None in wanted:
                continue
            for position, row in enumerate(listed):
                if (
                    position not in parents
                    and row.relation == key.table
                    and row.kind != "deleted"
                    and row is not parent
                    and (key.when is None or row.values.get(key.when[0]) == key.when[1])
                    and [row.values.get(column) for column in key.columns] == wanted
                ):
                    parents[position] = parent
                    if row.kind == "inserted":
                        waiting.append(row)
    return parents
