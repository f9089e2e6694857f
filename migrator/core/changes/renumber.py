"""New numbers for rows whose key is another row's in the source, followed by all that references these rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrator.core.changes.row_changes import Conflict, DatabaseChanges, RowChange, row_key
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Table

_INTEGERS = frozenset({"smallint", "integer", "bigint", "numeric"})


@dataclass(frozen=True, slots=True)
class NewNumber:
    """The number that replaces one column's value of an inserted row; `key` is the row's key as the target has it."""

    database: str
    relation: Relation
    key: str
    column: str
    number: str

    def to_document(self) -> tuple[str, str, str, str, str, str]:
        """The number as JSON-ready data."""
        return (self.database, *self.relation, self.key, self.column, self.number)

    @classmethod
    def from_document(cls, document: Sequence[Any]) -> NewNumber:
        """The number that `to_document` wrote."""
        database, schema, name, key, column, number = document
        return cls(database, Relation(schema, name), key, column, number)


def number_column(taken: Iterable[str], table: Table) -> str:
    """Which of the columns of a key that is taken can be given another number; '' where none can.

    One that draws its numbers from a sequence, else a whole number that references nothing.
    """
    columns = [column for name in taken if (column := table.column(name)) is not None]
    for column in columns:
        if column.sequence is not None or column.identity:
            return column.name
    referencing = {name for key in table.foreign_keys for name in key.columns}
    for column in columns:
        if column.name not in referencing and column.type in _INTEGERS:
            return column.name
    return ""


def to_renumber(
    conflicts: Sequence[Conflict], references: Sequence[ForeignKey], catalog: Catalog
) -> tuple[tuple[Conflict, str], ...]:
    """The conflicts that another number for the row would settle, each with the column that gets it.

    A row whose key is made of its parent's gets a new key with the parent: such a one is none of them.
    """
    lost: dict[Relation, list[Conflict]] = {}
    for one in conflicts:
        if one.change.kind == "inserted":
            lost.setdefault(one.change.relation, []).append(one)
    settled = []
    for one in conflicts:
        table = catalog.tables.get(one.change.relation)
        if table is None or one.change.kind != "inserted" or not (column := number_column(one.taken, table)):
            continue
        follows = any(
            parent is not one
            and (parent.database == one.database or not parent.tenant)
            and _references(one.change, key, parent.change)
            for key in references
            if key.table == one.change.relation and set(key.columns) & set(one.taken)
            for parent in lost.get(key.referenced, ())
        )
        if not follows:
            settled.append((one, column))
    return tuple(settled)


def _references(row: RowChange, key: ForeignKey, parent: RowChange) -> bool:
    if key.when is not None and row.values.get(key.when[0]) != key.when[1]:
        return False
    wanted = [parent.values.get(column) for column in key.referenced_columns]
    return None not in wanted and [row.values.get(column) for column in key.columns] == wanted


def renumber(
    changes: Sequence[DatabaseChanges],
    numbers: Iterable[NewNumber],
    references: Sequence[ForeignKey],
    catalog: Catalog,
) -> tuple[DatabaseChanges, ...]:
    """The changes with the new numbers, in the rows that get them and in all changed rows that reference these.

    A row of a tenant can only be referenced in its own database; one of a database that tenants share, in theirs too,
    where they have no row of that key themselves. A row that an attempt before has carried back under its new key is
    read as inserted and as deleted: the two cancel out.
    """
    by_place = {(one.database, one.relation, one.key): one for one in numbers}
    if not by_place:
        return tuple(changes)
    keys: dict[Relation, list[ForeignKey]] = {}
    for key in references:
        keys.setdefault(key.referenced, []).append(key)
    common: list[tuple[RowChange, Mapping[str, str | None]]] = []
    done: dict[str, DatabaseChanges] = {}
    for part in sorted(changes, key=lambda part: bool(part.tenant)):
        rows = _Rows(part, keys, catalog)
        for row, values in common:
            rows.follow(row, values, foreign=True)
        for position, row in enumerate(part.rows):
            if row.kind == "inserted" and (one := by_place.get((part.database, row.relation, row.key))) is not None:
                rows.change(position, {one.column: one.number})
        if not part.tenant:
            common += [(part.rows[position], values) for position, values in rows.changed.items()]
        done[part.database] = replace(part, rows=rows.result())
    return tuple(done[part.database] for part in changes)


class _Rows:
    """The changed rows of one database while numbers in them are replaced."""

    def __init__(self, part: DatabaseChanges, keys: Mapping[Relation, Sequence[ForeignKey]], catalog: Catalog) -> None:
        self.rows = part.rows
        self.keys = keys
        self.catalog = catalog
        self.changed: dict[int, dict[str, str | None]] = {}
        self.by_relation: dict[Relation, list[int]] = {}
        for position, row in enumerate(part.rows):
            if row.kind != "deleted":
                self.by_relation.setdefault(row.relation, []).append(position)

    def change(self, position: int, new: Mapping[str, str | None]) -> None:
        """Replaces values of one row, and what references them."""
        before = self.changed.get(position, {})
        if all(before.get(column, self.rows[position].values.get(column)) == value for column, value in new.items()):
            return
        self.changed[position] = {**before, **new}
        self.follow(self.rows[position], self.changed[position])

    def follow(self, parent: RowChange, new: Mapping[str, str | None], *, foreign: bool = False) -> None:
        """Lets the rows that reference `parent` reference it by its new values."""
        for key in self.keys.get(parent.relation, ()):
            if not set(key.referenced_columns) & new.keys():
                continue
            old = [parent.values.get(column) for column in key.referenced_columns]
            if None in old or (foreign and self._own(key, old)):
                continue
            for position in self.by_relation.get(key.table, ()):
                values = self.rows[position].values
                if key.when is not None and values.get(key.when[0]) != key.when[1]:
                    continue
                if [values.get(column) for column in key.columns] == old:
                    pairs = zip(key.columns, key.referenced_columns, strict=True)
                    self.change(position, {column: new[there] for column, there in pairs if there in new})

    def _own(self, key: ForeignKey, values: Sequence[str | None]) -> bool:
        return any(
            [self.rows[position].values.get(column) for column in key.referenced_columns] == values
            for position in self.by_relation.get(key.referenced, ())
        )

    def result(self) -> tuple[RowChange, ...]:
        """The rows with their new values and keys, in their order."""
        renewed = [self._renewed(position) for position in range(len(self.rows))]
        moved = {
            (row.relation, row.key): position
            for position, row in enumerate(renewed)
            if position in self.changed and row.kind == "inserted"
        }
        found: dict[int, RowChange] = dict(enumerate(renewed))
        for position, row in enumerate(renewed):
            there = moved.get((row.relation, row.key))
            if row.kind != "deleted" or there is None:
                continue
            del found[position]
            if row.values == renewed[there].values:
                del found[there]
            else:
                found[there] = replace(renewed[there], kind="updated")
        return tuple(found.values())

    def _renewed(self, position: int) -> RowChange:
        row = self.rows[position]
        if position not in self.changed:
            return row
        renewed = replace(row, values={**row.values, **self.changed[position]})
        columns = row_key(renewed, self.catalog)
        key = array_text(renewed.values[name] for name in columns) if columns else row.key
        return replace(renewed, key=key, origin=row.key)


_PLAIN = re.compile(r"[^\s{}\",\\]+")


def array_text(values: Iterable[str | None]) -> str:
    """The text of an array of these values, as the server writes it."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    if _PLAIN.fullmatch(value) and value.upper() != "NULL":
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
